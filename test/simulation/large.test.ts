import { expect, it } from 'vitest';
import { runLarge, runScale } from '../../ts/sim/large.js';
import { skipWithoutAddon } from '../helpers/crew.js';

it('a view change costs messages in proportion to the members', { timeout: 240_000 }, () => {
  const [small, large] = [runLarge(25, 3), runLarge(50, 5)];
  const ratio = (cost: 'changed' | 'formed', what: 'records' | 'datagrams') => large[cost][what] / small[cost][what];
  expect(ratio('changed', 'records')).toBeLessThan(2.2);
  expect(ratio('changed', 'datagrams')).toBeLessThan(2.6);
  // BLOCK, CUT, VIEW and ALL_GOT to all, and an answer to each of the first three from all.
  expect(large.changed.records).toBeLessThanOrEqual(4 + 3 * 50);
  // The five oldest crash at once: who comes after them finds two, then the others, 3 to 3.5 s each.
  expect(large.lost.milliseconds).toBeLessThan(8_000);
});

// The native core of the simulator did not say its last word at the end of a view: from 44 members on, ten times as many datagrams.
it('a group sends as many datagrams in either language', { timeout: 240_000 }, (context) => {
  skipWithoutAddon(context, 'native');
  expect(runScale(12, 'native', 64)).toEqual(runScale(12, 'ts', 64));
});
