/** The tables of a check. */
import { type Column, makeTable, type Table } from '../../report/table.js';
import type { BenchmarkResult, Change, CheckReport, ControlResult } from '../check-report.js';
import { counterText, interval, micros, signed, verdictText } from './wording.js';

const CHANGE: readonly Column<Change>[] = [
  { title: 'change', cell: ({ change }) => signed(change) },
  { title: 'interval', cell: interval },
  { title: 'launches', cell: ({ launches }) => String(launches) },
];

const BENCHMARK: readonly Column<BenchmarkResult>[] = [
  { title: 'benchmark', cell: ({ name }) => name },
  { title: 'verdict', cell: verdictText },
  ...CHANGE,
  { title: 'confirmed', cell: ({ confirmation }) => (confirmation === undefined ? '' : signed(confirmation.change)) },
  { title: 'base', cell: ({ baseMicrosPerIteration }) => micros(baseMicrosPerIteration) },
  { title: 'head', cell: ({ headMicrosPerIteration }) => micros(headMicrosPerIteration) },
  {
    title: 'instructions',
    cell: ({ instructions }) => (instructions === undefined ? '' : signed(instructions.change)),
  },
];

export function benchmarkTable(title: string, benchmarks: readonly BenchmarkResult[]): Table {
  return makeTable(title, BENCHMARK, benchmarks);
}

export function controlTable({ controls }: CheckReport): Table {
  return makeTable<ControlResult>(
    'Controls: the same on both sides',
    [
      { title: 'control', cell: ({ control }) => control },
      { title: 'verdict', cell: ({ moved }) => (moved ? 'MOVED' : 'still') },
      ...CHANGE,
    ],
    controls,
  );
}

/** One line for each counter that is not the same on both sides. */
export function counterLines({ benchmarks }: CheckReport): readonly string[] {
  return benchmarks.flatMap(({ name, counters }) =>
    counters.filter(({ verdict }) => verdict !== 'equal').map((counter) => `${name}: ${counterText(counter)}`),
  );
}

/** What else a reader has to know. */
export function noteLines({ missing, notes, onlyInBase, onlyInHead }: CheckReport): readonly string[] {
  const only = (side: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`only in the ${side}, so not compared: ${names.join(', ')}`];
  return [
    ...notes,
    ...only('base', onlyInBase),
    ...only('head', onlyInHead),
    ...missing.map((each) => `this machine does without ${each}`),
  ];
}
