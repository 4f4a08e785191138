// Twin: native/test/intervals_test.cc
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Intervals, Placed } from '../../../../ts/data-plane/typescript/intervals.js';
import { MAX_INTERVALS, MAX_NAK_RANGES } from '../../../../ts/data-plane/typescript/limits.js';
import { missingBytes, newNak } from '../../../../ts/data-plane/typescript/nak.js';

function intervalsOf(...runs: readonly (readonly [number, number])[]): Intervals {
  const intervals = new Intervals();
  for (const [start, end] of runs) intervals.add(start, end);
  return intervals;
}

/** What of [0, to) is not in the intervals, as far as a NAK can hold it. */
function gaps(intervals: Intervals, to: number) {
  const nak = newNak();
  expect(intervals.collectGaps(0, to, nak)).toBe(to);
  return Array.from({ length: nak.count }, (_, i) => {
    const [position = 0, length = 0] = nak.ranges.subarray(2 * i);
    return [position, position + length];
  });
}

describe('intervals', () => {
  it('are one where they touch or overlap', () => {
    const intervals = intervalsOf([64, 128], [256, 320]);
    const add = (start: number, end: number) => [intervals.add(start, end), intervals.count];
    expect(intervals.count).toBe(2);
    expect(add(128, 192)).toEqual([Placed.fresh, 2]);
    expect(add(80, 184)).toEqual([Placed.duplicate, 2]);
    expect(add(184, 264)).toEqual([Placed.fresh, 1]);
    expect(add(32, 400)).toEqual([Placed.fresh, 1]);
    expect(gaps(intervals, 400)).toEqual([[0, 32]]);
  });

  it('that are reached are taken out, with what they touch', () => {
    const intervals = intervalsOf([64, 128], [192, 256]);
    const absorb = (received: number) => [intervals.absorb(received), intervals.count];
    expect([32, 64, 300].map(absorb)).toEqual([
      [32, 2],
      [128, 1],
      [300, 0],
    ]);
  });

  it('end at a cut', () => {
    const intervals = intervalsOf([64, 128], [192, 256]);
    intervals.cutAt(192);
    expect(intervals.count).toBe(1);
    intervals.cutAt(96);
    expect(gaps(intervals, 128)).toEqual([
      [0, 64],
      [96, 128],
    ]);
    intervals.cutAt(0);
    expect(intervals.count).toBe(0);
  });

  it('are so many and no more, but one may always close a gap', () => {
    const intervals = new Intervals();
    for (let i = 0; i < MAX_INTERVALS; i++) expect(intervals.add(16 * i + 8, 16 * i + 16)).toBe(Placed.fresh);
    const add = (start: number) => intervals.add(start, start + 8);
    expect([16 * MAX_INTERVALS + 8, 16, 16 * MAX_INTERVALS + 8].map(add)).toEqual([
      Placed.overrun,
      Placed.fresh,
      Placed.fresh,
    ]);
    expect(intervals.count).toBe(MAX_INTERVALS);
  });

  it('leave gaps, as many at a time as a NAK holds', () => {
    const end = 16 * (MAX_NAK_RANGES + 2);
    const intervals = new Intervals();
    for (let at = 8; at < end; at += 16) intervals.add(at, at + 8);
    const nak = newNak();
    const looked = intervals.collectGaps(0, end, nak);
    expect([nak.count, missingBytes(nak), looked]).toEqual([MAX_NAK_RANGES, 8 * MAX_NAK_RANGES, 16 * MAX_NAK_RANGES]);
    nak.count = 0;
    expect([intervals.collectGaps(looked, end, nak), nak.count]).toEqual([end, 2]);
  });

  it('in any order are what a set of words would be', () => {
    const words = 48;
    const run = fc.tuple(fc.nat(words - 8), fc.integer({ min: 1, max: 7 }));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
        const intervals = new Intervals();
        const held = new Set<number>();
        for (const [from, length] of runs) {
          const added = Array.from({ length }, (_, i) => from + i);
          const isNew = added.some((word) => !held.has(word));
          expect(intervals.add(8 * from, 8 * (from + length))).toBe(isNew ? Placed.fresh : Placed.duplicate);
          for (const word of added) held.add(word);
        }
        const missing = gaps(intervals, 8 * words).flatMap(([start = 0, end = 0]) =>
          Array.from({ length: (end - start) / 8 }, (_, i) => start / 8 + i),
        );
        expect(missing).toEqual(Array.from({ length: words }, (_, word) => word).filter((word) => !held.has(word)));
      }),
    );
  });
});
