/**
 * How many times as much, and how sure that is. Ratios are means of logarithms, so that twice and half weigh the same; the interval is Student's, of 95 %,
 * so few measurements give a wide one.
 */
export interface RatioEstimate {
  readonly ratio: number;
  /** Undefined: one measurement has no spread. */
  readonly low?: number;
  readonly high?: number;
}

/** Between measurements that were made one after the other, by repetition: drift of the machine, which hits both, cancels out. */
export function pairedEstimate(
  base: ReadonlyMap<number, number>,
  head: ReadonlyMap<number, number>,
): RatioEstimate | undefined {
  const logs = [...base].flatMap(([repetition, value]) => {
    const other = head.get(repetition);
    return other === undefined ? [] : finite(Math.log(other / value));
  });
  if (logs.length === 0) return undefined;
  return estimate(mean(logs), Math.sqrt(variance(logs) / logs.length), logs.length - 1);
}

/** Between two runs: Welch's, for spreads that differ. */
export function separateEstimate(
  base: ReadonlyMap<number, number>,
  head: ReadonlyMap<number, number>,
): RatioEstimate | undefined {
  const [these, those] = [base, head].map((values) => [...values.values()].flatMap((value) => finite(Math.log(value))));
  if (these === undefined || those === undefined || these.length === 0 || those.length === 0) return undefined;
  const center = mean(those) - mean(these);
  if (these.length < 2 || those.length < 2) return { ratio: Math.exp(center) };
  const [one, other] = [variance(these) / these.length, variance(those) / those.length];
  const sum = one + other;
  const freedom = sum === 0 ? 1 : sum ** 2 / (one ** 2 / (these.length - 1) + other ** 2 / (those.length - 1));
  return estimate(center, Math.sqrt(sum), freedom);
}

function estimate(center: number, error: number, freedom: number): RatioEstimate {
  if (freedom < 1) return { ratio: Math.exp(center) };
  const half = student975(freedom) * error;
  return { ratio: Math.exp(center), low: Math.exp(center - half), high: Math.exp(center + half) };
}

const STUDENT_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
];

/** The 97.5 % point of Student's distribution; for a fraction that of the whole number below, which is further out. */
export function student975(freedom: number): number {
  const whole = Math.floor(freedom);
  return STUDENT_975[whole - 1] ?? 1.96 + 2.5 / whole;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the population that these are a sample of; 0 for one. */
function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

/** Nothing, or nothing per nothing, has no logarithm. */
function finite(value: number): readonly number[] {
  return Number.isFinite(value) ? [value] : [];
}
