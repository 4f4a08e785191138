/** A report with something in every chart of the page. */
import type { Block, GroupRow, Row } from '../../../bench/plan.js';
import { throughputResults } from '../../../bench/report/throughput-results.js';
import { viewsResults } from '../../../bench/report/views-results.js';
import type { BenchReport } from '../../../bench/results.js';
import { fakeReport, nativeRow, outcome, viewsBlock, viewsOutcome } from './fake-report.js';

const REFERENCES: readonly Row[] = [{ kind: 'limit' }, { kind: 'tcp' }, { kind: 'dgram' }];
const tsRow: GroupRow = { ...nativeRow, mode: 'ts' };

/** Larger messages are fewer; each row is slower than the one before it. */
function blockResults(block: Omit<Block, 'rows' | 'scenario'>, groups: readonly Row[], factor: number) {
  const rows = [...groups, ...REFERENCES];
  const rate = (factor * 1e9) / (block.sizeBytes + 30);
  return throughputResults(
    { ...block, scenario: 'throughput', rows },
    rows.map((row, at) => outcome(row, Math.round(rate / (at + 1)), Math.round((rate * 1.1) / (at + 1)))),
  );
}

/** @param factor how fast everything is */
export function fakePageReport(factor = 1, changes: Partial<BenchReport> = {}): BenchReport {
  const plain: readonly Row[] = [nativeRow, tsRow];
  const lossy = [0.01, 0.05].map((lossRate): Row => ({ ...nativeRow, lossRate }));
  const larger: Row = { ...nativeRow, members: 3, senders: 'all', ordering: 'total' };
  const throughput = (['auto', 1400] as const).flatMap((mtu) =>
    [16, 64, 1024, 65536].flatMap((sizeBytes) =>
      blockResults({ sizeBytes, mtu }, sizeBytes === 64 ? [...plain, ...lossy, larger] : plain, factor),
    ),
  );
  const settings = { quick: false, isolation: 'processes' } as const;
  const views = viewsResults(viewsBlock, [viewsOutcome(20 / factor)], settings);
  return fakeReport({ throughput, views, ...changes });
}
