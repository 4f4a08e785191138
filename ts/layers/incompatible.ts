/** Views of one group that can't become one: both sides say so. */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { ViewState } from '../stack/view-state.js';

/** Why members of two views can't be in one view; undefined: they can. */
export function whyIncompatible(view: ViewState, mine: string, protocol: string, theirs: string): string | undefined {
  if (protocol !== view.protocol) return `this one has the stack ${view.protocol}, the other ${protocol}`;
  return theirs === mine ? undefined : `this one has ${mine}, the other ${theirs}`;
}

/** Why they would not fit into one. */
export function whyTooMany(members: number, most: number): string | undefined {
  return members > most ? `${members} members are more than the ${most} that a view can have` : undefined;
}

export function incompatible(peer: Endpoint, reason: string): ConsortError {
  return new ConsortError(
    'ERR_INCOMPATIBLE',
    `a view of this group at ${peer} can't merge with this one: ${reason}; give all members the same options`,
    { details: { peer: peer.name, reason } },
  );
}
