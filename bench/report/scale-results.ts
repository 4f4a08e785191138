/** From measurements of groups of some size to results. */
import type { Block } from '../plan.js';
import type { ScaleResult, ScaleSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { type Summary, summarize } from '../stats/summary.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

export function scaleResults(block: Block, outcomes: readonly Outcome<ScaleSample>[]): readonly ScaleResult[] {
  return outcomes.map(({ row, samples, error }) => {
    const of = (get: (sample: ScaleSample) => number | readonly number[] | undefined): Summary | undefined =>
      summarize(samples.flatMap((sample) => get(sample) ?? []));
    return defined<ScaleResult>({
      ...resultHead(block, row, frameBytes(block), error),
      samples,
      messagesPerSecond: of(({ messagesPerSecond }) => messagesPerSecond),
      cpuMicrosPerMessage: of(({ cpuMicrosPerMessage }) => cpuMicrosPerMessage),
      datagramsPerMessage: of(({ datagramsPerMessage }) => datagramsPerMessage),
      changeMillis: of(({ changeMillis }) => changeMillis),
      cpuMillisPerChange: of(({ cpuMillisPerChange }) => cpuMillisPerChange),
      datagramsPerChange: of(({ datagramsPerChange }) => datagramsPerChange),
      recordsPerChange: of(({ recordsPerChange }) => recordsPerChange),
    });
  });
}
