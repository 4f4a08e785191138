// Randomness from a seed, the same in both twins (native/core/random.h), so that a run can be repeated.

/** xorshift32 (Marsaglia 2003). Good enough to spread NAKs in time; not for secrets. */
export class Random {
  private state: number;

  /** seed: its lowest 32 bits count. */
  constructor(seed: number) {
    this.state = seed >>> 0 === 0 ? 0x9e3779b9 : seed >>> 0;
  }

  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state >>> 0;
    return this.state;
  }

  /** 0 .. bound - 1; bound > 0 */
  below(bound: number): number {
    return this.next() % bound;
  }
}
