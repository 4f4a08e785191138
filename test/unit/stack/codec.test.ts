import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { ByteReader, ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { bytesOf } from './views.js';

const integers = fc.maxSafeNat();
const wellFormed = fc.string({ unit: 'binary' });
const endpoints = fc
  .record({ host: wellFormed, port: fc.integer({ min: 0, max: 65535 }), incarnation: integers })
  .map(({ host, port, incarnation }) => new Endpoint(host, port, incarnation));

type Name = 'u8' | 'u16' | 'u32' | 'integer' | 'block' | 'text' | 'endpoint' | 'integers' | 'ranks';

/** One thing to write, and to be read again. */
interface Item {
  readonly name: Name;
  readonly value: unknown;
}

function item(name: Name, values: fc.Arbitrary<unknown>): fc.Arbitrary<Item> {
  return values.map((value) => ({ name, value }));
}

const items = fc.oneof(
  item('u8', fc.nat(2 ** 8 - 1)),
  item('u16', fc.nat(2 ** 16 - 1)),
  item('u32', fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  item('integer', integers),
  item('block', fc.uint8Array({ maxLength: 200 })),
  item('text', wellFormed),
  item('endpoint', endpoints),
  item('integers', fc.array(integers)),
  item('ranks', fc.array(fc.nat(9))),
);

function write(to: ByteWriter, { name, value }: Item): void {
  (to[name] as (value: unknown) => ByteWriter).call(to, value);
}

function bytesInHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function read(from: ByteReader, name: Name): unknown {
  return name === 'ranks' ? from.ranks(10) : from[name]();
}

describe('what a ByteWriter writes', () => {
  it('is what a ByteReader reads, to the last byte', () => {
    fc.assert(
      fc.property(fc.array(items), (list) => {
        const writer = new ByteWriter();
        for (const each of list) write(writer, each);
        const reader = new ByteReader(writer.finish());
        expect(list.map(({ name }) => read(reader, name))).toEqual(list.map(({ value }) => value));
        reader.end();
      }),
    );
  });

  it('is little-endian, lengths first', () => {
    const bytes = new ByteWriter()
      .u8(1)
      .u16(0x203)
      .u32(0x4050607)
      .integer(0x8090a0b0c0d)
      .text('ab')
      .ranks([5])
      .finish();
    expect(Buffer.from(bytes).toString('hex')).toBe('01030207060504' + '8d98acd0908102' + '020000006162' + '01000500');
  });

  it('may be text that begins with a byte order mark', () => {
    const text = '\ufeffgroup';
    expect(new ByteReader(new ByteWriter().text(text).finish()).text()).toBe(text);
  });

  it('may be a set of ranks, in the order of the set', () => {
    const reader = new ByteReader(new ByteWriter().ranks(new Set([3, 1])).finish());
    expect(reader.ranks(4)).toEqual([3, 1]);
  });

  it('ends with raw bytes, which rest() gives back', () => {
    const bytes = new ByteWriter().u8(7).raw(bytesOf('the rest')).finish();
    const reader = new ByteReader(bytes);
    reader.u8();
    expect(reader.rest()).toEqual(bytesOf('the rest'));
    reader.end();
  });
});

describe('a ByteReader', () => {
  const names = ['u8', 'u16', 'u32', 'integer', 'block', 'text', 'endpoint', 'integers', 'ranks'] as const;

  it.each(names)('throws only MalformedError for garbage read as %s', (name) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          read(new ByteReader(bytes), name);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });

  it.each([
    ['u8', 0],
    ['u16', 1],
    ['u32', 3],
    ['integer', 0],
    ['block', 3],
    ['text', 3],
    ['endpoint', 6],
    ['integers', 1],
    ['ranks', 1],
  ] as const)('refuses bytes that end too early for %s', (name, length) => {
    expect(() => read(new ByteReader(new Uint8Array(length)), name)).toThrow(MalformedError);
  });

  it('refuses lengths and counts that say more than there is', () => {
    const block = new ByteWriter().u32(5).raw(bytesOf('four')).finish();
    expect(() => new ByteReader(block).block()).toThrow('too short');
    const list = new ByteWriter().u16(3).integer(1).integer(2).finish();
    expect(() => new ByteReader(list).integers()).toThrow('too short');
    const huge = new ByteWriter().u32(2 ** 32 - 1).finish();
    expect(() => new ByteReader(huge).block()).toThrow('too short');
  });

  it('refuses an integer that JavaScript can not hold', () => {
    const bytes = bytesInHex('80808080808080' + '10');
    expect(() => new ByteReader(bytes).integer()).toThrow('an integer over 2^53');
    const endless = bytesInHex('80'.repeat(200));
    expect(() => new ByteReader(endless).integer()).toThrow(MalformedError);
    const largest = new ByteWriter().integer(Number.MAX_SAFE_INTEGER).finish();
    expect(new ByteReader(largest).integer()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(['8000', 'ff00', '818000'])('refuses an integer in more bytes than it needs: %s', (hex) => {
    expect(() => new ByteReader(bytesInHex(hex)).integer()).toThrow('longer than it needs to be');
  });

  it.each(['80', 'ff', 'ffffffffffffff'])('refuses an integer that ends too early: %s', (hex) => {
    expect(() => new ByteReader(bytesInHex(hex)).integer()).toThrow('too short');
  });

  it('refuses ranks that the view does not have', () => {
    const bytes = new ByteWriter().ranks([0, 4]).finish();
    expect(new ByteReader(bytes).ranks(5)).toEqual([0, 4]);
    expect(() => new ByteReader(bytes).ranks(4)).toThrow('rank 4 of 4');
  });

  it('refuses texts that are no names of anything', () => {
    const text = (length: number) => new ByteReader(new ByteWriter().text('x'.repeat(length)).finish()).text();
    expect(text(4096)).toHaveLength(4096);
    expect(() => text(4097)).toThrow('a text of 4097 bytes');
  });

  it('refuses bytes that nobody has read', () => {
    const reader = new ByteReader(new Uint8Array(2));
    reader.u8();
    expect(() => reader.end()).toThrow('bytes too many');
  });

  it('copies: what it has read stays when the ring is written over', () => {
    const bytes = new ByteWriter().block(bytesOf('block')).raw(bytesOf('rest')).finish();
    const reader = new ByteReader(bytes);
    const block = reader.block();
    const rest = reader.rest();
    bytes.fill(0);
    expect([block, rest]).toEqual([bytesOf('block'), bytesOf('rest')]);
  });

  it('reads from the middle of shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64));
    const bytes = new ByteWriter().text('rings are shared').u16(7).finish();
    shared.set(bytes, 16);
    const reader = new ByteReader(shared.subarray(16, 16 + bytes.length));
    expect([reader.text(), reader.u16()]).toEqual(['rings are shared', 7]);
  });
});
