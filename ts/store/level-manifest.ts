/** The one thing that has to be known of LevelDB's MANIFEST: which logs count. Source: LevelDB's db/version_edit.cc. */
import { readLevelLog } from './level-log.js';

/** What an edit is made of: a tag, then these. */
const FIELDS: Readonly<Record<number, readonly ('number' | 'bytes')[]>> = {
  1: ['bytes'], // name of the comparator
  2: ['number'], // first log
  3: ['number'], // next file
  4: ['number'], // last sequence
  5: ['number', 'bytes'], // where compaction of a level goes on
  6: ['number', 'number'], // a file that is gone
  7: ['number', 'number', 'number', 'bytes', 'bytes'], // a new file
  9: ['number'], // the log before, of old
};
const LOG_NUMBER = 2;

/** Logs from this number on count. Undefined: the file can't be read, which LevelDB says better. */
export function firstLog(manifest: Uint8Array): number | undefined {
  let first: number | undefined;
  let readable = true;
  readLevelLog(manifest, (edit) => {
    const number = logNumberOf(edit);
    if (number === 'unreadable') readable = false;
    else first = number ?? first;
  });
  return readable ? first : undefined;
}

function logNumberOf(edit: Uint8Array): number | undefined | 'unreadable' {
  let found: number | undefined;
  for (let at = 0; at < edit.length; ) {
    const [tag, afterTag] = readNumber(edit, at);
    at = afterTag;
    for (const field of FIELDS[tag] ?? ['unknown']) {
      if (field === 'unknown') return 'unreadable';
      const [number, after] = readNumber(edit, at);
      at = field === 'bytes' ? after + number : after;
      if (tag === LOG_NUMBER) found = number;
    }
    if (at > edit.length) return 'unreadable';
  }
  return found;
}

/** Seven bits a byte, the lowest first; the highest bit says that there are more. */
function readNumber(bytes: Uint8Array, from: number): [number: number, next: number] {
  let number = 0;
  for (let at = from, unit = 1; ; at++, unit *= 0x80) {
    // Past the end it is a number that ends, and the caller sees where.
    const byte = bytes[at] ?? 0;
    number += (byte & 0x7f) * unit;
    if (byte < 0x80) return [number, at + 1];
  }
}
