/**
 * What a replica is told and asks for: the group it is in, its database, and whoever uses it. All from outside, so that the same replica runs over a
 * GroupMember with a LevelDB and over the simulator's groups and disks.
 */
import type { ConsortError } from '../base/errors.js';
import type { Environment } from '../stack/environment.js';
import type { Database, Entry } from './database.js';
import type { LogEntry } from './record.js';

export interface ReplicaSettings {
  /** This replica's name; one of `members`. */
  readonly name: string;
  /** All configured replicas, in any order; the same at all of them. */
  readonly members: readonly string[];
  /** 'memory': a commit is acknowledged before it is on any disk. */
  readonly durability: 'disk' | 'memory';
  /** Distinguishes this run of the replica from earlier ones of the same name: grows. */
  readonly incarnation: number;
  /** Bounds of the log behind the last committed version: it is trimmed to the lesser of both. */
  readonly logEntries: number;
  readonly logBytes: number;
}

/** The group, as virtual synchrony has it: within a view casts and sends are FIFO from each member, and members that go on to the next view together have received the same casts. */
export interface GroupPort {
  /** To all others of the view. */
  cast(bytes: Uint8Array): void;
  /** To one other of the view. */
  send(rank: number, bytes: Uint8Array): void;
  /** So much waits to be sent that no more should be given to it; `Replica.drained()` when that is over. */
  readonly isFull: boolean;
}

export interface ReplicaPort {
  readonly environment: Environment;
  readonly database: Database;
  readonly group: GroupPort;
  /** Something in `Replica.status` is otherwise now. */
  onStatus(): void;
  /** Committed versions can be read from now on, the first of them as told; in order, none left out, but for a full synchronization between. */
  onApplied(first: number, entries: readonly LogEntry[]): void;
  /** The whole store was replaced by a synchronization, up to this version. */
  onReplaced(version: number): void;
  /** Worth telling, and the replica goes on. */
  onTrouble(error: ConsortError): void;
  /** Its database has failed it, or it must not go on: nothing more comes of this replica; leave the group. */
  onFailed(error: ConsortError): void;
}

/** How a replica stands. */
export type ReplicaState =
  /** In no view, or in one whose replicas have not agreed yet on who leads. */
  | 'joining'
  /** In a view without a majority. */
  | 'no-quorum'
  /** Takes records from the log that it does not have yet. */
  | 'catching-up'
  /** In a full synchronization. */
  | 'synchronizing'
  | 'leader'
  | 'follower'
  | 'failed';

export interface SyncProgress {
  readonly provider: string;
  readonly bytes: number;
  /** About; 0: not known. */
  readonly totalBytes: number;
  readonly keys: number;
}

export interface ReplicaStatus {
  readonly state: ReplicaState;
  readonly epoch: number;
  /** Name of the leader, when there is one. */
  readonly leader: string | undefined;
  /** Names of the replicas of the view. */
  readonly present: readonly string[];
  readonly firstCommitted: number;
  readonly lastCommitted: number;
  readonly lastApplied: number;
  /** While it synchronizes. */
  readonly sync: SyncProgress | undefined;
  /** Why there is no quorum, in words. */
  readonly reason: string | undefined;
}

export type { Entry };
