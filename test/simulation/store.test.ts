// Replicas of a store under faults, disks included: crashes at any step, torn writes, views that come apart and together, synchronizations cut off.
import { describe, expect, it } from 'vitest';
import { breathe } from '../../ts/sim/io-breathe.js';
import { hashOfStore, runStoreSeed } from '../../ts/sim/store/outcome.js';
import { THEMES } from '../../ts/sim/store/themes.js';

const BLOCKS = 4;
const SEEDS_PER_BLOCK = 30;
const TIMEOUT_MS = 240_000;

/** What is wrong with a seed; '' when all is well. */
async function failureOf(seed: number): Promise<string> {
  const { violations } = runStoreSeed(seed);
  await breathe();
  const wrong = violations.map(({ invariant, text }) => `  ${invariant}: ${text}`);
  return wrong.length === 0 ? '' : [`consort sim --store --seed ${seed} --trace`, ...wrong].join('\n');
}

describe('simulated stores', () => {
  for (let block = 0; block < BLOCKS; block++) {
    const first = 1 + block * SEEDS_PER_BLOCK;
    it(`keep what they promise with the seeds from ${first}`, { timeout: TIMEOUT_MS }, async () => {
      const failures: string[] = [];
      for (let seed = first; seed < first + SEEDS_PER_BLOCK; seed++) failures.push(await failureOf(seed));
      expect(failures.filter((failure) => failure !== '').join('\n')).toBe('');
    });
  }

  it('run the same for the same seed, bit for bit', { timeout: TIMEOUT_MS }, () => {
    for (const seed of [1, 2, 3]) expect(hashOfStore(runStoreSeed(seed))).toBe(hashOfStore(runStoreSeed(seed)));
  });

  it('do all that there is to do, in some seed or other', { timeout: TIMEOUT_MS }, () => {
    const states = new Set<string>();
    const done = new Set<string>();
    const themes = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const { scenario, lines } = runStoreSeed(seed);
      themes.add(scenario.theme);
      for (const { entry } of lines) {
        done.add(entry.type === 'ended' ? entry.how : entry.type);
        if (entry.type === 'status') states.add(entry.state);
      }
    }
    expect([...themes].sort()).toEqual(['', ...Object.keys(THEMES)].sort());
    expect([...states].sort()).toEqual(['catching-up', 'follower', 'joining', 'leader', 'no-quorum', 'synchronizing']);
    const expected = ['started', 'opened', 'view', 'called', 'returned', 'applied', 'replaced', 'crashed', 'failed'];
    expect(expected.filter((each) => !done.has(each))).toEqual([]);
  });
});
