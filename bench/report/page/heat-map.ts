/** Ratios by row and size as a table whose cells have a colour: blue above 1, orange below it, paler the nearer. */
import { times } from '../format.js';
import { h, type Markup } from './html.js';

export interface HeatCell {
  readonly row: string;
  readonly column: string;
  /** Exactly as in the JSON. */
  readonly value: number;
}

export interface HeatMap {
  readonly title: string;
  readonly what: string;
  /** `ratio`: 1 is where nobody is ahead. `share`: 1 is all that can be had. */
  readonly scale: 'ratio' | 'share';
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly cells: readonly HeatCell[];
  readonly metric: string;
}

/** The colour is full at that many times, or that part. */
const FULL_RATIO = 8;

export function heatMap({ title, what, scale, columns, rows, cells, metric }: HeatMap): Markup {
  const line = (row: string) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, row),
      ...columns.map((column) => {
        const cell = cells.find((each) => each.row === row && each.column === column);
        return cell === undefined ? h('td', { class: 'none' }, '–') : heatCell(cell, scale);
      }),
    );
  return h(
    'figure',
    { class: 'chart heat', 'data-kind': 'heat', 'data-metric': metric },
    h('figcaption', {}, h('h4', {}, title), h('p', { class: 'what' }, what)),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, h('td', {}), ...columns.map((column) => h('th', { scope: 'col' }, column)))),
        h('tbody', {}, ...rows.map(line)),
      ),
    ),
  );
}

function heatCell({ row, column, value }: HeatCell, scale: HeatMap['scale']): Markup {
  const strength =
    scale === 'share' ? Math.min(1, value) : Math.min(1, Math.abs(Math.log(value)) / Math.log(FULL_RATIO));
  const side = scale === 'share' || value >= 1 ? 'above' : 'below';
  return h(
    'td',
    {
      class: `cell ${side}`,
      style: `--strength:${Math.round(strength * 100)}%`,
      'data-label': row,
      'data-where': column,
      'data-value': value,
    },
    scale === 'share' ? `${(value * 100).toFixed(0)} %` : times(value),
  );
}
