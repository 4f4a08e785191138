/**
 * How steady this machine is: the same work in batches, one after the other, in wall time and in CPU time. Two that are told apart by their turn
 * only, in quartets (one, other, other, one) as `consort check` runs base and head, should take the same time; by how much they do not is what a
 * difference has to exceed to be seen.
 */
import { changeOf, detectable, estimate } from '../check/statistics/estimate.js';
import { launchEffect, type Quartet } from '../check/statistics/judge.js';
import { median, summarize } from '../stats/summary.js';

export interface SteadinessPlan {
  /** Of four batches each. */
  readonly quartets: number;
}

/** One batch. */
export interface BatchTimes {
  readonly wallMicros: number;
  readonly cpuMicros: number;
}

export interface Spread {
  readonly medianMicros: number;
  /** Median absolute deviation from the median, as a share of it. */
  readonly madShare: number;
  /** How much longer than the median one in a hundred takes, as a factor. */
  readonly p99Ratio: number;
}

export interface Steadiness {
  readonly batches: number;
  readonly wall: Spread;
  /** Undefined: this system counts CPU time so roughly that batches take none. */
  readonly cpu: Spread | undefined;
  /**
   * The smallest change that batches in turns would show in nine of ten tries: 0.01 is 1 %; at least the microsecond of a batch by which CPU time is counted.
   * Undefined likewise.
   */
  readonly smallestChange: number | undefined;
}

/** Quartets are taken together in so many rounds: a round is to the interval what a launch is in `consort check`. */
const ROUNDS = 10;
const ALPHA = 0.05;

/** @param batches of whole quartets, at least one in each round; undefined: there are not so many */
export function steadinessOf(batches: readonly BatchTimes[]): Steadiness | undefined {
  const quartets = quartetsOf(batches);
  const perRound = Math.floor(quartets.length / ROUNDS);
  if (perRound === 0) return undefined;
  const rounds = Array.from({ length: ROUNDS }, (_, at) => quartets.slice(at * perRound, (at + 1) * perRound));
  const isFine = batches.every(({ cpuMicros }) => cpuMicros > 0);
  const cpu = isFine ? spreadOf(batches.map(({ cpuMicros }) => cpuMicros)) : undefined;
  return {
    batches: batches.length,
    wall: spreadOf(batches.map(({ wallMicros }) => wallMicros)),
    cpu,
    smallestChange:
      cpu && Math.max(1 / cpu.medianMicros, changeOf(detectable(estimate(rounds.map(launchEffect), ALPHA), 0))),
  };
}

function quartetsOf(batches: readonly BatchTimes[]): readonly Quartet[] {
  const cpu = (at: number) => (batches[at] as BatchTimes).cpuMicros;
  return Array.from({ length: batches.length >> 2 }, (_, quartet) => {
    const first = 4 * quartet;
    return { base: [cpu(first), cpu(first + 3)], head: [cpu(first + 1), cpu(first + 2)] };
  });
}

function spreadOf(micros: readonly number[]): Spread {
  const center = median(micros);
  const sorted = [...micros].sort((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return {
    medianMicros: center,
    madShare: (summarize(micros)?.mad ?? Number.NaN) / center,
    p99Ratio: p99 / center,
  };
}
