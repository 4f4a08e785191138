/** Reads of LevelDB, as it is now or as a snapshot has it. */
import type { DatabaseReads, DatabaseSnapshot, Entry, Range, RangeDone } from './database.js';
import { storeCorrupt } from './database-errors.js';
import { FIRST_KEY, type Level } from './level-batches.js';
import { storeError } from './level-errors.js';
import { SEAL_BYTES, unseal } from './seals.js';

/** Entries that are taken out of LevelDB with one call, at most: so much memory it reserves before it looks. */
const ENTRIES_AT_ONCE = 10_000;
const MOST_BYTES = 2 ** 30;

type Snapshot = ReturnType<Level['snapshot']>;

export class LevelReads implements DatabaseReads {
  readonly keepsSeals = true;
  private readonly options;

  constructor(
    protected readonly level: Level,
    protected readonly where: string,
    protected readonly snapshot?: Snapshot,
  ) {
    const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
    this.options = snapshot === undefined ? encodings : { ...encodings, snapshot };
  }

  get(key: Uint8Array): Uint8Array | undefined {
    let sealed: Uint8Array | undefined;
    try {
      // Without options it is faster.
      sealed = this.snapshot === undefined ? this.level.getSync(key) : this.level.getSync(key, this.options);
    } catch (error) {
      throw storeError(this.where, error);
    }
    return sealed === undefined ? undefined : this.unsealed(key, sealed);
  }

  range(range: Range, done: RangeDone): void {
    this.hold();
    // The iterator sees what is there at the time of this call.
    this.collect(range)
      .finally(() => this.release())
      .then(
        (entries) => done(undefined, entries),
        (error) => done(storeError(this.where, error), []),
      );
  }

  /** A read is under way: what it reads from must stay. */
  protected hold(): void {}

  protected release(): void {}

  private async collect({ from, to, reverse = false, limit, bytes, sealed }: Range): Promise<Entry[]> {
    const entries: Entry[] = [];
    if (limit < 1) return entries;
    // LevelDB counts the seals too: with so much more one call is enough, unless the entries are very small.
    const extra = sealed === true ? 0 : Math.min(SEAL_BYTES * limit, bytes / 2);
    const iterator = this.level.iterator({
      ...this.options,
      gte: from.length === 0 ? FIRST_KEY : from,
      lt: to,
      reverse,
      highWaterMarkBytes: Math.min(bytes + extra, MOST_BYTES),
    });
    try {
      for (let taken = 0; ; ) {
        const some = await iterator.nextv(Math.min(limit - entries.length, ENTRIES_AT_ONCE));
        if (some.length === 0) return entries;
        for (const kept of some) {
          const entry: Entry = sealed === true ? kept : [kept[0], this.unsealed(...kept)];
          entries.push(entry);
          taken += entry[0].length + entry[1].length;
          if (entries.length >= limit || taken >= bytes) return entries;
        }
      }
    } finally {
      await iterator.close();
    }
  }

  private unsealed(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    const value = unseal(key, sealed);
    if (value !== undefined) return value;
    throw storeCorrupt(this.where, `a value of ${sealed.length} bytes does not have its checksum`);
  }
}

/** A snapshot of LevelDB that several use; when the last one releases it it is given back. */
export class SharedSnapshot {
  private users = 0;

  constructor(
    private readonly level: Level,
    private readonly where: string,
    private readonly snapshot: Snapshot,
  ) {}

  use(): DatabaseSnapshot {
    this.hold();
    return new LevelSnapshot(this.level, this.where, this.snapshot, this);
  }

  hold(): void {
    this.users++;
  }

  release(): void {
    this.users--;
    if (this.users === 0) void this.snapshot.close();
  }
}

class LevelSnapshot extends LevelReads implements DatabaseSnapshot {
  private closed = false;

  constructor(
    level: Level,
    where: string,
    snapshot: Snapshot,
    private readonly shared: SharedSnapshot,
  ) {
    super(level, where, snapshot);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.shared.release();
  }

  protected override hold(): void {
    this.shared.hold();
  }

  protected override release(): void {
    this.shared.release();
  }
}
