/** What goes into LevelDB, one batch after the other: LevelDB has several threads write, in any order, what is not waited for. */
import type { ClassicLevel } from 'classic-level';
import type { Operation } from './database.js';
import type { LevelLogGuard } from './level-log-guard.js';
import { SEAL_BYTES, seal } from './seals.js';

export type Level = ClassicLevel<Uint8Array, Uint8Array>;
export type PutOrDelete = Exclude<Operation, { readonly type: 'deleteRange' }>;

/**
 * Bytes of an operation on average from which on a batch is given as a list. Operations are written into a chained batch as they come, which costs
 * half as much for each; but the memory of such a batch is freed by the garbage collector, which does not know how much it is.
 */
const LARGE_BYTES = 2048;

/** The only key without a byte: the mark of a database of ours, and after it a note when there is one (see level-ranges.ts). */
export const MARK_KEY = new Uint8Array(0);
/** Eight bytes, the last of which is the version of the format. */
export const MARK = new TextEncoder().encode('consort1');
export const MARK_ALONE: PutOrDelete = { type: 'put', key: MARK_KEY, value: MARK };
/** No key of a user is below it. */
export const FIRST_KEY = new Uint8Array(1);

export class LevelBatches {
  /** A sealed value, until the batch has copied it. */
  private readonly scratch = new Uint8Array(64 * 1024);

  constructor(
    private readonly level: Level,
    private readonly guard: LevelLogGuard,
  ) {}

  /** Resolves when LevelDB has it, and the disk if it is durable. `bytes`: of the operations, about. */
  async write(operations: readonly PutOrDelete[], bytes: number, durable: boolean): Promise<void> {
    if (operations.length === 0) {
      // LevelDB makes no sync for nothing.
      if (durable) await this.write([MARK_ALONE], MARK.length, durable);
      return;
    }
    const isLarge = bytes > LARGE_BYTES * operations.length;
    await (isLarge ? this.writeList(operations, durable) : this.writeChained(operations, durable));
    await this.guard.wrote(durable);
  }

  private writeChained(operations: readonly PutOrDelete[], durable: boolean): Promise<void> {
    const batch = this.level.batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, this.sealed(operation));
      else batch.del(operation.key);
    }
    return batch.write({ sync: durable });
  }

  private writeList(operations: readonly PutOrDelete[], durable: boolean): Promise<void> {
    const list = operations.map((operation) => {
      if (operation.type === 'delete') return { type: 'del' as const, key: operation.key };
      return {
        type: 'put' as const,
        key: operation.key,
        value: operation.sealed === true ? operation.value : seal(operation.key, operation.value),
      };
    });
    return this.level.batch(list, { sync: durable });
  }

  private sealed({ key, value, sealed }: Extract<Operation, { readonly type: 'put' }>): Uint8Array {
    if (sealed === true) return value;
    const fits = value.length + SEAL_BYTES <= this.scratch.length;
    return seal(key, value, fits ? this.scratch : undefined);
  }
}

/** Bytes of an operation, about. */
export function bytesIn(operation: Operation): number {
  if (operation.type === 'put') return operation.key.length + operation.value.length;
  return operation.type === 'delete' ? operation.key.length : operation.from.length + operation.to.length;
}

export function sumOfBytes(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) bytes += bytesIn(operation);
  return bytes;
}
