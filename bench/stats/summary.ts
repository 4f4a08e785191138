/** Median and spread of a few measurements of one thing. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Median absolute deviation from the median: half of the measurements are no further away. */
  readonly mad: number;
}

/** NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  const center = median(values);
  return {
    count: values.length,
    median: center,
    min: Math.min(...values),
    max: Math.max(...values),
    mad: median(values.map((value) => Math.abs(value - center))),
  };
}

/**
 * The median of the ratios of measurements that were made one after the other: drift of the machine, which hits both, cancels out. What has no partner
 * is left out.
 */
export function pairedRatio(
  these: ReadonlyMap<number, number>,
  those: ReadonlyMap<number, number>,
): number | undefined {
  const ratios = [...these].flatMap(([repetition, value]) => {
    const other = those.get(repetition);
    return other === undefined || other === 0 ? [] : [value / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}
