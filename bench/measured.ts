/**
 * All rows of a report in one form, whatever their scenario: what tells a row from others, and what was measured of it. Comparisons and the history
 * are made of these.
 */
import type { ScenarioName } from './options.js';
import { senderCount } from './plan.js';
import { rowLabel } from './report/result-head.js';
import {
  latencyTitle,
  layersTitle,
  scaleTitle,
  storeTitle,
  throughputTitle,
  transferTitle,
  viewMeasureTitle,
  wholeStoreTitle,
} from './report/titles.js';
import type {
  BenchReport,
  LatencyResult,
  LayersResult,
  ResultHead,
  ScaleResult,
  StoreCommits,
  StoreResult,
  ThroughputResult,
  TransferResult,
  ViewsResult,
} from './results.js';
import { median, type Summary } from './stats/summary.js';

export interface MeasuredRow {
  readonly scenario: ScenarioName;
  readonly head: ResultHead;
  /** What was measured, the same for all rows that took turns, and in two results of the same. */
  readonly block: string;
  /** Who did it: the mode of a group, or what it is compared with. */
  readonly who: string;
  /** What tells it from other rows of its block, but for who. */
  readonly variantKey: string;
  readonly label: string;
  readonly metrics: readonly Metric[];
}

export interface Metric {
  /** As the JSON calls it: with its unit. */
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly summary: Summary;
  /** One for each repetition. */
  readonly values: ReadonlyMap<number, number>;
}

/** Rows that could not be measured are left out. */
export function measuredRows(report: BenchReport): readonly MeasuredRow[] {
  return [
    ...report.throughput.map((each) => row('throughput', throughputTitle(each), each, throughputMetrics(each))),
    ...report.latency.map((each) => row('latency', latencyTitle(each), each, latencyMetrics(each))),
    ...report.views.map((each) => row('views', viewMeasureTitle(each), each, viewsMetrics(each))),
    ...report.transfer.map((each) => row('transfer', transferTitle(each), each, transferMetrics(each))),
    ...report.store.flatMap(storeRows),
    ...report.layers.map((each) => row('layers', layersTitle(each), each, layersMetrics(each))),
    ...report.scale.map((each) => row('scale', scaleTitle(each), each, scaleMetrics(each))),
  ].filter(({ metrics }) => metrics.length > 0);
}

export function rowKey({ block, who, variantKey }: MeasuredRow): string {
  return [block, who, variantKey].join(' | ');
}

function row(scenario: ScenarioName, block: string, head: ResultHead, metrics: readonly Metric[]): MeasuredRow {
  const { row: kind, mode, threads, properties, ordering, members, lossRate = 0 } = head;
  const variant = [threads, properties, ordering, members, senderCount(head), lossRate];
  const variantKey = kind === 'group' || kind === 'simulated' ? variant.join(' ') : '';
  return { scenario, head, block, who: mode ?? kind, variantKey, label: rowLabel(head), metrics };
}

function throughputMetrics({ samples, messagesPerSecond, cpuSecondsPerMillionMessages }: ThroughputResult) {
  return present(
    metric('messagesPerSecond', 'msg/s', 'higher', messagesPerSecond, samples, (each) => each.messagesPerSecond),
    metric(
      'cpuSecondsPerMillionMessages',
      'CPU s/M msg',
      'lower',
      cpuSecondsPerMillionMessages,
      samples,
      (each) => each.cpuSecondsPerMillionMessages,
    ),
  );
}

function latencyMetrics({ samples, p50Micros, p99Micros }: LatencyResult) {
  return present(
    metric('p50Micros', 'p50 µs', 'lower', p50Micros, samples, (each) => each.p50Micros),
    metric('p99Micros', 'p99 µs', 'lower', p99Micros, samples, (each) => each.p99Micros),
  );
}

/** Several times of one repetition are one value: they met the same state of the machine. */
function viewsMetrics({ samples, tookMillis }: ViewsResult) {
  return present(
    metric('tookMillis', 'ms', 'lower', tookMillis, samples, (each) =>
      each.tookMillis.length === 0 ? undefined : median(each.tookMillis),
    ),
  );
}

function transferMetrics({ samples, bytesPerSecond, cpuSecondsPerGigabyte }: TransferResult) {
  return present(
    metric('bytesPerSecond', 'B/s', 'higher', bytesPerSecond, samples, (each) => each.bytesPerSecond),
    metric(
      'cpuSecondsPerGigabyte',
      'CPU s/GB',
      'lower',
      cpuSecondsPerGigabyte,
      samples,
      (each) => each.cpuSecondsPerGigabyte,
    ),
  );
}

function layersMetrics({ samples, nanosPerOperation }: LayersResult) {
  return present(
    metric('nanosPerOperation', 'ns', 'lower', nanosPerOperation, samples, (each) => each.nanosPerOperation),
  );
}

function scaleMetrics({ samples, cpuMicrosPerMessage, datagramsPerChange }: ScaleResult) {
  return present(
    metric(
      'cpuMicrosPerMessage',
      'CPU µs/msg',
      'lower',
      cpuMicrosPerMessage,
      samples,
      (each) => each.cpuMicrosPerMessage,
    ),
    metric(
      'datagramsPerChange',
      'datagrams/view',
      'lower',
      datagramsPerChange,
      samples,
      (each) => each.datagramsPerChange,
    ),
  );
}

/** One row for each number of writers, and one for the rest. */
function storeRows(result: StoreResult): readonly MeasuredRow[] {
  return [
    ...result.commits.map((commits) =>
      row('store', `${storeTitle(result)}, ${commits.writers} writers`, result, commitsMetrics(result, commits)),
    ),
    row('store', wholeStoreTitle(result), result, wholeStoreMetrics(result)),
  ];
}

function commitsMetrics({ samples }: StoreResult, { writers, commitsPerSecond, p50Micros, p99Micros }: StoreCommits) {
  const of = (sample: StoreResult['samples'][number]) => sample.commits.find((each) => each.writers === writers);
  return present(
    metric('commitsPerSecond', 'commits/s', 'higher', commitsPerSecond, samples, (each) => of(each)?.commitsPerSecond),
    metric('p50Micros', 'p50 µs', 'lower', p50Micros, samples, (each) => of(each)?.p50Micros),
    metric('p99Micros', 'p99 µs', 'lower', p99Micros, samples, (each) => of(each)?.p99Micros),
  );
}

function wholeStoreMetrics({ samples, readsPerSecond, syncBytesPerSecond, recoveryMillis }: StoreResult) {
  return present(
    metric('readsPerSecond', 'reads/s', 'higher', readsPerSecond, samples, (each) => each.readsPerSecond),
    metric('syncBytesPerSecond', 'B/s', 'higher', syncBytesPerSecond, samples, (each) => each.syncBytesPerSecond),
    metric('recoveryMillis', 'ms', 'lower', recoveryMillis, samples, (each) => each.recoveryMillis),
  );
}

function metric<Sample extends { readonly repetition: number }>(
  name: string,
  unit: string,
  better: Metric['better'],
  summary: Summary | undefined,
  samples: readonly Sample[],
  measure: (sample: Sample) => number | undefined,
): Metric | undefined {
  if (summary === undefined) return undefined;
  const values = new Map<number, number>();
  for (const sample of samples) {
    const value = measure(sample);
    if (value !== undefined) values.set(sample.repetition, value);
  }
  return { name, unit, better, summary, values };
}

function present(...metrics: readonly (Metric | undefined)[]): readonly Metric[] {
  return metrics.filter((each) => each !== undefined);
}
