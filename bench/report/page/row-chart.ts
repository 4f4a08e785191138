/** A line for each row, one below the other: bars from 0, or dots with their spread on a scale of ratios. */
import { makeTable } from '../table.js';
import { groupBy } from '../titles.js';
import { type FigureParts, figure, lookClass, type Mark, markData, px } from './figure.js';
import { escapeText, h, type Markup, raw } from './html.js';
import type { Scale } from './scale.js';
import type { Look } from './tone.js';

export interface ChartRow extends Look, Mark {
  readonly low?: number;
  readonly high?: number;
  /** What it should come to: a line across. */
  readonly aim?: number;
  /** Where its dot is, if not at its value: at the end of an axis that is too short for it. */
  readonly place?: number;
}

export interface RowChart extends Pick<FigureParts, 'title' | 'caption' | 'data' | 'wide'> {
  /** `bar`: the length is the value; `dot`: the place is. */
  readonly shape: 'bar' | 'dot';
  readonly valueTitle: string;
  readonly scale: Scale;
  /** Those of one `where` stand together, under it. */
  readonly rows: readonly ChartRow[];
  /** A line of the whole height, as for a ratio of 1. */
  readonly origin?: number;
}

const WIDTH = 360;
const PLOT = { left: 2, right: 358, top: 6 } as const;
const INSET = 10;
const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 24;
const BAR_HEIGHT = 9;
const FOOT_HEIGHT = 40;
/** Of the font of charts, rather too much. */
const LETTER_WIDTH = 6.3;

export function rowChart(chart: RowChart): Markup {
  const { title, caption, data, wide, rows, valueTitle } = chart;
  const table = makeTable(
    title,
    [
      { title: '', cell: ({ where }: ChartRow) => where },
      { title: 'row', cell: ({ label }) => label },
      { title: valueTitle, cell: ({ text }) => text },
      { title: 'exactly', cell: ({ value }) => String(value) },
    ],
    rows,
  );
  return figure({
    title,
    description: valueTitle,
    legend: [],
    drawing: draw(chart),
    ...(caption === undefined ? {} : { caption }),
    table,
    data: { kind: chart.shape, ...data },
    ...(wide === undefined ? {} : { wide }),
  });
}

function draw(chart: RowChart): Markup {
  const { title, valueTitle, scale, rows, shape, origin } = chart;
  const inset = shape === 'bar' ? 0 : INSET;
  const at = (value: number) => px(PLOT.left + inset + scale.place(value) * (PLOT.right - PLOT.left - 2 * inset));
  const groups = groupBy(rows, ({ where }) => where);
  const headed = groups.length > 1 || groups[0]?.[0] !== '';
  const bottom = PLOT.top + rows.length * ROW_HEIGHT + (headed ? groups.length * HEAD_HEIGHT : 0);
  let y: number = PLOT.top;
  const body = groups.flatMap(([where, some]) => {
    const head = headed ? [h('text', { class: 'group', x: PLOT.left, y: y + 17 }, where)] : [];
    if (headed) y += HEAD_HEIGHT;
    const lines = some.map((row, index) => drawRow(row, shape, at, y + index * ROW_HEIGHT));
    y += some.length * ROW_HEIGHT;
    return [...head, ...lines];
  });
  return h(
    'svg',
    {
      class: 'plot',
      viewBox: `0 0 ${WIDTH} ${bottom + FOOT_HEIGHT}`,
      role: 'img',
      tabindex: 0,
      'aria-label': `${title}: ${valueTitle}. Arrow keys go from value to value.`,
      'data-axis': 'y',
    },
    ...scale.ticks.map(({ value, label, minor }) => [
      h('line', {
        class: minor === true ? 'grid minor' : 'grid',
        x1: at(value),
        x2: at(value),
        y1: PLOT.top,
        y2: bottom,
      }),
      tickText(label, at(value), bottom + 16),
    ]),
    origin === undefined
      ? undefined
      : h('line', { class: 'origin', x1: at(origin), x2: at(origin), y1: PLOT.top, y2: bottom }),
    h('text', { class: 'title', x: PLOT.right, y: bottom + 34, 'text-anchor': 'end' }, valueTitle),
    ...body,
  );
}

/** At the ends of the axis it stays within the drawing. */
function tickText(label: string, x: number, y: number): Markup | undefined {
  if (label === '') return undefined;
  const anchor = x < PLOT.left + 16 ? 'start' : x > PLOT.right - 16 ? 'end' : 'middle';
  return h('text', { class: 'tick', x: anchor === 'start' ? PLOT.left : x, y, 'text-anchor': anchor }, label);
}

/** What fits above a bar: without the spread if need be, and with less of the name; the table and the tip have all of it. */
function fitting(label: string, text: string): readonly [label: string, text: string] {
  const most = (PLOT.right - PLOT.left) / LETTER_WIDTH - 2;
  if (label.length + text.length <= most) return [label, text];
  const short = text.replace(/ \([^)]*\)/, '');
  const room = Math.floor(most - short.length);
  return [label.length <= room ? label : `${label.slice(0, Math.max(1, room - 1))}…`, short];
}

/** Name and value stand above the bar, so that long names find room on a phone. */
function drawRow(row: ChartRow, shape: RowChart['shape'], at: (value: number) => number, top: number): Markup {
  const { label, value, text, low, high, aim, place = value } = row;
  const middle = top + 21;
  const [name, figureText] = fitting(label, text);
  const half = BAR_HEIGHT / 2;
  const spread =
    low === undefined || high === undefined || low <= 0 || low === high
      ? undefined
      : h('path', { class: 'spread', d: `M${at(low)} ${middle}H${at(high)}` });
  const data = { ...markData(row, row), 'data-y': middle };
  const mark =
    shape === 'bar'
      ? h('rect', {
          class: 'bar mark',
          x: at(0),
          y: middle - half,
          width: Math.max(1, px(at(place) - at(0))),
          height: BAR_HEIGHT,
          rx: 1.5,
          ...data,
        })
      : h('circle', { class: 'dot mark', cx: at(place), cy: middle, r: 4, ...data });
  return h(
    'g',
    { class: `series ${lookClass(row)}`, 'data-label': label },
    raw(
      `<text class="name" x="${PLOT.left}" y="${top + 13}">${escapeText(name)}</text>` +
        `<text class="figure" x="${PLOT.right}" y="${top + 13}" text-anchor="end">${escapeText(figureText)}</text>`,
    ),
    shape === 'bar' ? [mark, spread] : [spread, mark],
    aim === undefined
      ? undefined
      : h('path', { class: 'aim', d: `M${at(aim)} ${middle - half - 2}V${middle + half + 2}` }),
  );
}
