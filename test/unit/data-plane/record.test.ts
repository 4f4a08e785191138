import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG_FIRST, FLAG_LAST, FLAG_PADDING, recordBytes } from '../../../ts/data-plane/record.js';
import { Pipe, pattern } from './pipe.js';

const RING_BYTES = 8 * 1024;
const WHOLE = FLAG_FIRST | FLAG_LAST;
const NEAR_2_31 = 2 ** 31 - 4096;
const NEAR_2_32 = -4096;

/** Writes a message of any length, letting it out as often as needed. */
function send(pipe: Pipe, payload: Uint8Array, kind = 0): void {
  const { writer } = pipe;
  if (payload.length <= writer.maxPart) {
    while (!writer.write(payload, kind)) pipe.run();
    return;
  }
  for (let done = 0; done < payload.length; pipe.run()) done = writer.writeParts(payload, done, kind);
}

describe('a writer and a reader', () => {
  it.each([0, NEAR_2_31, NEAR_2_32])('carry messages of every length in order, from position %i on', (start) => {
    const pipe = new Pipe(RING_BYTES, RING_BYTES * 4, start);
    const { maxPart } = pipe.writer;
    const lengths = [...Array(200).keys(), maxPart - 1, maxPart, maxPart + 1, 3 * maxPart, RING_BYTES, 20_000];
    for (const [i, length] of lengths.entries()) send(pipe, pattern(length, i), i & 0xff);
    pipe.run();
    expect(pipe.collector.messages.map(({ bytes }) => bytes)).toEqual(lengths.map((length, i) => pattern(length, i)));
    expect(pipe.collector.messages.map(({ kind }) => kind)).toEqual(lengths.map((_, i) => i & 0xff));
    expect(pipe.writer.isStable()).toBe(true);
  });

  it('count what was consumed exactly, beyond 2^32 bytes', () => {
    const pipe = new Pipe(RING_BYTES);
    Reflect.set(pipe.reader, 'consumedTotal', 2 ** 33);
    pipe.writer.write(pattern(100, 1), 0);
    pipe.writer.publish();
    pipe.carry();
    expect(pipe.reader.received()).toBe(2 ** 33 + recordBytes(100));
    pipe.drain();
    expect(pipe.reader.consumed).toBe(2 ** 33 + recordBytes(100));
  });

  it('keep content and order whatever is published, arrives and is consumed when', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ write: fc.oneof(fc.nat(64), fc.nat(1100), fc.nat(12_000)) }) },
      { weight: 2, arbitrary: fc.constant({ publish: true }) },
      { weight: 3, arbitrary: fc.record({ carry: fc.nat(3000) }) },
      { weight: 3, arbitrary: fc.record({ drain: fc.nat(3000) }) },
    );
    const starts = fc.constantFrom(0, NEAR_2_31, NEAR_2_32, 8);
    fc.assert(
      fc.property(starts, fc.array(step, { maxLength: 120 }), (start, steps) => {
        const pipe = new Pipe(RING_BYTES, 1024 * 1024, start - (start % 8));
        const sent: Uint8Array[] = [];
        for (const each of steps) {
          if ('write' in each) {
            const payload = pattern(each.write, sent.length);
            send(pipe, payload);
            sent.push(payload);
          } else if ('publish' in each) pipe.writer.publish();
          else if ('carry' in each) pipe.carry(each.carry);
          else pipe.drain(each.drain);
        }
        pipe.run();
        expect(pipe.collector.messages.map(({ bytes }) => bytes)).toEqual(sent);
        expect(pipe.collector.malformed).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a writer', () => {
  it('writes nothing beyond the limit, and says so', () => {
    const pipe = new Pipe(RING_BYTES);
    let written = 0;
    while (pipe.writer.write(pattern(100, 0), 0)) written++;
    expect(written).toBe(Math.floor(RING_BYTES / recordBytes(100)));
    expect(pipe.writer.room()).toBe(RING_BYTES - written * recordBytes(100));
    pipe.run();
    expect(pipe.collector.messages).toHaveLength(written);
    expect(pipe.writer.write(pattern(100, 0), 0)).toBe(true);
  });

  it('publishes what it has before it says that there is no room: otherwise there never would be', () => {
    const pipe = new Pipe(RING_BYTES);
    while (pipe.writer.write(pattern(100, 0), 0));
    expect(pipe.flushes).toBe(1);
    expect(pipe.counters[0]).toBeGreaterThan(0);
    expect(pipe.writer.publish()).toBe(false);
  });

  it('publishes nothing twice', () => {
    const pipe = new Pipe(RING_BYTES);
    expect(pipe.writer.publish()).toBe(false);
    pipe.writer.write(pattern(1, 0), 0);
    expect(pipe.writer.publish()).toBe(true);
    expect(pipe.writer.publish()).toBe(false);
  });

  it('flushes by itself after a burst', () => {
    const pipe = new Pipe(256 * 1024);
    for (let i = 0; i < 64 * 1024; i += recordBytes(1000)) pipe.writer.write(pattern(1000, 0), 0);
    expect(pipe.flushes).toBe(1);
    expect(pipe.counters[0]).toBeGreaterThanOrEqual(64 * 1024);
  });

  it('is stable when all that was written has arrived, published or not', () => {
    const { writer, ...pipe } = new Pipe(RING_BYTES);
    expect(writer.isStable()).toBe(true);
    writer.write(pattern(1, 0), 0);
    expect(writer.isStable()).toBe(false);
    writer.publish();
    expect(writer.isStable()).toBe(false);
    pipe.counters[17] = recordBytes(1);
    expect(writer.isStable()).toBe(true);
  });

  it('lets a claim be shorter than the room made for it', () => {
    const pipe = new Pipe(RING_BYTES);
    const at = pipe.writer.reserve(100);
    pipe.writer.buffer.set(pattern(10, 3), at);
    pipe.writer.commit(10);
    pipe.writer.write(pattern(5, 4), 0);
    pipe.run();
    expect(pipe.collector.messages.map(({ bytes }) => bytes)).toEqual([pattern(10, 3), pattern(5, 4)]);
  });
});

describe('a reader', () => {
  it('waits for the whole of a record', () => {
    const pipe = new Pipe(RING_BYTES);
    pipe.writer.write(pattern(100, 1), 0);
    pipe.writer.publish();
    for (let arrived = 0; arrived < recordBytes(100); arrived += 8) {
      expect(pipe.drain()).toBe(0);
      pipe.carry(8);
    }
    expect(pipe.drain()).toBe(recordBytes(100));
  });

  it('delivers nothing beyond its gate', () => {
    const pipe = new Pipe(RING_BYTES);
    for (let i = 0; i < 3; i++) pipe.writer.write(pattern(8, i), 0);
    pipe.reader.gate = 2 * recordBytes(8) + 1;
    pipe.run();
    expect(pipe.collector.messages).toHaveLength(2);
    expect(pipe.reader.hasMore()).toBe(true);
    pipe.reader.gate = Number.MAX_SAFE_INTEGER;
    pipe.run();
    expect(pipe.collector.messages).toHaveLength(3);
    expect(pipe.reader.hasMore()).toBe(false);
  });

  it('counts a record as handled when its handler throws, and goes on with the next', () => {
    const pipe = new Pipe(RING_BYTES);
    for (let i = 0; i < 3; i++) pipe.writer.write(pattern(i, i), 0);
    pipe.writer.publish();
    pipe.carry();
    const onMessage = () => {
      throw new Error('handler');
    };
    expect(() => pipe.reader.drain({ ...pipe.collector, onMessage } as never, pipe.message, RING_BYTES)).toThrow(
      'handler',
    );
    pipe.run();
    expect(pipe.collector.messages.map(({ bytes }) => bytes.length)).toEqual([1, 2]);
  });

  it('stops at about its budget', () => {
    const pipe = new Pipe(RING_BYTES);
    for (let i = 0; i < 10; i++) pipe.writer.write(pattern(92, i), 0);
    pipe.writer.publish();
    pipe.carry();
    expect(pipe.drain(250)).toBe(3 * recordBytes(92));
  });

  it('skips a message that is too long, says so once, and takes the next', () => {
    const pipe = new Pipe(RING_BYTES, 5000);
    send(pipe, pattern(5001, 1));
    send(pipe, pattern(5000, 2));
    send(pipe, pattern(6000, 3));
    send(pipe, pattern(10, 4));
    pipe.run();
    expect(pipe.collector.tooLong).toEqual([5001, 6000]);
    expect(pipe.collector.messages.map(({ bytes }) => bytes)).toEqual([pattern(5000, 2), pattern(10, 4)]);
    expect(pipe.collector.malformed).toBe(0);
  });

  it('refuses a message for which there is no memory', () => {
    const pipe = new Pipe(RING_BYTES, Number.MAX_SAFE_INTEGER);
    const next = pipe.forge(0, 16, FLAG_FIRST, [0, 2 ** 20]);
    pipe.arrive(pipe.forge(pipe.forge(next, 8, FLAG_LAST), 0, WHOLE));
    pipe.drain();
    expect(pipe.collector.tooLong).toEqual([2 ** 52]);
    expect(pipe.collector.messages).toHaveLength(1);
  });

  it('shows the bytes of a message whose last part has not arrived', () => {
    const pipe = new Pipe(RING_BYTES);
    pipe.writer.writeParts(pattern(20_000, 1), 0, 0);
    pipe.run();
    expect(pipe.reader.pendingBytes).toBe(20_000);
  });
});

describe('a hostile stream', () => {
  it.each([
    ['a negative length', (pipe: Pipe) => pipe.forge(0, -1, WHOLE)],
    ['the most negative length', (pipe: Pipe) => pipe.forge(0, -(2 ** 31), WHOLE)],
    ['a length beyond the ring', (pipe: Pipe) => pipe.forge(0, RING_BYTES, WHOLE)],
    ['the largest length', (pipe: Pipe) => pipe.forge(0, 2 ** 31 - 1, WHOLE)],
    ['a record that crosses the end of the ring', (pipe: Pipe) => pipe.forge(pipe.forge(0, 4000, WHOLE), 4200, WHOLE)],
    ['padding beyond the end of the ring', (pipe: Pipe) => pipe.forge(8, RING_BYTES - 8, FLAG_PADDING)],
    ['a part that belongs to nothing', (pipe: Pipe) => pipe.forge(0, 8, 0)],
    ['a last part that belongs to nothing', (pipe: Pipe) => pipe.forge(0, 8, FLAG_LAST)],
    ['a first part without a length', (pipe: Pipe) => pipe.forge(0, 7, FLAG_FIRST)],
    [
      'a second first part',
      (pipe: Pipe) => pipe.forge(pipe.forge(0, 16, FLAG_FIRST, [99, 0]), 16, FLAG_FIRST, [99, 0]),
    ],
    ['more bytes than announced', (pipe: Pipe) => pipe.forge(pipe.forge(0, 16, FLAG_FIRST, [10, 0]), 8, FLAG_LAST)],
    ['fewer bytes than announced', (pipe: Pipe) => pipe.forge(pipe.forge(0, 16, FLAG_FIRST, [99, 0]), 8, FLAG_LAST)],
    ['more bytes than announced, in the first part', (pipe: Pipe) => pipe.forge(0, 16, FLAG_FIRST, [1, 0])],
  ])('is stopped at %s, and nothing after it is delivered', (_, forge) => {
    const pipe = new Pipe(RING_BYTES);
    const end = forge(pipe);
    if (end > 0 && end < RING_BYTES) pipe.forge(end, 0, WHOLE);
    pipe.arrive(RING_BYTES);
    const before = pipe.collector.messages.length;
    for (let i = 0; i < 3; i++) pipe.drain();
    expect(pipe.collector.malformed).toBe(1);
    expect(pipe.reader.hasMore()).toBe(false);
    expect(pipe.reader.pendingBytes).toBe(0);
    const empty = pipe.collector.messages.slice(before).filter(({ bytes }) => bytes.length === 0);
    expect(empty).toEqual([]);
  });

  it('of any bytes at all gives messages within the ring, or stops; it never throws and never hangs', () => {
    const word = fc.oneof(fc.integer(), fc.nat(64), fc.nat(RING_BYTES), fc.constantFrom(0, 1, 2, 3, 4, 7, -1));
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 400 }), fc.nat(RING_BYTES), (words, arrived) => {
        const pipe = new Pipe(RING_BYTES, 64 * 1024);
        pipe.words.set(words);
        pipe.arrive(arrived);
        let walked = 0;
        for (let left = arrived; left > 0; ) {
          const step = pipe.drain(1000);
          if (step === 0) break;
          left -= step;
          walked += step;
        }
        expect(walked).toBeLessThanOrEqual(arrived);
        expect(pipe.reader.consumed).toBe(walked);
        expect(pipe.reader.pendingBytes).toBeLessThanOrEqual(64 * 1024);
        expect(pipe.collector.malformed).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });
});
