import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../ts/stack/codec.js';
import {
  compareKeys,
  DATA_RANGE,
  dataKey,
  HALF_KEY,
  type KeyRange,
  keyAfter,
  LOG_RANGE,
  logKey,
  logVersion,
  META_RANGE,
  metaKey,
  putVersion,
  userKey,
  VERSION_BYTES,
  versionAt,
} from '../../../ts/store/keys.js';

const bytes = fc.uint8Array({ maxLength: 6 });
const version = fc.oneof(fc.maxSafeNat(), fc.nat(1000));
const isIn = (key: Uint8Array, { from, to }: KeyRange) => compareKeys(key, from) >= 0 && compareKeys(key, to) < 0;

describe('keys in the database', () => {
  it('lie in the space that they belong to, and in no other', () => {
    fc.assert(
      fc.property(bytes, version, fc.string(), (key, number, name) => {
        const spaces = (each: Uint8Array) => [DATA_RANGE, LOG_RANGE, META_RANGE].map((range) => isIn(each, range));
        expect(spaces(dataKey(key))).toEqual([true, false, false]);
        expect(spaces(logKey(number))).toEqual([false, true, false]);
        expect(spaces(metaKey(name))).toEqual([false, false, true]);
      }),
    );
  });

  it('are ordered as what they stand for is', () => {
    fc.assert(
      fc.property(version, version, bytes, bytes, (a, b, one, other) => {
        expect(Math.sign(compareKeys(logKey(a), logKey(b)))).toBe(Math.sign(a - b));
        expect(Math.sign(compareKeys(dataKey(one), dataKey(other)))).toBe(Math.sign(Buffer.compare(one, other)));
      }),
    );
  });

  it('say what they stand for', () => {
    fc.assert(
      fc.property(version, bytes, (number, key) => {
        expect(logVersion(logKey(number))).toBe(number);
        expect(userKey(dataKey(key))).toEqual(key);
      }),
    );
    expect(Buffer.from(logKey(0x010203)).toString('hex')).toBe('6c0000000000010203');
    expect(Buffer.from(HALF_KEY).toString()).toBe('mhalf');
  });

  it('have nothing between them and the key after', () => {
    fc.assert(
      fc.property(bytes, bytes, (key, other) => {
        const after = keyAfter(key);
        expect(compareKeys(after, key)).toBeGreaterThan(0);
        expect(compareKeys(other, key) > 0 && compareKeys(other, after) < 0).toBe(false);
      }),
    );
  });

  it('of the log are none when they are of another space, length or size', () => {
    const tooLarge = logKey(1);
    tooLarge[1] = 1;
    for (const key of [metaKey('12345678'), logKey(1).subarray(0, 8), keyAfter(logKey(1)), tooLarge])
      expect(() => logVersion(key)).toThrow(MalformedError);
  });
});

describe('a version before a value', () => {
  it('is what was put there', () => {
    fc.assert(
      fc.property(version, fc.nat(3), (number, at) => {
        const value = new Uint8Array(at + VERSION_BYTES);
        putVersion(value, at, number);
        expect(versionAt(value, at)).toBe(number);
        expect(Number(new DataView(value.buffer).getBigUint64(at))).toBe(number);
        expect(() => versionAt(value, at + 1)).toThrow(MalformedError);
      }),
    );
  });
});
