/** What is measured: the benchmarks that both sides have. */
import { CheckError, CheckExit } from './check-error.js';
import type { Calibrated, Listed } from './launcher/protocol.js';
import type { CheckOptions } from './options.js';

/**
 * CPU time of a batch at the base: long enough for the clock, which counts microseconds. The processor is a few percent faster or slower from one millisecond to the
 * next, so ten quartets of 0.2 ms batches tell three times more than one of 2 ms.
 */
export const BATCH_MICROS = 200;

/** Of a benchmark whose batches take longer, for a single iteration does: so many quartets all the same. */
const LEAST_QUARTETS = 60;

/** So that a launch does not take longer where batches do. */
export function quartetsOf(batchMicros: number, most: number): number {
  return Math.min(most, Math.max(LEAST_QUARTETS, Math.round((most * BATCH_MICROS) / batchMicros)));
}

/** Counters are of so much work, in CPU time, so that what happens now and then is counted too. */
const COUNTED_MICROS = 8000;

export function countedIterations({ iterations, batchMicros }: Calibrated): number {
  return Math.ceil((iterations * COUNTED_MICROS) / batchMicros);
}

/** What is allocated is counted in so many launches. */
const ALLOCATING_LAUNCHES = 6;
/** Over so much work at most, in CPU time: it has to fit between two collections of garbage. */
const ALLOCATING_MICROS = 2000;

/** 0: not in this launch. */
export function allocatingIterations({ iterations, batchMicros }: Calibrated, launch: number): number {
  return launch < ALLOCATING_LAUNCHES ? Math.ceil((iterations * ALLOCATING_MICROS) / batchMicros) : 0;
}

export interface CheckPlan {
  readonly benchmarks: readonly string[];
  readonly onlyInBase: readonly string[];
  readonly onlyInHead: readonly string[];
}

/** @throws CheckError when nothing is left to measure */
export function planCheck(base: readonly Listed[], head: readonly Listed[], options: CheckOptions): CheckPlan {
  const [wantedBase, wantedHead] = [wanted(base, options), wanted(head, options)];
  const missingIn = (others: readonly Listed[], names: readonly string[]) =>
    names.filter((name) => !others.some((other) => other.name === name));
  const benchmarks = wantedHead.filter((name) => base.some((other) => other.name === name));
  if (benchmarks.length === 0) {
    const among = options.filter.length === 0 ? '' : ` whose name contains ${options.filter.join(' or ')}`;
    const there = head.map(({ name }) => name).join(', ');
    throw new CheckError(
      CheckExit.nothingMatched,
      `there is no benchmark${among} that both sides have; the head has ${there}`,
    );
  }
  return {
    benchmarks,
    onlyInBase: missingIn(head, wantedBase),
    onlyInHead: missingIn(base, wantedHead),
  };
}

function wanted(listed: readonly Listed[], { filter, quick }: CheckOptions): readonly string[] {
  const some = quick && filter.length === 0 && listed.some((each) => each.quick);
  return listed
    .filter((each) => !some || each.quick)
    .map(({ name }) => name)
    .filter((name) => filter.length === 0 || filter.some((part) => name.includes(part)));
}
