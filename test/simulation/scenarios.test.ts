import { describe, expect, it } from 'vitest';
import { hasNativeCore } from '../../ts/sim/cores.js';
import { breathe } from '../../ts/sim/io-breathe.js';
import { hashOf, runSeed } from '../../ts/sim/outcome.js';
import { renderOutcome } from '../../ts/sim/report.js';
import type { ScenarioOptions } from '../../ts/sim/scenario.js';
import { REGRESSIONS } from './regressions.js';

const native = hasNativeCore();
const BLOCKS = 10;
const SEEDS_PER_BLOCK = 100;
const TIMEOUT_MS = 240_000;

/** What is wrong with a seed, as its replay would show it; '' when all is well. */
async function failureOf(seed: number, options: Pick<ScenarioOptions, 'ordered' | 'servers'> = {}): Promise<string> {
  const outcome = runSeed(seed, { native, ...options });
  await breathe();
  if (outcome.violations.length === 0) return '';
  return renderOutcome(outcome, { replay: `consort sim --seed ${seed} --trace`, all: false });
}

describe('simulated groups', () => {
  for (let block = 0; block < BLOCKS; block++) {
    const first = 1 + block * SEEDS_PER_BLOCK;
    it(`keep what they promise with the seeds from ${first}`, { timeout: TIMEOUT_MS }, async () => {
      const failures: string[] = [];
      for (let seed = first; seed < first + SEEDS_PER_BLOCK; seed++) failures.push(await failureOf(seed));
      expect(failures.filter((failure) => failure !== '').join('\n')).toBe('');
    });
  }

  for (const { seed, found, ordered = false } of REGRESSIONS) {
    it(`keep what they promise with seed ${seed}, which found: ${found}`, { timeout: TIMEOUT_MS }, async () => {
      expect(await failureOf(seed, { ordered, servers: false })).toBe('');
    });
  }
});

describe('a run', () => {
  it('is the same for the same seed, bit for bit', { timeout: TIMEOUT_MS }, () => {
    for (const seed of [1, 2, 3, 27, 72, 541]) {
      const [first, second] = [hashOf(runSeed(seed, { native })), hashOf(runSeed(seed, { native }))];
      expect(second, `seed ${seed}`).toBe(first);
    }
  });

  it('is another for another seed', () => {
    expect(hashOf(runSeed(1, { native }))).not.toBe(hashOf(runSeed(2, { native })));
  });
});
