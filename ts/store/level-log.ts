/**
 * LevelDB's log files, as far as it takes to see whether one is whole. LevelDB itself, when it is opened, skips what is damaged and goes on behind it
 * without a word: writes would be missing from the middle.
 *
 *   file      blocks of 32 KiB, the last one shorter; a record does not begin in the last 6 bytes of a block
 *   record    u32 masked CRC-32C of type and bytes │ u16 length │ u8 type │ bytes
 *   type      1 a whole entry   2 its first part   3 one between   4 its last part
 *   entry     of a log: u64 sequence of its first operation │ u32 operations │ …
 *
 * Source: LevelDB's doc/log_format.md; little-endian.
 */
import { crc32c } from '../data-plane/typescript/crc32c.js';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const TYPE_AT = 6;
const MASK_DELTA = 0xa282ead8;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/**
 * 'whole'   all of it can be read
 * 'torn'    its end can not: a crash came while it was written
 * 'hole'    something can not, and what is behind it can
 */
export type LogState = 'whole' | 'torn' | 'hole';

/** The bytes of a record that is whole and in its block; undefined: there is none. */
function recordAt(bytes: Uint8Array, at: number, blockEnd: number): Uint8Array | undefined {
  if (at + HEADER_BYTES > blockEnd) return undefined;
  const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
  const type = bytes[at + TYPE_AT] as number;
  if (type < FULL || type > LAST || at + HEADER_BYTES + length > blockEnd) return undefined;
  const masked = (readU32(bytes, at) - MASK_DELTA) >>> 0;
  const checksum = ((masked >>> 17) | (masked << 15)) >>> 0;
  const record = bytes.subarray(at + TYPE_AT, at + HEADER_BYTES + length);
  return crc32c(record, record.length) === checksum ? record : undefined;
}

/** Calls with each entry, in order, up to the first damage. */
export function readLevelLog(bytes: Uint8Array, onEntry: (entry: Uint8Array) => void): LogState {
  let parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blockEnd = blockEndAfter(bytes, at);
    // A header's bytes are not there: the trailer of a block, or the end of the file in the middle of a header.
    if (blockEnd - at < HEADER_BYTES) {
      if (blockEnd % BLOCK_BYTES !== 0) return 'torn';
      at = blockEnd;
      continue;
    }
    const record = recordAt(bytes, at, blockEnd);
    if (record === undefined) return hasRecordAfter(bytes, at) ? 'hole' : 'torn';
    const type = record[0] as number;
    const begins = type === FULL || type === FIRST;
    // The end of an entry, or the beginning of this one, is missing.
    if (begins !== (parts.length === 0)) return 'hole';
    parts.push(record.subarray(1));
    if (type === FULL || type === LAST) {
      onEntry(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
      parts = [];
    }
    at += HEADER_BYTES - 1 + record.length;
  }
  return parts.length === 0 ? 'whole' : 'torn';
}

function blockEndAfter(bytes: Uint8Array, at: number): number {
  return Math.min(bytes.length, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
}

/** Where it would begin is not known when a length is damaged, so all places are looked at. */
function hasRecordAfter(bytes: Uint8Array, damage: number): boolean {
  for (let at = damage + 1; at < bytes.length; at++) {
    if (recordAt(bytes, at, blockEndAfter(bytes, at)) !== undefined) return true;
  }
  return false;
}

/** What the entries of some logs, one after the other, must keep: each begins with the sequence at which the one before it has ended. */
export class SequenceCheck {
  private next: number | undefined;

  /** False: operations are missing before this entry, or it is no entry of a log. */
  follows(entry: Uint8Array): boolean {
    if (entry.length < 12) return false;
    const sequence = readU32(entry, 0) + readU32(entry, 4) * 2 ** 32;
    const isNext = this.next === undefined || sequence === this.next;
    this.next = sequence + readU32(entry, 8);
    return isNext;
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
