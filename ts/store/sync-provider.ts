/**
 * The provider of full synchronizations: sends the store as it was at one version, from a snapshot, chunk by chunk from the key after the last one. What
 * was sent and not replied to stays within a window, so a store of any size needs no more memory than that, and a slow requester slows only itself down.
 *
 * One snapshot for each requester: whoever asks again gets another one, of a later version.
 */
import type { Timer } from '../stack/environment.js';
import type { Entry } from './database.js';
import { DATA_RANGE, dataKey, keyAfter } from './keys.js';
import { ReadAhead } from './read-ahead.js';
import { seal } from './seals.js';
import { HEARTBEAT_MS, STALL_MS, SYNC_TIMEOUT_MS } from './sync-limits.js';
import { checksumAfter, checksumOf, writeChunk, writeSync } from './sync-messages.js';
import type { StoreSnapshot, SyncProviderPort } from './sync-port.js';

/** One requester that is sent chunks. */
interface SyncEntity {
  readonly requester: string;
  readonly sync: number;
  readonly store: StoreSnapshot;
  /** In the database; the next read begins here. */
  nextKey: Uint8Array;
  /** And was not sent. */
  readonly read: ReadAhead;
  /** The snapshot is being read. */
  reading: boolean;
  allRead: boolean;
  /** Of the next chunk. */
  number: number;
  /** CRC-32 of the checksums of those before. */
  before: number;
  /** Chunks that were sent and not replied to, the oldest first. */
  readonly unreplied: { readonly number: number; readonly bytes: number }[];
  unrepliedBytes: number;
  lastSent: boolean;
  over: boolean;
  /** When a chunk was replied to for the last time. */
  repliedAt: number;
  /** C_SyncTimeout: the requester was not heard of. */
  syncTimeout: Timer;
  heartbeat: Timer;
}

export class SyncProvider {
  /** By the requester's name. */
  private readonly syncEntities = new Map<string, SyncEntity>();
  /** Of a chunk, until it is sent. */
  private memory: Uint8Array | undefined;

  constructor(private readonly port: SyncProviderPort) {}

  /** Names of those who get the store from here. */
  get requesters(): readonly string[] {
    return [...this.syncEntities.keys()];
  }

  handleSyncStartChunks(from: string, sync: number, after: Uint8Array): void {
    this.syncProviderCleanup(from);
    if (this.syncEntities.size >= this.port.limits.mostSyncs)
      return this.sendAbort(from, sync, 'it provides for others already');
    const store = this.port.openSnapshot();
    if (store === undefined) return this.sendAbort(from, sync, 'it has no whole store itself');
    this.syncSendChunks(this.addSyncEntity(from, sync, store, after));
  }

  handleSyncChunkReply(from: string, sync: number, number: number): void {
    const entity = this.getSyncEntity(from, sync);
    // Nobody can reply to what was not sent.
    if (entity === undefined || number >= entity.number) return;
    const { unreplied } = entity;
    for (let oldest = unreplied[0]; oldest !== undefined && oldest.number <= number; oldest = unreplied[0]) {
      unreplied.shift();
      entity.unrepliedBytes -= oldest.bytes;
    }
    entity.repliedAt = this.port.environment.now();
    this.heardOf(entity);
    if (entity.lastSent && unreplied.length === 0) return this.syncProviderCleanup(from);
    this.syncSendChunks(entity);
  }

  /** The requester lives. But one that replies to nothing for ever does not count as living. */
  handleSyncHeartbeatReply(from: string, sync: number): void {
    const entity = this.getSyncEntity(from, sync);
    if (entity === undefined) return;
    if (entity.unrepliedBytes === 0) entity.repliedAt = this.port.environment.now();
    if (this.port.environment.now() - entity.repliedAt < STALL_MS) this.heardOf(entity);
  }

  /** The requester wants no more of it. */
  handleSyncAbort(from: string, sync: number): void {
    if (this.getSyncEntity(from, sync) !== undefined) this.syncProviderCleanup(from);
  }

  /** The port is not full any more. */
  drained(): void {
    for (const entity of [...this.syncEntities.values()]) this.syncSendChunks(entity);
  }

  /** The view is over, or this replica has no whole store any more. Nobody is told: all of the view know. */
  resetSync(): void {
    for (const requester of this.requesters) this.syncProviderCleanup(requester);
  }

  private getSyncEntity(requester: string, sync: number): SyncEntity | undefined {
    const entity = this.syncEntities.get(requester);
    return entity?.sync === sync ? entity : undefined;
  }

  private addSyncEntity(requester: string, sync: number, store: StoreSnapshot, after: Uint8Array): SyncEntity {
    const entity: SyncEntity = {
      requester,
      sync,
      store,
      nextKey: after.length === 0 ? DATA_RANGE.from : keyAfter(dataKey(after)),
      read: new ReadAhead(),
      reading: false,
      allRead: false,
      number: 0,
      before: 0,
      unreplied: [],
      unrepliedBytes: 0,
      lastSent: false,
      over: false,
      repliedAt: this.port.environment.now(),
      syncTimeout: this.setSyncTimeout(requester),
      heartbeat: this.setHeartbeat(requester, sync),
    };
    this.syncEntities.set(requester, entity);
    return entity;
  }

