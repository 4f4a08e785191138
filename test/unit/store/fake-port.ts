// What a role of a synchronization is in, as the test sets it; and what the role said, and to whom.
import type { Operation } from '../../../ts/store/database.js';
import { SYNC_LIMITS, type SyncLimits } from '../../../ts/store/sync-limits.js';
import { readSync, type SyncMessage } from '../../../ts/store/sync-messages.js';
import type { LogExtent, StoreSnapshot, SyncPort, SyncResult } from '../../../ts/store/sync-port.js';
import { FakeEnvironment } from '../layers/fake-context.js';
import { FakeDatabase } from './fake-database.js';

export class FakePort implements SyncPort {
  readonly environment = new FakeEnvironment();
  readonly database = new FakeDatabase();
  limits: SyncLimits = SYNC_LIMITS;
  readonly sent: [to: string, message: SyncMessage][] = [];
  name = 'me';
  isLeader = true;
  followers: string[] = [];
  extent: LogExtent = { base: 7, versions: 0, bytes: 0 };
  logEntries = 100;
  logBytes = 1000;
  isFull = false;
  leader: string | undefined = 'leader';
  store: Omit<StoreSnapshot, 'snapshot'> | undefined = { version: 9, epoch: 2, totalBytes: 1000 };
  /** What the role told the replica, in order. */
  readonly told: string[] = [];
  readonly results: SyncResult[] = [];
  readonly troubles: Error[] = [];
  onTrimEnabled: () => void = () => {};

  send(to: string, bytes: Uint8Array): void {
    this.sent.push([to, readSync(bytes)]);
  }

  /** What was sent since the last time. */
  take(): [to: string, message: SyncMessage][] {
    return this.sent.splice(0);
  }

  takeTypes(): string[] {
    return this.take().map(([to, { type }]) => `${type} to ${to}`);
  }

  providers(): readonly string[] {
    return this.followers;
  }

  log(): LogExtent {
    return this.extent;
  }

  trimEnabled(): void {
    this.told.push('trim enabled');
    this.onTrimEnabled();
  }

  openSnapshot(): StoreSnapshot | undefined {
    return this.store && { ...this.store, snapshot: this.database.snapshot() };
  }

  replacing(): readonly Operation[] {
    this.told.push('replacing');
    return [];
  }

  copied(result: SyncResult): void {
    this.told.push('copied');
    this.results.push(result);
  }

  completing(): readonly Operation[] {
    this.told.push('completing');
    return [];
  }

  completed(): void {
    this.told.push('completed');
  }

  progressed(): void {}

  trouble(error: Error): void {
    this.troubles.push(error);
  }

  failed(error: Error): void {
    this.told.push(`failed: ${error.message}`);
  }

  /** All that the database has been asked for is done. */
  disk(): void {
    while (this.database.step());
  }
}
