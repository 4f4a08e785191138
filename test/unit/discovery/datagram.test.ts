import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDatagram, encodeDatagram, groupHash, HEADER_BYTES, Kind } from '../../../ts/discovery/datagram.js';
import { MAX_ANNOUNCEMENT_BYTES } from '../../../ts/discovery/limits.js';

const group = groupHash('demo', '');
const token = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

describe('a discovery datagram', () => {
  it('has these bytes', () => {
    const bytes = Buffer.from(encodeDatagram(Kind.announce, group, Uint8Array.from([0xaa, 0xbb])));
    expect(bytes.toString('hex')).toBe('436e534401010200dd9a9df2b192df8baabb');
  });

  it('comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.uint8Array({ maxLength: MAX_ANNOUNCEMENT_BYTES }), (name, key, body) => {
        const hash = groupHash(name, key);
        expect(decodeDatagram(encodeDatagram(Kind.announce, hash, body))).toEqual({
          kind: Kind.announce,
          group: hash,
          body: Buffer.from(body),
        });
      }),
    );
  });

  it('tells groups and keys apart', () => {
    const hashes = [
      ['a', ''],
      ['', 'a'],
      ['ab', 'c'],
      ['a', 'bc'],
      ['a', 'b'],
    ].map(([name, key]) => groupHash(name as string, key as string));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is refused with another version, and told apart from garbage', () => {
    const bytes = encodeDatagram(Kind.keepAlive, group, token);
    bytes[4] = 2;
    expect(decodeDatagram(bytes)).toBe('version');
  });

  const change = (change: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const bytes = encodeDatagram(Kind.keepAlive, group, token);
    return change(bytes) ?? bytes;
  };
  it.each([
    ['is empty', () => new Uint8Array(0)],
    ['is cut off in its header', (bytes: Uint8Array) => bytes.subarray(0, HEADER_BYTES - 1)],
    ['has another magic', (bytes: Uint8Array) => void bytes.fill(0, 0, 1)],
    ['has an unknown kind', (bytes: Uint8Array) => void bytes.fill(9, 5, 6)],
    ['is shorter than it says', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['is longer than it says', (bytes: Uint8Array) => Buffer.concat([bytes, token])],
    ['has a token of another length', () => encodeDatagram(Kind.alive, group, token.subarray(1))],
    ['has a body where none belongs', () => encodeDatagram(Kind.goodbye, group, token)],
    ['is too long', () => encodeDatagram(Kind.announce, group, new Uint8Array(MAX_ANNOUNCEMENT_BYTES + 1))],
  ])('is garbage when it %s', (_what, spoil) => {
    expect(decodeDatagram(change(spoil))).toBe('garbage');
  });
});
