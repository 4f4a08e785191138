/** What is measured of round trips. */
import { oneWayNanos } from '../roles/arrival-log.js';
import type { LatencyReport } from '../roles/latency-role.js';
import { UnverifiedError } from '../verify/unverified-error.js';

/** Times in ns, of one message after the other. */
export interface LoadTimes {
  readonly roundTripsNanos: Float64Array;
  /** From when it was sent, or should have been, to its handler at the member that answers. */
  readonly oneWayNanos: Float64Array;
}

export interface LatencyMeasurement {
  readonly repetition: number;
  readonly pingPong: LoadTimes;
  readonly atRate: LoadTimes;
}

/** @throws UnverifiedError when not as much came as was sent */
export function timesOf(
  { roundTripsNanos, intendedMs }: Pick<LatencyReport, 'roundTripsNanos' | 'intendedMs'>,
  arrivedMs: Float64Array,
): LoadTimes {
  if (arrivedMs.length !== intendedMs.length) {
    throw new UnverifiedError(`${arrivedMs.length} messages came to be answered, ${intendedMs.length} were sent`);
  }
  return { roundTripsNanos, oneWayNanos: oneWayNanos(intendedMs, arrivedMs) };
}
