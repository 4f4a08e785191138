import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import { readSubcast, renumberSubcast, subcastHeaderBytes, writeSubcast } from '../../../ts/ordering/subcast.js';

const rank = fc.nat(1023);
const ranks = fc.uniqueArray(rank, { maxLength: 20 });
const payload = fc.uint8Array({ maxLength: 40 });

/** Whether it is for this rank, and what it says. */
function read(bytes: Uint8Array, myRank: number) {
  const message = Message.of(bytes);
  const mine = readSubcast(message, myRank);
  return { mine, payload: [...message.copy()] };
}

describe('a subcast', () => {
  it('is for those whom it names, and nobody else, and says to each what it says', () => {
    fc.assert(
      fc.property(ranks, payload, rank, (named, bytes, other) => {
        const subcast = writeSubcast(named, bytes);
        expect(subcast.length).toBe(subcastHeaderBytes(named.length) + bytes.length);
        for (const each of named) expect(read(subcast, each)).toEqual({ mine: true, payload: [...bytes] });
        expect(read(subcast, other)).toEqual({ mine: named.includes(other), payload: [...bytes] });
      }),
    );
  });

  it('follows its members to the ranks that they have in the next view, and leaves out who is gone', () => {
    fc.assert(
      fc.property(ranks, payload, fc.integer({ min: 1, max: 30 }), (named, bytes, gone) => {
        const subcast = writeSubcast(named, bytes);
        renumberSubcast(subcast, (old) => (old < gone ? undefined : old - gone));
        for (const old of named) {
          if (old >= gone) expect(read(subcast, old - gone).mine).toBe(true);
        }
        const now = new Set(named.filter((old) => old >= gone).map((old) => old - gone));
        for (let each = 0; each < 1024; each++) if (!now.has(each)) expect(read(subcast, each).mine).toBe(false);
        expect(read(subcast, 0).payload).toEqual([...bytes]);
      }),
      { numRuns: 30 },
    );
  });

  it('may be renumbered where it lies inside of something larger', () => {
    const bytes = new Uint8Array(32);
    bytes.set(writeSubcast([1, 2], Uint8Array.of(9, 9)), 8);
    renumberSubcast(bytes.subarray(8, 16), (old) => old + 1);
    expect([...bytes.subarray(8, 16)]).toEqual([2, 0, 2, 0, 3, 0, 9, 9]);
  });

  it('is the number of ranks and the ranks, two bytes each, little-endian, and the payload', () => {
    expect([...writeSubcast([1, 258], Uint8Array.of(7))]).toEqual([2, 0, 1, 0, 2, 1, 7]);
  });

  it.each([
    ['nothing', []],
    ['one byte', [0]],
    ['fewer ranks than it says', [2, 0, 1, 0, 2]],
  ])('is not read from %s', (_, bytes) => {
    expect(readSubcast(Message.of(Uint8Array.from(bytes)), 0)).toBeUndefined();
  });

  it('is read from anything, or not, but never beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(8), fc.nat(3), (bytes, offset, myRank) => {
        const message = Message.of(bytes);
        message.buffer = Uint8Array.of(...new Uint8Array(offset), ...bytes, 0xff, 0xff);
        message.offset = offset;
        readSubcast(message, myRank);
        expect(message.offset).toBeGreaterThanOrEqual(offset);
        expect(message.offset + message.length).toBe(offset + bytes.length);
      }),
    );
  });
});
