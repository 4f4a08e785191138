/**
 * A replica of a durable store of keys and values, which all replicas change in one order. What is committed a majority has on its disks; docs/store.md
 * tells what that promises.
 *
 * `put` and `getSync` run for every key: beyond checks and copies they do what the replica does, and no more.
 */
import { EventEmitter } from 'node:events';
import { abortable, throwIfAborted } from '../api/abort.js';
import { systemEnvironment } from '../api/environment.js';
import { ErrorReport } from '../api/error-report.js';
import { invalidArgument, record } from '../base/checks.js';
import type { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import type { Replica } from './replica.js';
import { readApplied } from './replica-meta.js';
import type { SyncProgress } from './replica-port.js';
import {
  boundBytes,
  checkReadOptions,
  checkSignal,
  checkSignalOptions,
  keyBytes,
  type ReadOptions,
  type SignalOptions,
  type StoreBytes,
  valueBytes,
  versionNumber,
} from './store-arguments.js';
import { StoreLife } from './store-life.js';
import { checkStoreOptions, type ReplicatedStoreOptions } from './store-options.js';
import {
  checkEntries,
  decoded,
  type EntriesOptions,
  type StoreEntry,
  StoreSnapshot,
  type StoreValue,
  type TextOptions,
} from './store-snapshot.js';
import { Standing, type StoreStatus } from './store-standing.js';
import { StoreTransaction } from './store-transaction.js';
import type { Effect, Outcome, Transaction } from './transaction.js';
import { type StoreEvent, trimmed, Watch } from './watch.js';

/** Listeners: `store.on('status', (status) => ...)`. */
export interface ReplicatedStoreEvents {
  /** Its state, its epoch, its leader or who is there is another one. */
  status: [status: StoreStatus];
  /** How far it is with taking the whole store from another replica. */
  sync: [progress: SyncProgress];
  error: [error: Error];
}

export interface OpenOptions extends SignalOptions {
  /** Whether `open()` waits for `whenReady()`, too. */
  readonly ready?: boolean | undefined;
}

export interface SnapshotOptions extends SignalOptions {
  readonly read?: ReadOptions['read'];
}

export interface WatchOptions extends SignalOptions {
  /** The first version to be told of. Default: the next one. */
  readonly fromVersion?: number | undefined;
  readonly encoding?: ReadOptions['encoding'];
}

export class ReplicatedStore extends EventEmitter<ReplicatedStoreEvents> implements AsyncDisposable {
  readonly #life: StoreLife;
  readonly #errors: ErrorReport;
  readonly #standing: Standing;
  readonly #watches = new Set<Watch>();
  readonly #snapshots = new Set<StoreSnapshot>();
  /** Calls that wait until this replica is in step with a quorum. */
  readonly #unready = new Set<() => void>();

  /** @throws ConsortArgumentError when an option is wrong; see docs/store.md for the options */
  constructor(options: ReplicatedStoreOptions) {
    super({ captureRejections: true });
    const checked = checkStoreOptions(options);
    this.#standing = new Standing(checked.name, checked.members);
    this.#errors = new ErrorReport({
      errorHandler: checked.errorHandler,
      emitError: (error) => this.listenerCount('error') > 0 && this.emit('error', error),
    });
    this.#life = new StoreLife(checked, {
      onStatus: () => this.#statusChanged(),
      onApplied: () => {
        for (const watch of this.#watches) watch.notify();
      },
      onEnd: (failure) => this.#end(failure),
      report: (error) => this.#errors.report(error),
    });
  }

  /** Opens the database and joins the group; resolves when the replica is in it, alone perhaps. */
  async open(options: OpenOptions = {}): Promise<void> {
    const { ready, signal } = record(options, 'options', ['ready', 'signal']);
    if (ready !== undefined && typeof ready !== 'boolean')
      throw invalidArgument('options.ready', ready, 'true or false');
    await this.#life.open(checkSignal(signal));
    if (ready === true) await this.whenReady({ signal: checkSignal(signal) });
  }

  /** Resolves when this replica leads, or follows and has caught up: it can be read, and what is put is committed. */
  async whenReady(options?: SignalOptions): Promise<void> {
    const signal = checkSignalOptions(options);
    throwIfAborted(signal);
    if (isReady(this.#life.use('whenReady()'))) return;
    let ready: (() => void) | undefined;
    try {
      await this.#life.wait<void>((done) => {
        ready = done;
        this.#unready.add(done);
      }, signal);
    } finally {
      if (ready !== undefined) this.#unready.delete(ready);
    }
  }

  /** Leaves the group and closes the database; what is under way rejects. For good. May be called at any time, any number of times. */
  close(): Promise<void> {
    return this.#life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Undefined: there is no such key. */
  get(key: StoreBytes, options: ReadOptions & TextOptions): Promise<string | undefined>;
  get(key: StoreBytes, options?: ReadOptions): Promise<Uint8Array | undefined>;
  async get(key: StoreBytes, options?: ReadOptions): Promise<Uint8Array | string | undefined> {
    if (options === undefined) return this.getSync(key);
    return (await this.getWithVersion(key, options))?.value;
  }

  /** As `get`, without a promise; it blocks for a read of the disk where the value is in no cache. It can't read 'linearizable'. */
  getSync(key: StoreBytes, options: Omit<ReadOptions, 'signal'> & TextOptions): string | undefined;
  getSync(key: StoreBytes, options?: Omit<ReadOptions, 'signal'>): Uint8Array | undefined;
  getSync(key: StoreBytes, options?: Omit<ReadOptions, 'signal'>): Uint8Array | string | undefined {
    const { read, encoding } = checkReadOptions(options);
    if (read === 'linearizable') throw invalidArgument('options.read', read, "'local' or 'stale' with getSync()");
    const replica = this.#life.use('getSync()');
    this.#standing.check(replica, read);
    const found = replica.get(keyBytes(key));
    return found && decoded(found.value, encoding !== undefined);
  }

  /** With the version that wrote it, for `compareVersion`. */
  getWithVersion(key: StoreBytes, options: ReadOptions & TextOptions): Promise<StoreValue<string> | undefined>;
  getWithVersion(key: StoreBytes, options?: ReadOptions): Promise<StoreValue | undefined>;
  async getWithVersion(key: StoreBytes, options?: ReadOptions): Promise<StoreValue<Uint8Array | string> | undefined> {
    const bytes = keyBytes(key);
    const checked = checkReadOptions(options);
    const found = (await this.#readable('getWithVersion()', checked)).get(bytes);
    return found && { value: decoded(found.value, checked.encoding !== undefined), version: found.version };
  }

  /** All of one state: of no transaction that changes several of them only a part. */
  getMany(keys: Iterable<StoreBytes>, options: ReadOptions & TextOptions): Promise<(string | undefined)[]>;
  getMany(keys: Iterable<StoreBytes>, options?: ReadOptions): Promise<(Uint8Array | undefined)[]>;
  async getMany(keys: Iterable<StoreBytes>, options?: ReadOptions): Promise<(Uint8Array | string | undefined)[]> {
    const bytes = Array.from(keys, (key, index) => keyBytes(key, `keys[${index}]`));
    const checked = checkReadOptions(options);
    const replica = await this.#readable('getMany()', checked);
    return bytes.map((key) => {
      const found = replica.get(key);
      return found && decoded(found.value, checked.encoding !== undefined);
    });
  }

  /** In the order of their keys, of one version, some of them in memory at a time. */
  entries(options: EntriesOptions & TextOptions): AsyncGenerator<StoreEntry<string>, void>;
  entries(options?: EntriesOptions): AsyncGenerator<StoreEntry, void>;
  entries(options: EntriesOptions = {}): AsyncGenerator<StoreEntry<Uint8Array | string>, void> {
    checkEntries(options);
    return this.#entries(options);
  }

  /** Resolves when a majority has it, with the version that it is in. When `signal` gives it up it may still happen. */
  put(key: StoreBytes, value: StoreBytes, options?: SignalOptions): Promise<number> {
    try {
      return this.#write('put()', { type: 'put', key: keyBytes(key), value: valueBytes(value) }, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A key that is not there may be deleted, too. */
  delete(key: StoreBytes, options?: SignalOptions): Promise<number> {
    try {
      return this.#write('delete()', { type: 'delete', key: keyBytes(key) }, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Several operations that happen together or not at all: `store.transaction().compare(...).put(...).delete(...).commit()`. */
  transaction(): StoreTransaction {
    return new StoreTransaction((transaction, options) => this.#submit('commit()', transaction, options, asItIs));
  }

  /**
   * What is committed to keys that begin with `prefix`, in order, none left out; it is read from the log when the loop asks for it. Ends when the store
   * is closed.
   */
  watch(prefix: StoreBytes, options: WatchOptions & TextOptions): AsyncIterableIterator<StoreEvent<string>, undefined>;
  watch(prefix?: StoreBytes, options?: WatchOptions): AsyncIterableIterator<StoreEvent, undefined>;
  watch(
    prefix: StoreBytes = '',
    options: WatchOptions = {},
  ): AsyncIterableIterator<StoreEvent<Uint8Array | string>, undefined> {
    const { fromVersion, encoding, signal } = checkReadOptions(options, ['fromVersion']);
    const replica = this.#life.use('watch()');
    const from = fromVersion === undefined ? undefined : versionNumber(fromVersion, 'options.fromVersion', 1);
    if (from === undefined) this.#standing.check(replica, 'stale');
    else if (replica.isTrimmed(from)) throw trimmed(from);
    const watch = new Watch(
      replica,
      {
        prefix: boundBytes(prefix, 'prefix'),
        fromVersion: from ?? replica.lastApplied + 1,
        isText: encoding !== undefined,
        signal,
        defer: systemEnvironment.defer,
      },
      (ended) => this.#watches.delete(ended),
    );
    if (signal?.aborted !== true) this.#watches.add(watch);
    return watch;
  }

  /** The whole store as it is now, for reads that belong together. Close it afterwards. */
  async snapshot(options: SnapshotOptions = {}): Promise<StoreSnapshot> {
    const { read, signal } = checkReadOptions(options);
    const replica = await this.#readable('snapshot()', { read, signal });
    await this.#life.wait<void>((done) => replica.whenWritten(done), signal);
    // It may have begun to take another one's store meanwhile.
    this.#standing.check(this.#life.use('snapshot()'), 'stale');
    const database = this.#life.database('snapshot()').snapshot();
    const { version } = readApplied(database);
    const stale = this.#standing.isStale(replica);
    const snapshot = new StoreSnapshot(database, { version, stale }, (closed) => this.#snapshots.delete(closed));
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  /** The first version that is in the log: from here on it can be watched. */
  get firstCommitted(): number {
    return this.status.firstCommitted;
  }

  /** The last version that this replica knows to be committed. */
  get lastCommitted(): number {
    return this.status.lastCommitted;
  }

  get status(): StoreStatus {
    const { anyReplica, isClosed, failure } = this.#life;
    return this.#standing.status(anyReplica, isClosed, failure);
  }

  /** Where the member of the group is bound (UDP); known once the store is open. */
  get address(): Address | undefined {
    return this.#life.address;
  }

  /** Where Node brings the rejections of async listeners. */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: unknown, ..._: unknown[]): void {
    this.#errors.callbackFailed(`a listener of '${String(event)}'`, error);
  }

  /** The replica, when it may be read so. */
  async #readable(call: string, { read, signal }: ReadOptions): Promise<Replica> {
    throwIfAborted(signal);
    const replica = this.#life.use(call);
    if (read !== 'linearizable') {
      this.#standing.check(replica, read);
      return replica;
    }
    await this.#life.wait<void>((done) => replica.barrier(done), signal);
    this.#standing.check(this.#life.use(call), 'stale');
    return replica;
  }

  async *#entries(options: EntriesOptions) {
    const { read, signal, ...which } = options;
    const snapshot = await this.snapshot({ read, signal });
    try {
      yield* snapshot.entries({ ...which, signal });
    } finally {
      snapshot.close();
    }
  }

  #write(call: string, effect: Effect, options: SignalOptions | undefined): Promise<number> {
    return this.#submit(call, { compares: NO_COMPARES, effects: [effect] }, options, versionOf);
  }

  /** One promise for one transaction, and none beside it: there are many. */
  #submit<T>(
    call: string,
    transaction: Transaction,
    options: SignalOptions | undefined,
    result: (outcome: Outcome) => T,
  ): Promise<T> {
    const signal = checkSignalOptions(options);
    throwIfAborted(signal);
    const replica = this.#life.use(call);
    const promise = new Promise<T>((resolve, reject) => {
      replica.submit(transaction, (error, outcome) => {
        if (outcome === undefined) reject(error);
        else resolve(result(outcome));
      });
    });
    return signal === undefined ? promise : abortable(promise, signal);
  }

  #statusChanged(): void {
    const { anyReplica: replica } = this.#life;
    if (replica === undefined) return;
    this.#standing.changed(replica.state);
    if (this.#unready.size > 0 && isReady(replica)) for (const ready of this.#unready) ready();
    const { status } = this;
    if (this.#standing.isNews(status)) this.#errors.guard("a listener of 'status'", () => this.emit('status', status));
    const { sync } = status;
    if (sync !== undefined) this.#errors.guard("a listener of 'sync'", () => this.emit('sync', sync));
  }

  #end(failure: ConsortError | undefined): void {
    for (const watch of this.#watches) watch.end(failure);
    for (const snapshot of this.#snapshots) snapshot.close();
  }
}

const NO_COMPARES: Transaction['compares'] = Object.freeze([]);

function versionOf({ version }: Outcome): number {
  return version;
}

function asItIs(outcome: Outcome): Outcome {
  return outcome;
}

function isReady({ state }: Replica): boolean {
  return state === 'leader' || state === 'follower';
}
