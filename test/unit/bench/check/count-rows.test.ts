import { describe, expect, it } from 'vitest';
import { type CountedRow, countRows } from '../../../../bench/check/count-rows.js';
import { Lanes } from '../../../../bench/check/launcher/lanes.js';

const place = { directory: '.', file: 'a.mjs' };
const calibrated = { iterations: 1, batchMicros: 200, warmUpIterations: 1 };

function row(name: string, effect: number): CountedRow {
  return { name, benchmark: name, calibrated, places: { base: place, head: place }, effect };
}

/** Each side takes `took` milliseconds of a clock that nothing else moves; the head needs a tenth more. */
function counting(took: number, end: number) {
  let time = 0;
  const counted: string[] = [];
  return {
    counted,
    count: async ({ name }: CountedRow, side: 'base' | 'head') => {
      counted.push(`${name}, ${side}`);
      time += took;
      return side === 'base' ? 100 : 110;
    },
    onCount: () => {},
    now: () => time,
    end,
  };
}

const oneLane = () => new Lanes([{ command: ['node'], cpu: undefined, missing: [] }]);

describe('rows whose instructions are counted', () => {
  it('are counted on both sides, what has changed most first', async () => {
    const all = counting(10, Number.POSITIVE_INFINITY);
    const { results, skipped } = await countRows([row('a', 0.01), row('b', -0.2), row('c', 0.05)], oneLane(), all);
    expect(all.counted).toEqual(['b, base', 'b, head', 'c, base', 'c, head', 'a, base', 'a, head']);
    expect([...results.keys()]).toEqual(['b', 'c', 'a']);
    expect(results.get('a')).toEqual({ base: 100, head: 110, change: expect.closeTo(0.1, 10) });
    expect(skipped).toEqual([]);
  });

  it('are left out, both sides of them, when there is no time for as long as one took', async () => {
    // The third would begin at 40 and end at 50.
    const some = counting(10, 49);
    const { results, skipped } = await countRows([row('a', 0.3), row('b', 0.2), row('c', 0.1)], oneLane(), some);
    expect(some.counted).toEqual(['a, base', 'a, head', 'b, base', 'b, head']);
    expect([...results.keys()]).toEqual(['a', 'b']);
    expect(skipped).toEqual(['c']);
  });

  it('are none when the time is over', async () => {
    const none = counting(10, -1);
    expect((await countRows([row('a', 0.3)], oneLane(), none)).skipped).toEqual(['a']);
    expect(none.counted).toEqual([]);
  });

  it('are told by name, and what that throws ends the counting', async () => {
    const stop = () => {
      throw new Error('stopped');
    };
    await expect(countRows([row('a', 0.3)], oneLane(), { ...counting(1, 100), onCount: stop })).rejects.toThrow();
  });
});
