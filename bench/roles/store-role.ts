/** One replica of a store under load. */
import { once } from 'node:events';
import { ReplicatedStore, type StoreTransaction, type ThreadMode } from '../../ts/index.js';
import { MAX_VALUE_BYTES } from '../../ts/store/limits.js';
import type { Durability } from '../options.js';
import type { Place } from '../pool/place.js';
import { randomBytes } from '../verify/pattern.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import { MemoryWatch, ownBytes } from './memory-watch.js';
import { fsyncMicros, openPlainLevel, readsPerSecond } from './store-probes.js';

export interface StoreOpen {
  readonly groupName: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly directory: string;
  readonly durability: Durability;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly logBytes: number;
  readonly seed: number;
}

export interface StoreWrite {
  /** Tells the keys of this phase from those of others. */
  readonly phase: string;
  readonly writers: number;
  readonly seconds: number;
  readonly valueBytes: number;
}

/** The last write of one writer: whoever reads its key finds it. */
export interface LastWrite {
  readonly key: string;
  readonly number: number;
}

export interface StoreWritten {
  /** Of each write. */
  readonly micros: Float64Array;
  readonly last: readonly LastWrite[];
}

export interface StoreSynced {
  /** From when it began to take the whole store until it follows. */
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Keys that one writer puts in turns. */
const KEYS = 1000;
const FILL_OPERATIONS = 500;
const FILL_AT_ONCE = 4;
const READ_KEYS = 100_000;
/** Beside a writer's values: they are different, and can't be made shorter. */
const PATTERN_BYTES = 1 << 20;
/** A process that takes no more of a processor than this has nothing to do. */
const SETTLED_SHARE = 0.1;
const SETTLE_LOOK_MS = 200;
/** A writer that goes on until it is told to stop. */
interface Steady {
  stopped: boolean;
  readonly over: Promise<void>;
  writes: number;
  largestGapMs: number;
}

export class StoreRole {
  private store: ReplicatedStore | undefined;
  private pattern: Uint8Array = new Uint8Array(0);
  private steady: Steady | undefined;

  constructor(private readonly place: Place) {}

  /** Resolves when it leads or follows. */
  readonly open = async (options: StoreOpen): Promise<void> => {
    await this.make(options).open({ ready: true });
  };

  /** As `open`, of a replica that has nothing and takes the whole store. */
  readonly sync = async (options: StoreOpen): Promise<StoreSynced> => {
    const memory = new MemoryWatch(ownBytes);
    memory.start();
    const store = this.make(options);
    let startMs = 0;
    store.on('sync', () => {
      if (startMs === 0) startMs = performance.now();
    });
    await store.open({ ready: true });
    if (startMs === 0) throw new Error('it took what it lacked from the log, and not the whole store');
    return { seconds: (performance.now() - startMs) / 1000, peakBytes: memory.stop() };
  };

  readonly leads = async (_: undefined): Promise<boolean> => this.opened().status.state === 'leader';

  readonly fsync = async (folder: string): Promise<number> => fsyncMicros(folder);

  readonly write = async ({ phase, writers, seconds, valueBytes }: StoreWrite): Promise<StoreWritten> => {
    const store = this.opened();
    const endMs = performance.now() + seconds * 1000;
    const micros: number[] = [];
    const last = await Promise.all(
      Array.from({ length: writers }, async (_, writer): Promise<LastWrite> => {
        const prefix = `${phase}/${store.status.name}/${writer}`;
        for (let number = 0; ; number++) {
          const key = `${prefix}/${number % KEYS}`;
          const value = this.value(number, writer, valueBytes);
          const startMs = performance.now();
          await store.put(key, value);
          const nowMs = performance.now();
          micros.push((nowMs - startMs) * 1000);
          if (nowMs >= endMs) return { key, number };
        }
      }),
    );
    return { micros: Float64Array.from(micros), last };
  };

  /** All that was acknowledged is here. */
  readonly verify = async (written: readonly LastWrite[]): Promise<void> => {
    const store = this.opened();
    const values = await store.getMany(
      written.map(({ key }) => key),
      { read: 'linearizable' },
    );
    for (const [at, { key, number }] of written.entries()) {
      const value = values[at];
      const found = value && Buffer.from(value).readUInt32LE();
      if (found !== number) throw new UnverifiedError(`${key} has ${found}, and ${number} was acknowledged`);
    }
  };

  /** Of this replica's store, and of the database alone. */
  readonly reads = async ({ folder, seconds, valueBytes }: { folder: string; seconds: number; valueBytes: number }) => {
    const store = this.opened();
    const keys = Array.from({ length: READ_KEYS }, (_, number) => `read/${number}`);
    const value = this.value(0, 0, valueBytes);
    await this.inTransactions(keys, (transaction, key) => transaction.put(key, value));
    const level = await openPlainLevel(folder, keys, value);
    try {
      const plain = (key: string) => level.getSync(key);
      const ours = (key: string) => store.getSync(key);
      // In turns, so that both meet the same machine; the first turn warms up.
      for (const read of [plain, ours]) readsPerSecond(keys, 100, read);
      const turns = Array.from({ length: 3 }, () => ({
        database: readsPerSecond(keys, (seconds * 1000) / 6, plain),
        store: readsPerSecond(keys, (seconds * 1000) / 6, ours),
      }));
      const mean = (of: (turn: (typeof turns)[number]) => number) =>
        turns.reduce((sum, turn) => sum + of(turn), 0) / turns.length;
      return { readsPerSecond: mean(({ store }) => store), databaseReadsPerSecond: mean(({ database }) => database) };
    } finally {
      await level.close();
      // They are a tenth of the keys of a store that is synchronized, and hardly any of the bytes that are counted.
      await this.inTransactions(keys, (transaction, key) => transaction.delete(key));
    }
  };

