/**
 * Time, timers and randomness as protocol code gets them: from outside, so that the same code runs on a machine and, from a seed, in the
 * simulator.
 */
export interface Timer {
  cancel(): void;
}

export interface Environment {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls once, after at least so many milliseconds. */
  setTimer(milliseconds: number, callback: () => void): Timer;
  /** Calls soon, when what runs now has returned; in the order of asking. */
  defer(callback: () => void): void;
  /** An integer from 0 to below `bound`. */
  random(bound: number): number;
}
