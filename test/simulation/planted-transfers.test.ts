// The checks of clients, servers and state transfers must find bugs: each of these is planted, and found by the invariant that it breaks.
import { describe, expect, it } from 'vitest';
import { PLANTED_IN_TRANSFERS } from '../../ts/sim/planted-transfers.js';
import { firstToFind } from '../helpers/find-planted.js';
import { FOUND_IN_TRANSFERS } from './found-by.js';

describe('a bug planted in state transfers', () => {
  it('has a line in this table, each', () => {
    expect(Object.keys(FOUND_IN_TRANSFERS)).toEqual(Object.keys(PLANTED_IN_TRANSFERS));
  });

  for (const [name, [invariant, from]] of Object.entries(FOUND_IN_TRANSFERS)) {
    it(`'${name}' is found by ${invariant}`, { timeout: 120_000 }, async () => {
      expect(await firstToFind(name, invariant, from, true)).toBeDefined();
    });
  }
});
