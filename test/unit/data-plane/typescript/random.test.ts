import { describe, expect, it } from 'vitest';
import { Random } from '../../../../ts/data-plane/typescript/random.js';

const some = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 3 }, () => random.next());
};

describe('random numbers', () => {
  it('are those of xorshift32', () => {
    // From 1 by hand: 1 ^ 1 << 13 = 0x2001; ^ 0x2001 >>> 17 changes nothing; ^ 0x2001 << 5 = 0x42021.
    expect(some(1)).toEqual([0x42021, 0x4080601, 0x9dcca8c5]);
  });

  it('come from the lowest 32 bits of the seed, and never from 0', () => {
    expect(some(2 ** 32 + 5)).toEqual(some(5));
    expect(some(0)).toEqual(some(0x9e3779b9));
    expect(some(-1)).toEqual(some(0xffffffff));
  });

  it('are unsigned and stay below the bound', () => {
    const random = new Random(99);
    const numbers = Array.from({ length: 2000 }, () => random.below(101));
    expect(Math.min(...numbers)).toBe(0);
    expect(Math.max(...numbers)).toBe(100);
  });
});
