/** What one receiver has got from one sender in one phase, checked as it comes. */
import type { Message } from '../../ts/index.js';
import { decodeMarker } from './end-marker.js';
import { CHECK_INTERVAL, mix, type Pattern } from './pattern.js';

const MAX_FAULTS = 3;

export interface TallyReport {
  readonly messages: number;
  readonly hash: number;
  /** Clock of the receiver, at the first message and right after the last; ms. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Messages whose whole content was compared. */
  readonly compared: number;
  readonly ended: boolean;
  /** What was wrong, for people; empty: nothing. */
  readonly faults: readonly string[];
}

export class Tally {
  private messages = 0;
  private hash = 0;
  private firstMs = 0;
  private lastMs = 0;
  private compared = 0;
  private ended = false;
  private faultCount = 0;
  private readonly faults: string[] = [];
  private readonly sizeBytes: number;

  /** @param onEnd called once, when the end marker has come */
  constructor(
    private readonly pattern: Pattern,
    private readonly phase: number,
    private readonly now: () => number,
    private readonly onEnd: () => void,
  ) {
    this.sizeBytes = pattern.sizeBytes;
  }

  /** Takes a message; runs for each. */
  take(message: Message): void {
    if (message.length !== this.sizeBytes) return this.takeOther(message);
    const n = this.messages++;
    const first = message.at(0);
    const last = message.at(message.length - 1);
    this.hash = mix(this.hash, first, last);
    if (first !== (n & 255))
      this.fault(`message ${n} begins with ${first}, not ${n & 255}: lost, repeated or out of order`);
    if ((n & (CHECK_INTERVAL - 1)) === 0) this.compare(message, n);
  }

  report(): TallyReport {
    const { messages, hash, firstMs, lastMs, compared, ended } = this;
    const more = this.faultCount - this.faults.length;
    const faults = more > 0 ? [...this.faults, `and ${more} more`] : [...this.faults];
    return { messages, hash, firstMs, lastMs, compared, ended, faults };
  }

  private compare(message: Message, n: number): void {
    if (n === 0) this.firstMs = this.now();
    if (this.ended) this.fault(`message ${n} came after the end`);
    this.compared++;
    if (!this.pattern.matches(message, n)) this.fault(`message ${n} has a wrong content`);
  }

  private takeOther(message: Message): void {
    const marker = decodeMarker(message.copy(), this.sizeBytes);
    if (marker === undefined || marker.phase !== this.phase || this.ended) {
      this.fault(`a message of ${message.length} bytes came after ${this.messages} messages, which nobody has sent`);
      return;
    }
    this.lastMs = this.now();
    this.ended = true;
    if (marker.count !== this.messages) this.fault(`${this.messages} messages came, ${marker.count} were sent`);
    else if (marker.hash !== this.hash)
      this.fault(`the hash of ${this.messages} messages is not that of what was sent`);
    this.onEnd();
  }

  private fault(description: string): void {
    this.faultCount++;
    if (this.faults.length < MAX_FAULTS) this.faults.push(description);
  }
}
