/** Rates by message size. */
import type { BenchReport, ThroughputResult } from '../../../results.js';
import type { Summary } from '../../../stats/summary.js';
import { size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { frames, groupBy } from '../../titles.js';
import type { Markup } from '../html.js';
import { lineChart } from '../line-chart.js';
import { distinct, plainRows, seriesOf } from '../pick.js';
import { rowChart } from '../row-chart.js';
import { linearScale, logScale, stepScale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { looksOf } from '../tone.js';
import { capital, rateText, roundNumber, roundQuantity, timeText } from '../words.js';

interface Measure {
  readonly name: 'messagesPerSecond' | 'bytesPerSecond' | 'cpuSecondsPerMillionMessages';
  readonly title: string;
  readonly unit: string;
  readonly textOf: (summary: Summary, unit: string) => string;
  readonly tickOf: (value: number) => string;
}

const MEASURES: readonly Measure[] = [
  { name: 'messagesPerSecond', title: 'Messages', unit: 'msg/s', textOf: rateText, tickOf: roundQuantity },
  {
    name: 'bytesPerSecond',
    title: 'Bytes',
    unit: 'B/s',
    textOf: rateText,
    tickOf: (value) => `${roundQuantity(value)}B`,
  },
  {
    name: 'cpuSecondsPerMillionMessages',
    title: 'CPU time of all processes',
    unit: 's/M msg',
    textOf: timeText,
    tickOf: (value) => `${roundNumber(value)} s`,
  },
];

export function throughputSection({ throughput }: BenchReport): Section | undefined {
  const results = plainRows(throughput.filter(({ messagesPerSecond }) => messagesPerSecond !== undefined));
  return sectionOf({
    id: 'throughput',
    title: 'Throughput',
    lead: 'What the slowest receiver’s handler got, median of the repetitions; thin lines go from the least to the most. Limit is what the same system calls move without protocol or JavaScript.',
    parts: groupBy(results, frames).map(([title, rows]) => ({
      title: capital(title),
      content: distinct(rows.map(({ sizeBytes }) => sizeBytes)).length > 1 ? bySize(rows) : asBars(rows),
    })),
  });
}

function bySize(results: readonly ThroughputResult[]): readonly Markup[] {
  return MEASURES.flatMap(({ name, title, unit, textOf, tickOf }) => {
    const series = seriesOf(results, (some) =>
      some.flatMap(({ sizeBytes, [name]: summary }) =>
        summary === undefined
          ? []
          : [
              {
                x: sizeBytes,
                where: size(sizeBytes),
                value: summary.median,
                text: textOf(summary, unit),
                low: summary.min,
                high: summary.max,
              },
            ],
      ),
    );
    if (series.length === 0) return [];
    const values = series.flatMap(({ points }) => points.flatMap(({ low = 0, high = 0, value }) => [low, value, high]));
    return lineChart({
      title,
      xTitle: 'message size',
      yTitle: `${unit}, logarithmic`,
      x: stepScale(
        results.map(({ sizeBytes }) => sizeBytes),
        size,
      ),
      y: logScale(values, tickOf),
      series,
      data: { metric: name, scenario: 'throughput', mtu: results[0]?.mtu ?? '' },
    });
  });
}

function asBars(results: readonly ThroughputResult[]): readonly Markup[] {
  const looks = looksOf(results);
  return MEASURES.flatMap(({ name, title, unit, textOf, tickOf }) => {
    const rows = results.flatMap((result, at) => {
      const { [name]: summary, sizeBytes } = result;
      const look = looks[at];
      if (summary === undefined || look === undefined) return [];
      const { median: value, min: low, max: high } = summary;
      return [
        { label: rowLabel(result), where: size(sizeBytes), value, text: textOf(summary, unit), low, high, ...look },
      ];
    });
    if (rows.length === 0) return [];
    const scale = linearScale(
      rows.flatMap(({ value, high }) => [value, high]),
      tickOf,
    );
    const data = { metric: name, scenario: 'throughput', mtu: results[0]?.mtu ?? '' };
    return rowChart({ title, shape: 'bar', valueTitle: unit, scale, rows, data });
  });
}
