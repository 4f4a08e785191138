import { describe, expect, it } from 'vitest';
import { slopeOf } from '../../../bench/stats/slope.js';

const x = Array.from({ length: 40 }, (_, i) => i);
/** Repeatable, between -1 and 1. */
const noise = (i: number) => Math.sin(i * 12.9898) * Math.cos(i * 78.233);

describe('a slope', () => {
  it('of a line is that of the line, with no doubt about it', () => {
    const slope = slopeOf(
      x,
      x.map((at) => 3 * at + 5),
    );
    expect(slope?.median).toBeCloseTo(3);
    expect(slope?.low).toBeCloseTo(3);
    expect(slope?.high).toBeCloseTo(3);
  });

  it('of noise has zero between its bounds', () => {
    const slope = slopeOf(x, x.map(noise));
    expect(slope?.low).toBeLessThan(0);
    expect(slope?.high).toBeGreaterThan(0);
  });

  it('of a noisy rise is surely above zero, and one wild point changes little', () => {
    const rising = x.map((at) => at / 2 + noise(at));
    const wild = rising.map((value, at) => (at === 20 ? 1e6 : value));
    for (const y of [rising, wild]) {
      const slope = slopeOf(x, y);
      expect(slope?.low).toBeGreaterThan(0.3);
      expect(slope?.high).toBeLessThan(0.7);
    }
  });

  it('of three points, or of points at one place, is not told', () => {
    expect(slopeOf([1, 2, 3], [1, 2, 3])).toBeUndefined();
    expect(slopeOf([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])).toBeUndefined();
  });
});
