import { describe, expect, it } from 'vitest';
import { measuredRows } from '../../../bench/measured.js';
import { type BenchWords, parseOptions } from '../../../bench/options.js';
import { crewSize, type GroupRow, planBlocks } from '../../../bench/plan.js';
import { storeResults } from '../../../bench/report/store-results.js';
import { reportTables } from '../../../bench/report/tables.js';
import { UsageError } from '../../../bench/usage-error.js';
import { fakeReport, storeBlock, storeOutcome, storeRow } from './fake-report.js';

function plan(scenarios: readonly string[], words: BenchWords) {
  return planBlocks(parseOptions(scenarios, words), { noNative: undefined });
}

describe('the plan of stores', () => {
  it('has a block for each size of a whole store, and one without a disk', () => {
    const blocks = plan(['store'], { state: '1MiB,1GiB' });
    expect(blocks.map(({ durability, stateBytes }) => [durability, stateBytes])).toEqual([
      ['disk', 2 ** 20],
      ['disk', 2 ** 30],
      ['memory', undefined],
    ]);
    for (const { sizeBytes, rows } of blocks) {
      expect(sizeBytes).toBe(100);
      expect(rows).toEqual([
        expect.objectContaining({ mode: 'native', members: 3, senders: 'all' }),
        expect.objectContaining({ mode: 'ts', members: 3, senders: 'all' }),
      ]);
      for (const row of rows) expect(crewSize({ scenario: 'store' }, row)).toBe(3);
    }
  });

  it('orders nothing and loses nothing, whatever the groups do', () => {
    const rows = plan(['store'], { loss: '0,5%', ordering: 'total' }).flatMap((block) => block.rows as GroupRow[]);
    expect(new Set(rows.map(({ lossRate, ordering }) => `${lossRate} ${ordering}`))).toEqual(new Set(['0 fifo']));
  });

  it('is refused with values that can not say which one they are, or that a store does not take', () => {
    expect(() => plan(['store'], { size: '3' })).toThrow(UsageError);
    expect(() => plan(['store'], { size: '2MiB' })).toThrow('want 4 bytes to 1 MiB');
    expect(() => plan(['store'], { fixed: true })).toThrow(UsageError);
  });
});

describe('results of stores', () => {
  const results = storeResults(storeBlock, [
    storeOutcome(storeRow, 25_000),
    storeOutcome({ ...storeRow, mode: 'ts' }, 12_500),
  ]);

  it('are told in fsyncs of the same measurement', () => {
    expect(results[0]?.commits).toEqual([
      expect.objectContaining({ writers: 1, commitsPerFsync: (2.5 + 5) / 2, p50Fsyncs: (1.5 + 0.75) / 2 }),
      expect.objectContaining({ writers: 64, commitsPerFsync: (25 + 50) / 2, p50Fsyncs: 2.5, timesTs: 2 }),
    ]);
    expect(results[1]?.commits[1]).not.toHaveProperty('timesTs');
  });

  it('have the rates of reads and of a synchronization, and the largest memory', () => {
    expect(results[0]).toMatchObject({ readShare: 0.8, requesterPeakBytes: 2 ** 20 * 81, syncAimBytesPerSecond: 1e8 });
    expect(results[0]?.recoveryMillis?.median).toBe(120.5);
    expect(results[1]).not.toHaveProperty('syncAimBytesPerSecond');
  });

  it('have aims where there are some', () => {
    expect(results[0]?.commits.map(({ aims }) => aims)).toEqual([undefined, { commitsPerFsync: 20, p50Fsyncs: 3 }]);
    const memory = { ...storeBlock, durability: 'memory' as const };
    const [native, ts] = storeResults(memory, [
      storeOutcome(storeRow, 6e4),
      storeOutcome({ ...storeRow, mode: 'ts' }, 6e4),
    ]);
    expect(native?.commits.map(({ aims }) => aims)).toEqual([undefined, { commitsPerSecond: 50_000 }]);
    expect(native?.commits[1]).not.toHaveProperty('p50Fsyncs');
    expect(ts?.commits[1]).not.toHaveProperty('aims');
  });

  it('fill a table of commits, and one of the rest', () => {
    const [commits, rest] = reportTables({ throughput: [], latency: [], views: [], transfer: [], store: results });
    expect(commits?.title).toBe('store on disk, values of 100 B');
    expect(commits?.rows).toHaveLength(4);
    expect(commits?.rows[1]).toEqual(expect.arrayContaining(['64', '37.5', '2.50 ×', '≥ 20 / fsync, p50 ≤ 3 ×']));
    expect(rest?.title).toContain('a whole store of 953.67 MiB');
    expect(rest?.rows[0]).toEqual(expect.arrayContaining(['400 k', '80.0 %', '0.12', '81.0']));
  });

  it('say why there are none', () => {
    const failed = storeResults(storeBlock, [{ row: storeRow, samples: [], error: 'the disk\nis full' }]);
    const [table] = reportTables({ throughput: [], latency: [], views: [], transfer: [], store: failed });
    expect(table?.rows[0]).toContain('the disk');
  });

  it('can be compared, row by row', () => {
    const rows = measuredRows(fakeReport()).filter(({ scenario }) => scenario === 'store');
    expect(rows.map(({ block, metrics }) => [block.split(/[,:] /).at(-1), metrics.length])).toEqual([
      ['1 writers', 3],
      ['64 writers', 3],
      ['a whole store of 953.67 MiB', 3],
      ['1 writers', 3],
      ['64 writers', 3],
      ['a whole store of 953.67 MiB', 3],
    ]);
  });
});
