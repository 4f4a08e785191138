/** A comparison as text for a terminal, and as Markdown. */
import { styleText } from 'node:util';
import { plain, quantity, times } from '../report/format.js';
import { type Column, makeTable, markdownTable, type Table, textTable } from '../report/table.js';
import { groupBy } from '../report/titles.js';
import type { Summary } from '../stats/summary.js';
import type { ComparedRow } from './compare.js';
import type { CompareReport, ReportedSide } from './report.js';
import { VERDICTS } from './verdict.js';

const columns: readonly Column<ComparedRow>[] = [
  { title: 'row', cell: ({ row }) => row },
  { title: '', cell: ({ unit }) => unit },
  { title: 'A', cell: (row) => amount(row, row.base) },
  { title: '± MAD', cell: ({ base }) => spreadOf(base) },
  { title: 'B', cell: (row) => amount(row, row.head) },
  { title: '± MAD', cell: ({ head }) => spreadOf(head) },
  { title: 'B / A', cell: ({ ratio }) => times(ratio) },
  { title: '95 % interval', cell: intervalOf },
  { title: 'verdict', cell: ({ verdict }) => verdict },
];

/** `1.02 – 1.31`. */
export function intervalOf({ low, high }: Pick<ComparedRow, 'low' | 'high'>): string {
  return low === undefined || high === undefined ? '' : `${plain(low)} – ${plain(high)}`;
}

/** Rates with a prefix of thousands, times as they are. */
export function amount({ better }: Pick<ComparedRow, 'better'>, { median }: Summary): string {
  return better === 'higher' ? quantity(median) : plain(median);
}

export function comparisonTables(rows: readonly ComparedRow[]): readonly Table[] {
  return groupBy(rows, ({ block }) => block).map(([title, some]) => makeTable(title, columns, some));
}

/** `3 better, 1 worse, 12 same, 2 unclear`. */
export function countsOf({ verdicts }: Pick<CompareReport, 'verdicts'>): string {
  return VERDICTS.map((name) => `${verdicts[name]} ${name}`).join(', ');
}

/** What the words mean, in this comparison. */
export function explanationOf({ minEffect, inTurns, drift }: CompareReport): readonly string[] {
  const effect = percentOf(minEffect);
  const moved =
    drift === undefined
      ? 'Nothing was measured beside the groups that could tell how far the machine has moved between the two.'
      : `Between the two the machine moved by about ${percentOf(drift - 1)}, as limit, tcp and dgram say (control); the whole interval of a row has to be further from 1 than those of its block have moved.`;
  return [
    `B against A. better, worse: by more than ${effect}, and the whole interval is on that side of 1; same: the whole interval is within ${effect}; all else is unclear.`,
    inTurns ? 'Both were measured in turns: ratios are those of measurements made one after the other.' : moved,
  ];
}

export function renderComparison(report: CompareReport, { colors }: { readonly colors: boolean }): string {
  const tables = comparisonTables(report.rows).flatMap((table) => [colorVerdicts(textTable(table), colors), '']);
  return [
    ...sidesOf(report).map(([letter, side]) => `${letter}  ${sideLine(side)}`),
    '',
    ...tables,
    ...explanationOf(report),
    ...report.notes.map((note) => `note: ${note}`),
    ...aloneOf(report),
    '',
    countsOf(report),
    '',
  ].join('\n');
}

/** The verdict first; what has not changed is folded. */
export function renderComparisonMarkdown(report: CompareReport): string {
  const changed = report.rows.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  const others = report.rows.filter((row) => !changed.includes(row));
  return [
    '## consort compare',
    '',
    `**${countsOf(report)}**`,
    '',
    ...sidesOf(report).map(([letter, side]) => `- ${letter}: ${sideLine(side)}`),
    ...explanationOf(report).map((line) => `- ${line}`),
    ...[...report.notes.map((note) => `note: ${note}`), ...aloneOf(report)].map((line) => `- ${line}`),
    '',
    ...comparisonTables(changed).flatMap((table) => [markdownTable(table), '']),
    ...(others.length === 0 ? [] : ['<details><summary>All other rows</summary>', '']),
    ...comparisonTables(others).flatMap((table) => [markdownTable(table), '']),
    ...(others.length === 0 ? [] : ['</details>', '']),
  ].join('\n');
}

export function sidesOf({ base, head }: CompareReport): readonly (readonly [string, ReportedSide])[] {
  return [
    ['A', base],
    ['B', head],
  ];
}

export function sideLine({ name, measured }: ReportedSide): string {
  return `${name} (${measured.join('; ')})`;
}

function aloneOf({ onlyBase, onlyHead }: CompareReport): readonly string[] {
  const line = (letter: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`only in ${letter}: ${names.length} rows, as '${names[0]}'`];
  return [...line('A', onlyBase), ...line('B', onlyHead)];
}

/** `5 %`, `12.3 %`. */
function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function spreadOf({ count, mad, median }: Summary): string {
  return count < 2 || median === 0 ? '' : `± ${plain((mad / median) * 100)} %`;
}

function colorVerdicts(table: string, colors: boolean): string {
  if (!colors) return table;
  const painted = { better: 'green', worse: 'red', unclear: 'gray', same: 'gray', control: 'gray' } as const;
  return table.replace(/(better|worse|unclear|same|control)$/gm, (word) =>
    styleText(painted[word as keyof typeof painted], word, { validateStream: false }),
  );
}
