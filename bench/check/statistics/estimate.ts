/** What launches tell together: the mean effect and how far it can be trusted. Effects are ln(head / base). */
import { studentQuantile } from './student-t.js';

export interface Estimate {
  readonly launches: number;
  /** The mean effect, without the outermost launches. */
  readonly effect: number;
  /** Its standard error, with so many degrees of freedom. */
  readonly error: number;
  readonly degreesOfFreedom: number;
  /** Half the width of the interval around it. */
  readonly margin: number;
}

/** A true effect of this size is found with this probability, or a larger one more often. */
const POWER_TAIL = 0.1;

/** Of the launches, so many are left out at each end: now and then one goes astray, and must not hide what all others show. */
export function outermost(launches: number): number {
  return Math.floor(launches / 10);
}

/**
 * The trimmed mean, with the interval of Tukey and McLaughlin: Student's t, with the spread of what is left when the outermost launches are as far out
 * as the next to them. With fewer than ten launches it is the plain mean. Two launches are the least.
 * @param alpha the interval misses the true effect with this probability
 */
export function estimate(effects: readonly number[], alpha: number): Estimate {
  const launches = effects.length;
  const trimmed = outermost(launches);
  const sorted = [...effects].sort((a, b) => a - b);
  const kept = sorted.slice(trimmed, launches - trimmed);
  const [least, most] = [kept[0] as number, kept.at(-1) as number];
  const effect = mean(kept);
  const drawnIn = sorted.map((each) => Math.min(Math.max(each, least), most));
  const center = mean(drawnIn);
  const squares = drawnIn.reduce((sum, each) => sum + (each - center) ** 2, 0);
  const share = kept.length / launches;
  const error = Math.sqrt(squares / (launches - 1)) / (share * Math.sqrt(launches));
  const degreesOfFreedom = kept.length - 1;
  return { launches, effect, error, degreesOfFreedom, margin: studentQuantile(alpha / 2, degreesOfFreedom) * error };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** The smallest effect that so many launches with such a spread would have shown in nine of ten checks; at least `minEffect`, which counts as none. */
export function detectable({ error, degreesOfFreedom, margin }: Estimate, minEffect: number): number {
  return Math.max(margin + studentQuantile(POWER_TAIL, degreesOfFreedom) * error, minEffect);
}

/** A ratio as an effect: 0.025 more is ln(1.025). */
export function effectOf(change: number): number {
  return Math.log1p(change);
}

/** The other way: 0.05 is 5 % slower. */
export function changeOf(effect: number): number {
  return Math.expm1(effect);
}
