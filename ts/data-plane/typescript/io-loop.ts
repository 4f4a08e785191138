// When an endpoint takes its turns on an event loop: the main thread's in thread mode `single`, the worker's in `multi`.
//
//   datagram, datagram ... setImmediate ->  turn: step(), then the owner tells JavaScript
//   deadline               setTimeout   ->  turn
//
// dgram gives up to 32 datagrams one by one before other events. A turn for each would cost more than its datagram, so they share one at the end,
// or sooner when much has come: what it holds is then still in the processor's cache, and the origin's window opens in time. A turn at once for the
// first of them was tried and brought nothing, not even in round trips.
import { nowMicros } from './io-clock.js';
import type { Endpoint } from './io-endpoint.js';
import { type Micros, NEVER } from './limits.js';

const TURN_BYTES = 128 * 1024;
/** setTimeout counts milliseconds. */
const TIMER_GRAIN_US: Micros = 1_000;
/** What is due sooner than this, as the first NAK of a gap, is waited for by turns of the loop. */
const SPIN_US: Micros = 100;
/** How often a full socket is looked at. dgram does not tell when there is room again. */
const BLOCKED_RETRY_US: Micros = 1_000;

export class EndpointLoop {
  private immediate: NodeJS.Immediate | undefined;
  private turnIsDue = false;
  private timer: NodeJS.Timeout | undefined;
  private armedFor: Micros = NEVER;
  private arrivedBytes = 0;
  private stopped = false;

  /** @param onTurn called at the end of each turn; not after a bare step() */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly onTurn: () => void,
  ) {}

  /** Whether a turn will come without being asked for. */
  get isTurnDue(): boolean {
    return this.turnIsDue;
  }

  arrived(bytes: number): void {
    this.arrivedBytes += bytes;
    if (this.arrivedBytes >= TURN_BYTES) this.turn();
    else this.turnSoon();
  }

  turnSoon(): void {
    if (this.stopped) return;
    this.turnIsDue = true;
    this.immediate ??= setImmediate(this.immediateTurn);
  }

  /** Lets the endpoint send, and sees that it is stepped again in time. */
  step(): void {
    if (this.stopped) return;
    this.arrivedBytes = 0;
    this.turnIsDue = false;
    let deadline = this.endpoint.step();
    const now = nowMicros();
    if (this.endpoint.blocked) deadline = Math.min(deadline, now + BLOCKED_RETRY_US);
    this.wakeAt(deadline, now);
  }

  stop(): void {
    this.stopped = true;
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
  }

  /** Only from an event of the loop: the owner may call JavaScript's handlers. */
  turn(): void {
    if (this.stopped) return;
    this.step();
    this.onTurn();
  }

  private readonly immediateTurn = (): void => {
    this.immediate = undefined;
    if (this.turnIsDue) this.turn();
  };

  private readonly timedTurn = (): void => {
    this.armedFor = NEVER;
    this.turn();
  };

  // An alarm that comes earlier than needed does no harm, nor one that is late by the timers' grain: only what is sooner is set.
  private wakeAt(deadline: Micros, now: Micros): void {
    const left = deadline - now;
    if (left <= 0) return this.turnSoon();
    if (this.armedFor <= deadline + TIMER_GRAIN_US) return;
    if (left <= SPIN_US) return this.turnSoon();
    this.armedFor = deadline;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.timedTurn, Math.ceil(left / TIMER_GRAIN_US));
  }
}
