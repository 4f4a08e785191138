// Groups of clients and servers whose state is transferred, under the same faults as other groups, and with those that lie in wait at each step of a transfer.
import { describe, expect, it } from 'vitest';
import { hasNativeCore } from '../../ts/sim/cores.js';
import { breathe } from '../../ts/sim/io-breathe.js';
import type { LogEntry } from '../../ts/sim/log.js';
import { hashOf, runSeed } from '../../ts/sim/outcome.js';
import { renderOutcome } from '../../ts/sim/report.js';
import { SERVER_REGRESSIONS } from './server-regressions.js';

const native = hasNativeCore();
const BLOCKS = 4;
const SEEDS_PER_BLOCK = 50;
const TIMEOUT_MS = 240_000;

function run(seed: number, groupd = false) {
  return runSeed(seed, { native, servers: true, groupd });
}

/** What is wrong with a seed, as its replay would show it; '' when all is well. */
async function failureOf(seed: number, groupd = false): Promise<string> {
  const outcome = run(seed, groupd);
  await breathe();
  if (outcome.violations.length === 0) return '';
  return renderOutcome(outcome, {
    replay: `consort sim --seed ${seed} --servers${groupd ? ' --groupd' : ''} --trace`,
    all: false,
  });
}

describe('simulated clients and servers', () => {
  for (let block = 0; block < BLOCKS; block++) {
    const first = 1 + block * SEEDS_PER_BLOCK;
    it(`keep what they promise with the seeds from ${first}`, { timeout: TIMEOUT_MS }, async () => {
      const failures: string[] = [];
      for (let seed = first; seed < first + SEEDS_PER_BLOCK; seed++) failures.push(await failureOf(seed));
      expect(failures.filter((failure) => failure !== '').join('\n')).toBe('');
    });
  }

  for (const { seed, groupd, found } of SERVER_REGRESSIONS) {
    it(`keep what they promise with seed ${seed}, which found: ${found}`, { timeout: TIMEOUT_MS }, async () => {
      expect(await failureOf(seed, groupd)).toBe('');
    });
  }

  it('run the same for the same seed, bit for bit', { timeout: TIMEOUT_MS }, () => {
    for (const seed of [1, 2, 3]) expect(hashOf(run(seed))).toBe(hashOf(run(seed)));
  });

  it('do all that there is to do in a transfer, in some seed or other', { timeout: TIMEOUT_MS }, () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      for (const { log } of run(seed).members)
        for (const entry of log) for (const each of happenings(entry)) seen.add(each);
    }
    expect([...seen].sort()).toEqual(
      [
        ...['transfer begun', 'transfer done', 'transfer given up'],
        ...['request asked', 'request dropped', 'request failed', 'request terminated', 'request whole'],
        ...['view none', 'view free', 'view protected', 'view atomic'],
        ...['scast generic', 'scast safe', 'scast transfer', 'lsend generic', 'lsend safe', 'lsend transfer'],
      ].sort(),
    );
  });
});

function happenings(entry: LogEntry): string[] {
  if (entry.type === 'transfer' || entry.type === 'request') return [`${entry.type} ${entry.what}`];
  if (entry.type === 'view') return [`view ${entry.roles?.viewType}`];
  if (entry.type === 'sent' && entry.call !== undefined) return [`${entry.call} ${entry.safety ?? 'generic'}`];
  return [];
}
