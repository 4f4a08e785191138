/** From measurements of stores to results. */
import type { BenchMode } from '../options.js';
import type { Block, GroupRow } from '../plan.js';
import type { StoreCommits, StoreCommitsSample, StoreResult, StoreSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { median, pairedRatio, type Summary, summarize } from '../stats/summary.js';
import { commitAims, syncAim } from '../store-aims.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

type Outcomes = readonly Outcome<StoreSample>[];

export function storeResults(block: Block, outcomes: Outcomes): readonly StoreResult[] {
  const { stateBytes, durability = 'disk' } = block;
  return outcomes.map(({ row, samples, error }) => {
    const { mode } = row as GroupRow;
    const twin = outcomes.find(({ row: other }) => mode !== 'ts' && (other as GroupRow).mode === 'ts');
    const of = (measure: (sample: StoreSample) => number | undefined) => summarize(present(samples, measure));
    const peaks = present(samples, ({ requesterPeakBytes }) => requesterPeakBytes);
    const syncBytesPerSecond = of((sample) => sample.syncBytesPerSecond);
    return defined<StoreResult>({
      ...resultHead(block, row, frameBytes(block), error),
      durability,
      stateBytes,
      samples,
      fsyncMicros: of(({ fsyncMicros }) => fsyncMicros),
      commits: commitsOf(block, mode, samples, twin?.samples ?? []),
      readsPerSecond: of((sample) => sample.readsPerSecond),
      readShare: medianOf(samples, ({ readsPerSecond, databaseReadsPerSecond }) =>
        readsPerSecond === undefined ? undefined : readsPerSecond / (databaseReadsPerSecond ?? Number.NaN),
      ),
      recoveryMillis: of((sample) => sample.recoveryMillis),
      syncBytesPerSecond,
      syncAimBytesPerSecond: syncBytesPerSecond && syncAim(mode, stateBytes ?? 0),
      requesterPeakBytes: peaks.length === 0 ? undefined : Math.max(...peaks),
    });
  });
}

function commitsOf(
  { durability = 'disk' }: Block,
  mode: BenchMode,
  samples: readonly StoreSample[],
  twins: readonly StoreSample[],
): readonly StoreCommits[] {
  const all = (samples[0]?.commits ?? []).map(({ writers }) => writers);
  const isDisk = durability === 'disk';
  return all.map((writers) => {
    const each = (sample: StoreSample) => sample.commits.find((commits) => commits.writers === writers);
    const of = (measure: (commits: StoreCommitsSample) => number) =>
      summarize(present(samples, (sample) => map(each(sample), measure))) as Summary;
    const fsyncs = (measure: (commits: StoreCommitsSample) => number) =>
      isDisk
        ? medianOf(samples, (sample) => map(each(sample), (commits) => measure(commits) / sample.fsyncMicros))
        : undefined;
    const rates = (some: readonly StoreSample[]) =>
      new Map(some.map((sample) => [sample.repetition, each(sample)?.commitsPerSecond ?? Number.NaN]));
    return defined<StoreCommits>({
      writers,
      commitsPerSecond: of(({ commitsPerSecond }) => commitsPerSecond),
      p50Micros: of(({ p50Micros }) => p50Micros),
      p99Micros: of(({ p99Micros }) => p99Micros),
      commitsPerFsync: isDisk
        ? medianOf(samples, (sample) =>
            map(each(sample), ({ commitsPerSecond }) => (commitsPerSecond * sample.fsyncMicros) / 1e6),
          )
        : undefined,
      p50Fsyncs: fsyncs(({ p50Micros }) => p50Micros),
      p99Fsyncs: fsyncs(({ p99Micros }) => p99Micros),
      timesTs: pairedRatio(rates(samples), rates(twins)),
      aims: commitAims(mode, durability, writers, all),
    });
  });
}

function map<T, R>(value: T | undefined, of: (value: T) => R): R | undefined {
  return value === undefined ? undefined : of(value);
}

function present(samples: readonly StoreSample[], measure: (sample: StoreSample) => number | undefined): number[] {
  return samples.map(measure).filter((value) => value !== undefined);
}

function medianOf(
  samples: readonly StoreSample[],
  measure: (sample: StoreSample) => number | undefined,
): number | undefined {
  const values = present(samples, measure);
  return values.length === 0 ? undefined : median(values);
}
