/** How many commits a store takes, and how long each waits, beside one fsync of its disk. */
import type { BenchReport, StoreCommits, StoreResult } from '../../../results.js';
import { plain } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import type { Markup } from '../html.js';
import { type ChartRow, rowChart } from '../row-chart.js';
import { linearScale, logScale, type Scale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { toneOf } from '../tone.js';
import { rateText, roundNumber, roundQuantity } from '../words.js';

export function storeSection({ store }: BenchReport): Section | undefined {
  const measured = store.filter(({ commits }) => commits.length > 0);
  const onDisk = measured.filter(({ durability }) => durability === 'disk');
  return sectionOf({
    id: 'store',
    title: 'Replicated store',
    lead: 'Writers that each wait for a majority of the replicas, all on one machine and one disk. Those that wait together share an fsync. A green line is what a machine with nothing else to do shall reach.',
    parts: [
      {
        content: [
          ...(measured.length === 0 ? [] : [rateChart(measured)]),
          ...(onDisk.length === 0 ? [] : [waitChart(onDisk)]),
        ],
      },
    ],
  });
}

function rateChart(results: readonly StoreResult[]): Markup {
  const rows = rowsOf(results, (result, commits) => {
    const { median: value, min: low, max: high } = commits.commitsPerSecond;
    const row = {
      ...placeOf(result, commits),
      value,
      text: rateText(commits.commitsPerSecond, 'commits/s'),
      low,
      high,
    };
    const aim = aimOf(result, commits);
    return aim === undefined ? row : { ...row, aim };
  });
  const scale = logScale(valuesOf(rows), (value) => `${roundQuantity(value)}/s`);
  return chart('Commits', 'commitsPerSecond', 'commits per second, logarithmic', scale, rows);
}

function waitChart(results: readonly StoreResult[]): Markup {
  const rows = rowsOf(results, (result, commits) => {
    const { p50Fsyncs, p99Fsyncs, aims } = commits;
    if (p50Fsyncs === undefined || p99Fsyncs === undefined) return undefined;
    const text = `p50 ${plain(p50Fsyncs)}, p99 ${plain(p99Fsyncs)}`;
    const row = { ...placeOf(result, commits), value: p50Fsyncs, text, low: p50Fsyncs, high: p99Fsyncs };
    return aims?.p50Fsyncs === undefined ? row : { ...row, aim: aims.p50Fsyncs };
  });
  const scale = linearScale(valuesOf(rows), roundNumber);
  return chart('Wait of a commit on disk, p50 to p99', 'p50Fsyncs', 'times one fsync', scale, rows);
}

/** What is so many commits per fsync in commits per second. */
function aimOf({ fsyncMicros }: StoreResult, { aims }: StoreCommits): number | undefined {
  if (aims?.commitsPerFsync === undefined || fsyncMicros === undefined) return aims?.commitsPerSecond;
  return (aims.commitsPerFsync * 1e6) / fsyncMicros.median;
}

function rowsOf(
  results: readonly StoreResult[],
  rowOf: (result: StoreResult, commits: StoreCommits) => ChartRow | undefined,
): readonly ChartRow[] {
  return results
    .flatMap((result) => result.commits.map((commits) => rowOf(result, commits)))
    .filter((row) => row !== undefined);
}

function placeOf(result: StoreResult, { writers }: StoreCommits) {
  const where = `${result.durability === 'disk' ? 'on disk' : 'in memory'}, ${writers} writer${writers === 1 ? '' : 's'}`;
  return { label: rowLabel(result), where, tone: toneOf(result), dash: 0 };
}

function valuesOf(rows: readonly ChartRow[]): readonly number[] {
  return rows.flatMap(({ value, high = value, aim = value }) => [value, high, aim]);
}

function chart(title: string, metric: string, valueTitle: string, scale: Scale, rows: readonly ChartRow[]): Markup {
  return rowChart({ title, shape: 'bar', valueTitle, scale, rows, data: { metric, scenario: 'store' } });
}
