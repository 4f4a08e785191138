/** A state that comes part by part, each after some time. */
import type { Pulled, StateSource } from '../client-server/state-provider.js';

export class SlowSource implements StateSource {
  readonly total: number;
  private at = 0;
  private waiting: { cancel(): void } | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly partBytes: number,
    private readonly micros: number,
    private readonly later: (micros: number, callback: () => void) => { cancel(): void },
  ) {
    this.total = bytes.length;
  }

  pull(next: (pulled: Pulled) => void): void {
    if (this.micros === 0) return next(this.next());
    this.waiting = this.later(this.micros, () => next(this.next()));
  }

  cancel(): void {
    this.waiting?.cancel();
  }

  private next(): Pulled {
    if (this.at >= this.bytes.length) return { type: 'end' };
    const part = this.bytes.subarray(this.at, this.at + this.partBytes);
    this.at += part.length;
    return { type: 'part', part };
  }
}
