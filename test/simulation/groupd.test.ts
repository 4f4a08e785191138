// Groups whose views a membership service decides about, under the same faults, and with services and connections that fail.
import { describe, expect, it } from 'vitest';
import { breathe } from '../../ts/sim/io-breathe.js';
import { hashOf, runScenario } from '../../ts/sim/outcome.js';
import { renderOutcome } from '../../ts/sim/report.js';
import { makeScenario } from '../../ts/sim/scenario.js';

const BLOCKS = 4;
const SEEDS_PER_BLOCK = 75;
const TIMEOUT_MS = 240_000;

function run(seed: number) {
  let refusals: readonly string[] = [];
  const outcome = runScenario(makeScenario(seed, { native: false, groupd: true }), ({ services }) => {
    refusals = services?.refusals ?? [];
  });
  return { outcome, refusals };
}

/** What is wrong with a seed; '' when all is well. */
async function failureOf(seed: number): Promise<string> {
  const { outcome, refusals } = run(seed);
  await breathe();
  const refused = refusals.length === 0 ? '' : `seed ${seed}: services refused members: ${refusals.join('; ')}\n`;
  if (outcome.violations.length === 0) return refused;
  return `${refused}${renderOutcome(outcome, { replay: `consort sim --seed ${seed} --ts --groupd --trace`, all: false })}`;
}

describe('simulated groups with a membership service', () => {
  for (let block = 0; block < BLOCKS; block++) {
    const first = 1 + block * SEEDS_PER_BLOCK;
    it(`keep what they promise with the seeds from ${first}`, { timeout: TIMEOUT_MS }, async () => {
      const failures: string[] = [];
      for (let seed = first; seed < first + SEEDS_PER_BLOCK; seed++) failures.push(await failureOf(seed));
      expect(failures.filter((failure) => failure !== '').join('\n')).toBe('');
    });
  }

  it('run the same for the same seed, bit for bit', () => {
    for (const seed of [1, 2, 3]) expect(hashOf(run(seed).outcome)).toBe(hashOf(run(seed).outcome));
  });
});