  /** Keys of which each has a value of so many bytes. */
  readonly fill = async ({ keys, valueBytes }: { keys: number; valueBytes: number }): Promise<void> => {
    const store = this.opened();
    let next = 0;
    await Promise.all(
      Array.from({ length: FILL_AT_ONCE }, async () => {
        while (next < keys) {
          const transaction = store.transaction();
          for (let i = 0; i < FILL_OPERATIONS && next < keys; i++, next++) {
            transaction.put(`fill/${String(next).padStart(9, '0')}`, this.value(next, 0, valueBytes));
          }
          await transaction.commit();
        }
      }),
    );
  };

  /** Resolves when this process has nothing to do any more, or has had enough time: databases merge what they were filled with for seconds. */
  readonly settle = async ({ mostMs }: { readonly mostMs: number }): Promise<void> => {
    const endMs = performance.now() + mostMs;
    for (let before = process.cpuUsage(); performance.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
      const { user, system } = process.cpuUsage(before);
      if (user + system < SETTLE_LOOK_MS * 1000 * SETTLED_SHARE) return;
      before = process.cpuUsage();
    }
  };

  /** Writes, one after the other, until `endSteady`. */
  readonly beginSteady = async (valueBytes: number): Promise<void> => {
    const store = this.opened();
    let end: () => void = () => {};
    const steady: Steady = {
      stopped: false,
      over: new Promise((resolve) => (end = resolve)),
      writes: 0,
      largestGapMs: 0,
    };
    this.steady = steady;
    let lastMs = performance.now();
    const write = async () => {
      for (let number = 0; !steady.stopped; number++) {
        await store.put(`steady/${number % KEYS}`, this.value(number, 0, valueBytes)).then(
          () => {
            const nowMs = performance.now();
            steady.largestGapMs = Math.max(steady.largestGapMs, nowMs - lastMs);
            lastMs = nowMs;
            steady.writes++;
          },
          // In a view without a majority, in between: the next one may do.
          () => new Promise((resolve) => setTimeout(resolve, 1)),
        );
      }
      end();
    };
    void write();
    // It is under way.
    while (steady.writes < 10) await new Promise((resolve) => setTimeout(resolve, 1));
    steady.largestGapMs = 0;
  };

  /** The longest time between two writes that were acknowledged, and how many there were. */
  readonly endSteady = async (_: undefined): Promise<{ largestGapMs: number; writes: number }> => {
    const { steady } = this;
    if (steady === undefined) throw new Error('nothing was begun');
    steady.stopped = true;
    await steady.over;
    return { largestGapMs: steady.largestGapMs, writes: steady.writes };
  };

  /** Resolves when this replica has seen another leader than that of the beginning, and a write since. */
  readonly awaitOther = async (leader: string): Promise<void> => {
    const store = this.opened();
    while (store.status.leader === undefined || store.status.leader === leader) await once(store, 'status');
    const { steady } = this;
    const writes = steady?.writes ?? 0;
    while ((steady?.writes ?? 0) < writes + 10) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  readonly close = async (_: undefined): Promise<void> => {
    if (this.steady !== undefined) this.steady.stopped = true;
    const { store } = this;
    this.store = undefined;
    await store?.close();
  };

  private async inTransactions(
    keys: readonly string[],
    add: (to: StoreTransaction, key: string) => void,
  ): Promise<void> {
    const store = this.opened();
    for (let from = 0; from < keys.length; from += FILL_OPERATIONS) {
      const transaction = store.transaction();
      for (const key of keys.slice(from, from + FILL_OPERATIONS)) add(transaction, key);
      await transaction.commit();
    }
  }

  private make({ threads, seed, ...options }: StoreOpen): ReplicatedStore {
    this.pattern = randomBytes(PATTERN_BYTES + MAX_VALUE_BYTES, seed);
    this.store = new ReplicatedStore({
      ...options,
      address: `${this.place.host}:0`,
      threadMode: threads,
      seed,
      errorHandler: () => {},
    });
    return this.store;
  }

  private opened(): ReplicatedStore {
    if (this.store === undefined) throw new Error('there is no store');
    return this.store;
  }

  /** Its first bytes are the number, the rest is random. */
  private value(number: number, writer: number, bytes: number): Uint8Array {
    const from = (number * 4099 + writer * 31) % PATTERN_BYTES;
    const value = Buffer.from(this.pattern.subarray(from, from + bytes));
    value.writeUInt32LE(number);
    return value;
  }
}
