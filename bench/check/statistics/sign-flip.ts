/**
 * The sign-flip permutation test. If both sides are the same, each launch could as well have come out the other way round: the effect with
 * the opposite sign was as likely. So the sum of the effects is looked up among the sums with all choices of signs. Nothing is assumed of how effects
 * are distributed, but that under the null they are so symmetrically.
 */

import { Random } from '../../../ts/data-plane/typescript/random.js';
import { outermost } from './estimate.js';

/** Up to so many launches all choices of signs are counted; beyond, so many are drawn. */
export const EXACT_LAUNCHES = 30;
const DRAWN = 100_000;

/**
 * Effects as the test should see them: those furthest from 0 are drawn in to the next. One launch that has gone astray would decide alone otherwise. How
 * far out they lie says nothing of their signs, so the test stays exact.
 */
export function drawnIn(effects: readonly number[]): readonly number[] {
  const sizes = effects.map(Math.abs).sort((a, b) => b - a);
  const most = sizes[outermost(effects.length)] ?? 0;
  return effects.map((effect) => Math.sign(effect) * Math.min(Math.abs(effect), most));
}

/** Of adding in another order. */
const ROUNDING = 1e-12;

/** `greater`: is the sum larger than chance has it? `either`: is it further from 0? */
export type Side = 'greater' | 'either';

/** The share of the choices of signs whose sum is at least as extreme as what was seen; 1 without effects. */
export function signFlipTest(effects: readonly number[], side: Side, seed: number): number {
  const sum = effects.reduce((total, effect) => total + effect, 0);
  const slack = ROUNDING * effects.reduce((total, effect) => total + Math.abs(effect), 0);
  const least = (side === 'either' ? Math.abs(sum) : sum) - slack;
  if (side === 'either' && least <= 0) return 1;
  const share = effects.length <= EXACT_LAUNCHES ? exactly(effects, least) : drawn(effects, least, seed);
  // For each choice there is one with all signs the other way.
  return side === 'either' ? Math.min(1, 2 * share) : share;
}

/** Of all choices of signs, the share whose sum is `least` or more: each choice of one half together with each of the other, in order. */
function exactly(effects: readonly number[], least: number): number {
  const middle = effects.length >> 1;
  const left = sums(effects.slice(0, middle)).sort();
  const right = sums(effects.slice(middle)).sort();
  let count = 0;
  // The larger the one, the smaller the other may be.
  let at = right.length;
  for (const each of left) {
    while (at > 0 && each + (right[at - 1] as number) >= least) at--;
    count += right.length - at;
  }
  return count / (left.length * right.length);
}

function sums(effects: readonly number[]): Float64Array {
  const all = new Float64Array(2 ** effects.length);
  let filled = 1;
  for (const effect of effects) {
    for (let i = 0; i < filled; i++) {
      all[filled + i] = (all[i] as number) - effect;
      all[i] = (all[i] as number) + effect;
    }
    filled *= 2;
  }
  return all;
}

/** What was seen is one of the choices: the result is never 0. */
function drawn(effects: readonly number[], least: number, seed: number): number {
  const random = new Random(seed);
  let extreme = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < effects.length; i++) {
      if (i % 32 === 0) bits = random.next();
      sum += (bits & 1) === 0 ? (effects[i] as number) : -(effects[i] as number);
      bits >>>= 1;
    }
    if (sum >= least) extreme++;
  }
  return extreme / (DRAWN + 1);
}
