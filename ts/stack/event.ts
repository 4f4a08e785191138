/**
 * What layers tell each other. Few, and typed: a layer handles those it cares for and lets the others pass.
 *
 * Up: towards the application's view of the group (Top). Down: towards the data plane (Bottom). What goes down as far as Bottom comes back up
 * from there, past every layer: so one layer tells all others.
 *
 * Source: Ensemble's type/event.ml; the events that only carried counts between its Vsync and Top_appl are inside Sync here.
 */
import type { Endpoint } from '../base/endpoint.js';
import type { ViewId, ViewState } from './view-state.js';

export type Rank = number;

/** Another view of the group, to merge with. */
export interface Contact {
  readonly viewId: ViewId;
  readonly coordinator: Endpoint;
}

/** A view that wants to merge into this one, or has agreed to: with what its members' applications have said of the change. */
export interface Merger {
  readonly state: ViewState;
  readonly stateMessages: readonly Uint8Array[];
}

/** Why a merge is denied: not now; never, as things are; or because the application does not want it. */
export type Denial = 'busy' | 'incompatible' | 'application';

/** What the coordinators of two views say to each other. */
export type MergeMessage =
  /** May my view, as it would be next, merge into that one? */
  | {
      readonly kind: 'request';
      readonly into: ViewId;
      readonly from: ViewId;
      readonly merger: Merger;
      readonly compatibility: string;
      /** Of the application that joins, to the coordinator's. */
      readonly joinMessage: Uint8Array;
    }
  /** Yes: this is the view that both go to. `to` is the view that asked. */
  | { readonly kind: 'granted'; readonly to: ViewId; readonly state: ViewState }
  | { readonly kind: 'denied'; readonly to: ViewId; readonly reason: string; readonly by: Denial }
  /** `granted` has come to the view that asked. */
  | { readonly kind: 'taken'; readonly to: ViewId };

export type StackEvent =
  /** Up, first: the view is installed. */
  | { readonly type: 'init' }
  /** Up, or down and back: these members are believed to have failed. */
  | { readonly type: 'suspect'; readonly ranks: readonly Rank[]; readonly reason: string }
  /** Down and back: a member has said that it leaves. */
  | { readonly type: 'leaving'; readonly rank: Rank }
  /** Up, once: all before me are suspected or leave; I coordinate. */
  | { readonly type: 'elect' }
  /** Down and back: the application has seen this view, in which it is alone: who is new comes to it, not it to others. */
  | { readonly type: 'settled' }
  /** Down and back: somebody wants a new view. The coordinator sees that there is one. */
  | { readonly type: 'prompt' }
  /**
   * Down and back: the view ends, with these failed. Again, with more, when others fail on the way. `coordinator` and `attempt` name the round:
   * one of a higher coordinator, or a later one of the same, replaces it.
   */
  | {
      readonly type: 'block';
      readonly failed: ReadonlySet<Rank>;
      readonly leaving: ReadonlySet<Rank>;
      readonly coordinator: Rank;
      readonly attempt: number;
    }
  /** Up, at the coordinator: all but `failed` have all that was sent. Heal says with whom to merge. */
  | {
      readonly type: 'flushed';
      readonly failed: ReadonlySet<Rank>;
      /** By rank; of the members that have not failed. */
      readonly stateMessages: ReadonlyMap<Rank, Uint8Array>;
      readonly contact?: Contact | undefined;
    }
  /** Down, at the coordinator: ask for a merge into that view. */
  | { readonly type: 'mergeRequest'; readonly contact: Contact; readonly merger: Merger }
  /** Up, at the coordinator: another view is to merge into this one. */
  | { readonly type: 'merger'; readonly merger: Merger }
  /** Up: nothing came of the merge. */
  | { readonly type: 'mergeFailed'; readonly reason: string }
  /** Between Inter and Merge. Down: to be sent; up: received. */
  | { readonly type: 'mergeMessage'; readonly peer: Endpoint; readonly message: MergeMessage }
  /** Up: another member has installed this already; its coordinator has failed since. */
  | { readonly type: 'decided'; readonly state: ViewState }
  /** Down and back: this is the next view. Layers on the way down may change it. */
  | { readonly type: 'view'; readonly state: ViewState }
  /** Down and back: this member's application leaves. */
  | { readonly type: 'leave' }
  /** Down and back: the next view is to have this stack. */
  | { readonly type: 'protocol'; readonly protocol: string; readonly params: string }
  /** Up, last: nothing of this view is needed by anyone any more. */
  | { readonly type: 'exit' };
