// The checks of stores must find bugs: each of these is planted, in a replica or in the disk below it, and found.
import { describe, expect, it } from 'vitest';
import { breathe } from '../../ts/sim/io-breathe.js';
import { plantBug } from '../../ts/sim/planted-bug.js';
import { PLANTED_IN_DISKS } from '../../ts/sim/planted-disks.js';
import { runStoreSeed } from '../../ts/sim/store/outcome.js';
import { PLANTED_IN_STORES } from '../../ts/sim/store/planted.js';

const BUGS = { ...PLANTED_IN_STORES, ...PLANTED_IN_DISKS };
const MOST_SEEDS = 60;

/** In which of the themes (ts/sim/store/themes.ts; '': in none), and from which seed on to look, so that it takes no time. */
const FOUND_IN: Readonly<Record<string, readonly [theme: string, from: number]>> = {
  'accept-before-durable': ['power cuts', 2],
  'cut-what-matches': ['leaders pass', 10],
  'count-blanks': ['one knows', 28],
  'count-before-durable': ['one knows', 20],
  'minority-leads': ['lost suffix', 1],
  'own-epochs': ['lost suffix', 1],
  'best-by-length': ['lost suffix', 1],
  'commit-old-epochs': ['leaders pass', 3],
  'forget-half': ['copies of several states', 3],
  'read-while-half': ['copies of several states', 1],
  'copy-without-log': ['copies of several states', 3],
  'lose-last-key': ['end of the log', 1],
  'submit-again': ['lost suffix', 1],
  'compare-committed': ['leaders pass', 2],
  'refuse-what-was-sent': ['', 4],
  'read-without-asking': ['two leaders', 1],
  'forget-own-writes': ['power cuts', 2],
  'tell-twice': ['power cuts', 1],
  'commit-what-is-there': ['', 8],
  'found-again': ['', 7],
  'forget-gap': ['the last word', 6],
  'wait-for-first-leader': ['copies of several states', 1],
  'durable-before-sync': ['power cuts', 1],
  'reads-past-damage': ['leaders pass', 70],
  'keeps-damage': ['power cuts', 1],
  'splits-writes': ['', 3],
};

async function isFound(name: string): Promise<boolean> {
  const [theme, from] = FOUND_IN[name] as readonly [string, number];
  const undo = plantBug(BUGS[name] as (typeof BUGS)[string]);
  try {
    for (let seed = from; seed < from + MOST_SEEDS; seed++) {
      if (runStoreSeed(seed, { theme }).violations.length > 0) return true;
      await breathe();
    }
    return false;
  } finally {
    undo();
  }
}

describe('a bug planted in a store', () => {
  it('has a line in this table, each', () => {
    expect(Object.keys(FOUND_IN).sort()).toEqual(Object.keys(BUGS).sort());
  });

  for (const name of Object.keys(FOUND_IN)) {
    it(`'${name}' is found`, { timeout: 120_000 }, async () => {
      expect(await isFound(name)).toBe(true);
    });
  }
});
