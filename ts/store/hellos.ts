/** What the members of one view have said of themselves, and what came of those who knew already who leads. */
import type { Candidate } from './election.js';
import type { Hello, StoreMessage } from './store-messages.js';

interface Early {
  readonly from: number;
  readonly bytes: Uint8Array;
}

export class Hellos {
  private readonly hellos = new Map<number, Candidate>();
  private early: Early[] = [];
  private earlyBytes = 0;
  /** A record came for which there was no room. */
  hasDropped = false;

  constructor(
    /** What all members of the view call it. */
    readonly view: string,
    private readonly size: number,
    private readonly mostEarlyBytes: number,
  ) {}

  /** What was sent when another view had ended is no hello of this one. */
  add(rank: number, { type: _, ...hello }: Extract<StoreMessage, { type: 'hello' }>): void {
    if (hello.view === this.view && rank < this.size) this.hellos.set(rank, { rank, ...(hello as Hello) });
  }

  get isComplete(): boolean {
    return this.hellos.size === this.size;
  }

  get all(): Candidate[] {
    return [...this.hellos.values()];
  }

  /** For later: someone has heard all of the view before this replica has. Of records no more than there is room for: they are asked for. */
  hold(from: number, bytes: Uint8Array, isRecord: boolean): void {
    if (isRecord && this.earlyBytes + bytes.length > this.mostEarlyBytes) {
      this.hasDropped = true;
      return;
    }
    this.early.push({ from, bytes: bytes.slice() });
    if (isRecord) this.earlyBytes += bytes.length;
  }

  takeEarly(): Early[] {
    const early = this.early;
    this.early = [];
    return early;
  }
}
