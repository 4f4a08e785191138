import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import { type Run, readRuns, writeRuns } from '../../../ts/ordering/runs.js';
import { Pipe, pattern } from '../data-plane/pipe.js';

const RING_BYTES = 8 * 1024;
const MEMBERS = 1024;

const run = fc.record({ rank: fc.nat(MEMBERS - 1), bytes: fc.integer({ min: 1, max: 2 ** 32 - 1 }) });

function read(bytes: Uint8Array, members = MEMBERS): Run[] | undefined {
  return readRuns(Message.of(bytes), members);
}

function written(pipe: Pipe): Run[] {
  pipe.run();
  const { messages } = pipe.collector;
  expect(messages.every(({ kind }) => kind === CastKind.order)).toBe(true);
  return messages.flatMap(({ bytes }) => read(bytes) as Run[]);
}

describe('runs', () => {
  it('come out as they went in, in as many records as they need, and each is told of once', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 500 }), (runs) => {
        const pipe = new Pipe(RING_BYTES);
        const told: Run[] = [];
        expect(writeRuns(pipe.writer, CastKind.order, runs, (each) => told.push(each))).toBe(true);
        expect(told).toEqual(runs);
        expect(written(pipe)).toEqual(runs);
        for (const { bytes } of pipe.collector.messages) expect(bytes.length).toBeLessThanOrEqual(pipe.writer.maxPart);
      }),
    );
  });

  it('go on after those that were told of, when there is no room for all', () => {
    const pipe = new Pipe(RING_BYTES);
    while (pipe.writer.room() > 1500) pipe.writer.write(pattern(500, 1), 0);
    const runs = Array.from({ length: 300 }, (_, rank) => ({ rank, bytes: rank + 1 }));
    let rest: Run[] = runs;
    const done = (run: Run) => {
      rest = rest.filter((each) => each !== run);
    };
    const write = () => writeRuns(pipe.writer, CastKind.order, rest, done);
    expect(write()).toBe(false);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThan(runs.length);
    pipe.run();
    expect(write()).toBe(true);
    pipe.run();
    const orders = pipe.collector.messages.filter(({ kind }) => kind === CastKind.order);
    expect(orders.flatMap(({ bytes }) => read(bytes))).toEqual(runs);
  });

  it.each([
    ['nothing', []],
    ['half a run', [0, 0, 0, 0]],
    ['a run and a half', [0, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0]],
    ['no bytes', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['a rank beyond the view', [3, 0, 0, 0, 8, 0, 0, 0]],
  ])('are not read from %s', (_, bytes) => {
    expect(read(Uint8Array.from(bytes), 3)).toBeUndefined();
  });

  it('are read from anything, or not, but never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(5), (bytes, members) => {
        for (const { rank, bytes: count } of read(bytes, members) ?? []) {
          expect(rank).toBeLessThan(members);
          expect(count).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('are little-endian, eight bytes each', () => {
    const pipe = new Pipe(RING_BYTES);
    writeRuns(
      pipe.writer,
      CastKind.order,
      [
        { rank: 2, bytes: 96 },
        { rank: 258, bytes: 40 },
      ],
      () => {},
    );
    pipe.run();
    const [{ bytes } = { bytes: new Uint8Array(0) }] = pipe.collector.messages;
    expect([...bytes]).toEqual([2, 0, 0, 0, 96, 0, 0, 0, 2, 1, 0, 0, 40, 0, 0, 0]);
  });
});
