/** Values over an axis, a line for each row: by size, by share of losses, by percentile, by run. */
import { makeTable } from '../table.js';
import { groupBy } from '../titles.js';
import { type FigureParts, figure, lookClass, type Mark, markData, px } from './figure.js';
import { h, type Markup } from './html.js';
import type { Scale, Tick } from './scale.js';
import type { Look } from './tone.js';

export interface Point extends Omit<Mark, 'label'> {
  readonly x: number;
  /** Of the spread; undefined: none is drawn. */
  readonly low?: number;
  readonly high?: number;
}

export interface Series extends Look {
  readonly label: string;
  readonly points: readonly Point[];
  /** Points of the line, where it has more than those with marks. */
  readonly path?: readonly (readonly [x: number, value: number])[];
  /** The line ends before each of these points, which were measured elsewhere. */
  readonly breaks?: readonly number[];
}

export interface LineChart extends Pick<FigureParts, 'title' | 'caption' | 'data' | 'wide'> {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly series: readonly Series[];
}

const WIDTH = 360;
const HEIGHT = 264;
const PLOT = { left: 54, right: 352, top: 8, bottom: 222 } as const;
/** Marks don't lie on the frame. */
const INSET = 12;

export function lineChart(chart: LineChart): Markup {
  const { title, caption, data, wide, xTitle, yTitle, series } = chart;
  return figure({
    title,
    description: `${yTitle}, over ${xTitle}`,
    legend: series.map(({ label, tone, dash }) => ({ label, tone, dash })),
    drawing: draw(chart),
    ...(caption === undefined ? {} : { caption }),
    table: tableOf(chart),
    data: { kind: 'line', ...data },
    ...(wide === undefined ? {} : { wide }),
  });
}

function draw({ title, xTitle, yTitle, x, y, series }: LineChart): Markup {
  const atX = (value: number) => px(PLOT.left + INSET + x.place(value) * (PLOT.right - PLOT.left - 2 * INSET));
  const atY = (value: number) => px(PLOT.bottom - y.place(value) * (PLOT.bottom - PLOT.top));
  return h(
    'svg',
    {
      class: 'plot',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      tabindex: 0,
      'aria-label': `${title}: ${yTitle} over ${xTitle}. Arrow keys go from value to value.`,
      'data-axis': 'x',
    },
    ...y.ticks.map((tick) => yTick(tick, atY(tick.value))),
    ...x.ticks.map((tick) => xTick(tick, atX(tick.value))),
    h('line', { class: 'axis', x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom }),
    h('text', { class: 'title', x: (PLOT.left + PLOT.right) / 2, y: HEIGHT - 6, 'text-anchor': 'middle' }, xTitle),
    h('line', { class: 'cursor', y1: PLOT.top, y2: PLOT.bottom, x1: 0, x2: 0 }),
    ...series.map((each) => drawSeries(each, atX, atY)),
  );
}

function yTick({ label, minor }: Tick, y: number): Markup {
  const line = h('line', {
    class: minor === true ? 'grid minor' : 'grid',
    x1: PLOT.left,
    x2: PLOT.right,
    y1: y,
    y2: y,
  });
  if (minor === true) return line;
  return h('g', {}, line, h('text', { class: 'tick', x: PLOT.left - 6, y: y + 4, 'text-anchor': 'end' }, label));
}

function xTick({ label }: Tick, x: number): Markup {
  return h(
    'g',
    {},
    h('line', { class: 'axis', x1: x, x2: x, y1: PLOT.bottom, y2: PLOT.bottom + 4 }),
    h('text', { class: 'tick', x, y: PLOT.bottom + 18, 'text-anchor': 'middle' }, label),
  );
}

type At = (value: number) => number;

function drawSeries(series: Series, atX: At, atY: At): Markup {
  const { label, points, path = points.map(({ x, value }) => [x, value] as const), breaks = [] } = series;
  const steps = path.map(([x, value], at) => `${at === 0 || breaks.includes(x) ? 'M' : 'L'}${atX(x)} ${atY(value)}`);
  const spreads = points.flatMap(({ x, low, high }) =>
    low === undefined || high === undefined || low <= 0 || low === high ? [] : `M${atX(x)} ${atY(low)}V${atY(high)}`,
  );
  return h(
    'g',
    { class: `series ${lookClass(series)}`, 'data-label': label },
    spreads.length === 0 ? undefined : h('path', { class: 'spread', d: spreads.join('') }),
    steps.length < 2 ? undefined : h('path', { class: 'line', d: steps.join('') }),
    ...points.map((point) => {
      const mark = markData({ ...point, label }, series);
      return h('circle', { class: 'dot mark', cx: atX(point.x), cy: atY(point.value), r: 3.5, ...mark });
    }),
  );
}

/** A line for each place on the axis, a column for each row. */
function tableOf({ title, xTitle, series }: LineChart) {
  const points = series.flatMap(({ label, points: some }) => some.map((point) => ({ label, ...point })));
  const places = groupBy(points, ({ x }) => x).toSorted(([a], [b]) => a - b);
  const columns = series.map(({ label }) => ({
    title: label,
    cell: (some: (typeof places)[number]) => some[1].find((point) => point.label === label)?.text ?? '',
  }));
  return makeTable(title, [{ title: xTitle, cell: ([, some]) => some[0]?.where ?? '' }, ...columns], places);
}
