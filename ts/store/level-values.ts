/**
 * Values as they lie in LevelDB, which does not look at its own checksums when it reads:
 *
 *   value │ u32 checksum, little-endian: a hash of the key, and from there on the CRC of the value
 *
 * Bytes that have changed on the disk are seen when a value is read. What LevelDB itself notes beside a key has no such guard: a change there can hide
 * a key.
 */
import { crc32 } from 'node:zlib';
import { crc32c } from '../data-plane/typescript/crc32c.js';
import { readU32 } from './level-log.js';

export const CHECKSUM_BYTES = 4;

/** Up to so many bytes our own CRC-32C is done before a call of zlib's CRC-32 has begun; from there on that one is several times as fast. */
const SHORT_BYTES = 256;

/** Of the first `length` bytes. */
function checksum(key: Uint8Array, bytes: Uint8Array, length: number): number {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  if (length <= SHORT_BYTES) return crc32c(bytes, length, hash);
  return crc32(bytes.subarray(0, length), hash >>> 0);
}

/** Into `into`, whose first bytes it returns; for large values a new one. */
export function seal(key: Uint8Array, value: Uint8Array, into?: Uint8Array): Uint8Array {
  const length = value.length + CHECKSUM_BYTES;
  const sealed = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
  sealed.set(value);
  const sum = checksum(key, value, value.length);
  sealed[length - 4] = sum;
  sealed[length - 3] = sum >>> 8;
  sealed[length - 2] = sum >>> 16;
  sealed[length - 1] = sum >>> 24;
  return sealed;
}

/** The value; undefined: it is not what was put under this key. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length - CHECKSUM_BYTES;
  if (length < 0) return undefined;
  if (checksum(key, sealed, length) !== readU32(sealed, length)) return undefined;
  return sealed.subarray(0, length);
}
