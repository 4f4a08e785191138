/** The options that clients and servers have besides those of GroupMember, declared as data like those (option-table.ts). */

import { invalid, record } from '../base/checks.js';
import type { Endpoint } from '../base/endpoint.js';
import { ConsortArgumentError } from '../base/errors.js';
import { SAFETIES, type Safety, TRANSFER_TYPES, type TransferType } from '../client-server/safety.js';
import type { MembershipType } from './client-server-view.js';
import type { JoinOptions } from './member-list.js';
import { type GroupMemberOptions, OPTION_NAMES, type OptionDeclaration } from './option-table.js';
import { takeOptions } from './options.js';
import type { Destination } from './rank-of.js';

export interface ClientServerOptions extends GroupMemberOptions {
  readonly membership?: MembershipType | undefined;
  readonly transfer?: TransferType | undefined;
}

/** Horus's way: a member may say at each join what it wants to be; what it does not say is as in the options of the constructor. */
export interface ClientServerJoinOptions extends Omit<JoinOptions, 'members' | 'viewTime'> {
  readonly membership?: MembershipType | undefined;
  readonly transfer?: TransferType | undefined;
}

export const CLIENT_SERVER_OPTIONS = {
  membership: {
    kind: { type: 'choice', choices: ['server', 'client'] },
    default: 'client',
    sentence: 'Whether this member becomes a server of its group when it joins.',
  },
  transfer: {
    kind: { type: 'choice', choices: TRANSFER_TYPES },
    default: 'none',
    sentence:
      'With which state transfer it becomes a server, and what waits meanwhile: nothing (none, free), generic messages (protected), or all but those of the transfer (atomic).',
  },
} as const satisfies Record<string, OptionDeclaration>;

/** What a member is to be. */
export interface Wish {
  readonly membership: MembershipType;
  readonly transfer: TransferType;
}

/** The transfer that it is to become a server with; undefined: it is to be a client. */
export function wantsOf({ membership, transfer }: Wish): TransferType | undefined {
  return membership === 'server' ? transfer : undefined;
}

/** Takes the options of clients and servers out of those given; the rest is for GroupMember. */
export function takeClientServerOptions<T extends Record<string, OptionDeclaration>>(
  given: unknown,
  more: T,
): { own: Wish & Record<keyof T, unknown>; rest: GroupMemberOptions } {
  const declarations = { ...CLIENT_SERVER_OPTIONS, ...more };
  record(given, 'options', [...OPTION_NAMES, ...Object.keys(declarations)]);
  const { own, rest } = takeOptions(given as Record<string, unknown>, declarations);
  return { own: own as unknown as Wish & Record<keyof T, unknown>, rest: rest as unknown as GroupMemberOptions };
}

const JOIN_NAMES = ['signal', 'contactName', 'message', 'membership', 'transfer'];

/** What a join asks for; `usual` stands for what it does not say. */
export function takeJoinOptions(given: unknown, usual: Wish): { wish: Wish; rest: JoinOptions } {
  if (typeof given === 'object' && given !== null && 'members' in given) {
    throw new ConsortArgumentError(
      'ERR_INVALID_ARGUMENT',
      'members: got a list, and clients and servers are in groups with views, want none; a fixed view has members that are all alike: GroupMember',
      { details: { path: 'members' } },
    );
  }
  const { membership, transfer, ...rest } = record(given, 'join options', JOIN_NAMES);
  const { own } = takeOptions({ membership, transfer }, CLIENT_SERVER_OPTIONS, 'join options');
  return {
    wish: {
      membership: membership === undefined ? usual.membership : (own.membership as MembershipType),
      transfer: transfer === undefined ? usual.transfer : (own.transfer as TransferType),
    },
    rest,
  };
}

/** How a message is to be sent. */
export interface MessageOptions {
  /** How safe it is while a state is transferred. Default: generic. */
  readonly safety?: Safety | undefined;
}

export interface ListOptions extends MessageOptions {
  /** Of `scast`: clients that get it besides the servers. Of `lsend`: all who get it. Default: nobody. */
  readonly destinations?: Destination | Iterable<Endpoint | number> | undefined;
}

const MESSAGE_NAMES = ['safety', 'destinations'];

/** The index of the safety in SAFETIES. */
export function checkMessageOptions(
  given: unknown,
  call: string,
  lists: boolean,
): { safety: number; destinations: unknown } {
  if (given === undefined) return { safety: 0, destinations: undefined };
  const { safety = 'generic', destinations } = record(given, `options of ${call}`, MESSAGE_NAMES);
  const level = (SAFETIES as readonly unknown[]).indexOf(safety);
  if (level < 0) throw invalid('safety', safety, `one of ${SAFETIES.map((each) => `'${each}'`).join(', ')}`);
  if (destinations !== undefined && !lists) {
    throw invalid('destinations', destinations, `none with ${call}; lsend() and scast() take destinations`);
  }
  return { safety: level, destinations };
}
