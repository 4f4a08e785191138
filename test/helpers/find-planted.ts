import type { Invariant } from '../../ts/sim/history.js';
import { breathe } from '../../ts/sim/io-breathe.js';
import { runSeed } from '../../ts/sim/outcome.js';
import { plant } from '../../ts/sim/planted.js';

const MOST_SEEDS = 60;

/** The first seed, of some, with which a planted bug violates an invariant; undefined: none does. */
export async function firstToFind(
  name: string,
  invariant: Invariant,
  from: number,
  servers: boolean,
): Promise<number | undefined> {
  const undo = plant(name);
  try {
    for (let seed = from; seed < from + MOST_SEEDS; seed++) {
      const { violations } = runSeed(seed, { native: false, servers });
      if (violations.some((violation) => violation.invariant === invariant)) return seed;
      await breathe();
    }
    return undefined;
  } finally {
    undo();
  }
}
