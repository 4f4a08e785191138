/**
 * What a requester has with one provider: asks it for the chunks after the last key that the copy has, and takes them in, each checked, until the last.
 * Ends by itself when that is written, or when the provider fails.
 *
 * Flow control: a chunk is replied to when it was given to the database and no more than `writingBytes` wait there. So a slow disk slows the provider, and
 * what is in memory here is that, and one window of the provider's.
 */
import type { Timer } from '../stack/environment.js';
import type { Entry } from './database.js';
import { compareKeys, DATA_RANGE, dataKey, VERSION_BYTES } from './keys.js';
import { SEAL_BYTES } from './seals.js';
import type { SyncCopy } from './sync-copy.js';
import { STALL_MS, SYNC_TIMEOUT_MS } from './sync-limits.js';
import { checksumAfter, type ReceivedChunk, type SyncStatement, writeSync } from './sync-messages.js';
import type { SyncRequesterPort } from './sync-port.js';

/** What is asked for, of whom. */
export interface FetchOrder {
  readonly provider: string;
  /** The requester's number of its attempt. */
  readonly sync: number;
  /** A snapshot older than this version is of no use. */
  readonly base: number;
}

export class SyncFetch {
  /** Of the whole store, as the provider says; 0: not known. */
  totalBytes = 0;
  /** Of the next chunk. */
  private number = 0;
  /** CRC-32 of the checksums of those before. */
  private before = 0;
  /** Of the provider's snapshot; undefined: no chunk has come. */
  private version: number | undefined;
  /** The last chunk that was taken and is not replied to; undefined: all are. */
  private owed: number | undefined;
  private lastTaken = false;
  private over = false;
  /** When a chunk came, or was replied to. */
  private movedAt: number;
  /** C_SyncTimeout, of this side: the provider was not heard of. */
  private syncTimeout: Timer;

  constructor(
    private readonly port: SyncRequesterPort,
    private readonly copy: SyncCopy,
    readonly order: FetchOrder,
    private readonly onDone: () => void,
    private readonly onFailed: (reason: string) => void,
  ) {
    this.movedAt = port.environment.now();
    this.syncTimeout = this.setSyncTimeout();
    this.send({ type: 'start-chunks', sync: order.sync, after: copy.lastKey });
  }

  isWith(from: string, sync: number): boolean {
    return !this.over && from === this.order.provider && sync === this.order.sync;
  }

  handleSyncChunk(chunk: ReceivedChunk): void {
    const wrong = this.whatIsWrong(chunk);
    if (wrong !== undefined) return this.fail(wrong);
    this.number++;
    this.before = checksumAfter(chunk.before, chunk.checksum);
    this.version = chunk.version;
    this.totalBytes = chunk.totalBytes;
    this.owed = chunk.number;
    this.lastTaken = chunk.last;
    this.copy.take(chunk);
    this.moved();
    this.written();
  }

  /** The provider lives. But one that sends nothing for ever does not count as living. */
  handleSyncHeartbeat(): void {
    this.send({ type: 'heartbeat-reply', sync: this.order.sync, role: 'provider' });
    const silentMs = this.port.environment.now() - this.movedAt;
    if (this.owed !== undefined || silentMs < STALL_MS) this.heardOf();
  }

  /** The database has done some of what it was given. */
  written(): void {
    if (this.over) return;
    const { writingBytes } = this.copy;
    if (this.owed !== undefined && writingBytes <= this.port.limits.writingBytes) {
      this.send({ type: 'chunk-reply', sync: this.order.sync, number: this.owed });
      this.owed = undefined;
      this.moved();
    }
    if (!this.lastTaken || writingBytes > 0) return;
    this.stop();
    this.onDone();
  }

  /** The provider has failed, or what it sends is not what it should be. */
  fail(reason: string): void {
    if (this.over) return;
    this.abort(reason);
    this.onFailed(`${this.order.provider}: ${reason}`);
  }

  /** The provider need not go on. */
  abort(reason: string): void {
    if (this.over) return;
    this.stop();
    this.send({ type: 'abort', sync: this.order.sync, role: 'provider', reason });
  }

  /** The provider is not told. */
  stop(): void {
    this.over = true;
    this.syncTimeout.cancel();
  }

  private whatIsWrong(chunk: ReceivedChunk): string | undefined {
    const { number, before, version } = this;
    const { base } = this.order;
    if (this.lastTaken) return 'it sent a chunk after the last one';
    if (chunk.number !== number) return `it sent chunk ${chunk.number} where ${number} was next`;
    if (chunk.before !== before) return `chunk ${number} follows others than those that came`;
    if (chunk.version < base)
      return `its store is of version ${chunk.version}, and the leader's log begins after ${base}`;
    if (chunk.version !== (version ?? chunk.version)) return `it changed from version ${version} to ${chunk.version}`;
    return this.areInOrder(chunk.entries) ? undefined : `chunk ${number} has keys or values that a store cannot have`;
  }

  private areInOrder(entries: readonly Entry[]): boolean {
    let lastKey = dataKey(this.copy.lastKey);
    for (const [key, value] of entries) {
      if (compareKeys(key, lastKey) <= 0 || value.length < VERSION_BYTES + SEAL_BYTES) return false;
      lastKey = key;
    }
    return compareKeys(lastKey, DATA_RANGE.to) < 0;
  }

  private moved(): void {
    this.movedAt = this.port.environment.now();
    this.heardOf();
  }

  private heardOf(): void {
    this.syncTimeout.cancel();
    if (!this.lastTaken) this.syncTimeout = this.setSyncTimeout();
  }

  private setSyncTimeout(): Timer {
    return this.port.environment.setTimer(SYNC_TIMEOUT_MS, () => {
      // It waits for the database here, not for the provider.
      if (this.owed !== undefined) this.heardOf();
      else this.fail(`it sent nothing for ${SYNC_TIMEOUT_MS} ms`);
    });
  }

  private send(message: SyncStatement): void {
    this.port.send(this.order.provider, writeSync(message));
  }
}
