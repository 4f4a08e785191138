// The checks of stores must find bugs: each of these is planted, in a replica or in the disk below it, and found.
import { describe, expect, it } from 'vitest';
import { breathe } from '../../ts/sim/io-breathe.js';
import { plantBug } from '../../ts/sim/planted-bug.js';
import { PLANTED_IN_DISKS } from '../../ts/sim/planted-disks.js';
import { runStoreSeed } from '../../ts/sim/store/outcome.js';
import { PLANTED_IN_STORES } from '../../ts/sim/store/planted.js';

const BUGS = { ...PLANTED_IN_STORES, ...PLANTED_IN_DISKS };
const MOST_SEEDS = 40;

/** From which seed on to look, so that it takes no time. */
const FROM: Readonly<Record<string, number>> = {
  'accept-before-durable': 80,
  'count-blanks': 15,
  'minority-leads': 1,
  'own-epochs': 1,
  'commit-old-epochs': 15,
  'forget-half': 35,
  'read-while-half': 55,
  'lose-last-key': 3,
  'submit-again': 2,
  'compare-committed': 2,
  'refuse-what-was-sent': 4,
  'forget-own-writes': 1,
  'tell-twice': 1,
  'commit-what-is-there': 8,
  'found-again': 7,
  'wait-for-first-leader': 35,
  'durable-before-sync': 24,
  'reads-past-damage': 3,
  'keeps-damage': 24,
  'splits-writes': 3,
};

/** It takes more than some hundred seeds to meet what they need: `consort sim --store --seeds 20000 --plant NAME`. */
const RARE = [
  'cut-what-matches',
  'count-before-durable',
  'best-by-length',
  'copy-without-log',
  'read-without-asking',
  'forget-gap',
];

async function isFound(name: string, from: number): Promise<boolean> {
  const undo = plantBug(BUGS[name] as (typeof BUGS)[string]);
  try {
    for (let seed = from; seed < from + MOST_SEEDS; seed++) {
      if (runStoreSeed(seed).violations.length > 0) return true;
      await breathe();
    }
    return false;
  } finally {
    undo();
  }
}

describe('a bug planted in a store', () => {
  it('has a line in one of these tables, each', () => {
    expect([...Object.keys(FROM), ...RARE].sort()).toEqual(Object.keys(BUGS).sort());
  });

  for (const [name, from] of Object.entries(FROM)) {
    it(`'${name}' is found`, { timeout: 120_000 }, async () => {
      expect(await isFound(name, from)).toBe(true);
    });
  }
});
