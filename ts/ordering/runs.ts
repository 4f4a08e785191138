/**
 * Ranks with numbers of bytes, as records of the ordering policies hold them: `rank u32 | bytes u32` for each, little-endian. Bytes are counted
 * from where the last record of the same stream left off, so they are less than a ring.
 */
import type { Message } from '../base/message.js';
import { WHOLE } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';

const RUN_BYTES = 8;

/** So many bytes of this member's stream. */
export interface Run {
  readonly rank: number;
  readonly bytes: number;
}

/**
 * Writes them, in as many records as it takes, and tells of each that is written. Returns false when there was no room for all of them.
 */
export function writeRuns(
  writer: RecordWriter,
  kind: number,
  runs: readonly Run[],
  written: (run: Run) => void,
): boolean {
  const most = Math.floor(writer.maxPart / RUN_BYTES);
  for (let first = 0; first < runs.length; first += most) {
    const some = runs.slice(first, first + most);
    const at = writer.reserve(some.length * RUN_BYTES);
    if (at < 0) return false;
    const { buffer } = writer;
    const view = new DataView(buffer.buffer, buffer.byteOffset + at, some.length * RUN_BYTES);
    for (const [index, run] of some.entries()) {
      view.setUint32(index * RUN_BYTES, run.rank, true);
      view.setUint32(index * RUN_BYTES + 4, run.bytes, true);
      written(run);
    }
    writer.commit(some.length * RUN_BYTES, WHOLE | (kind << 8));
  }
  return true;
}

/** Undefined: no member of a view of so many members has written this. */
export function readRuns(message: Message, members: number): Run[] | undefined {
  const { buffer, offset, length } = message;
  if (length === 0 || length % RUN_BYTES !== 0) return undefined;
  const view = new DataView(buffer.buffer, buffer.byteOffset + offset, length);
  const runs: Run[] = [];
  for (let at = 0; at < length; at += RUN_BYTES) {
    const run = { rank: view.getUint32(at, true), bytes: view.getUint32(at + 4, true) };
    if (run.rank >= members || run.bytes === 0) return undefined;
    runs.push(run);
  }
  return runs;
}
