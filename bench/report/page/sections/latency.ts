/** Round trips by percentile. */
import type { BenchReport, LatencyResult } from '../../../results.js';
import { merge } from '../../../stats/latency-histogram.js';
import { plain, quantity, size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { frames, groupBy, loadOf } from '../../titles.js';
import type { Markup } from '../html.js';
import { lineChart, type Series } from '../line-chart.js';
import { logScale, ninesScale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { looksOf } from '../tone.js';
import { capital, roundMicros } from '../words.js';

/** Those with a mark, in percent. */
const MARKED = [50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99] as const;
/** Points of the curve for each ten times fewer round trips. */
const PER_NINE = 16;
const MICRO = 1000;

export function latencySection({ latency }: BenchReport): Section | undefined {
  const results = latency.filter(({ samples }) => samples.length > 0);
  return sectionOf({
    id: 'latency',
    title: 'Round trips',
    lead: 'All round trips of all repetitions, by percentile: how long the fastest half, 90 %, 99 % took at most. At a rate the time counts from when a message was due, so a stall shows in all that it delayed.',
    parts: groupBy(results, messagesOf).map(([title, rows]) => ({
      title,
      content: groupBy(rows, (result) => capital(loadOf(result))).map(([load, some]) => curves(load, some)),
    })),
  });
}

function messagesOf(result: LatencyResult): string {
  return `Messages of ${size(result.sizeBytes)}, ${frames(result)}`;
}

function curves(title: string, results: readonly LatencyResult[]): Markup {
  const looks = looksOf(results);
  const series = results.flatMap((result, at) => {
    const look = looks[at];
    return look === undefined ? [] : [{ ...curveOf(result), ...look }];
  });
  const last = Math.max(0.9, ...series.flatMap(({ points }) => points.map(({ x }) => x)));
  const values = series.flatMap(({ path }) => path.map(([, value]) => value));
  const [first] = results;
  return lineChart({
    title,
    xTitle: 'percentile',
    yTitle: 'round trip, logarithmic',
    x: ninesScale(last),
    y: logScale(values, roundMicros),
    series,
    data: { metric: 'percentiles', scenario: 'latency', load: first?.load ?? '', size: first?.sizeBytes ?? 0 },
    caption: `${fewestAndMost(results.map(roundTrips))} round trips a line, which ends where less than one of them is beyond.`,
  });
}

function fewestAndMost(counts: readonly number[]): string {
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return fewest === most ? quantity(most) : `${quantity(fewest)} to ${quantity(most)}`;
}

function roundTrips({ samples }: LatencyResult): number {
  return samples.reduce((sum, sample) => sum + sample.roundTrips, 0);
}

/** A percentile is told while at least one round trip lies beyond it. */
function curveOf(result: LatencyResult): Pick<Series, 'label' | 'points'> & Required<Pick<Series, 'path'>> {
  const histogram = merge(result.samples.map(({ histogramNanos }) => histogramNanos));
  const count = histogram.totalCount;
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / MICRO;
  const marked = MARKED.filter((percentile) => percentile === 50 || count * (1 - percentile / 100) >= 0.999);
  const last = marked.at(-1) ?? 50;
  const fine = Array.from({ length: PER_NINE * 4 }, (_, step) => 100 * (1 - 0.5 * 10 ** (-step / PER_NINE)));
  const all = [...new Set([...fine.filter((percentile) => percentile < last), ...marked])].sort((a, b) => a - b);
  return {
    label: rowLabel(result),
    points: marked.map((percentile) => {
      const value = at(percentile);
      return { x: percentile / 100, where: `${percentile} %`, value, text: `${plain(value)} µs` };
    }),
    path: all.map((percentile) => [percentile / 100, at(percentile)] as const),
  };
}
