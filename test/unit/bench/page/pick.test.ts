import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../bench/plan.js';
import { leastLossy, plainRows, seriesOf } from '../../../../bench/report/page/pick.js';
import { rowLabel } from '../../../../bench/report/result-head.js';
import { throughputResults } from '../../../../bench/report/throughput-results.js';
import { fakeBlock, nativeRow, outcome } from '../fake-report.js';

const resultsOf = (...rows: readonly Row[]) =>
  throughputResults(
    fakeBlock([]),
    rows.map((row) => outcome(row, 1, 2)),
  );
const labels = (results: ReturnType<typeof resultsOf>) => results.map(rowLabel);

const lossy: Row = { ...nativeRow, lossRate: 0.01 };
const three: Row = { ...nativeRow, members: 3 };
const total: Row = { ...nativeRow, ordering: 'total' };
const ts: Row = { ...nativeRow, mode: 'ts', threads: 'single' };

describe('the plainest rows', () => {
  it('are those of the smallest group without loss or order, in each mode, and what is measured beside groups', () => {
    expect(labels(plainRows(resultsOf(nativeRow, lossy, three, total, ts, { kind: 'tcp' })))).toEqual([
      'native multi',
      'ts single',
      'tcp',
    ]);
  });

  it('are there also where all rows have loss, an order, or many members', () => {
    const all: Row = { ...nativeRow, members: 5, senders: 'all', lossRate: 0.02, ordering: 'total' };
    expect(labels(plainRows(resultsOf(all, { ...all, lossRate: 0.1 })))).toEqual([
      'native multi, total, 5 members, all send, 2 % loss',
    ]);
    expect(plainRows(resultsOf({ kind: 'tcp' }))).toHaveLength(1);
    expect(plainRows([])).toEqual([]);
  });

  it('are among those that lose least', () => {
    expect(labels(leastLossy(resultsOf(lossy, three, nativeRow, { kind: 'tcp' })))).toEqual([
      'native multi, 3 members',
      'native multi',
    ]);
  });
});

describe('series', () => {
  it('have one line for each row, in the order of the rows, and none without points', () => {
    const series = seriesOf(resultsOf(nativeRow, ts, nativeRow), (some) =>
      some.map((_, x) => ({ x, where: '', value: 1, text: '' })),
    );
    expect(series.map(({ label, tone, points }) => [label, tone, points.length])).toEqual([
      ['native multi', 'native', 2],
      ['ts single', 'ts', 1],
    ]);
    expect(seriesOf(resultsOf(nativeRow), () => [])).toEqual([]);
  });
});
