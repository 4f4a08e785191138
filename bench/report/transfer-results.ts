/** From measurements of state transfer to results. */
import type { Block, GroupRow } from '../plan.js';
import type { TransferResult, TransferSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { median, pairedRatio, summarize } from '../stats/summary.js';
import { aimBytesPerSecond } from '../transfer-aims.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

type Outcomes = readonly Outcome<TransferSample>[];

export function transferResults(block: Block, outcomes: Outcomes): readonly TransferResult[] {
  const stateBytes = block.stateBytes ?? 0;
  return outcomes.map(({ row, samples, error }) => {
    const group = row as GroupRow;
    const most = (measure: (sample: TransferSample) => number) =>
      samples.length === 0 ? undefined : Math.max(...samples.map(measure));
    const share = (ratio: (sample: TransferSample) => number) =>
      samples.length === 0 ? undefined : median(samples.map(ratio));
    return defined<TransferResult>({
      ...resultHead(block, row, frameBytes(block), error),
      stateBytes,
      samples,
      bytesPerSecond: summarize(samples.map((sample) => sample.bytesPerSecond)),
      ownPartsBytesPerSecond: summarize(samples.map((sample) => sample.ownPartsBytesPerSecond)),
      cpuSecondsPerGigabyte: summarize(samples.map((sample) => sample.cpuSecondsPerGigabyte)),
      giverPeakBytes: most((sample) => sample.giverPeakBytes),
      getterPeakBytes: most((sample) => sample.getterPeakBytes),
      shareUnderFree: share((sample) => sample.castsUnderFreePerSecond / sample.castsPerSecond),
      shareUnderProtected: share((sample) => sample.safeCastsUnderProtectedPerSecond / sample.safeCastsPerSecond),
      timesTs: timesTs(group, samples, outcomes),
      aimBytesPerSecond: aimBytesPerSecond(group.mode, stateBytes),
    });
  });
}

function timesTs(row: GroupRow, samples: readonly TransferSample[], outcomes: Outcomes): number | undefined {
  if (row.mode === 'ts') return undefined;
  const names = Object.keys(row).filter((name) => name !== 'mode') as (keyof GroupRow)[];
  const twin = outcomes.find(({ row: other }) => {
    const group = other as GroupRow;
    return group.mode === 'ts' && names.every((name) => group[name] === row[name]);
  });
  return twin === undefined ? undefined : pairedRatio(rates(samples), rates(twin.samples));
}

function rates(samples: readonly TransferSample[]): ReadonlyMap<number, number> {
  return new Map(samples.map(({ repetition, bytesPerSecond }) => [repetition, bytesPerSecond]));
}
