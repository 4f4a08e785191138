/** What a group needs of the member that it works for, and tells it. */
import type { Endpoint } from '../base/endpoint.js';
import type { ServicePort } from '../groupd/messages.js';
import type { AppReceivers, GroupView } from './group-view.js';
import type { JoinAnswer } from './layer.js';
import type { ViewState } from './view-state.js';

/** How a member asks to be let in. */
export interface JoinRequest {
  /** Members to ask, beside those that discovery finds; only their addresses count. */
  readonly contacts: readonly Endpoint[];
  /** For the coordinator's application. */
  readonly message: Uint8Array;
  /** Who decides about views; undefined: the members themselves. */
  readonly service?: ServicePort | undefined;
}

/** The member that the group works for. */
export interface GroupOwner {
  /** Who gets the messages of a view that is to be. */
  receivers(state: ViewState): AppReceivers;
  /** A view begins for the application. In one that has ended meanwhile nothing may be sent: `closed`. */
  accepted(view: GroupView): void;
  /** The view ends: the last chance to send in it. Calls `ready` once. */
  block(ready: () => void): void;
  /** Nothing may be sent until the next view is accepted. */
  stopSending(): void;
  stateMessage(view: ViewState): Uint8Array;
  viewMessage(next: ViewState, stateMessages: ReadonlyMap<number, Uint8Array>): Uint8Array;
  joinRequest(from: Endpoint, message: Uint8Array): boolean;
  joinAnswer(answer: JoinAnswer): void;
  /** These members will go with the next view, if this member is not mistaken. */
  suspects(members: readonly Endpoint[], reason: string): void;
  /** The member has left; nothing comes after it. */
  exited(): void;
  report(error: Error): void;
  announce(datagram: Uint8Array): void;
  sendOutside(to: Endpoint, datagram: Uint8Array): void;
}
