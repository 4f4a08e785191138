// What ordering policies need of writers and readers: a word before the next record, a stop after a record, gates and cuts, my own stream.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import { recordBytes, SLOT_WORDS, WORD_FROM_PLANE, WORD_FROM_SCRIPT } from '../../../ts/data-plane/record.js';
import { ownWords, RecordReader, type RecordReceiver, STOP } from '../../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../../ts/data-plane/record-writer.js';
import { Collector, Pipe, pattern } from './pipe.js';

const RING_BYTES = 8 * 1024;
const ORDER = 1;
const word = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function kinds(pipe: Pipe): number[] {
  return pipe.collector.messages.map(({ kind }) => kind);
}

/** A pipe whose interposer writes a record of eight bytes. */
function interposing(): { pipe: Pipe; asked: () => number } {
  const pipe = new Pipe(RING_BYTES);
  let asked = 0;
  pipe.writer.interposer = () => {
    asked++;
    return pipe.writer.write(word, ORDER);
  };
  return { pipe, asked: () => asked };
}

describe('the interposer of a writer', () => {
  it('has its say before the next record, and is not asked again', () => {
    const { pipe, asked } = interposing();
    pipe.writer.write(pattern(10, 1), 0);
    pipe.writer.interpose();
    pipe.writer.interpose();
    for (let i = 0; i < 3; i++) pipe.writer.write(pattern(10, i), 0);
    pipe.run();
    expect([kinds(pipe), asked()]).toEqual([[0, ORDER, 0, 0, 0], 1]);
  });

  it('is not asked while nothing is written', () => {
    const { pipe, asked } = interposing();
    pipe.writer.interpose();
    pipe.run();
    expect([kinds(pipe), asked()]).toEqual([[], 0]);
    expect(pipe.writer.interposeNow()).toBe(true);
    pipe.run();
    expect([kinds(pipe), asked()]).toEqual([[ORDER], 1]);
  });

  it('may have nothing to say', () => {
    const pipe = new Pipe(RING_BYTES);
    pipe.writer.interposer = () => true;
    pipe.writer.interpose();
    expect(pipe.writer.write(word, 0)).toBe(true);
    pipe.writer.interposer = undefined;
    pipe.writer.interpose();
    expect(pipe.writer.write(word, 0)).toBe(true);
  });

  it('comes before a claim, before each part of a long message, and before what a queue writes', () => {
    const { pipe } = interposing();
    pipe.writer.interpose();
    expect(pipe.writer.reserve(8)).toBe(recordBytes(8) + 8);
    pipe.writer.commit(8);
    pipe.writer.interpose();
    let done = pipe.writer.writeParts(pattern(3000, 1), 0, 0);
    pipe.run();
    expect(done).toBe(3000);
    pipe.writer.interpose();
    done = pipe.writer.writeParts(pattern(3000, 2), 0, 0);
    pipe.run();
    expect(kinds(pipe)).toEqual([ORDER, 0, ORDER, 0, ORDER, 0]);
    expect(pipe.collector.messages[3]?.bytes).toEqual(pattern(3000, 1));
  });

  it('may come between the parts of a message, which is whole nevertheless', () => {
    const { pipe } = interposing();
    const long = pattern(2 * RING_BYTES, 1);
    for (let done = 0; done < long.length; ) {
      done = pipe.writer.writeParts(long, done, 0);
      pipe.writer.interpose();
      pipe.run();
    }
    expect(kinds(pipe).filter((kind) => kind === ORDER).length).toBeGreaterThan(0);
    expect(pipe.collector.messages.find(({ kind }) => kind === 0)?.bytes).toEqual(long);
  });

  it('lets nothing go before it when it finds no room, however short', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 40 }), (lengths) => {
        const { pipe } = interposing();
        while (pipe.writer.write(pattern(100, 1), 0));
        while (pipe.writer.write(pattern(0, 1), 0));
        const before = pipe.writer.room();
        pipe.writer.interpose();
        for (const length of lengths) expect(pipe.writer.write(pattern(length, 2), 0)).toBe(false);
        expect(pipe.writer.room()).toBe(before);
        const written = pipe.writer.published;
        pipe.run();
        pipe.collector.messages.length = 0;
        for (const length of lengths) pipe.writer.write(pattern(length, 2), 0);
        pipe.run();
        expect(kinds(pipe)[0]).toBe(ORDER);
        expect(kinds(pipe).filter((kind) => kind === ORDER)).toHaveLength(1);
        expect(pipe.writer.published).toBeGreaterThan(written);
      }),
    );
  });
});

/** My own stream, read by myself, and by nobody else. */
class OwnStream {
  readonly ring = new Uint8Array(RING_BYTES);
  readonly counters = new Int32Array(2 * SLOT_WORDS);
  readonly writer: RecordWriter;
  readonly reader: RecordReader;
  readonly collector = new Collector();
  readonly message = new Message();

  constructor() {
    this.counters[WORD_FROM_PLANE] = RING_BYTES;
    this.writer = new RecordWriter(this.ring, this.counters, 0, () => {});
    const words = ownWords(0, 1);
    this.writer.limitBy(words.consumed);
    this.reader = new RecordReader(0, this.ring, this.counters, words, RING_BYTES);
  }

  drain(): number {
    return this.reader.drain(this.collector, this.message, RING_BYTES);
  }
}

