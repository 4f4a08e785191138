/** Groups that are not the plainest: more members and senders, orders of casts, loss. */
import type { BenchReport, ThroughputResult } from '../../../results.js';
import { percent, size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { frames, groupBy } from '../../titles.js';
import type { Markup } from '../html.js';
import { lineChart, type Point } from '../line-chart.js';
import { distinct, leastLossy, plainRows, seriesOf } from '../pick.js';
import { rowChart } from '../row-chart.js';
import { linearScale, stepScale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { looksOf } from '../tone.js';
import { capital, rateText, roundQuantity } from '../words.js';

export function variantsSection({ throughput }: BenchReport): Section | undefined {
  const plain = new Set(plainRows(throughput));
  const blocks = groupBy(leastLossy(throughput), (result) => `${size(result.sizeBytes)}, ${frames(result)}`);
  return sectionOf({
    id: 'groups',
    title: 'Groups',
    lead: 'What each receiver got, in larger groups, with several senders, and with casts in an order; beside the plainest group of the same size of messages.',
    parts: [
      {
        content: blocks
          .filter(([, rows]) => rows.some((row) => !plain.has(row)))
          .flatMap(([title, rows]) => barsOf(title, rows)),
      },
    ],
  });
}

function barsOf(title: string, results: readonly ThroughputResult[]): readonly Markup[] {
  const looks = looksOf(results);
  const rows = results.flatMap((result, at) => {
    const { messagesPerSecond: summary } = result;
    const look = looks[at];
    if (summary === undefined || look === undefined) return [];
    const { median: value, min: low, max: high } = summary;
    return [
      { label: rowLabel(result), where: '', value, text: rateText(summary, 'msg/s'), low, high, ...look, dash: 0 },
    ];
  });
  if (rows.length === 0) return [];
  const scale = linearScale(
    rows.flatMap(({ value, high }) => [value, high]),
    roundQuantity,
  );
  const data = { metric: 'messagesPerSecond', scenario: 'groups' };
  return [rowChart({ title: capital(title), shape: 'bar', valueTitle: 'msg/s', scale, rows, data })];
}

/** Of the plainest group: others would make it a thicket. */
export function lossSection({ throughput }: BenchReport): Section | undefined {
  const groups = throughput.filter(({ row }) => row === 'group');
  const lossless = new Set(plainRows(groups).map(withoutLoss));
  const results = groups.filter((result) => lossless.has(withoutLoss(result)));
  const blocks = groupBy(results, (result) => `Messages of ${size(result.sizeBytes)}, ${frames(result)}`).filter(
    ([, rows]) => distinct(rows.map(({ lossRate = 0 }) => lossRate)).length > 1,
  );
  return sectionOf({
    id: 'loss',
    title: 'Loss',
    lead: 'What the slowest receiver got when every member throws away a share of the frames that arrive.',
    parts: [{ content: blocks.map(([title, rows]) => lossChart(title, rows)) }],
  });
}

/** What it is called without its loss: the same for all rates of loss. */
function withoutLoss(result: ThroughputResult): string {
  return rowLabel({ ...result, lossRate: 0 });
}

function lossChart(title: string, results: readonly ThroughputResult[]): Markup {
  const series = seriesOf(results, (some) => some.flatMap(lossPoint), withoutLoss);
  return lineChart({
    title,
    xTitle: 'share of frames lost',
    yTitle: 'msg/s',
    x: stepScale(
      results.map(({ lossRate = 0 }) => lossRate),
      (rate) => `${Number((rate * 100).toPrecision(3))} %`,
    ),
    y: linearScale(
      series.flatMap(({ points }) => points.map(({ value, high = value }) => high)),
      roundQuantity,
    ),
    series,
    data: { metric: 'messagesPerSecond', scenario: 'loss' },
  });
}

function lossPoint({ lossRate = 0, shareOfLossless, messagesPerSecond: summary }: ThroughputResult): readonly Point[] {
  if (summary === undefined) return [];
  const { median: value, min: low, max: high } = summary;
  const share = shareOfLossless === undefined ? '' : `; ${percent(shareOfLossless)} of what it is without loss`;
  const where = lossRate === 0 ? 'no loss' : `${percent(lossRate)} loss`;
  return [{ x: lossRate, where, value, text: `${rateText(summary, 'msg/s')}${share}`, low, high }];
}
