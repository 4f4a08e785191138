import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutgoingQueue } from '../../../ts/api/outgoing-queue.js';
import { recordBytes } from '../../../ts/data-plane/record.js';
import { Pipe, pattern } from '../data-plane/pipe.js';

const RING_BYTES = 8 * 1024;

function received(pipe: Pipe): Uint8Array[] {
  return pipe.collector.messages.map(({ bytes }) => bytes);
}

/** Lets all that waits out. Returns the bytes that the queue says are free. */
function drainAll(queue: OutgoingQueue, pipe: Pipe): number {
  let freed = 0;
  for (let round = 0; !queue.isEmpty; round++) {
    if (round > 1000) throw new Error('it never drains');
    freed += queue.drain();
    pipe.run();
  }
  pipe.run();
  return freed;
}

/** A ring without any room. */
function fullPipe(): Pipe {
  const pipe = new Pipe(RING_BYTES);
  while (pipe.writer.write(pattern(1000, 0), 0));
  while (pipe.writer.write(pattern(0, 0), 0));
  return pipe;
}

describe('an outgoing queue', () => {
  it('gives messages of every length out as they came in, in their order', () => {
    const lengths = fc.array(fc.oneof(fc.nat(100), fc.nat(1100), fc.nat(12_000)), { maxLength: 30 });
    fc.assert(
      fc.property(lengths, (list) => {
        const pipe = new Pipe(RING_BYTES);
        const queue = new OutgoingQueue(pipe.writer);
        const messages = list.map((length, i) => pattern(length, i));
        const taken = messages.reduce((sum, message) => sum + queue.push(message), 0);
        expect(queue.bytes).toBe(taken);
        expect(taken).toBe(list.reduce((sum, length) => sum + recordBytes(length), 0));
        expect(drainAll(queue, pipe)).toBe(taken);
        expect(queue.bytes).toBe(0);
        expect(received(pipe)).toEqual(messages);
      }),
      { numRuns: 30 },
    );
  });

  it('counts what waits, and what a drain has let go', () => {
    const pipe = fullPipe();
    const queue = new OutgoingQueue(pipe.writer);
    for (let i = 0; i < 10; i++) queue.push(pattern(900, i));
    expect(queue.bytes).toBe(10 * recordBytes(900));
    expect(queue.drain()).toBe(0);
    pipe.run();
    const freed = queue.drain();
    expect(freed).toBeGreaterThan(0);
    expect(queue.bytes).toBe(10 * recordBytes(900) - freed);
  });

  it('goes on with a message of which parts were written before it came', () => {
    const pipe = new Pipe(RING_BYTES);
    const queue = new OutgoingQueue(pipe.writer);
    const large = pattern(3 * RING_BYTES, 1);
    const done = pipe.writer.writeParts(large, 0, 0);
    expect(done).toBeGreaterThan(0);
    queue.push(large, done);
    queue.push(pattern(10, 2));
    drainAll(queue, pipe);
    expect(received(pipe)).toEqual([large, pattern(10, 2)]);
  });

  it('holds nothing when it was cleared', () => {
    const pipe = new Pipe(RING_BYTES);
    const queue = new OutgoingQueue(pipe.writer);
    queue.push(pattern(10, 1));
    queue.clear();
    expect([queue.isEmpty, queue.bytes, queue.drain()]).toEqual([true, 0, 0]);
    queue.push(pattern(10, 2));
    drainAll(queue, pipe);
    expect(received(pipe)).toEqual([pattern(10, 2)]);
  });
});

describe('what waits in an outgoing queue', () => {
  it('keeps its kind, in the ring too, whole and in parts', () => {
    const message = fc.record({ length: fc.oneof(fc.nat(40), fc.nat(3000)), kind: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (list) => {
        const pipe = new Pipe(RING_BYTES);
        const queue = new OutgoingQueue(pipe.writer);
        const messages = list.map(({ length, kind }, i) => ({ kind, bytes: pattern(length, i) }));
        for (const { kind, bytes } of messages) queue.push(bytes, 0, kind);
        expect([...queue.waiting()].map(({ kind, payload }) => ({ kind, bytes: payload.slice() }))).toEqual(messages);
        drainAll(queue, pipe);
        expect(pipe.collector.messages).toEqual(messages);
        expect([...queue.waiting()]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('is what has not gone out yet', () => {
    const pipe = fullPipe();
    const queue = new OutgoingQueue(pipe.writer);
    for (let i = 0; i < 20; i++) queue.push(pattern(900, i), 0, i);
    pipe.run();
    queue.drain();
    const left = [...queue.waiting()].map(({ kind }) => kind);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(20);
    expect(left).toEqual(Array.from({ length: left.length }, (_, i) => 20 - left.length + i));
  });

  it('may be changed where it lies', () => {
    const pipe = new Pipe(RING_BYTES);
    const queue = new OutgoingQueue(pipe.writer);
    for (const kind of [0, 3, 0]) queue.push(pattern(30, kind), 0, kind);
    for (const { kind, payload } of queue.waiting()) if (kind === 3) payload.fill(7);
    drainAll(queue, pipe);
    expect(received(pipe)).toEqual([pattern(30, 0), new Uint8Array(30).fill(7), pattern(30, 0)]);
  });
});

describe('an outgoing queue that is bound to another stream', () => {
  it('gives out there what waits, in its order, and nothing of what went out before', () => {
    const old = fullPipe();
    const queue = new OutgoingQueue(old.writer);
    for (let i = 0; i < 20; i++) queue.push(pattern(700 + i, i));
    old.run();
    queue.drain();
    old.run();
    const before = received(old).filter(({ length }) => length >= 700 && length < 720);
    expect(before.length).toBeGreaterThan(0);
    const next = new Pipe(RING_BYTES);
    queue.rebind(next.writer);
    drainAll(queue, next);
    expect([...before, ...received(next)]).toEqual(Array.from({ length: 20 }, (_, i) => pattern(700 + i, i)));
  });

  it('gives a message whole, of which only parts went out before', () => {
    const old = new Pipe(RING_BYTES);
    const queue = new OutgoingQueue(old.writer);
    const large = pattern(3 * RING_BYTES, 1);
    queue.push(large);
    queue.drain();
    const next = new Pipe(RING_BYTES);
    queue.rebind(next.writer);
    drainAll(queue, next);
    expect(received(next)).toEqual([large]);
  });

  it.each([
    ['smaller', RING_BYTES, 4 * RING_BYTES],
    ['larger', 4 * RING_BYTES, RING_BYTES],
  ])('may be bound to a %s ring: what went in parts may go whole, and the reverse', (_, next, old) => {
    const lengths = [10, 900, 1016, 1017, 3000, 4088, 5000, 40_000, 8];
    const queue = new OutgoingQueue(new Pipe(old).writer);
    const messages = lengths.map((length, i) => pattern(length, i));
    for (const message of messages) queue.push(message);
    const pipe = new Pipe(next);
    queue.rebind(pipe.writer);
    expect(queue.bytes).toBe(lengths.reduce((sum, length) => sum + recordBytes(length), 0));
    // What comes later goes into chunks that were cut for the old ring.
    messages.push(pattern(2000, 99));
    queue.push(pattern(2000, 99));
    drainAll(queue, pipe);
    expect(received(pipe)).toEqual(messages);
  });
});
