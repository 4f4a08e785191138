/** Views of one group that can't become one: both sides say so. */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { ViewState } from '../stack/view-state.js';

/** Why members of two views can't be in one view; undefined: they can. */
export function whyIncompatible(view: ViewState, mine: string, protocol: string, theirs: string): string | undefined {
  if (protocol !== view.protocol) return `this one has the stack ${view.protocol}, the other ${protocol}`;
  return theirs === mine ? undefined : `this one has ${mine}, the other ${theirs}`;
}

export function incompatible(peer: Endpoint, reason: string): ConsortError {
  return new ConsortError(
    'ERR_INCOMPATIBLE',
    `a view of this group at ${peer} can't merge with this one: ${reason}; give all members the same options`,
    { details: { peer: peer.name, reason } },
  );
}
