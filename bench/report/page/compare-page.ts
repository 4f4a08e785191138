/** The page of a comparison: a forest of ratios with their intervals, block by block. */
import type { ComparedRow } from '../../compare/compare.js';
import { comparisonTables, explanationOf, intervalOf, sideLine, sidesOf } from '../../compare/render.js';
import type { CompareReport } from '../../compare/report.js';
import { VERDICTS, type Verdict } from '../../compare/verdict.js';
import { times } from '../format.js';
import { groupBy } from '../titles.js';
import { htmlTable } from './figure.js';
import { h, type Markup } from './html.js';
import { renderPage } from './page.js';
import { type ChartRow, rowChart } from './row-chart.js';
import { logScale } from './scale.js';
import { type Section, sectionOf } from './section.js';
import { capital } from './words.js';

export function comparePage(report: CompareReport, scripts: readonly string[]): string {
  return renderPage({
    title: 'consort compare',
    intro: [introOf(report)],
    sections: [forest(report), tables(report)].filter((section) => section !== undefined),
    scripts,
  });
}

function introOf(report: CompareReport): Markup {
  const sides = sidesOf(report).map(([letter, side]) => h('li', {}, h('strong', {}, letter), ' ', sideLine(side)));
  const lines = [...explanationOf(report), ...report.notes.map((note) => `Note: ${note}`)];
  return h(
    'div',
    {},
    h('ul', { class: 'verdicts' }, ...sides),
    h('ul', { class: 'tiles' }, ...VERDICTS.map((name) => countTile(report, name))),
    h('ul', { class: 'verdicts notes' }, ...lines.map((line) => h('li', {}, line))),
  );
}

function countTile({ verdicts }: CompareReport, name: Verdict): Markup {
  const count = h('span', { class: 'number', 'data-verdict': name }, verdicts[name]);
  return h('li', { class: `tile t-${name}` }, h('span', { class: 'what' }, name), count);
}

/** All charts have one scale, so that they can be looked at together. */
function forest({ rows }: CompareReport): Section | undefined {
  const ratios = rows.flatMap(({ ratio, low = ratio, high = ratio }) => [ratio, low, high]);
  // Around 1, and not so wide that one wild row makes all others a dot.
  const reach = Math.min(16, Math.max(1.25, ...ratios.map((ratio) => Math.max(ratio, 1 / ratio))));
  const scale = logScale([1 / reach, reach], (value) => times(value).replace(/\.?0+ ×$/, ' ×'));
  return sectionOf({
    id: 'ratios',
    title: 'B against A',
    lead: 'The dot is the ratio, the line its interval of 95 %. Of rates more is better, of times and CPU seconds less: green is better, red is worse.',
    parts: [
      {
        content: groupBy(rows, ({ block }) => block).map(([block, some]) =>
          rowChart({
            title: capital(block),
            shape: 'dot',
            valueTitle: 'B / A, logarithmic',
            scale,
            rows: some.map((row) => dotOf(row, reach)),
            origin: 1,
            data: { metric: 'ratio', scenario: 'compare' },
          }),
        ),
      },
    ],
  });
}

function dotOf(row: ComparedRow, reach: number): ChartRow {
  const { ratio, low, high, unit, verdict } = row;
  const within = (value: number) => Math.min(reach, Math.max(1 / reach, value));
  const interval = intervalOf(row);
  return {
    label: unit,
    where: row.row,
    value: ratio,
    text: `${times(ratio)}${interval === '' ? '' : ` (${interval})`}, ${verdict}`,
    tone: verdict,
    dash: 0,
    place: within(ratio),
    ...(low === undefined || high === undefined ? {} : { low: within(low), high: within(high) }),
  };
}

function tables({ rows }: CompareReport): Section | undefined {
  return sectionOf({
    id: 'tables',
    title: 'Tables',
    lead: 'The same in figures.',
    parts: [{ content: comparisonTables(rows).map((table) => h('div', { class: 'table' }, htmlTable(table))) }],
  });
}
