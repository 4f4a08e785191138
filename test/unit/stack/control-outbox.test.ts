import { describe, expect, it } from 'vitest';
import { ControlOutbox } from '../../../ts/stack/control-outbox.js';
import { Pipe, pattern } from '../data-plane/pipe.js';

const RING_BYTES = 8 * 1024;

function arrived(pipe: Pipe): [kind: number, length: number][] {
  return pipe.collector.messages.map(({ kind, bytes }) => [kind, bytes.length]);
}

describe('a control outbox', () => {
  it('writes at once what there is room for', () => {
    const pipe = new Pipe(RING_BYTES);
    const outbox = new ControlOutbox();
    outbox.post(pipe.writer, 3, pattern(20, 1));
    expect(outbox.isEmpty).toBe(true);
    pipe.run();
    expect(arrived(pipe)).toEqual([[3, 20]]);
  });

  it('keeps what flow control has no room for, in order, until there is', () => {
    const pipe = new Pipe(RING_BYTES);
    const outbox = new ControlOutbox();
    const lengths = Array.from({ length: 40 }, (_, i) => 500 + i);
    for (const [kind, length] of lengths.entries()) outbox.post(pipe.writer, kind, pattern(length, kind));
    expect(outbox.isEmpty).toBe(false);
    expect(outbox.drain()).toBe(false);
    for (let round = 0; !outbox.isEmpty && round < 100; round++) {
      pipe.run();
      outbox.drain();
    }
    pipe.run();
    expect(arrived(pipe)).toEqual(lengths.map((length, kind) => [kind, length]));
    expect(outbox.drain()).toBe(false);
  });

  it('carries a record that is larger than the ring, in parts, and what comes after it', () => {
    const pipe = new Pipe(RING_BYTES);
    const outbox = new ControlOutbox();
    const large = pattern(5 * RING_BYTES, 7);
    outbox.post(pipe.writer, 2, large);
    outbox.post(pipe.writer, 4, pattern(8, 8));
    for (let round = 0; !outbox.isEmpty && round < 100; round++) {
      pipe.run();
      expect(outbox.drain()).toBe(true);
    }
    pipe.run();
    expect(arrived(pipe)).toEqual([
      [2, large.length],
      [4, 8],
    ]);
    expect(pipe.collector.messages[0]?.bytes).toEqual(large);
  });

  it('lets no stream wait for another', () => {
    const [full, free] = [new Pipe(RING_BYTES), new Pipe(RING_BYTES)];
    const outbox = new ControlOutbox();
    for (let i = 0; i < 40; i++) outbox.post(full.writer, 1, pattern(900, i));
    outbox.post(free.writer, 5, pattern(100, 1));
    free.run();
    expect(arrived(free)).toEqual([[5, 100]]);
    expect(outbox.isEmpty).toBe(false);
  });

  it('is empty again when everything is out', () => {
    const outbox = new ControlOutbox();
    expect(outbox.isEmpty).toBe(true);
    expect(outbox.drain()).toBe(false);
    const pipe = new Pipe(RING_BYTES);
    for (let i = 0; i < 12; i++) outbox.post(pipe.writer, 1, pattern(900, i));
    while (!outbox.isEmpty) {
      pipe.run();
      outbox.drain();
    }
    expect(outbox.isEmpty).toBe(true);
  });
});
