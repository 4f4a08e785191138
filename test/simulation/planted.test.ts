// The checks must find bugs: each of these is planted, and found by some seed, by the invariant that it breaks.
import { describe, expect, it } from 'vitest';
import { INVARIANTS } from '../../ts/sim/history.js';
import { breathe } from '../../ts/sim/io-breathe.js';
import { runSeed } from '../../ts/sim/outcome.js';
import { PLANTED, plant } from '../../ts/sim/planted.js';
import { PLANTED_IN_TRANSFERS } from '../../ts/sim/planted-transfers.js';
import { shrink } from '../../ts/sim/shrink.js';
import { firstToFind } from '../helpers/find-planted.js';
import { FOUND_BY, FOUND_IN_TRANSFERS } from './found-by.js';

describe('a planted bug', () => {
  it('has a line in this table, each', () => {
    const others = Object.keys(PLANTED_IN_TRANSFERS);
    expect([...Object.keys(FOUND_BY), ...others]).toEqual(Object.keys(PLANTED));
  });

  it('is there for every invariant', () => {
    const found = [...Object.values(FOUND_BY), ...Object.values(FOUND_IN_TRANSFERS)].map(([invariant]) => invariant);
    expect(new Set(found)).toEqual(new Set(INVARIANTS));
  });

  for (const [name, [invariant, from]] of Object.entries(FOUND_BY)) {
    it(`'${name}' is found by ${invariant}`, { timeout: 120_000 }, async () => {
      expect(await firstToFind(name, invariant, from, false)).toBeDefined();
    });
  }

  it('is shown with few steps', { timeout: 120_000 }, async () => {
    const undo = plant('own-cut');
    try {
      const failed = runSeed(3, { native: false, servers: false });
      const small = await shrink(failed, breathe, 150);
      expect(failed.scenario.steps.length).toBeGreaterThan(25);
      expect(small.violations[0]?.invariant).toBe(failed.violations[0]?.invariant);
      expect(small.scenario.steps.length).toBeLessThan(15);
    } finally {
      undo();
    }
  });
});
