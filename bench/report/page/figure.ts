/** A chart with all that belongs to it: title, who is who, a sentence, and its values as a table for those who can't or won't see the drawing. */
import type { Table } from '../table.js';
import { type Child, h, type Markup, raw } from './html.js';
import type { Look } from './tone.js';

/** One value in a chart. What is written here stands in the page too, so that it can be read out, and tested. */
export interface Mark {
  /** Who: as the legend calls it. */
  readonly label: string;
  /** Where on the axis, as people say it. */
  readonly where: string;
  /** Exactly as in the JSON. */
  readonly value: number;
  /** As people read it, with its unit and spread. */
  readonly text: string;
}

export interface LegendEntry extends Look {
  readonly label: string;
}

export interface FigureParts {
  readonly title: string;
  /** What is on the axes, for who can't see them. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  readonly drawing: Markup;
  readonly caption?: string;
  /** The values again. */
  readonly table: Table;
  /** For tests and scripts: which chart this is. */
  readonly data?: Readonly<Record<string, string | number>>;
  readonly wide?: boolean;
}

export function figure({ title, description, legend, drawing, caption, table, data = {}, wide }: FigureParts): Markup {
  const named = Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
  return h(
    'figure',
    { class: wide === true ? 'chart wide' : 'chart', ...named },
    h('figcaption', {}, h('h4', {}, title), h('p', { class: 'what' }, description)),
    legend.length > 1 ? legendOf(legend) : undefined,
    drawing,
    caption === undefined ? undefined : h('p', { class: 'note' }, caption),
    foldedTable('Values', table),
  );
}

/** What tells a mark from others, for tests, and for what is shown when it is pointed at. */
export function markData(mark: Mark, { tone }: Look): Readonly<Record<string, string | number>> {
  const { label, where, value, text } = mark;
  return { 'data-label': label, 'data-where': where, 'data-value': value, 'data-text': text, 'data-tone': tone };
}

/** The look of a line, a dot or a bar. */
export function lookClass({ tone, dash }: Look): string {
  return dash === 0 ? `t-${tone}` : `t-${tone} dash-${dash}`;
}

export function foldedTable(summary: string, table: Table): Markup {
  return h('details', { class: 'values' }, h('summary', {}, summary), htmlTable(table));
}

/** The first column names the row, the others are figures. */
export function htmlTable({ title, header, rows }: Table): Markup {
  const cells = (line: readonly string[]): Child[] =>
    line.map((cell, at) => (at === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell)));
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title },
    h(
      'table',
      {},
      h('caption', {}, title),
      h('thead', {}, h('tr', {}, ...header.map((cell) => h('th', { scope: 'col' }, cell)))),
      h('tbody', {}, ...rows.map((line) => h('tr', {}, ...cells(line)))),
    ),
  );
}

/** A number of the drawing's: a tenth of a pixel is enough, and shorter. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function legendOf(entries: readonly LegendEntry[]): Markup {
  const key = (entry: LegendEntry) =>
    raw(
      `<svg class="key ${lookClass(entry)}" viewBox="0 0 22 10" aria-hidden="true"><path class="line" d="M0 5H22"/><circle class="dot" cx="11" cy="5" r="3.5"/></svg>`,
    );
  const button = (entry: LegendEntry) =>
    h('button', { type: 'button', 'aria-pressed': 'true', 'data-label': entry.label }, key(entry), entry.label);
  return h('ul', { class: 'legend' }, ...entries.map((entry) => h('li', {}, button(entry))));
}
