import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../bench/options.js';
import { crewSize, planBlocks } from '../../../bench/plan.js';
import { reportTables } from '../../../bench/report/tables.js';
import { transferResults } from '../../../bench/report/transfer-results.js';
import { UsageError } from '../../../bench/usage-error.js';
import { StatePattern } from '../../../bench/verify/state-pattern.js';
import { fakeReport, nativeRow, transferBlock, transferOutcome } from './fake-report.js';

type Words = Parameters<typeof parseOptions>[1];

const plan = (scenarios: string[], words: Words) => planBlocks(parseOptions(scenarios, words), { noNative: undefined });

describe('the plan of state transfers', () => {
  it('has a block for each state, in which groups of two and TCP take turns', () => {
    const blocks = plan(['transfer'], { state: '1MiB,1GiB' });
    expect(blocks.map(({ stateBytes, sizeBytes }) => [stateBytes, sizeBytes])).toEqual([
      [2 ** 20, 1024],
      [2 ** 30, 1024],
    ]);
    for (const { rows } of blocks) {
      expect(rows).toMatchObject([
        { kind: 'group', mode: 'native', threads: 'multi', members: 2, senders: 'one' },
        { kind: 'group', mode: 'ts', threads: 'multi', members: 2, senders: 'one' },
        { kind: 'tcp' },
      ]);
      for (const row of rows) expect(crewSize({ scenario: 'transfer' }, row)).toBe(2);
    }
  });

  it('goes up to 1 GiB, and is shorter in a quick run', () => {
    expect(plan(['transfer'], {}).map(({ stateBytes }) => stateBytes)).toEqual([2 ** 20, 2 ** 26, 2 ** 30]);
    const quick = plan(['transfer'], { quick: true });
    expect(quick.map(({ stateBytes, rows }) => [stateBytes, rows.length])).toEqual([[2 ** 24, 2]]);
  });

  it('has peers, whatever the size of the casts beside it', () => {
    const planWith = (words: Words) =>
      planBlocks(parseOptions(['peers'], words), { noNative: undefined, peers: ['nats', 'jgroups'] });
    const [block, ...more] = planWith({ size: '2MiB' }).filter(({ scenario }) => scenario === 'transfer');
    expect([block?.stateBytes, more]).toEqual([2 ** 26, []]);
    expect(block?.rows.map(({ kind }) => kind)).toEqual(['group', 'group', 'tcp', 'nats', 'jgroups']);
    expect(planWith({ fixed: true }).some(({ scenario }) => scenario === 'transfer')).toBe(false);
  });

  it('is left out where views are fixed, and refused when it was asked for by name', () => {
    expect(plan([], { fixed: true }).some(({ scenario }) => scenario === 'transfer')).toBe(false);
    expect(() => plan(['transfer'], { fixed: true })).toThrow(UsageError);
  });
});

describe('results of state transfers', () => {
  const results = transferResults(transferBlock, [
    transferOutcome(nativeRow, 1e9),
    transferOutcome({ ...nativeRow, mode: 'ts' }, 2.5e8),
    transferOutcome({ ...nativeRow, mode: 'mixed', lossRate: 0.01 }, 1e8),
  ]);

  it('tell the rate, what is left of casts meanwhile, and the most memory', () => {
    expect(results[0]).toMatchObject({
      stateBytes: 2 ** 30,
      shareUnderFree: 0.5,
      shareUnderProtected: 0.8,
      giverPeakBytes: 31 * 2 ** 20,
      getterPeakBytes: 60 * 2 ** 20,
    });
    expect(results[0]?.bytesPerSecond?.median).toBeCloseTo(1.05e9, -6);
  });

  it('are compared with ts in the same group only', () => {
    expect(results[0]?.timesTs).toBeCloseTo(4);
    expect(results[1]).not.toHaveProperty('timesTs');
    expect(results[2]).not.toHaveProperty('timesTs');
  });

  it('of TCP are a rate and what it costs, and what groups are compared with', () => {
    const carried = { repetition: 1, seconds: 4, bytesPerSecond: 5.5e8, cpuSecondsPerGigabyte: 2 };
    const [group, tcp] = transferResults(transferBlock, [
      transferOutcome(nativeRow, 1e9),
      { row: { kind: 'tcp' }, samples: [carried], error: undefined },
    ]);
    expect(group?.timesTcp).toBeCloseTo(2);
    expect(tcp).toMatchObject({ row: 'tcp', bytesPerSecond: { median: 5.5e8 }, cpuSecondsPerGigabyte: { median: 2 } });
    for (const name of [
      'shareUnderFree',
      'getterPeakBytes',
      'ownPartsBytesPerSecond',
      'timesTcp',
      'timesTs',
      'aimBytesPerSecond',
    ])
      expect(tcp).not.toHaveProperty(name);
  });

  it('have an aim for 1 GiB where both sides are alike', () => {
    expect(results.map(({ aimBytesPerSecond }) => aimBytesPerSecond)).toEqual([1e9, 3e8, undefined]);
    const [small] = transferResults({ ...transferBlock, stateBytes: 2 ** 20 }, [transferOutcome(nativeRow, 1e9)]);
    expect(small).not.toHaveProperty('aimBytesPerSecond');
  });

  it('are a table', () => {
    const [table] = reportTables({
      throughput: [],
      latency: [],
      views: [],
      transfer: fakeReport().transfer,
      store: [],
    });
    expect(table?.title).toContain('state of 1 GiB');
    const cell = (title: string) => table?.rows[0]?.[table.header.indexOf(title)];
    expect(cell('aim')).toBe('≥ 1.00');
    expect(cell('× ts')).toBe('3.00 ×');
    expect(cell('own parts')).toBe('0.60');
    expect(cell('getter MiB')).toBe('60.0');
    expect(cell('casts, free')).toBe('50.0 %');
  });
});

describe('the state of a measurement', () => {
  const pattern = new StatePattern(7);
  const whole = (bytes: number) => Buffer.concat([...pattern.parts(bytes)]);

  it('has the length that was asked for, in parts', () => {
    expect(whole(3_000_001)).toHaveLength(3_000_001);
    expect(whole(1)).toHaveLength(1);
    expect([...pattern.parts(3_000_001)].length).toBeGreaterThan(3);
  });

  it('is known by its receiver wherever it is cut', () => {
    const state = whole(2_500_000);
    expect(new StatePattern(7).matches(state, 0)).toBe(true);
    expect(pattern.matches(state.subarray(1_048_000, 1_049_000), 1_048_000)).toBe(true);
  });

  it('is not taken for another, or for itself at another place', () => {
    const state = whole(2_500_000);
    expect(new StatePattern(8).matches(state, 0)).toBe(false);
    expect(pattern.matches(state.subarray(0, 1000), 1)).toBe(false);
    expect(pattern.matches(state.subarray(0, 1000), 2 ** 20)).toBe(false);
    state[2_499_999] = (state[2_499_999] as number) ^ 1;
    expect(pattern.matches(state, 0)).toBe(false);
  });
});
