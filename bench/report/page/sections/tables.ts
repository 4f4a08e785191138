/** All figures, as on the terminal, and every measurement. */
import { type MeasuredRow, measuredRows } from '../../../measured.js';
import type { BenchReport } from '../../../results.js';
import { plain, quantity } from '../../format.js';
import { makeTable, type Table } from '../../table.js';
import { LEGEND, reportTables } from '../../tables.js';
import { groupBy } from '../../titles.js';
import { foldedTable } from '../figure.js';
import { h, type Markup } from '../html.js';
import { type Section, sectionOf } from '../section.js';
import { capital } from '../words.js';

/** Columns of single measurements, at most. */
const MOST_REPETITIONS = 20;

export function tablesSection(report: BenchReport): Section | undefined {
  return sectionOf({
    id: 'tables',
    title: 'Tables',
    lead: 'Everything that was measured.',
    parts: [
      { content: reportTables(report).map((table) => foldedTable(capital(table.title), table)) },
      {
        title: 'What the columns mean',
        content: [h('ul', { class: 'legend-text' }, ...LEGEND.map((line) => h('li', {}, line)))],
      },
      { title: 'Single measurements', content: samples(report) },
    ],
  });
}

function samples(report: BenchReport): readonly Markup[] {
  return groupBy(measuredRows(report), ({ block }) => block).map(([title, rows]) =>
    foldedTable(capital(title), samplesTable(title, rows)),
  );
}

function samplesTable(title: string, rows: readonly MeasuredRow[]): Table {
  const lines = rows.flatMap(({ label, metrics }) => metrics.map((metric) => ({ label, metric })));
  const repetitions = [...new Set(lines.flatMap(({ metric }) => [...metric.values.keys()]))]
    .sort((a, b) => a - b)
    .slice(0, MOST_REPETITIONS);
  return makeTable(
    title,
    [
      { title: 'row', cell: ({ label }: (typeof lines)[number]) => label },
      { title: '', cell: ({ metric }) => metric.unit },
      ...repetitions.map((repetition) => ({
        title: String(repetition + 1),
        cell: ({ metric }: (typeof lines)[number]) => {
          const value = metric.values.get(repetition);
          if (value === undefined) return '';
          return metric.better === 'higher' ? quantity(value) : plain(value);
        },
      })),
    ],
    lines,
  );
}
