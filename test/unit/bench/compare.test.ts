import { describe, expect, it } from 'vitest';
import { compareSides, sideOf, wholeSide } from '../../../bench/compare/compare.js';
import { pairedEstimate, separateEstimate, student975 } from '../../../bench/compare/interval.js';
import { judge } from '../../../bench/compare/verdict.js';
import { type MeasuredRow, measuredRows, rowKey } from '../../../bench/measured.js';
import type { Row } from '../../../bench/plan.js';
import { throughputResults } from '../../../bench/report/throughput-results.js';
import { fakePageReport } from './fake-page.js';
import { fakeBlock, fakeReport, nativeRow, sample } from './fake-report.js';

const byNumber = (...values: readonly number[]) => new Map(values.map((value, at) => [at, value]));

describe('an estimate of a ratio', () => {
  it('between measurements made in turns is the mean of the logarithms of their ratios, with Student’s interval', () => {
    // ln 2, ln 2.2, ln 1.8: mean 0.68980, standard deviation 0.10038; t(2) = 4.303.
    const { ratio, low, high } = pairedEstimate(byNumber(1, 10, 100), byNumber(2, 22, 180)) ?? {};
    expect(ratio).toBeCloseTo(Math.exp(0.6898), 3);
    expect(low).toBeCloseTo(Math.exp(0.6898 - (4.303 * 0.10038) / Math.sqrt(3)), 3);
    expect(high).toBeCloseTo(Math.exp(0.6898 + (4.303 * 0.10038) / Math.sqrt(3)), 3);
  });

  it('leaves out what has no partner', () => {
    expect(pairedEstimate(byNumber(1, 1, 1), new Map([[2, 3]]))).toEqual({ ratio: expect.closeTo(3) });
    expect(pairedEstimate(byNumber(1), new Map([[7, 1]]))).toBeUndefined();
  });

  it('between two runs is Welch’s', () => {
    const { ratio, low, high } = separateEstimate(byNumber(90, 100, 110), byNumber(190, 200, 210)) ?? {};
    expect(ratio).toBeCloseTo(2.01, 1);
    expect([low, high].map((end) => end?.toFixed(1))).toEqual(['1.5', '2.6']);
    // Where one side scatters, so does the ratio.
    const wide = separateEstimate(byNumber(50, 100, 200), byNumber(190, 200, 210));
    expect(wide?.low).toBeLessThan(low ?? 0);
  });

  it('of one measurement has no interval, and of nothing is none', () => {
    expect(separateEstimate(byNumber(10), byNumber(20))).toEqual({ ratio: expect.closeTo(2) });
    expect(separateEstimate(byNumber(0), byNumber(20))).toBeUndefined();
  });

  it('knows the distribution of Student', () => {
    expect([student975(1), student975(4.9), student975(20)]).toEqual([12.706, 2.776, 2.086]);
    expect(student975(60)).toBeCloseTo(2.0, 2);
  });
});

describe('a verdict', () => {
  const plain = { minEffect: 0.05, drift: 1 };

  it.each([
    [{ ratio: 1.2, low: 1.1, high: 1.3 }, 'higher', 'better'],
    [{ ratio: 1.2, low: 1.1, high: 1.3 }, 'lower', 'worse'],
    [{ ratio: 0.8, low: 0.7, high: 0.9 }, 'higher', 'worse'],
    [{ ratio: 0.8, low: 0.7, high: 0.9 }, 'lower', 'better'],
    [{ ratio: 1.2, low: 0.9, high: 1.6 }, 'higher', 'unclear'],
    [{ ratio: 1.03, low: 1.01, high: 1.04 }, 'higher', 'same'],
    [{ ratio: 1.04, low: 1.01, high: 1.07 }, 'higher', 'unclear'],
    [{ ratio: 3 }, 'higher', 'unclear'],
  ] as const)('on %j where %s is better is %s', (estimate, better, verdict) => {
    expect(judge(estimate, better, plain)).toBe(verdict);
  });

  it('asks for more than what the machine has moved by, and calls that not the same', () => {
    const estimate = { ratio: 1.2, low: 1.15, high: 1.25 };
    expect(judge(estimate, 'higher', { minEffect: 0.05, drift: 1.1 })).toBe('better');
    expect(judge(estimate, 'higher', { minEffect: 0.05, drift: 1.3 })).toBe('unclear');
  });
});

describe('rows', () => {
  it('have one key for each, which does not say what was measured', () => {
    const rows = measuredRows(fakePageReport());
    expect(new Set(rows.map(rowKey)).size).toBe(rows.length);
    expect(measuredRows(fakePageReport(2)).map(rowKey)).toEqual(rows.map(rowKey));
  });

  it('of all scenarios say what was measured, and which way is better', () => {
    const metrics = measuredRows(fakeReport()).flatMap(({ scenario, metrics: some }) =>
      some.map(({ name, better }) => `${scenario} ${name} ${better}`),
    );
    expect([...new Set(metrics)]).toEqual([
      'throughput messagesPerSecond higher',
      'latency p50Micros lower',
      'latency p99Micros lower',
      'views tookMillis lower',
      'transfer bytesPerSecond higher',
      'transfer cpuSecondsPerGigabyte lower',
      'store commitsPerSecond higher',
      'store p50Micros lower',
      'store p99Micros lower',
      'store readsPerSecond higher',
      'store syncBytesPerSecond higher',
      'store recoveryMillis lower',
      'layers nanosPerOperation lower',
      'scale cpuMicrosPerMessage lower',
      'scale datagramsPerChange lower',
    ]);
  });
});

