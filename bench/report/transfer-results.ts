/** From measurements of state transfer to results. */
import type { Block, GroupRow } from '../plan.js';
import type { TransferResult, TransferSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { median, pairedRatio, summarize } from '../stats/summary.js';
import { aimBytesPerSecond } from '../transfer-aims.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

type TransferOutcome = Outcome<TransferSample>;
type Measure = (sample: TransferSample) => number | undefined;

export function transferResults(block: Block, outcomes: readonly TransferOutcome[]): readonly TransferResult[] {
  const stateBytes = block.stateBytes ?? 0;
  const tcp = outcomes.find(({ row }) => row.kind === 'tcp');
  return outcomes.map((outcome) => {
    const { row, samples, error } = outcome;
    const all = (measure: Measure) => samples.map(measure).filter((value) => value !== undefined);
    const summary = (measure: Measure) => summarize(all(measure));
    const most = (measure: Measure) => (all(measure).length === 0 ? undefined : Math.max(...all(measure)));
    const share = (part: Measure, of: Measure) => {
      const shares = all((sample) => quotient(part(sample), of(sample)));
      return shares.length === 0 ? undefined : median(shares);
    };
    return defined<TransferResult>({
      ...resultHead(block, row, frameBytes(block), error),
      stateBytes,
      samples,
      bytesPerSecond: summary((sample) => sample.bytesPerSecond),
      ownPartsBytesPerSecond: summary((sample) => sample.ownPartsBytesPerSecond),
      cpuSecondsPerGigabyte: summary((sample) => sample.cpuSecondsPerGigabyte),
      giverPeakBytes: most((sample) => sample.giverPeakBytes),
      getterPeakBytes: most((sample) => sample.getterPeakBytes),
      shareUnderFree: share(
        (sample) => sample.castsUnderFreePerSecond,
        (sample) => sample.castsPerSecond,
      ),
      shareUnderProtected: share(
        (sample) => sample.safeCastsUnderProtectedPerSecond,
        (sample) => sample.safeCastsPerSecond,
      ),
      ...(row.kind === 'group'
        ? {
            timesTs: row.mode === 'ts' ? undefined : ratio(samples, twinOf(row, outcomes)),
            timesTcp: ratio(samples, tcp),
            aimBytesPerSecond: aimBytesPerSecond(row.mode, stateBytes),
          }
        : {}),
    });
  });
}

function quotient(part: number | undefined, of: number | undefined): number | undefined {
  return part === undefined || of === undefined ? undefined : part / of;
}

/** The same group in ts. */
function twinOf(row: GroupRow, outcomes: readonly TransferOutcome[]): TransferOutcome | undefined {
  const names = Object.keys(row).filter((name) => name !== 'mode') as (keyof GroupRow)[];
  return outcomes.find(
    ({ row: other }) =>
      other.kind === 'group' && other.mode === 'ts' && names.every((name) => other[name] === row[name]),
  );
}

function ratio(samples: readonly TransferSample[], other: TransferOutcome | undefined): number | undefined {
  return other === undefined ? undefined : pairedRatio(rates(samples), rates(other.samples));
}

function rates(samples: readonly TransferSample[]): ReadonlyMap<number, number> {
  return new Map(samples.map(({ repetition, bytesPerSecond }) => [repetition, bytesPerSecond]));
}
