/** The members of a fixed view: from the list that `join()` is given to addresses in numbers, and my place among them. */
import { isIP } from 'node:net';
import { record } from '../base/checks.js';
import { Endpoint } from '../base/endpoint.js';
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { show } from '../base/show.js';
import type { Address } from '../data-plane/data-plane.js';
import { MAX_MEMBERS } from '../data-plane/typescript/limits.js';
import { type AddressInput, familyOf, parseAddress, reaches, resolveAddress } from '../transport/address.js';
import { type Payload, payloadCopy } from './payload.js';

/** What `join()` takes. In a fixed view all members must give the same list, in the same order, and the same `viewTime`. */
export interface JoinOptions {
  /**
   * A fixed view: the addresses of all members, this one among them; the order gives the ranks. Names are looked up. Without it the
   * member joins its group, as discovery finds it.
   */
  readonly members?: readonly AddressInput[] | undefined;
  /**
   * Logical time of a fixed view. A group that has left a fixed view and joins the same members again needs another number each time, or
   * what is still on its way in the old view would be taken for the new one's.
   */
  readonly viewTime?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Name under which somebody of the group is found in the directory; for groups that do not merge by themselves (`heal_auto=0`). The coordinator
   * is registered under it.
   */
  readonly contactName?: string | undefined;
  /** For the coordinator's `onJoinRequest`, at most 16 KiB. */
  readonly message?: Payload | undefined;
}

export interface CheckedJoinOptions {
  /** Undefined: no fixed view. */
  readonly members: readonly Address[] | undefined;
  readonly viewTime: number;
  readonly signal: AbortSignal | undefined;
  readonly contactName: string | undefined;
  readonly message: Uint8Array;
}

const NAMES = ['members', 'viewTime', 'signal', 'contactName', 'message'];
/** It travels in one datagram with the request. */
const MAX_JOIN_MESSAGE_BYTES = 16 * 1024;

/** Checks all that can be checked before a name is looked up. */
export function checkJoinOptions(given: unknown): CheckedJoinOptions {
  const { members, viewTime = 0, signal, contactName, message = '' } = record(given, 'join options', NAMES);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', signal, 'an AbortSignal');
  if (members === undefined) {
    if (viewTime !== 0) throw invalid('viewTime', viewTime, 'it only together with members');
    if (contactName !== undefined && (typeof contactName !== 'string' || contactName === '')) {
      throw invalid('contactName', contactName, 'a string of 1 to 255 bytes');
    }
    return { members, viewTime, signal, contactName, message: payloadCopy(message, MAX_JOIN_MESSAGE_BYTES) };
  }
  if (contactName !== undefined) throw invalid('contactName', contactName, 'none together with members');
  if (message !== '') throw invalid('message', message, 'none together with members');
  if (!Array.isArray(members) || members.length === 0) {
    throw invalid('members', members, 'an array of one address or more');
  }
  if (members.length > MAX_MEMBERS) {
    throw new ConsortError('ERR_TOO_MANY_MEMBERS', `got ${members.length} members, a view has at most ${MAX_MEMBERS}`, {
      details: { members: members.length, max: MAX_MEMBERS },
    });
  }
  if (!Number.isSafeInteger(viewTime) || (viewTime as number) < 0) {
    throw invalid('viewTime', viewTime, 'an integer from 0 on');
  }
  return {
    members: members.map((member, rank) => parseAddress(member, `members[${rank}]`, 'ERR_INVALID_ARGUMENT', 1)),
    viewTime: viewTime as number,
    signal,
    contactName,
    message: new Uint8Array(0),
  };
}

/** The members' endpoints by rank, and the rank of the one that is bound to `bound`. */
export async function resolveMembers(
  members: readonly Address[],
  bound: Address,
): Promise<{ endpoints: readonly Endpoint[]; myRank: number }> {
  const family = familyOf(bound);
  for (const [rank, { host }] of members.entries()) {
    if (isIP(host) === 0 || isIP(host) === family) continue;
    throw new ConsortArgumentError(
      'ERR_INVALID_ARGUMENT',
      `members[${rank}]: ${host} is no IPv${family} address, and this member is bound to ${bound.host}`,
      { details: { rank, host, bound } },
    );
  }
  const addresses = await Promise.all(members.map((member) => resolveAddress(member, family)));
  const endpoints = addresses.map(({ host, port }) => new Endpoint(host, port));
  checkDifferent(endpoints);
  return { endpoints, myRank: rankOf(bound, endpoints) };
}

function checkDifferent(endpoints: readonly Endpoint[]): void {
  const ranks = new Map<string, number>();
  for (const [rank, { name }] of endpoints.entries()) {
    const earlier = ranks.get(name);
    if (earlier !== undefined) throw duplicate(name, [earlier, rank]);
    ranks.set(name, rank);
  }
}

function rankOf(bound: Address, endpoints: readonly Endpoint[]): number {
  const mine = endpoints.flatMap((endpoint, rank) => (reaches(endpoint, bound) ? [rank] : []));
  const [myRank] = mine;
  const { name } = new Endpoint(bound.host, bound.port);
  if (myRank === undefined) {
    throw new ConsortError(
      'ERR_NOT_IN_VIEW',
      `this member is bound to ${name}, which is not among the members: bind it to a listed address, or list member.address`,
      { details: { bound, members: endpoints.map(String) } },
    );
  }
  if (mine.length > 1) throw duplicate(name, mine);
  return myRank;
}

function duplicate(name: string, ranks: readonly number[]): ConsortError {
  return new ConsortError(
    'ERR_DUPLICATE_ADDRESS',
    `members ${ranks.join(' and ')} have one address, ${name}: each member needs its own`,
    { details: { address: name, ranks } },
  );
}

function invalid(path: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(got)}, want ${want}`, {
    details: { path, got, want },
  });
}
