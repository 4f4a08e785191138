// The checks must find bugs: each of these is planted, and found by some seed, by the invariant that it breaks.
import { describe, expect, it } from 'vitest';
import { INVARIANTS, type Invariant } from '../../ts/sim/history.js';
import { breathe } from '../../ts/sim/io-breathe.js';
import { runSeed } from '../../ts/sim/outcome.js';
import { PLANTED, plant } from '../../ts/sim/planted.js';
import { shrink } from '../../ts/sim/shrink.js';

/** Which invariant finds it, and from which seed on to look, so that it takes no time. */
const FOUND_BY: Readonly<Record<string, readonly [invariant: Invariant, from: number]>> = {
  'skip-cut': ['virtual synchrony', 1],
  'own-cut': ['virtual synchrony', 1],
  'deliver-after-exclusion': ['no creation', 1],
  'reuse-view-id': ['view agreement', 1],
  'install-any-view': ['liveness', 10],
  'two-coordinators': ['liveness', 10],
  'drop-queue': ['FIFO', 1],
  'half-message': ['no error', 60],
  'send-after-block-ok': ['virtual synchrony', 1],
  'early-view': ['virtual synchrony', 1],
  'forget-sends': ['virtual synchrony', 10],
  'wrong-rank': ['self-inclusion', 1],
  'wrong-send-view': ['sending view', 1],
  'send-again': ['no duplication', 1],
  'mix-up-states': ['state messages', 1],
  'forget-merger': ['liveness', 1],
  'primary-without-quorum': ['primary', 25],
  'stay-at-exit': ['liveness', 1],
  'order-by-arrival': ['total', 1],
  'forget-order-rest': ['self-delivery', 1],
  'forget-order-places': ['causal', 1670],
  'ignore-dependencies': ['causal', 1],
  'no-dependencies-written': ['causal', 1],
  'deliver-unsafe': ['agree', 1],
  'safe-without-failed': ['agree', 1],
  'skip-self': ['self-delivery', 1],
  'subcast-to-all': ['no creation', 1],
  'subcast-beside': ['FIFO', 1],
};
const MOST_SEEDS = 60;

async function firstToFind(name: string, invariant: Invariant, from: number): Promise<number | undefined> {
  const undo = plant(name);
  try {
    for (let seed = from; seed < from + MOST_SEEDS; seed++) {
      const { violations } = runSeed(seed, { native: false });
      if (violations.some((violation) => violation.invariant === invariant)) return seed;
      await breathe();
    }
    return undefined;
  } finally {
    undo();
  }
}

describe('a planted bug', () => {
  it('has a line in this table, each', () => {
    expect(Object.keys(FOUND_BY)).toEqual(Object.keys(PLANTED));
  });

  it('is there for every invariant', () => {
    const found = Object.values(FOUND_BY).map(([invariant]) => invariant);
    expect(new Set(found)).toEqual(new Set(INVARIANTS));
  });

  for (const [name, [invariant, from]] of Object.entries(FOUND_BY)) {
    it(`'${name}' is found by ${invariant}`, { timeout: 120_000 }, async () => {
      expect(await firstToFind(name, invariant, from)).toBeDefined();
    });
  }

  it('is shown with few steps', { timeout: 120_000 }, async () => {
    const undo = plant('own-cut');
    try {
      const failed = runSeed(3, { native: false });
      const small = await shrink(failed, breathe, 150);
      expect(failed.scenario.steps.length).toBeGreaterThan(25);
      expect(small.violations[0]?.invariant).toBe(failed.violations[0]?.invariant);
      expect(small.scenario.steps.length).toBeLessThan(15);
    } finally {
      undo();
    }
  });
});
