/** Simulated time: what is to happen, in the order of time and then of asking. Microseconds, whole numbers. */

class Scheduled {
  canceled = false;

  constructor(
    readonly at: number,
    readonly order: number,
    readonly run: () => void,
  ) {}

  cancel(): void {
    this.canceled = true;
  }
}

/** Time as one member sees it: a quartz may run a little fast or slow. */
export interface Clock {
  /** Microseconds, whole. */
  readonly now: number;
  schedule(delay: number, run: () => void): { cancel(): void };
}

export class SimClock implements Clock {
  private readonly heap: Scheduled[] = [];
  private order = 0;
  /** Microseconds since the run began. */
  now = 0;

  schedule(delay: number, run: () => void): { cancel(): void } {
    const scheduled = new Scheduled(this.now + Math.max(0, Math.round(delay)), this.order++, run);
    this.push(scheduled);
    return scheduled;
  }

  /** When the next thing is due, canceled or not; undefined: nothing is. */
  get nextAt(): number | undefined {
    return this.heap[0]?.at;
  }

  /** Runs what is due up to `until`, at most so many steps. Returns whether it got there. */
  runUntil(until: number, maxSteps = Number.POSITIVE_INFINITY): boolean {
    for (let steps = 0; ; steps++) {
      const next = this.heap[0];
      if (next === undefined || next.at > until) break;
      if (steps >= maxSteps) return false;
      this.pop();
      this.now = next.at;
      if (!next.canceled) next.run();
    }
    this.now = Math.max(this.now, until);
    return true;
  }

  private push(scheduled: Scheduled): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(scheduled);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(scheduled, heap[parent] as Scheduled)) break;
      heap[at] = heap[parent] as Scheduled;
      at = parent;
    }
    heap[at] = scheduled;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Scheduled;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child++;
      if (!before(heap[child] as Scheduled, last)) break;
      heap[at] = heap[child] as Scheduled;
      at = child;
    }
    heap[at] = last;
  }
}

/** A clock that runs at another rate than the simulation's: 1.1 is a tenth fast. */
export class SkewedClock implements Clock {
  constructor(
    private readonly clock: Clock,
    private readonly rate: number,
  ) {}

  get now(): number {
    return Math.floor(this.clock.now * this.rate);
  }

  schedule(delay: number, run: () => void): { cancel(): void } {
    return this.clock.schedule(Math.ceil(delay / this.rate), run);
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
