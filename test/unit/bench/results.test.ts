import { describe, expect, it } from 'vitest';
import type { GroupRow } from '../../../bench/plan.js';
import { throughputResults } from '../../../bench/report/throughput-results.js';
import { encode, histogramOf, merge, percentiles } from '../../../bench/stats/latency-histogram.js';
import { fakeBlock, fakeReport, nativeRow, outcome, sample } from './fake-report.js';

function resultsOf(...outcomes: Parameters<typeof throughputResults>[1]) {
  return throughputResults(fakeBlock([]), outcomes);
}

describe('results of throughput', () => {
  it('are compared with what was measured in the same turns', () => {
    const [native, ts, limit, tcp] = resultsOf(
      outcome(nativeRow, 100, 50),
      outcome({ ...nativeRow, mode: 'ts' }, 20, 10),
      outcome({ kind: 'limit' }, 200, 100),
      outcome({ kind: 'tcp' }, 50, 25),
      outcome({ kind: 'dgram' }, 10, 5),
    );
    expect(native).toMatchObject({ shareOfLimit: 0.5, timesTcp: 2, timesDgram: 10, timesTs: 5 });
    expect(native?.messagesPerSecond).toMatchObject({ median: 75, min: 50, max: 100 });
    expect(ts).not.toHaveProperty('timesTs');
    expect(limit).not.toHaveProperty('shareOfLimit');
    expect(tcp).toMatchObject({ shareOfLimit: 0.25 });
  });

  it('compare a group with views with the same group in a fixed view', () => {
    const fixed: GroupRow = { ...nativeRow, properties: 'Frag:Flow' };
    const [full, other] = resultsOf(outcome(nativeRow, 97, 98), outcome(fixed, 100, 100));
    expect(full).toMatchObject({ shareOfFixed: 0.975, properties: nativeRow.properties });
    expect(other).not.toHaveProperty('shareOfFixed');
  });

  it('compare a group whose casts are ordered with the same group without', () => {
    const total: GroupRow = { ...nativeRow, ordering: 'total' };
    const [fifo, other] = resultsOf(outcome(nativeRow, 100, 100), outcome(total, 80, 82));
    expect(fifo).not.toHaveProperty('shareOfFifo');
    expect(other).toMatchObject({ shareOfFifo: 0.81, ordering: 'total' });
  });

  it('compare a group with loss with the same group without', () => {
    const lossy: GroupRow = { ...nativeRow, lossRate: 0.01 };
    const samples = [sample(0, 80, { resentBytes: 120, lostBytes: 100 })];
    const [, result] = resultsOf(outcome(nativeRow, 100, 100), { row: lossy, samples, error: undefined });
    expect(result).toMatchObject({ lossRate: 0.01, shareOfLossless: 0.8, resentPerLost: 1.2 });
  });

  it('compare more receivers with one by what each got, and more senders by what all got', () => {
    const three = { ...nativeRow, members: 3 };
    const all: GroupRow = { ...three, senders: 'all' };
    const of = (row: GroupRow, each: number, sum: number) => ({
      row,
      samples: [sample(0, each, { deliveredMessagesPerSecond: sum })],
      error: undefined,
    });
    const [, fanOut, everybody] = resultsOf(outcome(nativeRow, 100, 100), of(three, 50, 100), of(all, 30, 90));
    expect(fanOut).toMatchObject({ shareOfPair: 0.5 });
    expect(everybody).toMatchObject({ shareOfPair: 0.9 });
  });

  it('keep the error of a row beside what was measured before it', () => {
    const [result] = resultsOf(outcome(nativeRow, 1, 1, 'stuck'));
    expect(result).toMatchObject({ error: 'stuck', messagesPerSecond: { count: 2 } });
  });
});

describe('results of round trips', () => {
  it('come from HDR histograms, and are compared with plain datagrams', () => {
    const [native, dgram] = fakeReport().latency;
    expect(native).toMatchObject({ load: 'ping-pong', row: 'group' });
    expect(native?.p50Micros?.median).toBeCloseTo(55, 0);
    expect(native?.p50TimesDgram).toBeCloseTo(55 / 30, 1);
    expect(native?.p99PerP50).toBeGreaterThan(1);
    expect(dgram).not.toHaveProperty('p50TimesDgram');
  });

  it('keep three digits, merge, and survive their text form', () => {
    const one = histogramOf(Array.from({ length: 1000 }, (_, i) => (i + 1) * 1000));
    const merged = merge([encode(one), encode(histogramOf([5_000_000]))]);
    expect(merged.totalCount).toBe(1001);
    expect(percentiles(merged).p50Micros).toBeCloseTo(501, -1);
    expect(percentiles(merged).maxMicros / 5000).toBeCloseTo(1, 2);
  });
});

describe('the JSON of a report', () => {
  it('is one model with a version, raw samples and units in its names', () => {
    const report = JSON.parse(JSON.stringify(fakeReport())) as ReturnType<typeof fakeReport>;
    expect(report).toMatchObject({ schema: 'consort-bench', schemaVersion: 2, passed: true, interrupted: false });
    expect(report).toEqual(fakeReport());
    for (const result of report.throughput) expect(result.samples).toHaveLength(2);
    for (const result of report.latency) expect(result.samples[0]?.histogramNanos).toMatch(/^HISTF/);
  });

  it('has no key without a unit among the measurements', () => {
    const [result] = fakeReport().throughput;
    const countsAndRatios =
      /^(row|mode|mtu|members|senders|threads|properties|ordering|lossRate|samples|shareOf\w+|times\w+|resentPerLost)$/;
    const withUnit = /(PerSecond|PerMillionMessages|Bytes|Micros)$/;
    for (const key of Object.keys(result ?? {})) {
      expect(countsAndRatios.test(key) || withUnit.test(key), key).toBe(true);
    }
  });
});
