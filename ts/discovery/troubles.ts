/**
 * What goes wrong outside of any call is told once, not with each attempt: a server that is down for a night is one report. A trouble is over
 * when somebody says so, or when nothing was heard of it for TROUBLE_OVER_MS.
 */
import { MAX_TROUBLES, TROUBLE_OVER_MS } from './limits.js';

export class Troubles {
  /** When each trouble was last seen, by its name; the one seen last is last. */
  private readonly lastSeen = new Map<string, number>();
  private closed = false;

  constructor(
    private readonly report: (error: Error) => void,
    private readonly now: () => number,
  ) {}

  tell(name: string, makeError: () => Error): void {
    if (this.closed) return;
    const now = this.now();
    const before = this.lastSeen.get(name);
    this.lastSeen.delete(name);
    this.lastSeen.set(name, now);
    for (const oldest of this.lastSeen.keys()) {
      if (this.lastSeen.size <= MAX_TROUBLES) break;
      this.lastSeen.delete(oldest);
    }
    if (before === undefined || now - before > TROUBLE_OVER_MS) this.report(makeError());
  }

  over(name: string): void {
    this.lastSeen.delete(name);
  }

  /** Nothing is told any more. */
  close(): void {
    this.closed = true;
    this.lastSeen.clear();
  }
}