const nothing = { ...fakeReport(), latency: [], views: [], transfer: [], store: [], layers: [], scale: [] };

/** Rows of one block, each with its rates. */
function rowsOf(...rates: readonly (readonly [Row, ...number[]])[]): readonly MeasuredRow[] {
  const outcomes = rates.map(([row, ...values]) => ({
    row,
    samples: values.map((value, at) => sample(at, value)),
    error: undefined,
  }));
  return measuredRows({ ...nothing, throughput: throughputResults(fakeBlock([]), outcomes) });
}

const ts: Row = { ...nativeRow, mode: 'ts' };
const tcp: Row = { kind: 'tcp' };

describe('a comparison', () => {
  it('of two runs holds the machine’s movement against a difference', () => {
    const base = wholeSide(rowsOf([nativeRow, 100, 101, 99], [ts, 50, 51, 49], [tcp, 80, 81, 79]));
    const head = wholeSide(rowsOf([nativeRow, 130, 131, 129], [ts, 90, 91, 89], [tcp, 104, 105, 103]));
    const { rows, drift, verdicts } = compareSides(base, head, false, 0.05);
    expect(drift).toBeCloseTo(1.3, 2);
    expect(rows.map(({ row, verdict }) => [row, verdict])).toEqual([
      ['native multi', 'unclear'],
      ['ts multi', 'better'],
      ['tcp', 'control'],
    ]);
    expect(verdicts).toEqual({ better: 1, worse: 0, same: 0, unclear: 1 });
  });

  it('of two modes goes by what was measured in turns', () => {
    const rows = rowsOf([nativeRow, 100, 200, 400], [ts, 50, 101, 199], [tcp, 80, 160, 330]);
    const modes = compareSides(sideOf(rows, 'native', 'ts'), sideOf(rows, 'ts', 'native'), true, 0.05);
    expect(modes.rows).toMatchObject([{ row: 'native multi → ts multi', verdict: 'worse', drift: 1 }]);
    expect(modes.rows[0]?.ratio).toBeCloseTo(0.5, 2);
    // In turns tcp is a row like others.
    const other = compareSides(sideOf(rows, 'tcp', 'native'), sideOf(rows, 'native', 'tcp'), true, 0.05);
    expect(other.rows).toMatchObject([{ row: 'tcp → native multi', verdict: 'better' }]);
  });

  it('of modes compares a row that is no group with each group, and groups with their like', () => {
    const three: Row = { ...nativeRow, members: 3 };
    const rows = rowsOf([nativeRow, 100, 100], [three, 90, 90], [ts, 50, 50], [tcp, 80, 80]);
    const pairs = (a: string, b: string) =>
      compareSides(sideOf(rows, a, b), sideOf(rows, b, a), true, 0.05).rows.map(({ row }) => row);
    expect(pairs('tcp', 'native')).toEqual(['tcp → native multi', 'tcp → native multi, 3 members']);
    expect(pairs('native', 'ts')).toEqual(['native multi → ts multi']);
  });

  it('names rows of one side only', () => {
    const { rows, onlyBase, onlyHead } = compareSides(
      wholeSide(rowsOf([nativeRow, 1, 2])),
      wholeSide(rowsOf([ts, 1, 2])),
      false,
      0.05,
    );
    expect(rows).toEqual([]);
    expect([onlyBase, onlyHead].map(([name]) => name)).toEqual([
      expect.stringContaining(': native multi'),
      expect.stringContaining(': ts multi'),
    ]);
  });
});

/** Numbers like those of a normal distribution, the same in each run of the test. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

describe('two runs of the same code on a machine that drifts', () => {
  /** The share of comparisons that find a difference. */
  function found(effect: number, drift: number): number {
    const normal = noise(20260101);
    const run = (times: number) => {
      const machine = Math.exp(drift * normal());
      const rates = () => Array.from({ length: 5 }, () => 100 * machine * Math.exp(0.03 * normal()));
      const references = (['limit', 'tcp', 'dgram'] as const).map((kind) => [{ kind }, ...rates()] as const);
      return wholeSide(rowsOf([nativeRow, ...rates().map((rate) => rate * times)], ...references));
    };
    const verdicts = Array.from({ length: 300 }, () => compareSides(run(1), run(effect), false, 0.05).rows[0]?.verdict);
    return verdicts.filter((verdict) => verdict === 'better' || verdict === 'worse').length / verdicts.length;
  }

  it('are seldom called different', () => {
    expect(found(1, 0)).toBeLessThan(0.02);
    expect(found(1, 0.15)).toBeLessThan(0.02);
  });

  it('are called different when they are, unless the drift hides it', () => {
    expect(found(1.15, 0)).toBeGreaterThan(0.95);
    expect(found(1.15, 0.3)).toBeLessThan(0.7);
  });
});
