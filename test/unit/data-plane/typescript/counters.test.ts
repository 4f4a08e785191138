import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  SLOT_WORDS,
  Slot,
  WORD_FROM_PLANE,
  WORD_FROM_SCRIPT,
  WORD_PROGRESS,
} from '../../../../ts/data-plane/typescript/counters.js';

describe('a slot', () => {
  const words = () => new Int32Array(new SharedArrayBuffer(4 * 4 * SLOT_WORDS));

  it('reads and writes the words of its place only', () => {
    const memory = words();
    new Slot(memory, 2 * SLOT_WORDS).store(WORD_FROM_PLANE, 77);
    expect(memory[2 * SLOT_WORDS + WORD_FROM_PLANE]).toBe(77);
    expect(memory.filter((word) => word !== 0)).toHaveLength(1);
    expect(new Slot(memory, 2 * SLOT_WORDS).load(WORD_FROM_PLANE)).toBe(77);
  });

  it('keeps the lowest 32 bits of a position, unsigned', () => {
    const slot = new Slot(words(), 0);
    slot.store(WORD_FROM_PLANE, 2 ** 52 + 2 ** 32 - 8);
    expect(slot.load(WORD_FROM_PLANE)).toBe(2 ** 32 - 8);
  });

  it('exchanges a word for another and returns what was there', () => {
    const slot = new Slot(words(), 0);
    expect(slot.exchange(WORD_FROM_PLANE, 0xffffffff)).toBe(0);
    expect(slot.exchange(WORD_FROM_PLANE, 1)).toBe(0xffffffff);
  });

  it('counts upwards round 2^32', () => {
    const slot = new Slot(words(), 0);
    slot.store(WORD_PROGRESS, 0xffffffff);
    slot.increment(WORD_PROGRESS);
    expect(slot.load(WORD_PROGRESS)).toBe(0);
  });

  it('extends 32 bits to the full position, over each wrap', () => {
    const slot = new Slot(words(), 0);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(2 ** 26), (last, step) => {
        fc.pre(last + step <= Number.MAX_SAFE_INTEGER);
        slot.store(WORD_FROM_SCRIPT, last + step);
        expect(slot.extend(WORD_FROM_SCRIPT, last, 2 ** 26)).toBe(last + step);
      }),
    );
  });

  it('reads a step backwards, or further than may be, as no step', () => {
    const slot = new Slot(words(), 0);
    slot.store(WORD_FROM_SCRIPT, 1000);
    expect(slot.extend(WORD_FROM_SCRIPT, 1008, 4096)).toBe(1008);
    expect(slot.extend(WORD_FROM_SCRIPT, 0, 999)).toBe(0);
    expect(slot.extend(WORD_FROM_SCRIPT, 0, 1000)).toBe(1000);
  });
});
