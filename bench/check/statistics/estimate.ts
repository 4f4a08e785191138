/** What launches tell together: the mean effect and how far it can be trusted. Effects are ln(head / base). */
import { studentQuantile } from './student-t.js';

export interface Estimate {
  readonly launches: number;
  /** The mean effect. */
  readonly effect: number;
  /** Standard deviation of the effects of single launches. */
  readonly deviation: number;
  /** Half the width of the interval around the mean. */
  readonly margin: number;
}

/** A true effect of this size is found with this probability, or a larger one more often. */
const POWER_TAIL = 0.1;

/**
 * With Student's t. Two launches are the least.
 * @param alpha the interval misses the true effect with this probability
 */
export function estimate(effects: readonly number[], alpha: number): Estimate {
  const launches = effects.length;
  const effect = effects.reduce((sum, each) => sum + each, 0) / launches;
  const squares = effects.reduce((sum, each) => sum + (each - effect) ** 2, 0);
  const deviation = Math.sqrt(squares / (launches - 1));
  const margin = (studentQuantile(alpha / 2, launches - 1) * deviation) / Math.sqrt(launches);
  return { launches, effect, deviation, margin };
}

/** The smallest effect that so many launches with such a spread would have shown in nine of ten checks; at least `minEffect`, which counts as none. */
export function detectable({ launches, deviation, margin }: Estimate, minEffect: number): number {
  const reach = margin + (studentQuantile(POWER_TAIL, launches - 1) * deviation) / Math.sqrt(launches);
  return Math.max(reach, minEffect);
}

/** A ratio as an effect: 0.025 more is ln(1.025). */
export function effectOf(change: number): number {
  return Math.log1p(change);
}

/** The other way: 0.05 is 5 % slower. */
export function changeOf(effect: number): number {
  return Math.expm1(effect);
}
