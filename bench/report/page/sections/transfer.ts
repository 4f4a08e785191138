/** How fast a state goes to a new server, and what that costs. */
import type { BenchReport, TransferResult } from '../../../results.js';
import { percent, plain, size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import type { Markup } from '../html.js';
import { type ChartRow, rowChart } from '../row-chart.js';
import { linearScale, type Scale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { toneOf } from '../tone.js';
import { rateText, roundPercent, roundQuantity } from '../words.js';

export function transferSection({ transfer }: BenchReport): Section | undefined {
  const results = transfer.filter(({ bytesPerSecond }) => bytesPerSecond !== undefined);
  return sectionOf({
    id: 'transfer',
    title: 'State transfer',
    lead: 'A member that becomes a server gets the state, compares every byte, and takes casts meanwhile. A green line is what a machine with nothing else to do shall reach.',
    parts: [{ content: results.length === 0 ? [] : [rateChart(results), sharesChart(results), memoryChart(results)] }],
  });
}

function rateChart(results: readonly TransferResult[]): Markup {
  const rows = results.flatMap((result) => {
    const { bytesPerSecond: summary, aimBytesPerSecond: aim } = result;
    if (summary === undefined) return [];
    const { median: value, min: low, max: high } = summary;
    const row: ChartRow = { ...placeOf(result), value, text: rateText(summary, 'B/s'), low, high };
    return [aim === undefined ? row : { ...row, aim }];
  });
  return bars('Rate, by size of the state', 'bytesPerSecond', 'bytes per second', rateScale, rows);
}

function sharesChart(results: readonly TransferResult[]): Markup {
  const rows = results.flatMap((result) => {
    const { label, ...place } = placeOf(result);
    const share = (what: string, value: number | undefined): readonly ChartRow[] =>
      value === undefined ? [] : [{ ...place, label: `${label}, ${what}`, value, text: percent(value) }];
    return [...share('free', result.shareUnderFree), ...share('protected', result.shareUnderProtected)];
  });
  return bars('What is left of casts meanwhile', 'share', 'share of their rate', percentScale, rows);
}

function memoryChart(results: readonly TransferResult[]): Markup {
  const rows = results.flatMap((result) => {
    const { label, ...place } = placeOf(result);
    const peak = (what: string, value: number | undefined): readonly ChartRow[] =>
      value === undefined
        ? []
        : [{ ...place, label: `${label}, ${what}`, value, text: `${plain(value / 2 ** 20)} MiB` }];
    return [...peak('giver', result.giverPeakBytes), ...peak('getter', result.getterPeakBytes)];
  });
  return bars('Growth of memory, at most', 'peakBytes', 'MiB', memoryScale, rows);
}

function placeOf(result: TransferResult) {
  return { label: rowLabel(result), where: size(result.stateBytes), tone: toneOf(result), dash: 0 };
}

function bars(
  title: string,
  metric: string,
  valueTitle: string,
  scaleOf: (values: readonly number[]) => Scale,
  rows: readonly ChartRow[],
): Markup {
  const scale = scaleOf(rows.flatMap(({ value, high = value, aim = value }) => [value, high, aim]));
  return rowChart({ title, shape: 'bar', valueTitle, scale, rows, data: { metric, scenario: 'transfer' } });
}

function rateScale(values: readonly number[]): Scale {
  return linearScale(values, (value) => (value === 0 ? '0' : `${roundQuantity(value)}B/s`));
}

function percentScale(values: readonly number[]): Scale {
  return linearScale([1, ...values], roundPercent);
}

/** Ticks that are round in MiB are none in bytes. */
function memoryScale(values: readonly number[]): Scale {
  const { ticks, place } = linearScale(
    values.map((bytes) => bytes / 2 ** 20),
    String,
  );
  return {
    ticks: ticks.map(({ value, label }) => ({ value: value * 2 ** 20, label })),
    place: (bytes) => place(bytes / 2 ** 20),
  };
}
