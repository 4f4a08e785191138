// A report of every kind of row.
import type { BenchmarkResult, Change, CheckReport } from '../../../../bench/check/check-report.js';

function change(by: number): Change {
  return { change: by, changeLow: by - 0.01, changeHigh: by + 0.01, launches: 2, changes: [by - 0.002, by + 0.002] };
}

export function fakeBenchmark(name: string, by: number, more: Partial<BenchmarkResult> = {}): BenchmarkResult {
  return {
    name,
    verdict: 'same',
    ...change(by),
    p: 0.5,
    iterations: 100,
    baseMicrosPerIteration: 12.5,
    headMicrosPerIteration: 12.5 * (1 + by),
    counters: [],
    ...more,
  };
}

export function fakeCheckReport(more: Partial<CheckReport> = {}): CheckReport {
  return {
    schema: 'consort-check',
    schemaVersion: 1,
    passed: false,
    outcome: 'regression',
    exitCode: 1,
    startedAt: '2026-11-28T12:00:00.000Z',
    durationSeconds: 61.5,
    options: { file: 'bench/hot.mjs', minEffect: 0.025, alpha: 0.05, looks: 3, quick: false, seed: 1 },
    environment: {
      consortVersion: '0.1.0',
      commit: 'c0ffee',
      dirty: false,
      node: '20.20.2',
      v8: '11.3',
      platform: 'linux-x64',
      kernel: '6.18',
      cpuModel: 'A processor',
      cpuCount: 2,
      memoryBytes: 8e9,
      cpuGovernor: 'performance',
      loadBefore: 1,
      loadAfter: 2,
      stealShare: 0.01,
    },
    cpus: [0, 1],
    missing: ['setarch -R: addresses differ from launch to launch'],
    notes: ["each side runs its own benchmarks: the base does not build with the head's"],
    base: { label: 'main', commit: '0123456789abcdef0123', dirty: false },
    head: { label: 'the work tree', commit: 'fedcba9876543210fedc', dirty: true },
    benchmarks: [
      fakeBenchmark('parse <&> | join', 0.101, {
        verdict: 'regression',
        p: 0.002,
        confirmation: { ...change(0.099), confirmed: true, p: 0.001 },
        instructions: { base: 1000, head: 1090, change: 0.09 },
      }),
      fakeBenchmark('calm', 0.001, {
        counters: [{ counter: 'datagrams', base: 2, head: 2, verdict: 'equal' }],
      }),
      fakeBenchmark('chatty', 0.002, {
        counters: [
          { counter: 'datagrams', base: 2, head: 2.5, verdict: 'rise' },
          { counter: 'garbage', base: 1, head: 1, verdict: 'unrepeatable' },
        ],
      }),
      fakeBenchmark('wild', 0.03, { verdict: 'inconclusive', detectableChange: 0.08 }),
      fakeBenchmark('quick', -0.06, {
        verdict: 'improvement',
        confirmation: { ...change(-0.061), confirmed: true, p: 0.001 },
      }),
      fakeBenchmark('odd', 0.06, {
        verdict: 'inconclusive',
        confirmation: { ...change(0.002), confirmed: false, p: 0.4 },
      }),
    ],
    controls: [
      { control: 'null', moved: false, ...change(0.001) },
      { control: 'frozen', moved: false, ...change(-0.002) },
    ],
    onlyInBase: ['old'],
    onlyInHead: ['new'],
    ...more,
  };
}
