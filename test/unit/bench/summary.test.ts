import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, pairedRatio, summarize } from '../../../bench/stats/summary.js';

describe('median', () => {
  it('is the value in the middle, or between the two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  it('has as many values below as above, and does not sort its argument', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const before = [...values];
        const middle = median(values);
        expect(values).toEqual(before);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('a summary', () => {
  it('has median, extremes, and the median of the distances from the median', () => {
    expect(summarize([1, 1, 2, 2, 4, 6, 9])).toEqual({ count: 7, median: 2, min: 1, max: 9, mad: 1 });
  });

  it('of one value has no spread, of none does not exist', () => {
    expect(summarize([5])).toEqual({ count: 1, median: 5, min: 5, max: 5, mad: 0 });
    expect(summarize([])).toBeUndefined();
  });

  it('is not moved by one value that is far off', () => {
    expect(summarize([10, 11, 12, 13, 1e9])).toMatchObject({ median: 12, mad: 1 });
  });
});

describe('a paired ratio', () => {
  it('compares measurements of one turn, so that drift cancels out', () => {
    const these = new Map([
      [0, 20],
      [1, 10],
      [2, 2],
    ]);
    const those = new Map([
      [0, 10],
      [1, 5],
      [2, 1],
    ]);
    expect(pairedRatio(these, those)).toBe(2);
  });

  it('leaves out what has no partner', () => {
    expect(pairedRatio(new Map([[0, 1]]), new Map([[1, 1]]))).toBeUndefined();
    expect(pairedRatio(new Map([[0, 1]]), new Map([[0, 0]]))).toBeUndefined();
  });
});
