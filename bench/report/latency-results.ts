/** From round trips to results. */
import { FIFO, FIXED_PROPERTIES } from '../options.js';
import type { Block, GroupRow, Row } from '../plan.js';
import type { LatencyResult, LatencySample } from '../results.js';
import type { Outcome } from '../runner.js';
import type { LatencyMeasurement, LoadTimes } from '../scenarios/latency-times.js';
import { frameBytes } from '../scenarios/trial.js';
import { encode, histogramOf, merge, percentiles } from '../stats/latency-histogram.js';
import { pairedRatio, summarize } from '../stats/summary.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

type Outcomes = readonly Outcome<LatencyMeasurement>[];

/** For each row two results: in ping-pong, and at a rate. */
export function latencyResults(block: Block, outcomes: Outcomes, ratePerSecond: number): readonly LatencyResult[] {
  return (['ping-pong', 'rate'] as const).flatMap((load) => {
    const samplesOf = ({ samples }: Outcome<LatencyMeasurement>) =>
      samples.map((sample) => makeSample(sample.repetition, load === 'rate' ? sample.atRate : sample.pingPong));
    const dgram = outcomes.find(({ row }) => row.kind === 'dgram');
    const dgramP50 = p50ByRepetition(dgram === undefined ? [] : samplesOf(dgram));
    return outcomes.map((outcome) => {
      const { row, error } = outcome;
      const samples = samplesOf(outcome);
      const all = percentiles(merge(samples.map(({ histogramNanos }) => histogramNanos)));
      const oneWay = percentiles(merge(samples.map(({ oneWayHistogramNanos }) => oneWayHistogramNanos)));
      const p50 = summarize(samples.map(({ p50Micros }) => p50Micros));
      const p99 = summarize(samples.map(({ p99Micros }) => p99Micros));
      return defined<LatencyResult>({
        ...resultHead(block, row, frameBytes(block), error),
        load,
        ratePerSecond: load === 'rate' ? ratePerSecond : undefined,
        samples,
        p50Micros: p50,
        p90Micros: summarize(samples.map(({ p90Micros }) => p90Micros)),
        p99Micros: p99,
        p999Micros: samples.length === 0 ? undefined : all.p999Micros,
        maxMicros: samples.length === 0 ? undefined : all.maxMicros,
        oneWayP50Micros: summarize(samples.map(({ oneWayP50Micros }) => oneWayP50Micros)),
        oneWayP99Micros: summarize(samples.map(({ oneWayP99Micros }) => oneWayP99Micros)),
        oneWayP999Micros: samples.length === 0 ? undefined : oneWay.p999Micros,
        oneWayMaxMicros: samples.length === 0 ? undefined : oneWay.maxMicros,
        p99PerP50: p50 === undefined || p99 === undefined ? undefined : p99.median / p50.median,
        p50TimesFixed: pairedRatio(
          p50ByRepetition(samples),
          p50ByRepetition(twin(row, outcomes, { properties: FIXED_PROPERTIES }).flatMap(samplesOf)),
        ),
        p50TimesFifo: pairedRatio(
          p50ByRepetition(samples),
          p50ByRepetition(twin(row, outcomes, { ordering: FIFO }).flatMap(samplesOf)),
        ),
        p50TimesDgram: row.kind === 'dgram' ? undefined : pairedRatio(p50ByRepetition(samples), dgramP50),
      });
    });
  });
}

/** The same group but for this, if there is one, and if it is another. */
function twin(row: Row, outcomes: Outcomes, change: Partial<GroupRow>): Outcomes {
  if (row.kind !== 'group') return [];
  const wanted = { ...row, ...change };
  const names = Object.keys(wanted) as (keyof GroupRow)[];
  if (names.every((name) => wanted[name] === row[name])) return [];
  return outcomes.filter(
    ({ row: other }) => other.kind === 'group' && names.every((name) => other[name] === wanted[name]),
  );
}

function makeSample(repetition: number, { roundTripsNanos, oneWayNanos }: LoadTimes): LatencySample {
  const histogram = histogramOf(roundTripsNanos);
  const oneWay = histogramOf(oneWayNanos);
  const { p50Micros: oneWayP50Micros, p99Micros: oneWayP99Micros } = percentiles(oneWay);
  return {
    repetition,
    roundTrips: roundTripsNanos.length,
    ...percentiles(histogram),
    histogramNanos: encode(histogram),
    oneWayP50Micros,
    oneWayP99Micros,
    oneWayHistogramNanos: encode(oneWay),
  };
}

function p50ByRepetition(samples: readonly LatencySample[]): ReadonlyMap<number, number> {
  return new Map(samples.map(({ repetition, p50Micros }) => [repetition, p50Micros]));
}
