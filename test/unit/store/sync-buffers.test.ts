import { describe, expect, it } from 'vitest';
import { ChunkMemory } from '../../../ts/store/chunk-memory.js';
import type { Entry } from '../../../ts/store/database.js';
import { ReadAhead } from '../../../ts/store/read-ahead.js';

describe('memory of chunks', () => {
  it('is used again when it was given back, and not before', () => {
    const memory = new ChunkMemory(10, 2);
    const first = memory.copyOf(Uint8Array.of(1, 2, 3));
    const second = memory.copyOf(Uint8Array.of(4));
    expect([[...first], [...second]]).toEqual([[1, 2, 3], [4]]);
    memory.giveBack(first.buffer);
    const third = memory.copyOf(Uint8Array.of(5, 6));
    expect(third.buffer).toBe(first.buffer);
    expect([[...second], [...third]]).toEqual([[4], [5, 6]]);
  });

  it('is of one size; what is longer has its own', () => {
    const memory = new ChunkMemory(10, 2);
    const long = memory.copyOf(new Uint8Array(11));
    memory.giveBack(long.buffer);
    expect(memory.copyOf(new Uint8Array(11)).buffer).not.toBe(long.buffer);
    expect(memory.copyOf(new Uint8Array(1)).buffer.byteLength).toBe(10);
  });

  it('is kept of so many chunks, and of none when it is cleared', () => {
    const memory = new ChunkMemory(10, 2);
    const three = [0, 1, 2].map(() => memory.copyOf(new Uint8Array(1)).buffer);
    for (const buffer of three) memory.giveBack(buffer);
    const again = [0, 1, 2].map(() => memory.copyOf(new Uint8Array(1)).buffer);
    expect(again.filter((buffer) => three.includes(buffer))).toHaveLength(2);
    for (const buffer of again) memory.giveBack(buffer);
    memory.clear();
    expect(again).not.toContain(memory.copyOf(new Uint8Array(1)).buffer);
  });
});

describe('what was read ahead', () => {
  const entries = (...keys: number[]) => keys.map((key): Entry => [Uint8Array.of(key), new Uint8Array(9)]);
  const keysOf = (taken: readonly Entry[]) => taken.map(([key]) => key[0]);

  it('is taken in order, as much as is asked for, across reads', () => {
    const read = new ReadAhead();
    read.push(entries(1, 2, 3));
    expect(read.bytes).toBe(30);
    // No more once there is as much.
    expect(keysOf(read.take(11, 9))).toEqual([1, 2]);
    read.push(entries(4, 5));
    expect(read.bytes).toBe(30);
    expect(keysOf(read.take(1000, 2))).toEqual([3, 4]);
    expect(keysOf(read.take(1000, 9))).toEqual([5]);
    expect([read.take(1000, 9), read.bytes]).toEqual([[], 0]);
  });

  it('is one entry at least, however long', () => {
    const read = new ReadAhead();
    read.push(entries(1, 2));
    expect(keysOf(read.take(1, 9))).toEqual([1]);
  });
});
