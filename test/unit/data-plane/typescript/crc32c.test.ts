import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../ts/data-plane/typescript/crc32c.js';

/** A bit at a time, as the polynomial's definition says. */
function slow(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('has the known check value', () => {
    expect(crc32c(new TextEncoder().encode('123456789'), 9)).toBe(0xe3069283);
  });

  it('is what the definition says, for all lengths and offsets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, offset) => {
        const some = bytes.subarray(offset);
        expect(crc32c(some, some.length)).toBe(slow(some));
      }),
    );
  });

  it('continues where it left off', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        const first = crc32c(bytes, cut);
        expect(crc32c(bytes.subarray(cut), bytes.length - cut, first)).toBe(crc32c(bytes, bytes.length));
      }),
    );
  });
});
