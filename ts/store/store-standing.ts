/** Whether what a replica has may be read, and how it stands, for people. */
import { ConsortError } from '../base/errors.js';
import type { Replica } from './replica.js';
import type { ReplicaState, ReplicaStatus } from './replica-port.js';
import type { ReadMode } from './store-arguments.js';

export interface StoreStatus extends Omit<ReplicaStatus, 'state'> {
  readonly name: string;
  readonly members: readonly string[];
  readonly state: ReplicaState | 'closed';
  /** Whether the others may be further than this replica knows. */
  readonly stale: boolean;
}

export class Standing {
  /** It has been in step with a quorum since it was last cut off from one. */
  private isFresh = false;
  /** Of the last 'status' event. */
  private told = '';

  constructor(
    private readonly name: string,
    private readonly members: readonly string[],
  ) {}

  /** The state of the replica is another one, maybe. */
  changed(state: ReplicaState): void {
    if (state === 'leader' || state === 'follower') this.isFresh = true;
    else if (state === 'no-quorum' || state === 'synchronizing' || state === 'failed') this.isFresh = false;
  }

  /** Throws what a read gets that may not be made here and now. */
  check(replica: Replica, read: ReadMode | undefined): void {
    if (!replica.isWhole) throw notReady('it takes the whole store from another replica, and has half of it');
    if (read === 'stale') return;
    const { state } = replica;
    if (state === 'leader' || state === 'follower') return;
    if (state === 'no-quorum') {
      throw new ConsortError(
        'ERR_STORE_NO_QUORUM',
        `what this replica has may be old: ${replica.status.reason}; { read: 'stale' } reads it all the same`,
      );
    }
    if (!this.isFresh || state === 'synchronizing') throw notReady(WHY_NOT_READY[state] ?? `it is ${state}`);
  }

  /** Whether the others may be further than this replica knows. */
  isStale({ state }: Pick<ReplicaStatus, 'state'>): boolean {
    return state !== 'leader' && state !== 'follower' && !this.isFresh;
  }

  /** Undefined: there is no replica yet. */
  status(replica: Replica | undefined, isClosed: boolean, failure: ConsortError | undefined): StoreStatus {
    const { name, members } = this;
    const status = replica === undefined ? NOTHING : replica.status;
    const all = { name, members, ...status, stale: isClosed || this.isStale(status) };
    if (failure !== undefined) return { ...all, state: 'failed', reason: failure.message };
    return isClosed ? { ...all, state: 'closed' } : all;
  }

  /** Whether it is other news than last time: progress alone is none. */
  isNews({ state, epoch, leader, present, reason }: StoreStatus): boolean {
    const news = JSON.stringify([state, epoch, leader, present, reason]);
    if (news === this.told) return false;
    this.told = news;
    return true;
  }
}

const WHY_NOT_READY: Partial<Record<ReplicaState, string>> = {
  joining: 'it has not agreed with the others yet who leads',
  'catching-up': 'it still takes from the log what it does not have',
  synchronizing: 'it is about to take the whole store from another replica',
};

const NOTHING: ReplicaStatus = Object.freeze({
  state: 'joining',
  epoch: 0,
  leader: undefined,
  present: Object.freeze([]),
  firstCommitted: 0,
  lastCommitted: 0,
  lastApplied: 0,
  sync: undefined,
  reason: undefined,
});

function notReady(why: string): ConsortError {
  return new ConsortError(
    'ERR_STORE_NOT_READY',
    `this replica can't be read: ${why}; await whenReady(), or ask another`,
  );
}
