/** Launches side by side: one on each CPU at most. */
import type { Surroundings } from './surroundings.js';

/** A CPU, and a number that no other lane has. */
export interface Lane {
  readonly number: number;
  readonly surroundings: Surroundings;
}

export class Lanes {
  private readonly free: Lane[];
  private readonly waiting: (() => void)[] = [];
  private failed = false;
  private running = 0;
  private onIdle: (() => void) | undefined;

  constructor(all: readonly Surroundings[]) {
    this.free = all.map((surroundings, number) => ({ number, surroundings }));
  }

  /** Runs it on the next lane that is free. What has not begun when another fails never does. */
  async run<T>(job: (lane: Lane) => Promise<T>): Promise<T> {
    while (this.free.length === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const lane = this.free.shift() as Lane;
    this.running++;
    try {
      if (this.failed) throw new Error('another launch has failed');
      return await job(lane);
    } catch (error) {
      this.failed = true;
      throw error;
    } finally {
      this.free.push(lane);
      this.running--;
      this.waiting.shift()?.();
      if (this.running === 0) this.onIdle?.();
    }
  }

  /** Resolves when nothing runs: what was left behind by a failure, that is. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }
}
