import { describe, expect, it } from 'vitest';
import { type Benchmark, defineBenchmarks } from '../../../../bench/check/api.js';
import { benchmarks as frozen } from '../../../../bench/check/frozen.js';
import { benchmarks as gate } from '../../../../bench/gate/benchmarks.js';

const sound: Benchmark = { name: 'sound', setup: () => ({ run: (iterations) => iterations }) };

describe('defineBenchmarks', () => {
  it('returns what it is given', () => {
    expect(defineBenchmarks([sound])).toEqual([sound]);
  });

  it.each([
    [[], 'want a list of benchmarks that is not empty'],
    [[{}], '[0].name: want a text'],
    [[{ ...sound, name: '' }], '[0].name'],
    [[{ ...sound, name: 'two\nlines' }], '[0].name'],
    [[{ ...sound, name: 'x'.repeat(61) }], '[0].name'],
    [[sound, { name: 'other' }], '[1] (other): setup: want a function'],
    [[sound, sound], "[1]: there are two benchmarks named 'sound'"],
    ['no list', 'want a list'],
  ])('refuses %j', (given, message) => {
    expect(() => defineBenchmarks(given as readonly Benchmark[])).toThrow(message);
  });
});

describe.each([...defineBenchmarks(gate), ...frozen])('the benchmark $name', ({ setup }: Benchmark) => {
  it('does the same whenever it begins anew: checksums and counters', async () => {
    const results = [];
    for (let time = 0; time < 2; time++) {
      const prepared = await setup();
      const checksums = [await prepared.run(2), await prepared.run(1), await prepared.run(3)];
      results.push({ checksums, counters: prepared.counters?.() });
    }
    expect(results[1]?.checksums).toEqual(results[0]?.checksums);
    expect(new Set(results[0]?.checksums).size).toBeGreaterThan(1);
  });
});
