/**
 * Values as they lie in LevelDB, which does not look at its own checksums when it reads:
 *
 *   value │ u32 CRC-32 of the value and then the key, little-endian
 */
import { crc32 } from 'node:zlib';

export const CHECKSUM_BYTES = 4;

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(key, crc32(value));
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
  const [a, b, c, d] = sealed.subarray(length) as unknown as [number, number, number, number];
  const sum = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  return checksum(key, value) === sum ? value : undefined;
}
