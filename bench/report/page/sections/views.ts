/** How long changes of views take. */
import type { BenchReport, ViewsResult } from '../../../results.js';
import { VIEW_MEASURE_NAMES, VIEW_MEASURES, type ViewMeasure } from '../../../view-measures.js';
import { size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { groupBy } from '../../titles.js';
import type { Markup } from '../html.js';
import { lineChart } from '../line-chart.js';
import { distinct, seriesOf } from '../pick.js';
import { type ChartRow, rowChart } from '../row-chart.js';
import { logScale, stepScale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { looksOf } from '../tone.js';
import { capital, roundMillis, timeText } from '../words.js';

/** What belongs onto one scale. */
const CHARTS: readonly { readonly title: string; readonly measures: readonly ViewMeasure[] }[] = [
  { title: 'Coming and going', measures: ['formation', 'join', 'joinAll', 'leave', 'leaveAll', 'merge'] },
  { title: 'Noticing failures', measures: ['crash', 'hang'] },
  { title: 'Kept from sending, while all cast', measures: ['blockedPrompt', 'blockedJoin', 'blockedLeave'] },
];

export function viewsSection({ views }: BenchReport): Section | undefined {
  const results = views.filter(({ tookMillis }) => tookMillis !== undefined);
  const sizes = distinct(results.map(({ members }) => members));
  return sectionOf({
    id: 'views',
    title: 'Views',
    lead: 'How long it takes until whoever should have a new view has it, in milliseconds: median, and from the least to the most. A green line is what a machine with nothing else to do shall reach.',
    parts: groupBy(results, ({ sizeBytes }) => sizeBytes).map(([sizeBytes, rows], _, all) => ({
      ...(all.length > 1 ? { title: `Casts of ${size(sizeBytes)} where there is load` } : {}),
      content: sizes.length > 1 ? byMembers(rows) : asDots(rows),
    })),
  });
}

function asDots(results: readonly ViewsResult[]): readonly Markup[] {
  const looks = new Map(
    groupBy(results, rowLabel).map(([label, [first]]) => [label, looksOf(first ? [first] : [])[0]]),
  );
  return CHARTS.flatMap(({ title, measures }) => {
    const rows = measures.flatMap((measure) =>
      results.filter((result) => result.measure === measure).flatMap((result) => dotOf(result, looks)),
    );
    if (rows.length === 0) return [];
    const values = rows.flatMap(({ value, low = value, high = value, aim = value }) => [value, low, high, aim]);
    return rowChart({
      title,
      shape: 'dot',
      valueTitle: 'time, logarithmic',
      scale: logScale(values, roundMillis),
      rows,
      data: { metric: 'tookMillis', scenario: 'views' },
    });
  });
}

function dotOf(result: ViewsResult, looks: ReadonlyMap<string, ReturnType<typeof looksOf>[number] | undefined>) {
  const { tookMillis: summary, measure, aimMillis: aim } = result;
  const label = rowLabel(result);
  const look = looks.get(label);
  if (summary === undefined || look === undefined) return [];
  const { median: value, min: low, max: high } = summary;
  const where = capital(VIEW_MEASURES[measure].title);
  const row: ChartRow = { label, where, value, text: timeText(summary, 'ms'), low, high, ...look };
  return [aim === undefined ? row : { ...row, aim }];
}

function byMembers(results: readonly ViewsResult[]): readonly Markup[] {
  return VIEW_MEASURE_NAMES.flatMap((measure) => {
    const some = results.filter((result) => result.measure === measure);
    if (some.length === 0) return [];
    const series = seriesOf(some, pointsByMembers, (result) => rowLabel({ ...result, members: 2 }));
    const values = series.flatMap(({ points }) =>
      points.flatMap(({ value, low = value, high = value }) => [value, low, high]),
    );
    return lineChart({
      title: capital(VIEW_MEASURES[measure].title),
      xTitle: 'members',
      yTitle: 'time, logarithmic',
      x: stepScale(
        some.map(({ members }) => members),
        String,
      ),
      y: logScale(values, roundMillis),
      series,
      data: { metric: 'tookMillis', scenario: 'views', measure },
    });
  });
}

function pointsByMembers(results: readonly ViewsResult[]) {
  return results.flatMap(({ members, tookMillis: summary }) => {
    if (summary === undefined) return [];
    const { median: value, min: low, max: high } = summary;
    return [{ x: members, where: `${members} members`, value, text: timeText(summary, 'ms'), low, high }];
  });
}
