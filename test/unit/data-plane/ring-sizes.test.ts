import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamKind } from '../../../ts/data-plane/data-plane.js';
import { minMemory, type RingSizes, ringSizes } from '../../../ts/data-plane/ring-sizes.js';

/** What a member's rings take when every pt2pt stream is in use, in bytes. */
function total(sizes: RingSizes, members: number): number {
  const peers = members - 1;
  return (
    members * (sizes[StreamKind.cast] + sizes[StreamKind.controlCast]) +
    2 * peers * (sizes[StreamKind.pt2pt] + sizes[StreamKind.controlPt2pt])
  );
}

const members = fc.integer({ min: 1, max: 1024 });

describe('ringSizes', () => {
  it('gives a view of two the largest rings from 64 MiB', () => {
    const MIB = 1024 * 1024;
    expect(ringSizes(64 * MIB, 2)).toEqual({ 0: 2 * MIB, 1: 64 * 1024, 2: MIB, 3: 64 * 1024 });
  });

  it('stays within the memory, for every view that the memory is enough for', () => {
    fc.assert(
      fc.property(members, fc.nat(2 ** 30), (count, more) => {
        const memory = minMemory(count) + more;
        expect(total(ringSizes(memory, count), count)).toBeLessThanOrEqual(memory);
      }),
    );
  });

  it('gives powers of two from 8 KiB on, and no ring shrinks when the memory grows', () => {
    fc.assert(
      fc.property(members, fc.nat(2 ** 32), fc.nat(2 ** 32), (count, one, other) => {
        const less = Object.values(ringSizes(Math.min(one, other), count));
        const more = Object.values(ringSizes(Math.max(one, other), count));
        for (const [i, size] of less.entries()) {
          expect(size).toBeGreaterThanOrEqual(8 * 1024);
          expect(Math.log2(size) % 1).toBe(0);
          expect(more[i]).toBeGreaterThanOrEqual(size);
        }
      }),
    );
  });
});
