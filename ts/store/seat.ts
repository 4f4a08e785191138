/** What a leader and a follower have of the replica whose part they are, in one epoch of one view. */
import type { Environment } from '../stack/environment.js';
import type { Candidate } from './election.js';
import type { StoreLimits } from './limits.js';
import type { GroupPort, ReplicaSettings } from './replica-port.js';
import type { StateMachine } from './state-machine.js';
import type { StoreMessage } from './store-messages.js';

export interface Seat {
  readonly environment: Environment;
  readonly settings: ReplicaSettings;
  readonly limits: StoreLimits;
  readonly group: GroupPort;
  readonly machine: StateMachine;
  readonly epoch: number;
  readonly storeId: string;
  readonly myRank: number;
  readonly leaderRank: number;
  /** The replicas of the view, by rank; without those that do not count as any. */
  readonly replicas: ReadonlyMap<number, Candidate>;
  cast(message: StoreMessage): void;
  send(rank: number, message: StoreMessage): void;
  /** The first entry of the epoch is committed and applied here. */
  ready(): void;
}