  /** As many as the window has room for. What comes after them is read meanwhile. */
  private syncSendChunks(entity: SyncEntity): void {
    this.readAhead(entity);
    while (this.mayHaveMore(entity)) {
      const entries = this.takeChunk(entity);
      if (entries.length === 0 && !entity.allRead) return;
      this.sendChunk(entity, entries);
      this.readAhead(entity);
    }
  }

  private mayHaveMore({ over, lastSent, unrepliedBytes }: SyncEntity): boolean {
    return !over && !lastSent && unrepliedBytes < this.port.limits.windowBytes && !this.port.isFull;
  }

  /** One read at a time, and not while as much as one brings is there. */
  private readAhead(entity: SyncEntity): void {
    const { store, reading, allRead, over } = entity;
    const { readBytes, chunkKeys } = this.port.limits;
    if (over || reading || allRead || entity.read.bytes >= readBytes) return;
    entity.reading = true;
    const isSealed = store.snapshot.keepsSeals === true;
    const range = { from: entity.nextKey, to: DATA_RANGE.to, limit: chunkKeys, bytes: readBytes };
    store.snapshot.range(isSealed ? { ...range, sealed: true } : range, (error, entries) => {
      entity.reading = false;
      if (entity.over) return store.snapshot.close();
      if (error !== undefined) return this.giveUp(entity, `it cannot read its store: ${error.message}`);
      this.wasRead(entity, isSealed ? entries : entries.map(([key, value]): Entry => [key, seal(key, value)]));
      this.syncSendChunks(entity);
    });
  }

  /** No entries: that was all. */
  private wasRead(entity: SyncEntity, entries: readonly Entry[]): void {
    const last = entries.at(-1);
    entity.allRead = last === undefined;
    if (last !== undefined) entity.nextKey = keyAfter(last[0]);
    entity.read.push(entries);
  }

  private takeChunk({ read }: SyncEntity): readonly Entry[] {
    const { chunkBytes, chunkKeys } = this.port.limits;
    return read.take(chunkBytes, chunkKeys);
  }

  /** No entries: that was all. */
  private sendChunk(entity: SyncEntity, entries: readonly Entry[]): void {
    const { sync, number, before, store, requester } = entity;
    const { version, epoch, totalBytes } = store;
    const last = entries.length === 0;
    const chunk = { sync, number, version, epoch, totalBytes, last, before, entries };
    const { chunkBytes, chunkHeadBytes } = this.port.limits;
    this.memory ??= new Uint8Array(chunkBytes + chunkHeadBytes);
    const bytes = writeChunk({ type: 'chunk', ...chunk }, this.memory);
    entity.number++;
    entity.before = checksumAfter(before, checksumOf(bytes));
    entity.lastSent = last;
    entity.unreplied.push({ number, bytes: bytes.length });
    entity.unrepliedBytes += bytes.length;
    this.port.send(requester, bytes);
  }

  private setSyncTimeout(requester: string): Timer {
    return this.port.environment.setTimer(SYNC_TIMEOUT_MS, () => this.syncTimeout(requester));
  }

  private syncTimeout(requester: string): void {
    const entity = this.syncEntities.get(requester);
    if (entity !== undefined) this.giveUp(entity, `nothing was heard of the requester for ${SYNC_TIMEOUT_MS} ms`);
  }

  private heardOf(entity: SyncEntity): void {
    entity.syncTimeout.cancel();
    entity.syncTimeout = this.setSyncTimeout(entity.requester);
  }

  private setHeartbeat(requester: string, sync: number): Timer {
    return this.port.environment.setTimer(HEARTBEAT_MS, () => {
      const entity = this.getSyncEntity(requester, sync);
      if (entity === undefined) return;
      this.port.send(requester, writeSync({ type: 'heartbeat', sync, role: 'provider' }));
      entity.heartbeat = this.setHeartbeat(requester, sync);
    });
  }

  private giveUp({ requester, sync }: SyncEntity, reason: string): void {
    this.syncProviderCleanup(requester);
    this.sendAbort(requester, sync, reason);
  }

  private syncProviderCleanup(requester: string): void {
    const entity = this.syncEntities.get(requester);
    if (entity === undefined) return;
    this.syncEntities.delete(requester);
    entity.over = true;
    entity.syncTimeout.cancel();
    entity.heartbeat.cancel();
    // A snapshot is not closed while it is read.
    if (!entity.reading) entity.store.snapshot.close();
  }

  private sendAbort(to: string, sync: number, reason: string): void {
    this.port.send(to, writeSync({ type: 'abort', sync, role: 'provider', reason }));
  }
}
