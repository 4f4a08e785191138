import { describe, expect, it } from 'vitest';
import { steadinessOf } from '../../../../bench/doctor/steadiness.js';

/** Batches as they follow each other; `cpuOf` says what the n-th takes. */
function batches(count: number, cpuOf: (at: number) => number, waitOf: (at: number) => number = () => 0) {
  return Array.from({ length: count }, (_, at) => ({ cpuMicros: cpuOf(at), wallMicros: cpuOf(at) + waitOf(at) }));
}

/** From -1 to 1, the same each time. */
const noise = (at: number) => Math.sin(at * at * 12.9898);

describe('steadiness', () => {
  it('of batches that are all the same has no spread, and a change of a microsecond would be seen', () => {
    const same = { medianMicros: 200, madShare: 0, p99Ratio: 1 };
    expect(steadinessOf(batches(400, () => 200))).toEqual({
      batches: 400,
      wall: same,
      cpu: same,
      smallestChange: 1 / 200,
    });
  });

  it('tells waiting for a CPU from working', () => {
    const found = steadinessOf(
      batches(
        400,
        () => 200,
        (at) => (at % 50 === 0 ? 4000 : 0),
      ),
    );
    expect(found?.wall).toEqual({ medianMicros: 200, madShare: 0, p99Ratio: 21 });
    expect(found?.cpu?.p99Ratio).toBe(1);
  });

  it('sees smaller changes where there is less noise', () => {
    const smallest = (share: number) =>
      steadinessOf(batches(4000, (at) => 20_000 * (1 + share * noise(at))))?.smallestChange ?? Number.NaN;
    expect(smallest(0.2)).toBeGreaterThan(5 * smallest(0.02));
    expect(smallest(0.02)).toBeGreaterThan(0.0002);
    expect(smallest(0.02)).toBeLessThan(0.01);
  });

  it('does not care for drift, which hits both turns alike', () => {
    const found = steadinessOf(batches(4000, (at) => 20_000 + at));
    expect(found?.smallestChange).toBeLessThan(1e-4);
    expect(found?.cpu?.madShare).toBeGreaterThan(0.03);
  });

  it('of CPU time is unknown where it goes on by ticks, of wall time it is not', () => {
    const byTicks = Array.from({ length: 400 }, (_, at) => ({
      cpuMicros: at % 50 === 0 ? 10_000 : 0,
      wallMicros: 200,
    }));
    const wall = { medianMicros: 200, madShare: 0, p99Ratio: 1 };
    expect(steadinessOf(byTicks)).toEqual({ batches: 400, wall, cpu: undefined, smallestChange: undefined });
  });

  it('of fewer quartets than rounds is nothing', () => {
    expect(steadinessOf(batches(39, () => 200))).toBeUndefined();
    expect(steadinessOf([])).toBeUndefined();
  });
});
