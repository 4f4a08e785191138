import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import { DeliveryLog } from '../../../ts/ordering/delivery-log.js';

const MEMBERS = 3;

/** A log of casts of 8 bytes each, by these ranks; and what had been delivered before each. */
function logOf(ranks: readonly number[]) {
  const ends = new Array<number>(MEMBERS).fill(0);
  const log = new DeliveryLog(MEMBERS, (rank) => ends[rank] as number);
  const receiver = log.over({ onMessage: () => {}, onTooLong: () => {}, onMalformed: () => {} });
  const before: number[][] = [];
  for (const rank of ranks) {
    before.push([...ends]);
    ends[rank] = (ends[rank] as number) + 8;
    receiver.onMessage(rank, 0, Message.of(new Uint8Array(0)));
  }
  return { log, before, ends };
}

const ranks = fc.array(fc.nat(MEMBERS - 1), { maxLength: 60 });

describe('a log of deliveries', () => {
  it('hands on what it notes, with what it is answered', () => {
    const calls: string[] = [];
    const log = new DeliveryLog(1, () => 8);
    const receiver = log.over({
      onMessage: (origin, kind) => {
        calls.push(`message ${origin} ${kind}`);
        return 'answer';
      },
      onTooLong: (origin, length) => calls.push(`too long ${origin} ${length}`),
      onMalformed: (origin) => calls.push(`malformed ${origin}`),
    });
    expect(receiver.onMessage(0, 3, new Message())).toBe('answer');
    receiver.onTooLong(0, 5);
    receiver.onMalformed(0);
    expect(calls).toEqual(['message 0 3', 'too long 0 5', 'malformed 0']);
    expect(log.count).toBe(1);
  });

  it('has one digest for one order, and another for another', () => {
    fc.assert(
      fc.property(ranks, ranks, (one, other) => {
        const same = one.join() === other.join();
        expect(logOf(one).log.digest === logOf(other).log.digest).toBe(same);
        expect(logOf(one).log.digest).toBe(logOf(one).log.digest);
      }),
    );
  });

  it('tells two casts that change places', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MEMBERS - 1), { minLength: 2, maxLength: 60 }), fc.nat(), (list, at) => {
        const index = at % (list.length - 1);
        const [a, b] = list.slice(index, index + 2) as [number, number];
        fc.pre(a !== b);
        expect(logOf(list.toSpliced(index, 2, b, a)).log.digest).not.toBe(logOf(list).log.digest);
      }),
    );
  });

  it('knows what had been delivered before each cast', () => {
    fc.assert(
      fc.property(ranks, (list) => {
        const { log, before, ends } = logOf(list);
        expect([log.count, log.delivered()]).toEqual([list.length, ends]);
        for (const [index, rank] of list.entries()) {
          const want = before[index] as number[];
          const had = log.before(rank, want[rank] as number);
          // Of the cast's own sender it says the beginning of the run, which is no later.
          expect(had?.toSpliced(rank, 1)).toEqual(want.toSpliced(rank, 1));
          expect(had?.[rank]).toBeLessThanOrEqual(want[rank] as number);
        }
      }),
    );
  });

  it('knows nothing of casts that have not come, or came too long ago', () => {
    const { log } = logOf([0, 1, 0]);
    expect(log.before(0, 16)).toBeUndefined();
    expect(log.before(2, 0)).toBeUndefined();
    const long = logOf(Array.from({ length: 10_000 }, (_, i) => i % 2)).log;
    expect(long.before(0, 0)).toBeUndefined();
    expect(long.before(1, 39_992)).toEqual([40_000, 39_992, 0]);
  });
});
