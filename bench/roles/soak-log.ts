/**
 * What a member of a soak has got, checked as it comes, whatever happens to others meanwhile:
 *
 *   1. While a sender and this member are in one view after the other together, nothing is lost, repeated or out of order: its numbers go up by one.
 *   2. Each message has the content that its number demands.
 *   3. Of each view it is noted what came from whom, for the comparison with those who went on to the same next view.
 *
 *   message   number 4 | 0 4 | what Pattern makes of the number
 */
import { mix, Pattern } from '../verify/pattern.js';

export const SOAK_HEAD_BYTES = 8;
const MAX_FAULTS = 3;
/** Views that nobody has asked for; who is stopped for long asks late. */
const MAX_CLOSED = 1000;

/** What came in a view that is over, by sender. */
export interface ClosedView {
  readonly view: string;
  readonly next: string;
  readonly came: Readonly<Record<string, { readonly messages: number; readonly hash: number }>>;
}

interface Sender {
  /** The number of its next message; undefined: any may be its first. */
  next: number | undefined;
  messages: number;
  hash: number;
}

export class SoakLog {
  delivered = 0;
  views = 0;
  private readonly pattern: Pattern;
  private readonly wanted: Uint8Array;
  private senders = new Map<string, Sender>();
  private view = '';
  private closed: ClosedView[] = [];
  private faults: string[] = [];
  private lastMs: number;
  private longestGapMs = 0;

  constructor(
    sizeBytes: number,
    seed: number,
    private readonly now: () => number,
  ) {
    this.pattern = new Pattern(sizeBytes - SOAK_HEAD_BYTES, seed);
    this.wanted = new Uint8Array(sizeBytes - SOAK_HEAD_BYTES);
    this.lastMs = now();
  }

  /** Fills in what message `number` has to say. */
  write(payload: Uint8Array, number: number): void {
    new DataView(payload.buffer, payload.byteOffset).setUint32(0, number, true);
    this.pattern.fill(payload.subarray(SOAK_HEAD_BYTES), number);
  }

  /** @param members names of senders */
  noteView(view: string, members: readonly string[]): void {
    this.views++;
    if (this.view !== '') this.close(view);
    this.view = view;
    const before = this.senders;
    this.senders = new Map(
      members.map((name) => [name, { next: before.get(name)?.next, messages: 0, hash: 0 } satisfies Sender]),
    );
  }

  take(origin: string, bytes: Uint8Array): void {
    this.noteGap();
    this.delivered++;
    const sender = this.senders.get(origin);
    if (sender === undefined) return this.fault(`a message came from ${origin}, which is not in view ${this.view}`);
    if (bytes.length !== this.wanted.length + SOAK_HEAD_BYTES) {
      return this.fault(`a message of ${bytes.length} bytes came from ${origin}`);
    }
    const number = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
    if (sender.next !== undefined && number !== sender.next) {
      this.fault(`message ${number} of ${origin} came where ${sender.next} was expected`);
    }
    this.pattern.fill(this.wanted, number);
    if (Buffer.compare(bytes.subarray(SOAK_HEAD_BYTES), this.wanted) !== 0) {
      this.fault(`message ${number} of ${origin} has a wrong content`);
    }
    sender.next = number + 1;
    sender.messages++;
    sender.hash = mix(sender.hash, number & 255, (number >>> 8) & 255);
  }

  /** The number of the next message of each sender that has sent. */
  progress(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.senders].flatMap(([name, { next }]) => (next === undefined ? [] : [[name, next]])),
    );
  }

  /** Since the last call: the longest time in which nothing came. The one that is not over counts, too. */
  takeGap(): number {
    this.longestGapMs = Math.max(this.longestGapMs, this.now() - this.lastMs);
    const taken = this.longestGapMs;
    this.longestGapMs = 0;
    return taken;
  }

  /** Nothing can have come before: gaps count from now on. */
  resetGap(): void {
    this.lastMs = this.now();
    this.longestGapMs = 0;
  }

  takeClosed(): readonly ClosedView[] {
    return this.closed.splice(0);
  }

  takeFaults(): readonly string[] {
    return this.faults.splice(0);
  }

  fault(what: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(what);
  }

  private noteGap(): void {
    const now = this.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.lastMs);
    this.lastMs = now;
  }

  private close(next: string): void {
    const came = Object.fromEntries([...this.senders].map(([name, { messages, hash }]) => [name, { messages, hash }]));
    this.closed.push({ view: this.view, next, came });
    if (this.closed.length > MAX_CLOSED) this.closed.shift();
  }
}
