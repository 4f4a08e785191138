/**
 * Values as they lie in LevelDB, which does not look at its own checksums when it reads, and as they go from one replica to another in a synchronization:
 *
 *   value │ u32 seal, little-endian: a hash of the key, and from there on the CRC of the value
 *
 * Bytes that have changed on the disk are seen when a value is read. What LevelDB itself notes beside a key has no such guard: a change there can hide
 * a key. A value that is copied keeps its seal from the one disk to the other, and only who receives it looks whether it is right: that it is made,
 * and looked at, once for each hand that a value goes through would be a tenth of all work of a synchronization.
 */
import { crc32 } from 'node:zlib';
import { crc32c } from '../data-plane/typescript/crc32c.js';
import { readU32 } from './level-log.js';

export const SEAL_BYTES = 4;

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
  const length = value.length + SEAL_BYTES;
  const sealed = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
  sealed.set(value);
  const sum = checksum(key, value, value.length);
  sealed[length - 4] = sum;
  sealed[length - 3] = sum >>> 8;
  sealed[length - 2] = sum >>> 16;
  sealed[length - 1] = sum >>> 24;
  return sealed;
}

/** Whether it is what was put under this key. */
export function isSealed(key: Uint8Array, sealed: Uint8Array): boolean {
  const length = sealed.length - SEAL_BYTES;
  return length >= 0 && checksum(key, sealed, length) === readU32(sealed, length);
}

/** The value; undefined: it is not what was put under this key. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return isSealed(key, sealed) ? withoutSeal(sealed) : undefined;
}

/** The value, of one whose seal was looked at. */
export function withoutSeal(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(0, sealed.length - SEAL_BYTES);
}
