/** What goes into LevelDB, one batch after the other: LevelDB has several threads write, in any order, what is not waited for. */
import type { ClassicLevel } from 'classic-level';
import type { Operation } from './database.js';
import type { LevelLogGuard } from './level-log-guard.js';
import { CHECKSUM_BYTES, seal } from './level-values.js';

export type Level = ClassicLevel<Uint8Array, Uint8Array>;
export type PutOrDelete = Exclude<Operation, { readonly type: 'deleteRange' }>;

/**
 * Bytes of an operation on average from which on a batch is given as a list. Operations are written into a chained batch as they come, which costs
 * half as much for each; but the memory of such a batch is freed by the garbage collector, which does not know how much it is.
 */
const LARGE_BYTES = 1024;

export class LevelBatches {
  /** A sealed value, until the batch has copied it. */
  private readonly scratch = new Uint8Array(64 * 1024);

  constructor(
    private readonly level: Level,
    private readonly guard: LevelLogGuard,
  ) {}

  /** Resolves when LevelDB has it, and the disk if it is durable. There must be something in it. */
  async write(operations: readonly PutOrDelete[], bytes: number, durable: boolean): Promise<void> {
    const isLarge = bytes > LARGE_BYTES * operations.length;
    await (isLarge ? this.writeList(operations, durable) : this.writeChained(operations, durable));
    await this.guard.wrote(durable);
  }

  private writeChained(operations: readonly PutOrDelete[], durable: boolean): Promise<void> {
    const batch = this.level.batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, this.sealed(operation.key, operation.value));
      else batch.del(operation.key);
    }
    return batch.write({ sync: durable });
  }

  private writeList(operations: readonly PutOrDelete[], durable: boolean): Promise<void> {
    const list = operations.map((operation) => {
      if (operation.type === 'delete') return { type: 'del' as const, key: operation.key };
      return { type: 'put' as const, key: operation.key, value: seal(operation.key, operation.value) };
    });
    return this.level.batch(list, { sync: durable });
  }

  private sealed(key: Uint8Array, value: Uint8Array): Uint8Array {
    const fits = value.length + CHECKSUM_BYTES <= this.scratch.length;
    return seal(key, value, fits ? this.scratch : undefined);
  }
}

export function bytesOf(operations: readonly PutOrDelete[]): number {
  let bytes = 0;
  for (const operation of operations) {
    bytes += operation.key.length + (operation.type === 'put' ? operation.value.length : 0);
  }
  return bytes;
}
