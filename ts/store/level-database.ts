/** A database in a directory: LevelDB, by the package classic-level, which is not loaded before one is opened. */
import { mkdir, realpath } from 'node:fs/promises';
import type { Database, DatabaseSnapshot, Done, Operation, Range, RangeDone } from './database.js';
import { storeCorrupt, storeDisk, storeUnavailable } from './database-errors.js';
import {
  bytesIn,
  FIRST_KEY,
  type Level,
  LevelBatches,
  MARK,
  MARK_ALONE,
  MARK_KEY,
  type PutOrDelete,
  sumOfBytes,
} from './level-batches.js';
import { storeError } from './level-errors.js';
import { checkFiles } from './level-files.js';
import { LevelLogGuard } from './level-log-guard.js';
import { isDeleteRange, LevelRanges } from './level-ranges.js';
import { LevelReads, SharedSnapshot } from './level-reads.js';

/** Bytes of writes that become one batch of LevelDB, about: what waits meanwhile has one sync. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** Where none of them waits for a sync: a larger batch saves nothing, and its memory is given back late (see level-batches.ts). */
const GROUP_BYTES_UNSYNCED = 512 * 1024;

/** Two of them may be in memory, and are read when the database is opened. Bytes. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
/** After so many bytes of writes it is looked how much there is: a few lookups in the indexes of the tables. */
const LOOK_BYTES = 64 * 1024 * 1024;

/** Of blocks that were read lately. */
const CACHE_BYTES = 32 * 1024 * 1024;

const LAST_KEY = Uint8Array.of(0xff);

interface Write {
  /** Of the operations, about. */
  readonly bytes: number;
  readonly hasRange: boolean;
  readonly operations: readonly Operation[];
  readonly durable: boolean;
  readonly done: Done;
}

class LevelDatabase implements Database {
  readonly keepsSeals = true;
  private readonly now: LevelReads;
  private readonly batches: LevelBatches;
  private readonly ranges: LevelRanges;
  private waiting: Write[] = [];
  private busy = false;
  /** Of a write; all later ones have it too. */
  private failed: Error | undefined;
  private closing: Done | undefined;
  /** In the tables, when it was looked last; what was written since adds to it. */
  private tableBytes = 0;
  private writtenBytes = 0;
  /** What readers see while a write is half done. */
  private before: { readonly shared: SharedSnapshot; readonly reads: DatabaseSnapshot } | undefined;

  constructor(
    private readonly level: Level,
    private readonly guard: LevelLogGuard,
    private readonly where: string,
  ) {
    this.now = new LevelReads(level, where);
    this.batches = new LevelBatches(level, guard);
    this.ranges = new LevelRanges(level, this.batches);
  }

  /** Before anything else: sees whose it is, and ends what a crash came in between of. */
  async prepare(): Promise<void> {
    await this.look();
    const mark = this.now.get(MARK_KEY);
    if (mark === undefined) {
      const [first] = await this.level.keys({ gte: FIRST_KEY, limit: 1 }).all();
      if (first !== undefined) throw storeCorrupt(this.where, 'it is a database of another program');
      await this.batches.write([MARK_ALONE], MARK.length, true);
      // In a table for itself: together with another key it would be one that all other tables overlap (see makeRoom).
      return this.level.compactRange(MARK_KEY, MARK_KEY);
    }
    if (Buffer.compare(mark.subarray(0, MARK.length), MARK) !== 0) {
      throw storeCorrupt(this.where, 'it is of a version of consort that this one does not know');
    }
    if (mark.length > MARK.length) await this.ranges.goOn(mark);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return (this.before?.reads ?? this.now).get(key);
  }

  range(range: Range, done: RangeDone): void {
    (this.before?.reads ?? this.now).range(range, done);
  }

  snapshot(): DatabaseSnapshot {
    return (this.before?.shared ?? this.newSnapshot()).use();
  }

  get approximateBytes(): number {
    return this.tableBytes + this.writtenBytes;
  }

  write(operations: readonly Operation[], durable: boolean, done: Done): void {
    let bytes = 0;
    let hasRange = false;
    for (const operation of operations) {
      bytes += bytesIn(operation);
      if (isDeleteRange(operation)) hasRange = true;
    }
    this.waiting.push({ bytes, hasRange, operations, durable, done });
    if (!this.busy) void this.work();
  }

