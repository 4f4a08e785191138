import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AskRecord,
  MOST_REASON_BYTES,
  PART_HEAD_BYTES,
  readAsk,
  readState,
  type StateRecord,
  writeAsk,
  writePartHead,
  writeState,
} from '../../../ts/client-server/state-records.js';
import { MalformedError } from '../../../ts/stack/codec.js';

const integer = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 60 });
const number = integer;

const asks: fc.Arbitrary<AskRecord> = fc.oneof(
  fc.record({ type: fc.constant('request' as const), number, transfer: integer, skip: integer, request: bytes }),
  fc.record({ type: fc.constant('credit' as const), number, bytes: integer }),
  fc.record({ type: fc.constant('cancel' as const), number }),
);

const total = fc.option(
  fc.nat().map((n) => n * 2 ** 20),
  { nil: undefined },
);
const states: fc.Arbitrary<StateRecord> = fc.oneof(
  fc.record({ type: fc.constant('part' as const), number, total, part: bytes }),
  fc.record({ type: fc.constant('end' as const), number }),
  fc.record({ type: fc.constant('failed' as const), number, reason: fc.string({ unit: 'grapheme', maxLength: 20 }) }),
);

describe('records of a state transfer', () => {
  it('mean what was written', () => {
    fc.assert(
      fc.property(asks, states, (ask, state) => {
        expect(readAsk(writeAsk(ask))).toEqual(ask);
        expect(readState(writeState(state))).toEqual(state);
      }),
    );
  });

  it('are not read when they are cut short within their numbers', () => {
    for (const record of [
      writeAsk({ type: 'credit', number: 300, bytes: 70_000 }),
      writeAsk({ type: 'request', number: 300, transfer: 2, skip: 70_000, request: new Uint8Array(0) }),
    ]) {
      for (let length = 0; length < record.length; length++)
        expect(() => readAsk(record.subarray(0, length))).toThrow(MalformedError);
    }
    const part = writeState({ type: 'part', number: 300, total: 70_000, part: new Uint8Array(0) });
    for (let length = 0; length < part.length; length++)
      expect(() => readState(part.subarray(0, length))).toThrow(MalformedError);
  });

  it('are not read with bytes too many', () => {
    const more = (record: Uint8Array) => Uint8Array.of(...record, 0);
    expect(() => readAsk(more(writeAsk({ type: 'cancel', number: 1 })))).toThrow(MalformedError);
    expect(() => readAsk(more(writeAsk({ type: 'credit', number: 1, bytes: 1 })))).toThrow(MalformedError);
    expect(() => readState(more(writeState({ type: 'end', number: 1 })))).toThrow(MalformedError);
  });

  it.each([0, 4, 255])('are not read when they are of type %i, which there is not', (type) => {
    const record = Uint8Array.of(type, 1, 1, 1);
    expect(() => readAsk(record)).toThrow(MalformedError);
    expect(() => readState(record)).toThrow(MalformedError);
  });

  it('are read from anything, or not: then what was read is what they say', () => {
    const nearly = fc.tuple(fc.integer({ min: 0, max: 4 }), bytes).map(([type, rest]) => Uint8Array.of(type, ...rest));
    fc.assert(
      fc.property(fc.oneof(bytes, nearly), (hostile) => {
        const ask = unlessMalformed(() => readAsk(hostile));
        if (ask !== undefined) expect(writeAsk(ask)).toEqual(hostile);
        const state = unlessMalformed(() => readState(hostile));
        if (state !== undefined && state.type !== 'failed') expect(writeState(state)).toEqual(hostile);
      }),
      { numRuns: 3000 },
    );
  });

  it('have a part that lies where they do, and is copied by nobody', () => {
    const record = writeState({ type: 'part', number: 1, total: undefined, part: Uint8Array.of(7) });
    const read = readState(record);
    record.fill(9, -1);
    expect(read).toEqual({ type: 'part', number: 1, total: undefined, part: Uint8Array.of(9) });
    expect(writePartHead(1, undefined)).toEqual(record.subarray(0, -1));
  });

  it('have so many bytes besides a part at most', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const record = writeState({ type: 'part', number: most, total: most - 1, part: new Uint8Array(9) });
    expect(record.length - 9).toBeLessThanOrEqual(PART_HEAD_BYTES);
  });

  it('tell no more of a reason than fits, and whole characters', () => {
    const record = writeState({ type: 'failed', number: 1, reason: 'ü'.repeat(MOST_REASON_BYTES) });
    expect(record.length).toBe(2 + MOST_REASON_BYTES);
    expect(readState(record)).toMatchObject({ reason: 'ü'.repeat(MOST_REASON_BYTES / 2) });
    const odd = writeState({ type: 'failed', number: 1, reason: `.${'ü'.repeat(MOST_REASON_BYTES)}` });
    expect(readState(odd)).toMatchObject({ reason: `.${'ü'.repeat(MOST_REASON_BYTES / 2 - 1)}` });
    const hostile = readState(Uint8Array.of(3, 1, ...new Uint8Array(9 * MOST_REASON_BYTES).fill(65)));
    expect(hostile).toMatchObject({ reason: 'A'.repeat(MOST_REASON_BYTES) });
  });
});

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
