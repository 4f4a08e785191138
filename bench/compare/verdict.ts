/** What can be said of a ratio, with care: noise has to be ruled out, and so has the machine. */
import type { RatioEstimate } from './interval.js';

/** `same` has to be shown by an interval, as the others have to; whatever is not shown is `unclear`. */
export const VERDICTS = ['better', 'worse', 'same', 'unclear'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Caution {
  /** What is smaller is no difference: 0.05 is 5 %. */
  readonly minEffect: number;
  /** How far the machine itself moved between the two, as a factor; 1: not at all, or both were measured in turns. */
  readonly drift: number;
}

/**
 * A difference is one when the ratio is further from 1 than the smallest effect, and the whole interval further than the machine has drifted. Both are
 * the same when the whole interval is nearer to 1 than the smallest effect.
 */
export function judge({ ratio, low, high }: RatioEstimate, better: 'higher' | 'lower', caution: Caution): Verdict {
  if (low === undefined || high === undefined) return 'unclear';
  const smallest = Math.log1p(caution.minEffect);
  const drifted = Math.log(caution.drift);
  const [from, center, to] = [Math.log(low), Math.log(ratio), Math.log(high)];
  if (from > drifted && center > smallest) return better === 'higher' ? 'better' : 'worse';
  if (to < -drifted && center < -smallest) return better === 'higher' ? 'worse' : 'better';
  return from > -smallest && to < smallest ? 'same' : 'unclear';
}
