/**
 * What is committed, for whoever watches: read from the log, record by record, as fast as it is taken. So a watcher that is slow holds up nobody and
 * keeps nothing in memory but one record; one that is slower than the log is trimmed is told so, and never skips a version.
 */
import { ConsortAbortError, ConsortError } from '../base/errors.js';
import { WATCH_RECORDS_AT_ONCE } from './limits.js';
import type { LogEntry } from './record.js';
import { decoded } from './store-snapshot.js';

/** One key that a version has put or deleted. Those of one transaction have one version, and come in the order of its operations. */
export type StoreEvent<Bytes = Uint8Array> =
  | { readonly type: 'put'; readonly key: Bytes; readonly value: Bytes; readonly version: number }
  | { readonly type: 'delete'; readonly key: Bytes; readonly version: number };

/** The log of a replica, as a watcher reads it. */
export interface WatchedLog {
  /** Undefined: it is not committed yet, or trimmed. Only for reading. */
  entriesAt(version: number): { readonly first: number; readonly entries: readonly LogEntry[] } | undefined;
  isTrimmed(version: number): boolean;
}

export interface WatchSettings {
  readonly prefix: Uint8Array;
  readonly fromVersion: number;
  readonly isText: boolean;
  readonly signal: AbortSignal | undefined;
  /** Runs it when others have had their turn. */
  readonly defer: (callback: () => void) => void;
}

type AnyEvent = StoreEvent<Uint8Array | string>;

const DONE = { done: true, value: undefined } as const;

export class Watch implements AsyncIterableIterator<AnyEvent, undefined> {
  /** The next version to look at. */
  private version: number;
  /** Of one record, those that were not taken yet. */
  private events: AnyEvent[] = [];
  private taken = 0;
  private wake: (() => void) | undefined;
  private ended = false;
  private failure: Error | undefined;
  /** One `next()` after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly log: WatchedLog,
    private readonly settings: WatchSettings,
    private readonly onEnd: (watch: Watch) => void,
  ) {
    this.version = settings.fromVersion;
    const { signal } = settings;
    if (signal?.aborted === true) this.onAbort();
    else signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<AnyEvent, undefined>> {
    const result = this.last.then(() => this.take());
    this.last = result.catch(() => {});
    return result;
  }

  async return(): Promise<IteratorResult<AnyEvent, undefined>> {
    this.end(undefined);
    this.events = [];
    return DONE;
  }

  /** There is more to read, maybe. */
  notify(): void {
    this.wake?.();
  }

  /** Nothing more comes; what was read is still given. */
  end(failure: Error | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.settings.signal?.removeEventListener('abort', this.onAbort);
    this.onEnd(this);
    this.notify();
  }

  private readonly onAbort = (): void => {
    this.events = [];
    this.end(new ConsortAbortError(this.settings.signal?.reason));
  };

  private async take(): Promise<IteratorResult<AnyEvent, undefined>> {
    for (let records = 1; ; records++) {
      const event = this.events[this.taken];
      if (event !== undefined) {
        this.taken++;
        return { done: false, value: event };
      }
      if (this.ended) return this.finish();
      if (!this.read()) await this.more();
      else if (records % WATCH_RECORDS_AT_ONCE === 0) await new Promise<void>(this.settings.defer);
    }
  }

  private finish(): typeof DONE {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    return DONE;
  }

  /** The next record, if there is one. */
  private read(): boolean {
    const found = this.log.entriesAt(this.version);
    if (found === undefined) {
      if (this.log.isTrimmed(this.version)) this.end(trimmed(this.version));
      return this.ended;
    }
    this.taken = 0;
    this.events = [];
    let version = found.first;
    for (const { effects } of found.entries) {
      if (version >= this.version) for (const effect of effects) this.add(version, effect);
      version++;
    }
    this.version = version;
    return true;
  }

  private add(version: number, effect: LogEntry['effects'][number]): void {
    const { prefix, isText } = this.settings;
    if (!beginsWith(effect.key, prefix)) return;
    const key = decoded(new Uint8Array(effect.key), isText);
    if (effect.type === 'delete') this.events.push({ type: 'delete', key, version });
    else this.events.push({ type: 'put', key, value: decoded(new Uint8Array(effect.value), isText), version });
  }

  private async more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }
}

export function trimmed(version: number): ConsortError {
  return new ConsortError(
    'ERR_STORE_TRIMMED',
    `version ${version} is not in the log any more: it was trimmed, or the whole store was replaced; take a snapshot, and watch from the version after it`,
    { details: { version } },
  );
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}
