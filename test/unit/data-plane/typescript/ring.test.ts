import { describe, expect, it } from 'vitest';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import { countingBytes } from './frame-builder.js';

const BYTES = 8192;

function joined(ring: Ring, position: number, length: number): { count: number; bytes: Uint8Array } {
  const out: Uint8Array[] = [];
  const count = ring.pieces(position, length, out, 0);
  expect(out).toHaveLength(count);
  return { count, bytes: Uint8Array.from(out.flatMap((piece) => [...piece])) };
}

describe('a ring', () => {
  it.each([8192, 65536, 64 * 1024 * 1024])('may have %i bytes', (bytes) => {
    expect(Ring.validSize(bytes)).toBe(true);
  });

  it.each([0, 4096, 8200, 12288, 128 * 1024 * 1024, -8192, 8192.5, Number.NaN])('may not have %d bytes', (bytes) => {
    expect(Ring.validSize(bytes)).toBe(false);
  });

  it.each([8, 64, 72, 4096])('gives back %i bytes that were copied in', (length) => {
    const ring = new Ring(new Uint8Array(BYTES));
    ring.copyIn(5 * BYTES + 16, countingBytes(length + 3), 3, length);
    const { count, bytes } = joined(ring, 16, length);
    expect(count).toBe(1);
    expect(bytes).toEqual(countingBytes(length + 3).subarray(3));
  });

  it.each([16, 256, 6000])('lets %i bytes go round its end in two pieces', (length) => {
    const ring = new Ring(new Uint8Array(new SharedArrayBuffer(BYTES)));
    const position = 2 ** 33 + BYTES - 8;
    ring.copyIn(position, countingBytes(length), 0, length);
    const { count, bytes } = joined(ring, position, length);
    expect(count).toBe(2);
    expect(bytes).toEqual(countingBytes(length));
    expect(ring.contiguous(position)).toBe(8);
    expect(ring.at(position)).toBe(BYTES - 8);
  });

  it('holds positions up to the highest at their place', () => {
    const ring = new Ring(new Uint8Array(BYTES));
    expect(ring.at(2 ** 53 - 8)).toBe(BYTES - 8);
  });

  it('is wholly one piece from its beginning', () => {
    const ring = new Ring(new Uint8Array(BYTES));
    expect(joined(ring, 0, BYTES).count).toBe(1);
    expect(joined(ring, 8, BYTES).count).toBe(2);
  });
});
