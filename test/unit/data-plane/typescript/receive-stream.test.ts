import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WORD_FROM_PLANE, WORD_STABLE } from '../../../../ts/data-plane/typescript/counters.js';
import { Placed } from '../../../../ts/data-plane/typescript/intervals.js';
import { MAX_INTERVALS, NEVER } from '../../../../ts/data-plane/typescript/limits.js';
import { ORIGIN, setUp } from './lone-stream.js';
import { patternByte } from './network.js';

describe('a receive stream takes in', () => {
  it('what is next, and says so', () => {
    const { stream, slot, data, memory } = setUp();
    expect([data(0, 512), data(512, 8)]).toEqual([Placed.fresh, Placed.fresh]);
    expect([stream.received, stream.seen, slot.load(WORD_FROM_PLANE)]).toEqual([520, 520, 520]);
    expect(memory[519]).toBe(patternByte(ORIGIN, 0, 519));
    expect(stream.nakDeadline()).toBe(NEVER);
  });

  it('what comes out of order, and joins it', () => {
    const { stream, data } = setUp();
    data(64, 64);
    data(256, 64);
    expect([stream.received, stream.seen, stream.intervalCount]).toEqual([0, 320, 2]);
    data(128, 128);
    expect(stream.intervalCount).toBe(1);
    data(0, 64);
    expect([stream.received, stream.intervalCount]).toEqual([320, 0]);
  });

  it('nothing twice', () => {
    const { stream, data } = setUp();
    data(0, 64);
    data(128, 64);
    expect([data(0, 64), data(128, 64), data(136, 8)]).toEqual([Placed.duplicate, Placed.duplicate, Placed.duplicate]);
    expect(data(32, 64)).toBe(Placed.fresh);
    expect(stream.received).toBe(96);
  });

  it('a ring ahead of what was consumed, and no byte more', () => {
    const { stream, data, consume } = setUp();
    expect([data(8192 - 8, 16), data(8192, 8), data(8192 - 8, 8)]).toEqual([
      Placed.overrun,
      Placed.overrun,
      Placed.fresh,
    ]);
    data(0, 8192 - 8);
    consume(8);
    expect([data(8192, 8), data(8200, 8)]).toEqual([Placed.fresh, Placed.overrun]);
    expect(stream.received).toBe(8200);
  });

  it('only so many runs beyond gaps', () => {
    const { stream, data } = setUp(64 * 1024);
    for (let i = 0; i < MAX_INTERVALS; i++) expect(data(16 * i + 8, 8)).toBe(Placed.fresh);
    expect(data(16 * MAX_INTERVALS + 8, 8)).toBe(Placed.overrun);
    expect(data(16 * MAX_INTERVALS - 8, 8)).toBe(Placed.duplicate);
    expect(stream.intervalCount).toBe(MAX_INTERVALS);
    // What joins two of them, or lengthens one, needs no room.
    expect([data(16, 8), data(16 * MAX_INTERVALS, 8)]).toEqual([Placed.fresh, Placed.fresh]);
    expect(stream.intervalCount).toBe(MAX_INTERVALS - 1);
  });

  it('any pieces in any order, as a set of bytes would', () => {
    const piece = fc.tuple(fc.nat(120), fc.integer({ min: 1, max: 24 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { stream, data, memory } = setUp();
        const model = new Set<number>();
        for (const [start, length] of pieces) {
          data(8 * start, 8 * length);
          for (let i = start; i < start + length; i++) model.add(i);
          let received = 0;
          while (model.has(received)) received++;
          expect(stream.received).toBe(8 * received);
          const beyond = [...model].filter((i) => i > received && !model.has(i - 1));
          expect(stream.intervalCount).toBe(beyond.length);
        }
        for (const i of model) expect(memory[8 * i + 5]).toBe(patternByte(ORIGIN, 0, 8 * i + 5));
      }),
    );
  });

  it('nothing beyond the cut', () => {
    const { stream, data } = setUp();
    stream.stopAt(100 * 8);
    expect([data(0, 1024), data(100 * 8, 8), data(2048, 8)]).toEqual([
      Placed.fresh,
      Placed.duplicate,
      Placed.duplicate,
    ]);
    expect([stream.received, stream.seen]).toEqual([800, 800]);
  });

  it('nothing beyond a cut that comes when there are bytes beyond it', () => {
    const { stream, data } = setUp();
    data(0, 80);
    data(96, 104); // reaches over the cut
    data(400, 8);
    stream.stopAt(120);
    expect([stream.received, stream.seen, stream.intervalCount]).toEqual([80, 120, 1]);
    data(80, 16);
    expect([stream.received, stream.seen, stream.intervalCount]).toEqual([120, 120, 0]);
  });

  it('all that it had in order when the cut came, which is never before', () => {
    const { stream, data } = setUp();
    data(0, 80);
    stream.stopAt(64);
    expect([stream.received, stream.seen, data(80, 8)]).toEqual([80, 80, Placed.duplicate]);
  });

  it('no claim of more than flow control allows', () => {
    const { stream, announce, data } = setUp();
    expect(announce(8200)).toBe(false);
    expect(stream.nakDeadline()).toBe(NEVER);
    data(0, 64);
    expect(announce(64)).toBe(true);
    expect(stream.nakDeadline()).toBe(NEVER);
  });
});

describe('a receive stream tells', () => {
  it('what is stable, as far as it has it itself', () => {
    const { slot, data, announce } = setUp();
    data(0, 64);
    announce(128, 64);
    expect(slot.load(WORD_STABLE)).toBe(64);
    announce(128, 128);
    announce(128, 8);
    expect(slot.load(WORD_STABLE)).toBe(64);
  });

  it('what the ring still holds for others', () => {
    const { stream, data, consume } = setUp();
    data(0, 8192);
    expect(stream.retained).toBe(0);
    consume(8192);
    data(8256, 64);
    expect(stream.retained).toBe(128);
  });

  it('no more as held than the ring does, even if what lies beyond the cut is what took its place', () => {
    const { stream, data, consume } = setUp();
    data(0, 4096);
    consume(4096);
    data(8192 + 64, 64);
    stream.stopAt(8192);
    expect([stream.seen, stream.retained]).toEqual([8192, 128]);
  });
});
