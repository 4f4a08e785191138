/**
 * What the roles of a full synchronization need of the replica that they are in. Its names are those of the configured replicas. All of it is called
 * from within the roles' own methods and timers; none of it may call them back before it returns, but by `environment.defer`.
 */
import type { ConsortError } from '../base/errors.js';
import type { Environment } from '../stack/environment.js';
import type { Database, DatabaseSnapshot, Operation } from './database.js';
import type { SyncLimits } from './sync-limits.js';

interface RolePort {
  readonly environment: Environment;
  readonly limits: SyncLimits;
  /** To another replica of the view; nowhere, when it is not in it. FIFO; what is sent in a view arrives in that view or never. The bytes are copied. */
  send(to: string, bytes: Uint8Array): void;
}

/** How far the leader's log reaches back. */
export interface LogExtent {
  /** The version before the first record: who has the state of this version, or a later one, can go on from the log. */
  readonly base: number;
  /** Versions and bytes in it; none when trimming would take nothing away, so that there is nothing to wait for. */
  readonly versions: number;
  readonly bytes: number;
}

export interface SyncLeaderPort extends RolePort {
  /** Of this replica. */
  readonly name: string;
  /** Whether it leads now: it is in an epoch of its own that a majority has promised. */
  readonly isLeader: boolean;
  /** Followers that could provide the store: in the view, neither blank nor half, with a state that is not older than the log's base. Not this replica itself. */
  providers(): readonly string[];
  log(): LogExtent;
  /** The bounds that trimming keeps the log to. */
  readonly logEntries: number;
  readonly logBytes: number;
  /** `isTrimDisabled` is false again: trim now, if there is something to trim. */
  trimEnabled(): void;
}

/** The store as it was when a version had been applied, and nothing after it. */
export interface StoreSnapshot {
  readonly snapshot: DatabaseSnapshot;
  /** The `applied` version that the snapshot itself has, and the epoch of the record that this version is in. */
  readonly version: number;
  readonly epoch: number;
  /** Of all keys and values, about; 0: not known. */
  readonly totalBytes: number;
}

export interface SyncProviderPort extends RolePort {
  /** So much waits to be sent that no more should be; call `SyncProvider.drained()` when that is over. */
  readonly isFull: boolean;
  /** Undefined: this replica has no whole store to give. The provider closes it. */
  openSnapshot(): StoreSnapshot | undefined;
}

/** A version, and the epoch of the record that it is in: one point of the log, for ever. */
export interface LogPoint {
  readonly version: number;
  readonly epoch: number;
}

/** What was copied: each key is as some version from `low` to `high` left it. So with the log's effects from low + 1 to high it is the store. */
export interface SyncResult {
  readonly low: LogPoint;
  readonly high: number;
}

export interface SyncRequesterPort extends RolePort {
  readonly database: Database;
  /** Name of the leader of this view; undefined while none is known. `SyncRequester.leaderChanged()` when it is another one. */
  readonly leader: string | undefined;
  /**
   * From now on the store is half: nothing in it is read, nothing is acknowledged, and nobody but the requester writes to the database until `copied`.
   * Called before anything is written; again when it is wiped once more. @returns what else goes into the write that marks it: its `base`, its `applied`, its
   * `intact` are void now
   */
  replacing(): readonly Operation[];
  /**
   * All keys are in the database. The replica's log is empty and begins after `low`: it goes on with records of the leader, and says by
   * `SyncRequester.applied` how far it has applied them. If the leader's log does not have them: `SyncRequester.syncRequesterAbort`.
   */
  copied(result: SyncResult): void;
  /** All up to `high` was applied: what else goes into the durable write that takes the mark `half` away. */
  completing(): readonly Operation[];
  /** The mark is gone, durably: the store is whole. Only the leader is still to be told, which the requester does by itself. */
  completed(): void;
  /** `SyncRequester.progress` is otherwise. */
  progressed(): void;
  /** An attempt failed, `ERR_STORE_SYNC_FAILED`; another one follows by itself. */
  trouble(error: ConsortError): void;
  /** The database has failed: nothing more comes of this replica. */
  failed(error: Error): void;
}

export interface SyncPort extends SyncLeaderPort, SyncProviderPort, SyncRequesterPort {}
