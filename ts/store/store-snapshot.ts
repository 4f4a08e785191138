/** The whole store as one version left it, for as long as it is needed: what is committed meanwhile does not change it. */
import { throwIfAborted } from '../api/abort.js';
import { invalidArgument } from '../base/checks.js';
import { ConsortError } from '../base/errors.js';
import type { DatabaseReads, DatabaseSnapshot, Entry } from './database.js';
import { compareKeys, DATA_RANGE, dataKey, keyAfter, userKey } from './keys.js';
import { PAGE_BYTES, PAGE_ENTRIES } from './limits.js';
import { type Versioned, versioned } from './overlay.js';
import { boundBytes, checkReadOptions, keyBytes, type ReadOptions, type StoreBytes } from './store-arguments.js';

/** Which entries, and in what order. */
export interface EntriesOptions extends ReadOptions {
  /** Of keys that begin so. */
  readonly prefix?: StoreBytes | undefined;
  /** From this key on, itself included. */
  readonly from?: StoreBytes | undefined;
  /** Up to this key, itself not included. */
  readonly to?: StoreBytes | undefined;
  /** From the last to the first. */
  readonly reverse?: boolean | undefined;
  /** So many at most. */
  readonly limit?: number | undefined;
}

export interface StoreEntry<Bytes = Uint8Array> {
  readonly key: Bytes;
  readonly value: Bytes;
  /** The version that wrote it. */
  readonly version: number;
}

export interface StoreValue<Bytes = Uint8Array> {
  readonly value: Bytes;
  readonly version: number;
}

/** Reads that give text, where text is asked for. */
export type TextOptions = { readonly encoding: 'utf8' };
export type SnapshotReadOptions = Pick<ReadOptions, 'encoding'>;

interface CheckedEntries {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly reverse: boolean;
  readonly limit: number;
  readonly isText: boolean;
  readonly signal: AbortSignal | undefined;
}

export class StoreSnapshot implements AsyncDisposable {
  readonly #database: DatabaseSnapshot;
  readonly #onClose: (snapshot: StoreSnapshot) => void;
  #isClosed = false;
  /** Reads of it that are under way; it is closed after the last of them. */
  #reading = 0;
  /** All up to this version is in it, and nothing after it. */
  readonly version: number;
  /** Whether this replica had no quorum when it was taken: the others may be further. */
  readonly stale: boolean;

  /** @param onClose it is closed, or is to be, as soon as nobody reads from it */
  constructor(
    database: DatabaseSnapshot,
    { version, stale }: { readonly version: number; readonly stale: boolean },
    onClose: (snapshot: StoreSnapshot) => void,
  ) {
    this.#database = database;
    this.#onClose = onClose;
    this.version = version;
    this.stale = stale;
  }

  get(key: StoreBytes, options: SnapshotReadOptions & TextOptions): Promise<string | undefined>;
  get(key: StoreBytes, options?: SnapshotReadOptions): Promise<Uint8Array | undefined>;
  async get(key: StoreBytes, options?: SnapshotReadOptions): Promise<Uint8Array | string | undefined> {
    const isText = checkReadOptions(options).encoding !== undefined;
    const found = this.#find(key);
    return found && decoded(found.value, isText);
  }

  getWithVersion(key: StoreBytes, options: SnapshotReadOptions & TextOptions): Promise<StoreValue<string> | undefined>;
  getWithVersion(key: StoreBytes, options?: SnapshotReadOptions): Promise<StoreValue | undefined>;
  async getWithVersion(
    key: StoreBytes,
    options?: SnapshotReadOptions,
  ): Promise<StoreValue<Uint8Array | string> | undefined> {
    const isText = checkReadOptions(options).encoding !== undefined;
    const found = this.#find(key);
    return found && { value: decoded(found.value, isText), version: found.version };
  }

