import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  SLOT_WORDS,
  Slot,
  WORD_FROM_PLANE,
  WORD_FROM_SCRIPT,
  WORD_STABLE,
} from '../../../../ts/data-plane/typescript/counters.js';
import { StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import {
  MAX_INTERVALS,
  MAX_NAK_RANGES,
  MAX_OUTSTANDING_NAKS,
  NAK_DELAY_US,
  NAK_RETRY_MAX_US,
  NEVER,
} from '../../../../ts/data-plane/typescript/limits.js';
import { Random } from '../../../../ts/data-plane/typescript/random.js';
import { newNak, Placed, ReceiveStream } from '../../../../ts/data-plane/typescript/receive-stream.js';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import { patternByte } from './network.js';

const ORIGIN = 3;
const RETRY = 5000;

function setUp(ringBytes = 8192) {
  const slot = new Slot(new Int32Array(SLOT_WORDS), 0);
  const memory = new Uint8Array(ringBytes);
  const stream = new ReceiveStream(StreamKind.cast, ORIGIN, new Ring(memory), slot);
  const random = new Random(5);
  return {
    slot,
    memory,
    stream,
    random,
    data(position: number, length: number, now = 0): Placed {
      const frame = Uint8Array.from({ length: 32 + length }, (_, i) => patternByte(ORIGIN, 0, position + i - 32));
      return stream.handleData(position, frame, 32, length, now, random);
    },
    consume(end: number) {
      slot.store(WORD_FROM_SCRIPT, end);
      stream.refresh();
    },
    announce: (sent: number, stable = 0, now = 0) => stream.handleAnnounced(sent, stable, now, random),
    /** All NAKs that are due. */
    naks(now: number) {
      const found: { serial: number; ranges: number[][] }[] = [];
      const nak = newNak();
      while (stream.pollNak(now, RETRY, nak)) {
        const ranges = Array.from({ length: nak.count }, (_, i) => [...nak.ranges.subarray(2 * i, 2 * i + 2)]);
        found.push({ serial: nak.serial, ranges });
      }
      return found;
    },
  };
}

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

describe('a receive stream asks', () => {
  it('for a gap, once, after a short delay', () => {
    const { stream, data, naks } = setUp();
    data(64, 64, 1000);
    const due = stream.nakDeadline();
    expect(due).toBeGreaterThanOrEqual(1000);
    expect(due).toBeLessThanOrEqual(1000 + NAK_DELAY_US);
    expect(naks(due - 1)).toEqual([]);
    expect(naks(due)).toEqual([{ serial: 1, ranges: [[0, 64]] }]);
    expect(naks(due)).toEqual([]);
    expect(stream.nakDeadline()).toBe(due + RETRY);
  });

  it('for the end that a HEARTBEAT announced', () => {
    const { data, announce, naks } = setUp();
    data(0, 64);
    announce(256);
    expect(naks(1000)).toEqual([{ serial: 1, ranges: [[64, 192]] }]);
  });

  it('for gaps that appear later by themselves', () => {
    const { data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 2000);
    data(512, 64, 2000);
    expect(naks(3000)).toEqual([
      {
        serial: 2,
        ranges: [
          [128, 128],
          [320, 192],
        ],
      },
    ]);
  });

  it('for what is still missing at once when NAK_DONE came, and does not count that as silence', () => {
    const { stream, data, naks } = setUp();
    data(512, 64);
    naks(1000);
    data(0, 128);
    stream.handleNakDone(1);
    expect(stream.nakDeadline()).toBe(0);
    expect(naks(1100)).toEqual([{ serial: 2, ranges: [[128, 384]] }]);
    expect(stream.nakDeadline()).toBe(1100 + RETRY);
  });

  it('again for all that was asked before what is done', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 1000);
    naks(1200);
    stream.handleNakDone(2);
    expect(naks(1300).map(({ ranges }) => ranges)).toEqual([[[0, 64]], [[128, 128]]]);
    stream.handleNakDone(2);
    expect(naks(1400)).toEqual([]);
  });

  it('again after a time-out that grows while nobody answers', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(100);
    let now = 100;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const due = stream.nakDeadline();
      waits.push(due - now);
      now = due;
      expect(naks(now)).toHaveLength(1);
    }
    expect(waits).toEqual([5000, 10000, 20000, 40000, 80000, 160000, NAK_RETRY_MAX_US, NAK_RETRY_MAX_US]);
  });

  it('no more once the gap is whole', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(0, 64);
    expect(naks(1_000_000)).toEqual([]);
    expect([stream.outstandingCount, stream.nakDeadline()]).toEqual([0, NEVER]);
  });

  it('no more for what lies beyond the cut', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 1000);
    expect(naks(2000)).toEqual([{ serial: 2, ranges: [[128, 128]] }]);
    data(512, 64, 2000);
    expect(naks(3000)).toEqual([{ serial: 3, ranges: [[320, 192]] }]);
    stream.stopAt(192);
    expect(stream.outstandingCount).toBe(2);
    const again = naks(1_000_000).map(({ ranges }) => ranges);
    expect(again).toEqual([[[0, 64]], [[128, 64]]]);
    data(0, 64);
    data(128, 64);
    expect([naks(2_000_000), stream.received, stream.nakDeadline()]).toEqual([[], 192, NEVER]);
  });

  it('for nothing when all that was missing lay beyond the cut', () => {
    const { stream, data, announce, naks } = setUp();
    data(0, 64);
    data(128, 64);
    announce(1024);
    stream.stopAt(64);
    expect([naks(1000), stream.nakDeadline()]).toEqual([[], NEVER]);
  });

  it('for no more ranges at a time than a NAK holds, and no more NAKs than it can keep', () => {
    const { stream, data, naks } = setUp(64 * 1024);
    for (let i = 0; i < MAX_INTERVALS; i++) data(16 * i + 8, 8);
    const asked = naks(1000);
    expect(asked.map(({ ranges }) => ranges.length)).toEqual(
      Array(MAX_INTERVALS / MAX_NAK_RANGES).fill(MAX_NAK_RANGES),
    );
    for (let i = MAX_INTERVALS; i < 2 * MAX_INTERVALS; i++) {
      data(16 * i + 8, 8, 1000 + i);
      naks(2000 + i);
    }
    expect(stream.outstandingCount).toBeLessThanOrEqual(MAX_OUTSTANDING_NAKS);
  });

  it('keeps no more than so many NAKs when each gap is asked for by itself', () => {
    const { stream, data, naks } = setUp(64 * 1024);
    let asked = 0;
    for (let i = 0; i < 4 * MAX_OUTSTANDING_NAKS; i++) {
      data(16 * i + 8, 8, i);
      asked += naks(i + 200).length;
    }
    expect([asked, stream.outstandingCount]).toEqual([MAX_OUTSTANDING_NAKS, MAX_OUTSTANDING_NAKS]);
    // When the first is whole there is room for what was not asked for yet: all of it, in as few as hold it.
    data(0, 8);
    const later = naks(500);
    expect(later).toHaveLength(1);
    expect(later[0]?.ranges[0]).toEqual([16 * MAX_OUTSTANDING_NAKS, 8]);
  });

  it('for everything again, at once, when the one to ask has changed', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    stream.askAgain();
    expect(naks(1001)).toEqual([{ serial: 2, ranges: [[0, 64]] }]);
    expect(stream.outstandingCount).toBe(1);
  });
});
