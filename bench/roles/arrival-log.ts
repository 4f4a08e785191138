/** When messages have come, by the clock of the machine: what a one-way time ends with. */
import { machineOffsetMs } from './machine-clock.js';

export class ArrivalLog {
  private arrivedMs: number[] = [];

  /** One has come. */
  note(): void {
    this.arrivedMs.push(performance.now());
  }

  /** All since the last call, in order. */
  take(): Float64Array {
    const offsetMs = machineOffsetMs();
    const taken = Float64Array.from(this.arrivedMs, (ms) => ms + offsetMs);
    this.arrivedMs = [];
    return taken;
  }
}

/** How long each was under way, in ns; two clocks may be off by less than it takes to read them. */
export function oneWayNanos(intendedMs: Float64Array, arrivedMs: Float64Array): Float64Array {
  return intendedMs.map((intended, at) => Math.max(1, Math.round(((arrivedMs[at] as number) - intended) * 1e6)));
}
