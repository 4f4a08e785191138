import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import { OrderPlace } from '../../../ts/ordering/order-place.js';
import { Pipe } from '../data-plane/pipe.js';

/** What one writes another reads, as origin 1. */
function carry(pipe: Pipe, reader: OrderPlace): boolean[] {
  const from = pipe.collector.messages.length;
  pipe.run();
  return pipe.collector.messages.slice(from).map(({ bytes, kind }) => {
    expect(kind).toBe(CastKind.dependencies);
    return reader.read(1, Message.of(bytes));
  });
}

describe('places in the total order', () => {
  it('are known from what their streams tell, also when little was added', () => {
    const [pipe, writer, reader] = [new Pipe(1024), new OrderPlace(2), new OrderPlace(2)];
    expect(writer.write(pipe.writer, 100, 40)).toBe(true);
    expect(carry(pipe, reader)).toEqual([true]);
    expect([reader.isBeyond(1, 99, 400), reader.isBeyond(1, 100, 39)]).toEqual([true, true]);
    expect([reader.isBeyond(1, 100, 40), reader.isBeyond(1, 101, 0)]).toEqual([false, false]);
    writer.write(pipe.writer, 100, 56);
    writer.write(pipe.writer, 164, 8);
    expect(carry(pipe, reader)).toEqual([true, true]);
    expect([reader.isBeyond(1, 164, 7), reader.isBeyond(1, 164, 8)]).toEqual([true, false]);
  });

  it('are told once', () => {
    const [pipe, writer] = [new Pipe(1024), new OrderPlace(2)];
    expect(writer.write(pipe.writer, 0, 0)).toBe(true);
    writer.write(pipe.writer, 8, 0);
    writer.write(pipe.writer, 8, 0);
    expect(carry(pipe, new OrderPlace(2))).toEqual([true]);
  });

  it('are told again where there was no room', () => {
    const [pipe, writer] = [new Pipe(1024), new OrderPlace(2)];
    while (pipe.writer.write(new Uint8Array(8), 0));
    expect(writer.write(pipe.writer, 64, 0)).toBe(false);
    pipe.run();
    expect(writer.write(pipe.writer, 64, 0)).toBe(true);
  });

  it('are refused when no member has written them', () => {
    const reader = new OrderPlace(2);
    expect(reader.read(1, Message.of(new Uint8Array(7)))).toBe(false);
    expect(reader.read(1, Message.of(new Uint8Array(16)))).toBe(false);
    expect(reader.read(2, Message.of(new Uint8Array(8)))).toBe(false);
  });
});
