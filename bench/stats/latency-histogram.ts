/** Percentiles of round trips, by HDR histograms in plain JavaScript: ns, three digits. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

export interface Percentiles {
  readonly p50Micros: number;
  readonly p90Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
}

const MICRO = 1000;

export function histogramOf(nanos: Iterable<number>): Histogram {
  const histogram = build({ bitBucketSize: 32, useWebAssembly: false, numberOfSignificantValueDigits: 3 });
  for (const value of nanos) histogram.recordValue(value);
  return histogram;
}

export function percentiles(histogram: Histogram): Percentiles {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / MICRO;
  return {
    p50Micros: at(50),
    p90Micros: at(90),
    p99Micros: at(99),
    p999Micros: at(99.9),
    maxMicros: histogram.maxValue / MICRO,
  };
}

/** The exchange format of HDR histograms: other tools read it, too. */
export function encode(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

export function merge(encoded: readonly string[]): Histogram {
  const sum = histogramOf([]);
  for (const each of encoded) sum.add(decodeFromCompressedBase64(each, 32, false));
  return sum;
}
