/**
 * Values as they lie in LevelDB, which does not look at its own checksums when it reads:
 *
 *   value │ u32 CRC-32 of the value, begun with a hash of the key, little-endian
 *
 * Bytes that have changed on the disk are seen when a value is read. What LevelDB itself notes beside a key has no such guard: a change there can hide
 * a key.
 */
import { crc32 } from 'node:zlib';
import { readU32 } from './level-log.js';

export const CHECKSUM_BYTES = 4;

function checksum(key: Uint8Array, value: Uint8Array): number {
  // FNV-1a: keys are short, and a call of native code for each costs more.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  // Of no bytes at all zlib gives 0, or what it was begun with: as the pointer has it.
  return value.length === 0 ? hash >>> 0 : crc32(value, hash >>> 0);
}

/** Into `into`, whose first bytes it returns; for large values a new one. */
export function seal(key: Uint8Array, value: Uint8Array, into?: Uint8Array): Uint8Array {
  const length = value.length + CHECKSUM_BYTES;
  const sealed = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
  sealed.set(value);
  const sum = checksum(key, value);
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
  const value = sealed.subarray(0, length);
  return checksum(key, value) === readU32(sealed, length) ? value : undefined;
}
