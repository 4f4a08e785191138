/** From the effects of launches to what they show. */
import { median } from '../../stats/summary.js';
import { type Estimate, effectOf, estimate } from './estimate.js';
import { holm } from './holm.js';
import type { Look } from './looks.js';
import { drawnIn, signFlipTest } from './sign-flip.js';

/** A check that is called invalid by chance is a nuisance, and there are two controls and some looks. */
const CONTROL_ALPHA = 0.01;
const CONTROL_FLIP_ALPHA = 0.05;

/** The standard error of a median, for a median absolute deviation of 1: of the normal distribution. */
const MEDIAN_PER_MAD = 1.4826 * 1.2533;
const SETTLED_ERROR = 0.004;

/** CPU time of four batches in the order base, head, head, base: what drifts evenly hits both sides alike. */
export interface Quartet {
  readonly base: readonly [number, number];
  readonly head: readonly [number, number];
}

/** Of one launch: the median over its quartets, so that what interrupts some of them does not count. */
export function launchEffect(quartets: readonly Quartet[]): number {
  return median(quartets.map(quartetEffect));
}

/**
 * Whether more quartets would tell little more of this launch: the standard error of its effect is that small. Launches differ by more than that, and
 * another launch is dearer than another quartet.
 */
export function isSettled(quartets: readonly Quartet[]): boolean {
  const effects = quartets.map(quartetEffect);
  const center = median(effects);
  const spread = median(effects.map((effect) => Math.abs(effect - center)));
  return (MEDIAN_PER_MAD * spread) / Math.sqrt(effects.length) < SETTLED_ERROR;
}

function quartetEffect({ base, head }: Quartet): number {
  return (Math.log(head[0] / base[0]) + Math.log(head[1] / base[1])) / 2;
}

/**
 * `slower` and `faster`: significant, and by more than the smallest effect that counts. `same`: the interval shows that it is no more than that. `open`:
 * none of them yet.
 */
export type Standing = 'slower' | 'faster' | 'same' | 'open';

export interface Judged {
  readonly standing: Standing;
  readonly estimate: Estimate;
  /** Of the sign-flip test, not corrected for there being several. */
  readonly p: number;
}

/**
 * Judges all rows of a suite at a look.
 * @param rows the effects of each row's launches; undefined: it was decided at an earlier look, and only counts as a comparison
 */
export function judge(
  rows: readonly (readonly number[] | undefined)[],
  look: Look,
  minEffect: number,
  seed: number,
): readonly (Judged | undefined)[] {
  const pValues = rows.map((effects) => (effects === undefined ? 1 : signFlipTest(drawnIn(effects), 'either', seed)));
  const significant = holm(pValues, look.alpha);
  const bound = effectOf(minEffect);
  return rows.map((effects, at) => {
    if (effects === undefined) return undefined;
    const estimated = estimate(effects, look.intervalAlpha);
    return {
      standing: standingOf(estimated, significant[at] === true, bound),
      estimate: estimated,
      p: pValues[at] as number,
    };
  });
}

function standingOf({ effect, margin }: Estimate, significant: boolean, bound: number): Standing {
  if (significant && Math.abs(effect) > bound) return effect > 0 ? 'slower' : 'faster';
  return Math.abs(effect) + margin < bound ? 'same' : 'open';
}

export interface Confirmed {
  readonly confirmed: boolean;
  readonly estimate: Estimate;
  readonly p: number;
}

/** Of what was found slower or faster: whether fresh launches, with the directories swapped, say so too. */
export function confirm(
  rows: readonly { readonly standing: 'slower' | 'faster'; readonly effects: readonly number[] }[],
  alpha: number,
  minEffect: number,
  seed: number,
): readonly Confirmed[] {
  const towards = rows.map(({ standing, effects }) =>
    effects.map((effect) => (standing === 'slower' ? effect : -effect)),
  );
  const pValues = towards.map((effects) => signFlipTest(drawnIn(effects), 'greater', seed));
  const significant = holm(pValues, alpha);
  return rows.map(({ effects }, at) => {
    const estimated = estimate(effects, alpha);
    const confirmed = significant[at] === true && Math.abs(estimated.effect) > effectOf(minEffect);
    return { confirmed, estimate: estimated, p: pValues[at] as number };
  });
}

/**
 * Whether a control has moved, where both sides are the same: then the check measures something else than the code. It need not
 * move by all that counts as a regression. Both tests have to say so: the one is blunt with few launches, the other trusts the normal distribution.
 */
export function controlMoved(effects: readonly number[], minEffect: number, seed: number): boolean {
  const { effect, margin } = estimate(effects, CONTROL_ALPHA);
  const far = Math.abs(effect) > Math.max(margin, effectOf(minEffect) / 2);
  return far && signFlipTest(drawnIn(effects), 'either', seed) <= CONTROL_FLIP_ALPHA;
}
