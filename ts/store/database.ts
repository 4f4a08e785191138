/**
 * What a replicated store needs of an embedded database: ordered keys, atomic batches, snapshots. Callbacks instead of promises, so that the
 * same code runs over LevelDB and, from a seed, over the simulator's disk. Write an adapter to use another database.
 *
 * What an adapter must keep:
 * - Writes are atomic and take effect in the order of the calls, also those that were called before an earlier one is done.
 * - A durable write is on the disk when `done` is called, and with it all that were called before it.
 * - After a crash the writes that were not durable may be lost from some one on, never from the middle.
 * - When a write has failed, all later ones fail: of those that failed, a first part may be there when the database is opened again.
 * - Keys have at least one byte and are ordered by their bytes. Bytes that are handed in may be kept until `done`, bytes that are handed out
 *   are the caller's.
 * - `done` is never called during the call itself.
 * - Errors are ConsortErrors, of the codes of OpenDatabase.
 */

export type Operation =
  | {
      readonly type: 'put';
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      /** The value has its seal behind it. Only for who `keepsSeals`. */
      readonly sealed?: true;
    }
  | { readonly type: 'delete'; readonly key: Uint8Array }
  /** All keys from `from` to below `to`, those included that are put before in this batch. However many they are, the batch stays atomic. */
  | { readonly type: 'deleteRange'; readonly from: Uint8Array; readonly to: Uint8Array };

export type Done = (error?: Error) => void;
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

export interface Range {
  /** The first key that may be among them; empty: the first of all. */
  readonly from: Uint8Array;
  /** The first key after them. */
  readonly to: Uint8Array;
  readonly reverse?: boolean;
  /** So many at most; and no more once there are `bytes` of keys and values, but always one if there is one. */
  readonly limit: number;
  readonly bytes: number;
  /** Values with their seals behind them, which nobody has looked at. Only of who `keepsSeals`. */
  readonly sealed?: true;
}

export type RangeDone = (error: Error | undefined, entries: readonly Entry[]) => void;

export interface DatabaseReads {
  /** It keeps a seal (seals.ts) with each value, and can give values with theirs, and be given them so: for copies. Left out: it can't. */
  readonly keepsSeals?: boolean;
  /** Undefined: there is no such key. Blocks for a read of the disk where the value is in no cache; throws where that fails. */
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: Range, done: RangeDone): void;
}

export interface DatabaseSnapshot extends DatabaseReads {
  close(): void;
}

export interface Database extends DatabaseReads {
  write(operations: readonly Operation[], durable: boolean, done: Done): void;
  /** As it is now: of writes that are not done it may hold any from the first on. */
  snapshot(): DatabaseSnapshot;
  /** Of all keys and values, about; for who is told how far a synchronization is. Left out: not known. */
  readonly approximateBytes?: number;
  /**
   * Nothing is in this range, and much is to be put there in the order of the keys, with nothing else between: whatever makes that cheaper. What was written
   * before is done. Left out: nothing does.
   */
  makeRoom?(range: Pick<Range, 'from' | 'to'>, done: Done): void;
  /** When the writes that are under way are done; afterwards nothing may be called. */
  close(done: Done): void;
}

/** Opens or makes a database in a directory. Rejects with a ConsortError: `ERR_STORE_LOCKED`, `ERR_STORE_CORRUPT`, `ERR_STORE_DISK`. */
export type OpenDatabase = (directory: string) => Promise<Database>;
