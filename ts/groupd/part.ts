/**
 * A view as the service knows it, or what is left of one: members that were taken out of it, and live, are a part of their own of the same view.
 *
 *   arriving --all are there--> idle --SYNC--> asked --SYNCED--> synced --VIEW--> granted --all have gone on--> (forgotten)
 *                                                ^-----SYNC------/  somebody has failed since
 */
import type { Endpoint } from '../base/endpoint.js';
import type { Timer } from '../stack/environment.js';
import type { Rank } from '../stack/event.js';
import { rankIn, type ViewId, type ViewState } from '../stack/view-state.js';

/** A connection whose member has said who it is. */
export interface Peer {
  /** Of the connection. */
  readonly id: number;
  readonly me: Endpoint;
  /** How long a view change may take it. */
  readonly patienceMs: number;
  /** The part that it was last heard of in. */
  part: Part | undefined;
  /** It has said that it leaves: it does not coordinate any more. */
  leaving: boolean;
}

/** The coordinator's word that the view is flushed. */
export interface Report {
  readonly peer: Peer;
  readonly survivors: readonly Endpoint[];
  /** One for each survivor. */
  readonly stateMessages: readonly Uint8Array[];
}

/** Where the members of a part go. */
export interface Grant {
  readonly part: Part;
  readonly state: ViewState;
}

export class Part {
  state: 'arriving' | 'idle' | 'asked' | 'synced' | 'granted' = 'arriving';
  /** Those who are here, by rank; the others have not come yet, are out, or have gone on. */
  readonly peers = new Map<Rank, Peer>();
  readonly out = new Set<Rank>();
  /** Of the last SYNC. */
  attempt = 0;
  report: Report | undefined;
  next: Grant | undefined;
  /** A view that these members go to has a larger time. */
  floor: number;
  /** It was taken out of its view: nobody waits for it, and it goes to no view before it may return. */
  silent = false;
  mayReturn = true;
  /** The view of a member that has just begun to look for its group. */
  fresh = false;
  /** The service has made this view; its members have not told of it. */
  ours = false;
  /** Ends the service's patience. */
  timer: Timer | undefined;

  constructor(
    readonly view: ViewId,
    readonly members: readonly Endpoint[],
    readonly params: string,
  ) {
    this.floor = view.time;
  }

  rankOf(member: Endpoint): Rank {
    return rankIn(this.members, member);
  }

  /** Whether a member belongs to this part, here or on its way. */
  has(member: Endpoint): boolean {
    const rank = this.rankOf(member);
    return rank >= 0 && !this.out.has(rank);
  }

  get size(): number {
    return this.members.length - this.out.size;
  }

  get isWhole(): boolean {
    return this.peers.size === this.size;
  }

  /** Who should coordinate, as far as the service knows. */
  get coordinator(): Peer | undefined {
    const peers = [...this.peers].sort(([a], [b]) => a - b).map(([, peer]) => peer);
    return peers.find(({ leaving }) => !leaving) ?? peers[0];
  }
}
