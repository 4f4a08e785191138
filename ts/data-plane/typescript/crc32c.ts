// CRC-32C (Castagnoli) of a CHECKED frame. Twin: native/core/crc32c.cc

const POLYNOMIAL = 0x82f63b78; // reflected

// Slicing by eight: TABLES[256 * k + b] is the CRC of byte b followed by k zero bytes.
function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256] as number;
    tables[index] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

const TABLES = makeTables();
// One array per slice: the engine keeps their addresses in registers, and no index needs an addition.
const [t0, t1, t2, t3, t4, t5, t6, t7] = [0, 1, 2, 3, 4, 5, 6, 7].map((slice) =>
  TABLES.subarray(256 * slice, 256 * (slice + 1)),
) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** Of the first `length` bytes; continues from `crc`, the value returned for the bytes before; 0 to begin. */
export function crc32c(bytes: Uint8Array, length: number, crc = 0): number {
  let sum = ~crc;
  let at = 0;
  for (; length - at >= 8; at += 8) {
    sum =
      (t7[(sum ^ (bytes[at] as number)) & 0xff] as number) ^
      (t6[((sum >>> 8) ^ (bytes[at + 1] as number)) & 0xff] as number) ^
      (t5[((sum >>> 16) ^ (bytes[at + 2] as number)) & 0xff] as number) ^
      (t4[(sum >>> 24) ^ (bytes[at + 3] as number)] as number) ^
      (t3[bytes[at + 4] as number] as number) ^
      (t2[bytes[at + 5] as number] as number) ^
      (t1[bytes[at + 6] as number] as number) ^
      (t0[bytes[at + 7] as number] as number);
  }
  for (; at < length; at++) sum = (sum >>> 8) ^ (t0[(sum ^ (bytes[at] as number)) & 0xff] as number);
  return ~sum >>> 0;
}