  /**
   * LevelDB puts a table straight to where it stays if its keys are not among those of another one. A table of what was written before may begin below the
   * range and end above it, and each one that comes would be merged with it, and so be written twice.
   */
  makeRoom({ from, to }: Pick<Range, 'from' | 'to'>, done: Done): void {
    this.level.compactRange(from, to).then(
      () => done(),
      (error) => done(storeError(this.where, error)),
    );
  }

  close(done: Done): void {
    this.closing = done;
    if (!this.busy) void this.work();
  }

  /** LevelDB has several threads write in any order, so there is one write at a time, of all that waits. */
  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      // A failed write leaves a part of itself in the log: what came after it would be behind a hole.
      if (this.failed === undefined) {
        try {
          await this.commit(group);
        } catch (error) {
          this.failed = storeError(this.where, error);
        }
      } else await undefined;
      for (const { done } of group) done(this.failed);
    }
    if (this.closing !== undefined) return this.end(this.closing);
    this.busy = false;
  }

  private takeGroup(): Write[] {
    let bytes = 0;
    let most = GROUP_BYTES_UNSYNCED;
    const last = this.waiting.findIndex((write) => {
      bytes += write.bytes;
      if (write.durable) most = GROUP_BYTES;
      return bytes >= most;
    });
    return this.waiting.splice(0, last < 0 ? this.waiting.length : last + 1);
  }

  private async commit(group: readonly Write[]): Promise<void> {
    const durable = group.some((write) => write.durable);
    const [first, second] = group as [Write, Write?];
    const operations = second === undefined ? first.operations : group.flatMap((write) => write.operations);
    if (group.some((write) => write.hasRange)) return this.commitRanges(operations, durable);
    const bytes = group.reduce((sum, write) => sum + write.bytes, 0);
    await this.batches.write(operations as readonly PutOrDelete[], bytes, durable);
    this.writtenBytes += bytes;
    if (this.writtenBytes >= LOOK_BYTES) await this.look();
  }

  private async look(): Promise<void> {
    this.tableBytes = await this.level.approximateSize(FIRST_KEY, LAST_KEY);
    this.writtenBytes = 0;
  }

  private async commitRanges(operations: readonly Operation[], durable: boolean): Promise<void> {
    const batch = await this.ranges.asOneBatch(operations);
    if (batch !== undefined) return this.batches.write(batch, sumOfBytes(batch), durable);
    return this.commitInPieces(operations, durable);
  }

  private async commitInPieces(operations: readonly Operation[], durable: boolean): Promise<void> {
    const shared = this.newSnapshot();
    const before = { shared, reads: shared.use() };
    this.before = before;
    await this.ranges.inPieces(operations, durable);
    // Where it fails, readers go on to see what was before.
    this.before = undefined;
    before.reads.close();
  }

  private async end(closing: Done): Promise<void> {
    try {
      this.before?.reads.close();
      await this.level.close();
      this.guard.close();
    } catch (error) {
      return closing(storeError(this.where, error));
    }
    closing();
  }

  private newSnapshot(): SharedSnapshot {
    return new SharedSnapshot(this.level, this.where, this.level.snapshot());
  }
}

/** Opens LevelDB, and makes the directory if there is none. See OpenDatabase. */
export async function openLevelDatabase(directory: string): Promise<Database> {
  const ClassicLevel = await loadLevel();
  const where = await madeDirectory(directory);
  await checkFiles(where);
  const level = new ClassicLevel<Uint8Array, Uint8Array>(where, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: WRITE_BUFFER_BYTES,
    cacheSize: CACHE_BYTES,
  });
  let guard: LevelLogGuard | undefined;
  try {
    await level.open();
    guard = await LevelLogGuard.open(where);
    const database = new LevelDatabase(level, guard, where);
    await database.prepare();
    return database;
  } catch (error) {
    await level.close();
    guard?.close();
    throw storeError(where, error);
  }
}

async function loadLevel() {
  try {
    return (await import('classic-level')).ClassicLevel;
  } catch (error) {
    throw storeUnavailable(error);
  }
}

/** By its one name: LevelDB takes a directory for another when it is named in another way, and a process does not lock itself out. */
async function madeDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    return await realpath(directory);
  } catch (error) {
    throw storeDisk(directory, error);
  }
}