describe('a reader of my own stream', () => {
  it('gets what I have published, as others do', () => {
    const { writer, reader, collector, ...own } = new OwnStream();
    const drain = () => reader.drain(collector, own.message, RING_BYTES);
    writer.write(pattern(20, 1), 0);
    expect([reader.received(), drain()]).toEqual([0, 0]);
    writer.publish();
    expect([reader.received(), drain()]).toEqual([recordBytes(20), recordBytes(20)]);
    expect(collector.messages).toEqual([{ kind: 0, bytes: pattern(20, 1) }]);
  });

  it('holds the writer back, though the others have taken everything', () => {
    const own = new OwnStream();
    let written = 0;
    while (own.writer.write(pattern(1000, written), 0)) written++;
    own.writer.publish();
    own.counters[WORD_FROM_PLANE] = 2 * RING_BYTES;
    expect(own.writer.write(pattern(1000, 0), 0)).toBe(false);
    own.drain();
    expect(own.writer.write(pattern(1000, written), 0)).toBe(true);
    own.writer.publish();
    own.drain();
    expect(own.collector.messages.map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: written + 1 }, (_, seed) => pattern(1000, seed)),
    );
  });

  it('does not let the writer go further than the others allow', () => {
    const own = new OwnStream();
    while (own.writer.write(pattern(1000, 0), 0));
    own.writer.publish();
    own.drain();
    expect(own.writer.write(pattern(1000, 0), 0)).toBe(false);
  });

  it('counts from no word that the stream has already: its consumed is its own', () => {
    const own = new OwnStream();
    own.writer.write(word, 0);
    own.writer.publish();
    own.drain();
    expect(own.counters[WORD_FROM_SCRIPT]).toBe(recordBytes(8));
    expect(own.counters[SLOT_WORDS + WORD_FROM_SCRIPT]).toBe(recordBytes(8));
    expect(own.counters[WORD_FROM_PLANE]).toBe(RING_BYTES);
  });
});

/** Three records of this kind, of which the second is of another. */
function three(kind: number, lengths: readonly [number, number, number] = [8, 8, 8]): Pipe {
  const pipe = new Pipe(RING_BYTES);
  for (const [i, length] of lengths.entries()) pipe.writer.write(pattern(length, i), i === 1 ? kind : 0);
  pipe.writer.publish();
  pipe.carry();
  return pipe;
}

function stoppingAt(pipe: Pipe, stopKind: number): RecordReceiver {
  const { collector } = pipe;
  return {
    onMessage: (origin, kind, message) => {
      collector.onMessage(origin, kind, message);
      return kind === stopKind ? STOP : undefined;
    },
    onTooLong: () => {},
    onMalformed: () => collector.onMalformed(),
  };
}

describe('a reader', () => {
  it('stops behind a record when its receiver says so, and goes on there', () => {
    const pipe = three(ORDER);
    const receiver = stoppingAt(pipe, ORDER);
    expect(pipe.reader.drain(receiver, pipe.message, RING_BYTES)).toBe(2 * recordBytes(8));
    expect([kinds(pipe), pipe.reader.hasMore()]).toEqual([[0, ORDER], true]);
    expect(pipe.reader.drain(receiver, pipe.message, RING_BYTES)).toBe(recordBytes(8));
    expect(kinds(pipe)).toEqual([0, ORDER, 0]);
  });

  it('does not stop at messages of the application, whatever their handler returns', () => {
    const pipe = three(0);
    pipe.reader.drain(stoppingAt(pipe, 0), pipe.message, RING_BYTES);
    expect(kinds(pipe)).toEqual([0, 0, 0]);
  });

  it('counts the record that is being handled as consumed', () => {
    const pipe = three(ORDER, [8, 8, 100]);
    const seen: number[] = [];
    const receiver = { ...stoppingAt(pipe, -1), onMessage: () => seen.push(pipe.reader.consumed) };
    pipe.reader.drain(receiver, pipe.message, RING_BYTES);
    expect(seen).toEqual([16, 32, 32 + recordBytes(100)]);
    expect(pipe.reader.consumed).toBe(32 + recordBytes(100));
  });

  it('tells what is stable as a position of the view', () => {
    const pipe = three(0);
    pipe.drain();
    expect(pipe.reader.stable()).toBe(0);
    pipe.counters[SLOT_WORDS + 17] = 16;
    expect([pipe.reader.stable(), pipe.reader.consumed]).toEqual([16, 48]);
  });

  it.each([
    ['gate', 1],
    ['cut', 1],
    ['gate', 2],
    ['cut', 2],
  ] as const)('goes as far as its %s, by whole records: %d', (which, records) => {
    const pipe = three(0);
    pipe.reader[which] = records * 16 + 8;
    while (pipe.drain() > 0);
    expect([kinds(pipe).length, pipe.reader.consumed]).toEqual([records, records * 16]);
    pipe.reader[which] += 8;
    while (pipe.drain() > 0);
    expect(kinds(pipe)).toHaveLength(records + 1);
  });

  it('heeds the nearer of gate and cut, and what has arrived before both', () => {
    const far = fc.nat(100);
    fc.assert(
      fc.property(far, far, far, (gate, cut, arrived) => {
        const pipe = new Pipe(RING_BYTES);
        for (let i = 0; i < 100; i++) pipe.writer.write(new Uint8Array(0), 0);
        pipe.writer.publish();
        pipe.carry(arrived * 8);
        Object.assign(pipe.reader, { gate: gate * 8, cut: cut * 8 });
        while (pipe.drain() > 0);
        expect(pipe.reader.consumed).toBe(8 * Math.min(gate, cut, arrived));
        expect(pipe.reader.received()).toBe(arrived * 8);
      }),
    );
  });
});
