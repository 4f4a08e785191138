/** Results of schema version 1, which had only groups in a fixed view, as version 2 says the same: so that old baselines stay of use. */
import { FIFO, FIXED_PROPERTIES } from './options.js';
import {
  type BenchReport,
  type LatencyResult,
  type ReceiverSample,
  type ResultHead,
  SCHEMA_VERSION,
  type ThroughputResult,
  type ThroughputSample,
} from './results.js';

/** A receiver's number was called its rank. */
type OldReceiver = Omit<ReceiverSample, 'member'> & { readonly rank: number };
type OldSample = Omit<ThroughputSample, 'receivers'> & { readonly receivers: readonly OldReceiver[] };
type OldThroughput = Omit<ThroughputResult, 'samples'> & { readonly samples: readonly OldSample[] };

export type OldReport = Omit<BenchReport, 'schemaVersion' | 'throughput'> & {
  readonly schemaVersion: 1;
  readonly throughput: readonly OldThroughput[];
};

export function upgradeReport(report: OldReport): BenchReport {
  return {
    ...report,
    schemaVersion: SCHEMA_VERSION,
    throughput: report.throughput.map((result) => ({
      ...result,
      ...stackOf(result),
      samples: result.samples.map((sample) => ({ ...sample, receivers: sample.receivers.map(renamed) })),
    })),
    latency: report.latency.map((result): LatencyResult => ({ ...result, ...stackOf(result) })),
  };
}

function stackOf({ row }: Pick<ResultHead, 'row'>): Pick<ResultHead, 'properties' | 'ordering'> {
  return row === 'group' ? { properties: FIXED_PROPERTIES, ordering: FIFO } : {};
}

function renamed({ rank, ...rest }: OldReceiver): ReceiverSample {
  return { member: rank, ...rest };
}
