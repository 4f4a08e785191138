/** How steeply a series rises, by medians: a few wild points change nothing. */
import { median } from './summary.js';

export interface Slope {
  readonly median: number;
  /** With 95 % confidence it is between these. */
  readonly low: number;
  readonly high: number;
}

/** Two-sided, of the normal distribution. */
const Z_95 = 1.96;

/**
 * The median of the slopes between all pairs of points (Theil, Sen), and an interval by Sen: so many slopes away from the middle as chance brings about.
 * Undefined: too few points to tell.
 */
export function slopeOf(x: readonly number[], y: readonly number[]): Slope | undefined {
  const slopes: number[] = [];
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) {
      const run = (x[j] as number) - (x[i] as number);
      if (run > 0) slopes.push(((y[j] as number) - (y[i] as number)) / run);
    }
  }
  const n = x.length;
  const width = (Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const middle = (slopes.length - 1) / 2;
  if (n < 4 || middle - width < 0) return undefined;
  slopes.sort((a, b) => a - b);
  return {
    median: median(slopes),
    low: slopes[Math.floor(middle - width)] as number,
    high: slopes[Math.ceil(middle + width)] as number,
  };
}
