// One of my streams: what JavaScript wrote into the ring, how much of it went out, who has it.
// Twin: native/core/send_stream.cc
//
//        resend from here on     new data
//   --- floor ................ sent ........ published ........ limit ---
//       limit - ring                          JavaScript writes here
//
// Bytes before the floor may be overwritten: everybody has consumed them.
import type { Burst } from './burst.js';
import type { Slot } from './counters.js';
import { WORD_FROM_PLANE, WORD_FROM_SCRIPT, WORD_SAFE, WORD_STABLE } from './counters.js';
import { Flow } from './flow.js';
import type { FrameHeader, Progress, StreamKind } from './frame.js';
import type { Micros, Position, Rank } from './limits.js';
import { HEARTBEAT_MAX_US, HEARTBEAT_MIN_US, MAX_POSITION, NEVER, STABLE_DELAY_US } from './limits.js';
import type { Ring } from './ring.js';
import type { Row } from './stability.js';
import { Stability } from './stability.js';

export class SendStream {
  readonly kind: StreamKind;
  readonly ring: Ring;
  readonly stability: Stability;
  readonly flow: Flow;
  private readonly slot: Slot;
  private readonly maxFrameData: number;
  private _published: Position = 0;
  private _sent: Position = 0;
  private filled: Position = 0; // sent, once the burst that fill() made has gone
  private limit: Position = 0;
  private cut: Position = MAX_POSITION;
  private toldStable: Position = 0;
  private asked: Position = MAX_POSITION; // the end of what receivers were asked about last
  private heartbeatAt: Micros = 0;
  private stableAt: Micros = NEVER;
  private heartbeatEvery: Micros = HEARTBEAT_MIN_US;

  /** to: the receivers' ranks. maxFrameData: stream bytes in a full frame. maxWindow: see Flow. */
  constructor(kind: StreamKind, to: readonly Rank[], ring: Ring, slot: Slot, maxFrameData: number, maxWindow: number) {
    this.kind = kind;
    this.ring = ring;
    this.slot = slot;
    this.stability = new Stability(to);
    this.flow = new Flow(ring.bytes, maxWindow);
    this.maxFrameData = maxFrameData;
    this.publishLimit();
  }

  get sent(): Position {
    return this._sent;
  }

  get published(): Position {
    return this._published;
  }

  /** All before this has arrived at whoever has not failed. */
  get stable(): Position {
    return this.stability.received(this._sent);
  }

  /** All before this has arrived at all. It is what receivers are told as stable. */
  get safe(): Position {
    return this.stability.safe(this._sent);
  }

  get floor(): Position {
    return this.limit - this.ring.bytes;
  }

  /** Takes in what JavaScript has published since. Returns whether that made room: where nobody is left to wait for. */
  refresh(): boolean {
    this._published = this.slot.extend(WORD_FROM_SCRIPT, this._published, this.limit - this._published);
    const end = Math.min(this._published, this.cut);
    if (this.stability.live().length > 0 || this._sent >= end) return false;
    // Nobody to send to: what is published is at once everywhere.
    this._sent = end;
    this.publishLimit();
    return true;
  }

  /** A receiver's STATUS. False if it claims what was never sent. */
  handleStatus(from: Rank, progress: Readonly<Progress>): boolean {
    if (progress.seen > this._sent) return false;
    if (!this.stability.update(from, progress)) return true;
    if (this.flow.roundIsOver(this.stability.seen(this._sent))) {
      this.flow.endRound(this.flow.roundIsEmpty() ? 0 : this.stability.takeLost(), this._sent);
    }
    this.heartbeatEvery = HEARTBEAT_MIN_US;
    this.publishLimit();
    return true;
  }

  handleLost(from: Rank, bytes: Position): void {
    this.stability.noteLost(from, bytes);
  }

  exclude(rank: Rank): void {
    this.stability.exclude(rank);
    this.publishLimit();
  }

  /** Nothing beyond this position goes out any more. */
  stopAt(cut: Position): void {
    this.cut = cut;
  }

  hasDataToSend(): boolean {
    const end = Math.min(this._published, this.cut);
    return this._sent < end && this._sent - this.stability.seen(this._sent) < this.flow.window;
  }

  /** Bytes that are published and may go out, and have not. */
  unsent(): Position {
    return Math.max(Math.min(this._published, this.cut), this._sent) - this._sent;
  }

  /** Whether a full window is on its way, which is less than what receivers tell of by themselves: so they have to be asked, once. */
  mustAsk(): boolean {
    const small = this.flow.window <= this.ring.bytes / 8;
    return small && this.unsent() > 0 && !this.hasDataToSend() && this.asked !== this._sent;
  }

  /** Moves up to one burst's worth of new frames into `burst`, which was begun. They count as sent once commit() is called. */
  fill(burst: Burst, header: FrameHeader, origin: Rank): void {
    const windowEnd = this.stability.seen(this._sent) + this.flow.window;
    const end = Math.min(this._published, this.cut);
    this.filled = this._sent;
    while (this.filled < end && this.filled < windowEnd) {
      const length = Math.min(end - this.filled, this.maxFrameData);
      if (!burst.fits(burst.dataFrameBytes(length))) return;
      burst.addData(header, this.kind, origin, this.ring, this.filled, length);
      this.filled += length;
    }
  }

  commit(now: Micros): void {
    this._sent = this.filled;
    this.heartbeatEvery = HEARTBEAT_MIN_US;
    this.heartbeatAt = now + this.heartbeatEvery;
  }

  /** Whether a receiver has not said yet that it consumed all that was sent, and knows what is safe. */
  lags(row: Readonly<Row>): boolean {
    return row.consumed < this._sent || row.toldStable < this.safe;
  }

  somebodyLags(): boolean {
    const { stability, safe } = this;
    return stability.consumed(this._sent) < this._sent || stability.toldStable(safe) < safe;
  }

  /** When the next HEARTBEAT is due; NEVER while nobody lags. */
  heartbeatDeadline(): Micros {
    return this.somebodyLags() ? Math.min(this.heartbeatAt, this.stableAt) : NEVER;
  }

  /** New data puts HEARTBEATs off, but news of what is safe waits no longer than STABLE_DELAY_US. */
  noteStable(now: Micros): void {
    const { safe } = this;
    if (this.stableAt === NEVER && this.stability.toldStable(safe) < safe) this.stableAt = now + STABLE_DELAY_US;
  }

  /** Whether so much has become safe since it was told that it is worth a HEARTBEAT now. */
  muchIsStable(): boolean {
    return this.safe - this.toldStable >= this.ring.bytes / 4;
  }

  heartbeatSent(now: Micros): void {
    this.toldStable = this.safe;
    this.asked = this._sent;
    this.stableAt = NEVER;
    this.heartbeatEvery = Math.min(this.heartbeatEvery * 2, HEARTBEAT_MAX_US);
    this.heartbeatAt = now + this.heartbeatEvery;
  }

  /** Whether anything has become safe since it was told. */
  stableGrew(): boolean {
    return this.safe > this.toldStable;
  }

  /**
   * A HEARTBEAT went out that only told what is safe. Those that ask are due when they were, so that one that is lost is soon made up for.
   */
  stableWasTold(): void {
    this.toldStable = this.safe;
    this.stableAt = NEVER;
  }

  private publishLimit(): void {
    this.limit = this.flow.limit(this.stability.consumed(this._sent));
    this.slot.store(WORD_STABLE, this.stable);
    this.slot.store(WORD_SAFE, this.safe);
    this.slot.store(WORD_FROM_PLANE, this.limit);
  }
}
