import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { crc32c } from '../../../ts/data-plane/typescript/crc32c.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { CONTROL_VERSION, OutsideFormat } from '../../../ts/stack/outside.js';
import { bytesOf, member } from './views.js';

const format = new OutsideFormat('chat', 'secret');
const good = format.write(8, member(1, 77), bytesOf('body'));

function withCrc(bytes: Uint8Array): Uint8Array {
  return new ByteWriter().raw(bytes).u32(crc32c(bytes, bytes.length)).finish();
}

describe('a datagram outside views', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(1000), fc.maxSafeNat(), fc.uint8Array(), (layer, number, incarnation, body) => {
        const from = member(number, incarnation);
        expect(format.read(format.write(layer, from, body))).toEqual({ layer, from, body });
      }),
    );
  });

  it('says nothing to members of other groups, or of the same name with another key', () => {
    for (const [name, key] of [
      ['chat2', 'secret'],
      ['chat', ''],
      ['chat', 'Secret'],
      ['cha', 'tsecret'],
      ['chat","secret', ''],
    ] as const) {
      expect(new OutsideFormat(name, key).read(good)).toBeUndefined();
    }
    expect(new OutsideFormat('chat', 'secret').read(good)).toMatchObject({ layer: 8 });
  });

  it('of another version tells the version, and no more: what follows may look otherwise', () => {
    for (const version of [0, CONTROL_VERSION + 1, 255]) {
      const other = good.slice(0, 12);
      other[2] = version;
      expect(format.read(withCrc(other))).toBe(version);
    }
  });

  it('of another version and another group is no business of ours', () => {
    const other = new OutsideFormat('other', 'secret').write(8, member(1), bytesOf('body'));
    other[2] = 9;
    expect(format.read(other)).toBeUndefined();
  });

  it('that is no datagram of consort is none of ours', () => {
    expect(format.read(new Uint8Array(0))).toBeUndefined();
    expect(format.read(bytesOf('GET / HTTP/1.1\r\n\r\n'))).toBeUndefined();
    expect(format.read(good.subarray(0, 11))).toBeUndefined();
  });

  it('without an address to answer to is malformed', () => {
    for (const from of [new Endpoint('', 4000), new Endpoint('10.0.0.1', 0)]) {
      expect(() => format.read(format.write(1, from, bytesOf('body')))).toThrow(MalformedError);
    }
  });

  it('cut short in its sender is malformed', () => {
    const bodyAndCrcBytes = 8;
    for (let length = 12; length < good.length - bodyAndCrcBytes; length++) {
      expect(() => format.read(withCrc(good.subarray(0, length)))).toThrow(MalformedError);
    }
  });

  it('with any bit changed is malformed, or none of ours', () => {
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const spoiled = good.slice();
      spoiled[bit >> 3] = (spoiled[bit >> 3] as number) ^ (1 << (bit & 7));
      if (bit < 16 || (bit >= 32 && bit < 96)) expect(format.read(spoiled)).toBeUndefined();
      else expect(() => format.read(spoiled)).toThrow(MalformedError);
    }
  });

  it('made of garbage throws only MalformedError', () => {
    const garbage = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(garbage, fc.boolean(), (bytes, headed) => {
        try {
          format.read(headed ? withCrc(Uint8Array.of(...good.subarray(0, 12), ...bytes)) : bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});
