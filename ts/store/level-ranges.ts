/**
 * Writes that delete a range of keys. LevelDB knows no ranges, so the keys are looked up and deleted one by one. While they are few it is one batch as any other.
 * Where they are many, it is several, and a note under a key of our own makes one of them:
 *
 *   1. batch    the note: the operations of the write, as bytes
 *   2. batches  the operations, in their order, ranges in pieces; readers still see what was before, by a snapshot
 *   3. batch    the rest, and the note is gone
 *
 * A crash in between leaves the note, and whoever opens the database does all of it again, from the beginning.
 */
import { ByteReader, ByteWriter } from '../stack/codec.js';
import type { Operation } from './database.js';
import { bytesOf, type Level, type LevelBatches, type PutOrDelete } from './level-batches.js';
import { readOperations, writeOperations } from './operation-format.js';
import { compareBytes } from './sorted-map.js';

type DeleteRange = Extract<Operation, { readonly type: 'deleteRange' }>;

/** Keys that are looked up at a time, and deleted with one batch, at most; and their bytes, about. */
const PIECE_KEYS = 4096;
const PIECE_BYTES = 256 * 1024;

/** The mark of a database of ours, and after it the note when there is one. The only key without a byte. */
export const MARK_KEY = new Uint8Array(0);
/** Eight bytes, the last of which is the version of the format. */
export const MARK = new TextEncoder().encode('consort1');
/** No key of a user is below it. */
export const FIRST_KEY = new Uint8Array(1);

export const MARK_ALONE: PutOrDelete = { type: 'put', key: MARK_KEY, value: MARK };

export function isDeleteRange(operation: Operation): operation is DeleteRange {
  return operation.type === 'deleteRange';
}

export class LevelRanges {
  constructor(
    private readonly level: Level,
    private readonly batches: LevelBatches,
  ) {}

  /** The write as one batch, if it deletes few keys. Writes that came before must be done. */
  async asOneBatch(operations: readonly Operation[]): Promise<PutOrDelete[] | undefined> {
    const flat: PutOrDelete[] = [];
    for (const operation of operations) {
      if (!isDeleteRange(operation)) {
        flat.push(operation);
        continue;
      }
      // Those that are put before in this batch; a key may be deleted twice.
      const before = flat.filter(({ type, key }) => type === 'put' && isIn(operation, key));
      const pieces = this.pieces(operation);
      const { value: keys } = await pieces.next();
      const { done } = await pieces.next();
      await pieces.return();
      if (done !== true) return undefined;
      for (const { key } of before) flat.push({ type: 'delete', key });
      for (const key of keys ?? []) flat.push({ type: 'delete', key });
    }
    return flat;
  }

  /** The write as several batches. */
  async inPieces(operations: readonly Operation[], durable: boolean): Promise<void> {
    const writer = new ByteWriter().raw(MARK);
    writeOperations(writer, operations);
    await this.put([{ type: 'put', key: MARK_KEY, value: writer.finish() }], durable);
    await this.carryOut(operations, durable);
  }

  /** What a crash came in between of, by the value of the mark. */
  async goOn(mark: Uint8Array): Promise<void> {
    const reader = new ByteReader(mark.subarray(MARK.length));
    await this.carryOut(readOperations(reader), true);
  }

  private async carryOut(operations: readonly Operation[], durable: boolean): Promise<void> {
    let rest: PutOrDelete[] = [];
    for (const operation of operations) {
      if (!isDeleteRange(operation)) {
        rest.push(operation);
        continue;
      }
      await this.put(rest, false);
      rest = [];
      for await (const keys of this.pieces(operation)) {
        await this.put(
          keys.map((key) => ({ type: 'delete', key })),
          false,
        );
      }
    }
    await this.put([...rest, MARK_ALONE], durable);
  }

  private async put(operations: readonly PutOrDelete[], durable: boolean): Promise<void> {
    if (operations.length > 0) await this.batches.write(operations, bytesOf(operations), durable);
  }

  private async *pieces({ from, to }: DeleteRange): AsyncGenerator<Uint8Array[], void> {
    if (compareBytes(from, to) >= 0) return;
    const keys = this.level.keys({
      gte: from.length === 0 ? FIRST_KEY : from,
      lt: to,
      highWaterMarkBytes: PIECE_BYTES,
    });
    try {
      for (;;) {
        const piece = await keys.nextv(PIECE_KEYS);
        if (piece.length === 0) return;
        yield piece;
      }
    } finally {
      await keys.close();
    }
  }
}

function isIn({ from, to }: DeleteRange, key: Uint8Array): boolean {
  return compareBytes(from, key) <= 0 && compareBytes(key, to) < 0;
}
