/**
 * The requester's copy of the store in its own database: wiped, filled chunk by chunk, and half until the log's effects were applied to it.
 *
 *   none --startOver--> wiping --all keys are gone--> open --the last chunk is written--> copied --complete--> completing --> none
 *
 * The mark `half` is on the disk before the first key is touched, and goes in one durable write after all others: whatever happens between, whoever
 * starts with this database sees the mark or has a whole store.
 */
import { ChunkMemory } from './chunk-memory.js';
import type { Operation } from './database.js';
import { DATA_RANGE, HALF_KEY, type KeyRange, keyAfter, LOG_RANGE, userKey } from './keys.js';
import { withoutSeal } from './seals.js';
import type { Chunk } from './sync-messages.js';
import type { LogPoint, SyncRequesterPort, SyncResult } from './sync-port.js';

const NOTHING = new Uint8Array(0);

export class SyncCopy {
  state: 'none' | 'wiping' | 'open' | 'copied' | 'completing' = 'none';
  /** The data are no state of the store: from before the mark is written until it is gone. */
  isHalf: boolean;
  /** As the user knows it; empty: there is none yet. */
  lastKey: Uint8Array = NOTHING;
  /** Of the snapshots that were copied from, the oldest and the newest; undefined: nothing was. */
  low: LogPoint | undefined;
  high = 0;
  /** Of keys and values. */
  bytes = 0;
  keys = 0;
  /** Given to the database, and not done. */
  writingBytes = 0;
  /** Of what was received and is not done. */
  readonly memory: ChunkMemory;
  /** Counts the beginnings: what is late from before one is told by it. */
  private generation = 0;
  private failed = false;

  constructor(
    private readonly port: SyncRequesterPort,
    /** A write is done. */
    private readonly onWritten: () => void,
    private readonly onFailed: (error: Error) => void,
  ) {
    const { chunkBytes, chunkHeadBytes, windowBytes, writingBytes } = port.limits;
    this.memory = new ChunkMemory(chunkBytes + chunkHeadBytes, Math.ceil((windowBytes + writingBytes) / chunkBytes));
    // A crash in the middle: all that is there goes.
    this.isHalf = port.database.get(HALF_KEY) !== undefined;
  }

  /** Marks the store half, wipes it, and then calls back, unless it was begun once more. */
  startOver(opened: () => void): void {
    this.forget();
    const generation = ++this.generation;
    this.state = 'wiping';
    this.isHalf = true;
    const mark: Operation = { type: 'put', key: HALF_KEY, value: NOTHING };
    // Durable, so all writes of before are done too, and what is read from here on has them.
    this.write([mark, ...this.port.replacing()], true, generation, () =>
      this.wipe(DATA_RANGE, generation, () =>
        this.wipe(LOG_RANGE, generation, () =>
          this.makeRoom(generation, () => {
            this.state = 'open';
            opened();
          }),
        ),
      ),
    );
  }

  /** Nothing of what is there is of use any more. */
  forget(): void {
    this.generation++;
    this.state = 'none';
    this.lastKey = NOTHING;
    this.low = undefined;
    this.high = 0;
    this.bytes = 0;
    this.keys = 0;
    this.memory.clear();
  }

  /** The chunk's keys are all after the last one. */
  take({ entries, version, epoch }: Chunk): void {
    if (this.low === undefined || version < this.low.version) this.low = { version, epoch };
    this.high = Math.max(this.high, version);
    const last = entries.at(-1);
    if (last === undefined) return;
    const isSealed = this.port.database.keepsSeals === true;
    let bytes = 0;
    const operations: Operation[] = [];
    for (const [key, value] of entries) {
      bytes += key.length + value.length;
      operations.push(
        isSealed ? { type: 'put', key, value, sealed: true } : { type: 'put', key, value: withoutSeal(value) },
      );
    }
    // Its own bytes, not the chunk's, which are used again.
    this.lastKey = userKey(last[0]).slice();
    this.bytes += bytes;
    this.keys += entries.length;
    this.writeChunk(operations, bytes, last[0].buffer);
  }

  /** All was taken and written. */
  close(): SyncResult {
    if (this.low === undefined) throw new Error('a copy of nothing');
    this.state = 'copied';
    return { low: this.low, high: this.high };
  }

  /** The store is whole: the mark goes. */
  complete(completed: () => void): void {
    this.state = 'completing';
    this.write([...this.port.completing(), { type: 'delete', key: HALF_KEY }], true, this.generation, () => {
      this.isHalf = false;
      this.forget();
      completed();
    });
  }

  private writeChunk(operations: readonly Operation[], bytes: number, memory: ArrayBufferLike): void {
    this.writingBytes += bytes;
    this.port.database.write(operations, false, (error) => {
      this.writingBytes -= bytes;
      if (error !== undefined) return this.fail(error);
      this.memory.giveBack(memory);
      this.onWritten();
    });
  }

  /** Step by step: the keys that were read go before the next are read. */
  private wipe(range: KeyRange, generation: number, wiped: () => void): void {
    const { wipeKeys, wipeBytes } = this.port.limits;
    this.port.database.range({ ...range, limit: wipeKeys, bytes: wipeBytes }, (error, entries) => {
      if (generation !== this.generation) return;
      if (error !== undefined) return this.fail(error);
      const last = entries.at(-1);
      if (last === undefined) return wiped();
      const rest = { from: keyAfter(last[0]), to: range.to };
      const deletes = entries.map(([key]): Operation => ({ type: 'delete', key }));
      this.write(deletes, false, generation, () => this.wipe(rest, generation, wiped));
    });
  }

  private makeRoom(generation: number, made: () => void): void {
    const { database } = this.port;
    if (database.makeRoom === undefined) return made();
    database.makeRoom(DATA_RANGE, (error) => {
      if (error !== undefined) return this.fail(error);
      if (generation === this.generation) made();
    });
  }

  /** `then` is called unless it was begun once more meanwhile. */
  private write(operations: readonly Operation[], durable: boolean, generation: number, then: () => void): void {
    this.port.database.write(operations, durable, (error) => {
      if (error !== undefined) return this.fail(error);
      if (generation === this.generation) then();
    });
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.onFailed(error);
  }
}
