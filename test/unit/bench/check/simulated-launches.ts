// Launches of a machine that does not exist: what they come to is drawn from a seed.
import { type DecideSettings, type Decision, decide, type RowKind } from '../../../../bench/check/decide.js';
import { launchEffect, type Quartet } from '../../../../bench/check/statistics/judge.js';
import { Random } from '../../../../ts/data-plane/typescript/random.js';

export class Draw {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed * 2654435761);
    // The first numbers of neighbouring seeds are alike.
    for (let i = 0; i < 8; i++) this.random.next();
  }

  /** From 0 to below 1. */
  uniform(): number {
    return this.random.next() / 2 ** 32;
  }

  /** Mean 0, deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** The noise of one launch's effect. Its spread is about that of a launch on a machine with two busy cores. */
export type Noise = (draw: Draw) => number;

export const NOISES: Readonly<Record<string, Noise>> = {
  normal: (draw) => 0.004 * draw.normal(),
  // Student's t with two degrees of freedom: no deviation at all.
  'heavy-tailed': (draw) => (0.003 * draw.normal()) / Math.sqrt(-Math.log(1 - draw.uniform())),
  // Memory falls out in one of two ways on either side.
  bimodal: (draw) => (draw.uniform() < 0.5 ? 0.008 : -0.008) + 0.001 * draw.normal(),
  drifting: driftingNoise,
};

const QUARTETS = 16;

/** The machine gets faster or slower all the time, by a few percent within a launch, and now and then something else runs. */
function driftingNoise(draw: Draw): number {
  const slope = 0.001 * draw.normal();
  const layout = 0.002 * draw.normal();
  let level = 0;
  const batch = (head: boolean) => {
    level += slope + 0.0005 * draw.normal();
    const interrupted = draw.uniform() < 0.05 ? 0.5 * draw.uniform() : 0;
    return 2000 * Math.exp(level + (head ? layout : 0) + 0.01 * draw.normal()) * (1 + interrupted);
  };
  const quartets = Array.from({ length: QUARTETS }, (): Quartet => {
    const [a, b, c, d] = [batch(false), batch(true), batch(true), batch(false)];
    return { base: [a as number, d as number], head: [b as number, c as number] };
  });
  return launchEffect(quartets);
}

export const SETTINGS: DecideSettings = { alpha: 0.05, minEffect: 0.025, looks: 3, seed: 1, hasTime: () => true };

/** A whole check. @param effects true effects of its benchmarks, as ln(head / base); two controls are added */
export function simulateCheck(
  effects: readonly number[],
  noise: Noise,
  seed: number,
  settings: DecideSettings = SETTINGS,
): Promise<Decision> {
  const draw = new Draw(seed);
  const kinds: RowKind[] = [...effects.map(() => 'benchmark' as const), 'null', 'frozen'];
  return decide(kinds, settings, async (row) => (effects[row] ?? 0) + noise(draw));
}