  getMany(keys: Iterable<StoreBytes>, options: SnapshotReadOptions & TextOptions): Promise<(string | undefined)[]>;
  getMany(keys: Iterable<StoreBytes>, options?: SnapshotReadOptions): Promise<(Uint8Array | undefined)[]>;
  async getMany(
    keys: Iterable<StoreBytes>,
    options?: SnapshotReadOptions,
  ): Promise<(Uint8Array | string | undefined)[]> {
    const isText = checkReadOptions(options).encoding !== undefined;
    return [...keys].map((key) => {
      const found = this.#find(key);
      return found && decoded(found.value, isText);
    });
  }

  /** In the order of their keys, some of them in memory at a time. */
  entries(options: EntriesOptions & TextOptions): AsyncGenerator<StoreEntry<string>, void>;
  entries(options?: EntriesOptions): AsyncGenerator<StoreEntry, void>;
  entries(options?: EntriesOptions): AsyncGenerator<StoreEntry<Uint8Array | string>, void> {
    return this.#walk(checkEntries(options));
  }

  /** It holds on to what was overwritten since: close it when it is not needed any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose(this);
    if (this.#reading === 0) this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #find(key: StoreBytes): Versioned | undefined {
    this.#checkOpen();
    const bytes = this.#database.get(dataKey(keyBytes(key)));
    return bytes && versioned(bytes);
  }

  async *#walk({ from, to, reverse, limit, isText, signal }: CheckedEntries) {
    let left = limit;
    let low = from;
    let high = to;
    while (left > 0 && compareKeys(low, high) < 0) {
      throwIfAborted(signal);
      const most = Math.min(left, PAGE_ENTRIES);
      const page = await this.#page({ from: low, to: high, reverse, limit: most, bytes: PAGE_BYTES });
      const last = page.at(-1);
      if (last === undefined) return;
      if (reverse) high = last[0];
      else low = keyAfter(last[0]);
      left -= page.length;
      for (const [key, bytes] of page) {
        throwIfAborted(signal);
        const { value, version } = versioned(bytes);
        yield { key: decoded(userKey(key), isText), value: decoded(value, isText), version };
      }
    }
  }

  async #page(range: Parameters<DatabaseReads['range']>[0]): Promise<readonly Entry[]> {
    this.#checkOpen();
    this.#reading++;
    try {
      return await new Promise((resolve, reject) => {
        this.#database.range(range, (error, entries) => {
          if (error === undefined) resolve(entries);
          else reject(error);
        });
      });
    } finally {
      this.#reading--;
      if (this.#isClosed && this.#reading === 0) this.#database.close();
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ConsortError('ERR_CLOSED', 'the snapshot is closed; take another one');
  }
}

/** @throws ConsortError */
export function checkEntries(given: unknown): CheckedEntries {
  const options = checkReadOptions(given, ['prefix', 'from', 'to', 'reverse', 'limit']);
  const { prefix, from, to, reverse = false, limit = Number.MAX_SAFE_INTEGER, signal } = options;
  if (typeof reverse !== 'boolean') throw invalidArgument('options.reverse', reverse, 'true or false');
  if (!Number.isSafeInteger(limit) || (limit as number) < 0) {
    throw invalidArgument('options.limit', limit, 'an integer from 0 on');
  }
  let low = DATA_RANGE.from;
  let high = DATA_RANGE.to;
  if (prefix !== undefined) {
    low = dataKey(boundBytes(prefix, 'options.prefix'));
    high = afterPrefix(low);
  }
  if (from !== undefined) low = later(low, dataKey(boundBytes(from, 'options.from')));
  if (to !== undefined) {
    const bound = dataKey(boundBytes(to, 'options.to'));
    if (compareKeys(bound, high) < 0) high = bound;
  }
  return {
    from: low,
    to: high,
    reverse,
    limit: limit as number,
    isText: options.encoding !== undefined,
    signal,
  };
}

export function decoded(bytes: Uint8Array, isText: boolean): Uint8Array | string {
  if (!isText) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function later(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareKeys(a, b) < 0 ? b : a;
}

/** The first key after all that begin so; what is data begins with a byte that is not the last one there is. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  let end = prefix.length;
  while (prefix[end - 1] === 0xff) end--;
  const after = prefix.slice(0, end);
  after[end - 1] = (after[end - 1] as number) + 1;
  return after;
}
