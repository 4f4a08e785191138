/** What a member knows of the view that it is in. */

import type { Endpoint } from '../base/endpoint.js';
import { VERSION } from '../base/version.js';
import { isServed } from '../stack/protocol.js';
import type { ViewState } from '../stack/view-state.js';

/** Names a view: views of one group are ordered by time, then by coordinator. */
export interface ViewId {
  /** Logical time: one more than that of the views it came from. In a fixed view the number given to `join()`. */
  readonly time: number;
  readonly coordinator: Endpoint;
}

/** The view that a member is in; frozen. The fields are those of `Maestro_GrpMemb_ViewData` in the seed documents. */
export interface ViewData {
  /** Version of consort. */
  readonly version: string;
  readonly groupName: string;
  readonly viewId: ViewId;
  /** The members; the index is the rank. */
  readonly members: readonly Endpoint[];
  /** Those of `members` that were not in this member's last view. In a fixed view, and in the first: all. */
  readonly newMembers: readonly Endpoint[];
  /** Those of this member's last view that are not in this one. In a fixed view: none. */
  readonly departedMembers: readonly Endpoint[];
  /** How many `members` there are. */
  readonly nmembers: number;
  readonly myEndpoint: Endpoint;
  readonly myRank: number;
  /** This member's rank in its last view; -1: it had none. Always -1 in a fixed view. */
  readonly myOldRank: number;
  /** The member of rank 0. */
  readonly coordinator: Endpoint;
  /** The coordinator of this member's last view; undefined: it had none. Always undefined in a fixed view. */
  readonly oldCoordinator: Endpoint | undefined;
  /** The layers of the stack, from the top, separated by colons. */
  readonly protocol: string;
  /** Parameters of the stack; none in a fixed view. */
  readonly params: string;
  /** Whether an external membership service is in use. Never in a fixed view. */
  readonly groupdFlag: boolean;
  /** Whether this is the primary view: with the property Primary, and a quorum. */
  readonly primaryFlag: boolean;
}

/** The view of a group without membership: the members are those that the caller listed. */
export function fixedViewData(
  groupName: string,
  time: number,
  members: readonly Endpoint[],
  myRank: number,
  protocol: string,
): ViewData {
  const all = Object.freeze([...members]);
  const coordinator = all[0] as Endpoint;
  return Object.freeze({
    version: VERSION,
    groupName,
    viewId: Object.freeze({ time, coordinator }),
    members: all,
    newMembers: all,
    departedMembers: Object.freeze([]),
    nmembers: all.length,
    myEndpoint: all[myRank] as Endpoint,
    myRank,
    myOldRank: -1,
    coordinator,
    oldCoordinator: undefined,
    protocol,
    params: '',
    groupdFlag: false,
    primaryFlag: false,
  });
}

/** The view of a group with membership, as a member sees it that comes from `last`. */
export function groupViewData(state: ViewState, myRank: number, last: ViewData | undefined): ViewData {
  const members = Object.freeze([...state.members]);
  const names = new Set(members.map(({ name }) => name));
  const lastNames = new Set((last?.members ?? []).map(({ name }) => name));
  const me = members[myRank] as Endpoint;
  return Object.freeze({
    version: VERSION,
    groupName: state.groupName,
    viewId: Object.freeze({ ...state.id }),
    members,
    newMembers: Object.freeze(members.filter(({ name }) => !lastNames.has(name))),
    departedMembers: Object.freeze((last?.members ?? []).filter(({ name }) => !names.has(name))),
    nmembers: members.length,
    myEndpoint: me,
    myRank,
    myOldRank: last?.members.findIndex((member) => member.equals(me)) ?? -1,
    coordinator: members[0] as Endpoint,
    oldCoordinator: last?.coordinator,
    protocol: state.protocol,
    params: state.params,
    groupdFlag: isServed(state.protocol),
    primaryFlag: state.primary,
  });
}
