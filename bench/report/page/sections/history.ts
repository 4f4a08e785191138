/** What rows came to in results of other days and commits. */
import { type MeasuredRow, type Metric, measuredRows } from '../../../measured.js';
import type { ResultsFile } from '../../../read-results.js';
import type { BenchReport } from '../../../results.js';
import { plain } from '../../format.js';
import { groupBy } from '../../titles.js';
import type { Markup } from '../html.js';
import { lineChart, type Point, type Series } from '../line-chart.js';
import { logScale, type Scale } from '../scale.js';
import { type Section, sectionOf } from '../section.js';
import { looksOf } from '../tone.js';
import { amount, capital, roundMicros, roundMillis, roundQuantity } from '../words.js';

/** The page shall stay small: older ones are left out. */
export const MOST_RUNS = 40;
const MOST_LABELS = 4;

const TITLES = {
  throughput: 'Throughput',
  latency: 'Round trips, p50',
  views: 'Views',
  transfer: 'State transfer',
  store: 'Replicated store',
  layers: 'Layers',
  scale: 'Scale',
  soak: 'Soak',
} as const;

interface Run extends ResultsFile {
  /** Its number, from the oldest. */
  readonly at: number;
}

interface Entry {
  readonly run: Run;
  readonly row: MeasuredRow;
  readonly metric: Metric;
}

/** @param files from the oldest to the newest */
export function historySection(files: readonly ResultsFile[]): Section | undefined {
  const runs = files.slice(-MOST_RUNS).map((file, at): Run => ({ ...file, at }));
  const entries = runs.flatMap((run) =>
    measuredRows(run.report).flatMap((row): readonly Entry[] =>
      row.metrics.slice(0, 1).map((metric) => ({ run, row, metric })),
    ),
  );
  const scenarios = groupBy(entries, ({ row }) => row.scenario);
  const older = files.length - runs.length;
  return sectionOf({
    id: 'history',
    title: 'History',
    lead: `Each result is a point, from the oldest to the newest${older > 0 ? `; ${older} older ones are left out` : ''}. A line connects results of one machine only. Figures of different days differ by more than their spread says: where tcp and dgram move along, it was the machine.`,
    parts: scenarios.map(([scenario, some]) => ({
      title: TITLES[scenario],
      content: groupBy(some, ({ row }) => row.block).flatMap(([title, all]) => chartOf(title, all)),
    })),
  });
}

/** Of rows that were measured more than once; none if no row was. */
function chartOf(title: string, all: readonly Entry[]): readonly Markup[] {
  const rows = groupBy(all, ({ row }) => row.label).filter(([, some]) => runsOf(some).length > 1);
  const entries = rows.flatMap(([, some]) => some);
  const metric = entries[0]?.metric;
  if (metric === undefined) return [];
  const runs = runsOf(entries).toSorted((a, b) => a.at - b.at);
  const placeOf = new Map(runs.map(({ at }, index) => [at, index]));
  const looks = looksOf(rows.map(([, some]) => some[0]?.row.head).filter((head) => head !== undefined));
  const series = rows.flatMap(([label, some], at): readonly Series[] => {
    const look = looks[at];
    const points = some.map((entry) => pointOf(entry, placeOf.get(entry.run.at) ?? 0));
    const breaks = some.flatMap(({ run }, index) => {
      const last = some[index - 1]?.run;
      return last === undefined || machineOf(last.report) === machineOf(run.report) ? [] : [placeOf.get(run.at) ?? 0];
    });
    return look === undefined ? [] : [{ label, ...look, points, breaks }];
  });
  const chart = lineChart({
    title: capital(title.replace(/^(throughput|round trip|views), /, '')),
    xTitle: 'result, by commit',
    yTitle: `${metric.unit}, logarithmic`,
    x: runScale(runs),
    y: logScale(
      series.flatMap(({ points }) => points.map(({ value }) => value)),
      tickOf(metric),
    ),
    series,
    data: { metric: metric.name, scenario: 'history' },
  });
  return [chart];
}

function tickOf({ name }: Metric): (value: number) => string {
  if (name === 'p50Micros') return roundMicros;
  return name === 'tookMillis' || name === 'recoveryMillis' ? roundMillis : roundQuantity;
}

function pointOf({ run, metric }: Entry, x: number): Point {
  const { commit = '', cpuModel } = run.report.environment;
  const value = metric.summary.median;
  const text = metric.better === 'higher' ? amount(value, metric.unit) : `${plain(value)} ${metric.unit}`;
  const where = `${dayOf(run.report)} ${run.report.startedAt.slice(11, 16)}, ${commit.slice(0, 7) || run.name}, ${cpuModel}`;
  return { x, where, value, text };
}

/** Each run at the same distance from the next; some are labelled, with the day. */
function runScale(runs: readonly Run[]): Scale {
  const last = Math.max(1, runs.length - 1);
  const every = Math.max(1, Math.ceil(last / (MOST_LABELS - 1)));
  return {
    ticks: runs.flatMap(({ report }, at) =>
      at % every === 0 ? [{ value: at, label: report.environment.commit?.slice(0, 7) ?? dayOf(report) }] : [],
    ),
    place: (at) => at / last,
  };
}

function runsOf(entries: readonly Entry[]): readonly Run[] {
  return [...new Set(entries.map(({ run }) => run))];
}

function dayOf({ startedAt }: BenchReport): string {
  return startedAt.slice(0, 10);
}

function machineOf({ environment: { cpuModel, cpuCount, platform } }: BenchReport): string {
  return [cpuModel, cpuCount, platform].join(' ');
}
