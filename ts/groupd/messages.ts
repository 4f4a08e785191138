/**
 * What members and the membership service say to each other. A message names the view that it is about, as its sender knows it; what is about
 * another view than the receiver's is old, and ignored.
 *
 * Source: Ensemble's Member messages (Join, Synced, Fail) and Coord messages (View, Sync, Failed), doc/membership.tex. Its Failed is part of
 * SYNC here: who fails is told together with the order to go on without it.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Rank } from '../stack/event.js';
import {
  readViewId,
  readViewState,
  type ViewId,
  type ViewState,
  writeViewId,
  writeViewState,
} from '../stack/view-state.js';
import { MAX_MEMBERS } from './limits.js';

/** A member, and the view that it is in. The first message of a connection. */
export interface JoinMessage {
  readonly kind: 'join';
  /** The hash of the group's name and key. */
  readonly group: string;
  readonly me: Endpoint;
  readonly view: ViewId;
  readonly members: readonly Endpoint[];
  readonly protocol: string;
  readonly params: string;
  /** What members must agree on, beside the protocol, to be in one view. */
  readonly compatibility: string;
  /** A view can't be larger than this. */
  readonly maxMembers: number;
  /** The largest time of a view that this member has agreed to be rank 0 of, or has been in. */
  readonly floor: number;
  /** It has just begun to look for its group, in a view of one that nobody has seen. */
  readonly fresh: boolean;
  /** It wants another view: the one that it is in has begun to end, or somebody in it is suspected or leaves. */
  readonly wants: boolean;
  /** How long a view change may take it. */
  readonly patienceMs: number;
}

export type ToService =
  | JoinMessage
  /** The view that the service has granted is installed. */
  | { readonly kind: 'installed'; readonly view: ViewId }
  /** The view is flushed: all who stay have all that was sent in it. Of its coordinator. */
  | {
      readonly kind: 'synced';
      readonly view: ViewId;
      readonly attempt: number;
      readonly failed: readonly Rank[];
      readonly leaving: readonly Rank[];
      readonly floor: number;
      /** Of those who stay, in the order of their ranks; empty: it has said nothing. */
      readonly stateMessages: readonly Uint8Array[];
    }
  /** These are believed to have failed. */
  | { readonly kind: 'fail'; readonly view: ViewId; readonly ranks: readonly Rank[] }
  | { readonly kind: 'leave'; readonly view: ViewId }
  /** Somebody wants a new view. */
  | { readonly kind: 'prompt'; readonly view: ViewId }
  /** What the view that was proposed carries; its rank 0 agrees to it. */
  | {
      readonly kind: 'proposed';
      readonly view: ViewId;
      readonly time: number;
      readonly message: Uint8Array;
      readonly primary: boolean;
    };

export type FromService =
  /** End this view, without these. A later attempt replaces an earlier one. */
  | { readonly kind: 'sync'; readonly view: ViewId; readonly attempt: number; readonly failed: readonly Rank[] }
  /** To rank 0 of the next view: this is to be it. State messages by its ranks; empty: nothing was said. */
  | {
      readonly kind: 'propose';
      readonly view: ViewId;
      readonly attempt: number;
      readonly state: ViewState;
      readonly stateMessages: readonly Uint8Array[];
    }
  /** To the coordinator that was synced: the next view. */
  | { readonly kind: 'view'; readonly view: ViewId; readonly attempt: number; readonly state: ViewState }
  /** A view of this group that can't be one with yours; `members`: how many both have together. */
  | {
      readonly kind: 'denied';
      readonly peer: Endpoint;
      readonly protocol: string;
      readonly compatibility: string;
      readonly members: number;
    }
  /** The service does not know this view: JOIN. */
  | { readonly kind: 'ask'; readonly view: ViewId };

/** What a layer gets: the service's messages, and whether there is a service. */
export type ServiceEvent = FromService | { readonly kind: 'connected' } | { readonly kind: 'disconnected' };

/** The service as a member's layers see it. */
export interface ServicePort {
  /** The hash of the group's name and key. */
  readonly group: string;
  readonly isConnected: boolean;
  send(message: ToService): void;
}

/** By the number on the wire. */
const TO_SERVICE = ['join', 'installed', 'synced', 'fail', 'leave', 'prompt', 'proposed'] as const;
const FROM_SERVICE = ['sync', 'propose', 'view', 'denied', 'ask'] as const;

export function encodeToService(message: ToService): Uint8Array {
  const to = new ByteWriter().u8(TO_SERVICE.indexOf(message.kind));
  if (message.kind === 'join') return writeJoin(to, message).finish();
  writeViewId(to, message.view);
  switch (message.kind) {
    case 'synced':
      to.u32(message.attempt).ranks(message.failed).ranks(message.leaving).integer(message.floor);
      to.list(message.stateMessages, (each) => to.block(each));
      break;
    case 'fail':
      to.ranks(message.ranks);
      break;
    case 'proposed':
      to.integer(message.time)
        .block(message.message)
        .u8(message.primary ? 1 : 0);
  }
  return to.finish();
}

/** @throws MalformedError */
export function decodeToService(bytes: Uint8Array): ToService {
  const from = new ByteReader(bytes);
  const message = readToService(kindOf(TO_SERVICE, from), from);
  from.end();
  return message;
}

function readToService(kind: ToService['kind'], from: ByteReader): ToService {
  if (kind === 'join') return readJoin(from);
  const view = readViewId(from);
  switch (kind) {
    case 'synced':
      return {
        kind,
        view,
        attempt: from.u32(),
        failed: from.ranks(MAX_MEMBERS),
        leaving: from.ranks(MAX_MEMBERS),
        floor: from.integer(),
        stateMessages: from.list(() => from.block()),
      };
    case 'fail':
      return { kind, view, ranks: from.ranks(MAX_MEMBERS) };
    case 'proposed':
      return { kind, view, time: from.integer(), message: from.block(), primary: from.u8() === 1 };
    default:
      return { kind, view };
  }
}

function writeJoin(to: ByteWriter, join: JoinMessage): ByteWriter {
  to.text(join.group).endpoint(join.me);
  writeViewId(to, join.view);
  to.list(join.members, (member) => to.endpoint(member));
  to.text(join.protocol).text(join.params).text(join.compatibility);
  to.u16(join.maxMembers).integer(join.floor);
  return to
    .u8(join.fresh ? 1 : 0)
    .u8(join.wants ? 1 : 0)
    .u32(join.patienceMs);
}

function readJoin(from: ByteReader): JoinMessage {
  const join: JoinMessage = {
    kind: 'join',
    group: from.text(),
    me: from.endpoint(),
    view: readViewId(from),
    members: from.list(() => from.endpoint()),
    protocol: from.text(),
    params: from.text(),
    compatibility: from.text(),
    maxMembers: from.u16(),
    floor: from.integer(),
    fresh: from.u8() === 1,
    wants: from.u8() === 1,
    patienceMs: from.u32(),
  };
  const { members, me } = join;
  if (members.length > MAX_MEMBERS || join.maxMembers === 0) throw new MalformedError('a view of too many members');
  if (members[0]?.equals(join.view.coordinator) !== true) throw new MalformedError('a view without its coordinator');
  if (new Set(members.map(({ name }) => name)).size < members.length) throw new MalformedError('a member twice');
  if (!members.some((member) => member.equals(me))) throw new MalformedError('a member that is not in its view');
  return join;
}

export function encodeFromService(message: FromService): Uint8Array {
  const to = new ByteWriter().u8(FROM_SERVICE.indexOf(message.kind));
  if (message.kind === 'denied') {
    to.endpoint(message.peer).text(message.protocol).text(message.compatibility);
    return to.u16(message.members).finish();
  }
  writeViewId(to, message.view);
  if (message.kind === 'ask') return to.finish();
  to.u32(message.attempt);
  if (message.kind === 'sync') return to.ranks(message.failed).finish();
  writeViewState(to, message.state);
  if (message.kind === 'propose') to.list(message.stateMessages, (each) => to.block(each));
  return to.finish();
}

/** @throws MalformedError */
export function decodeFromService(bytes: Uint8Array): FromService {
  const from = new ByteReader(bytes);
  const message = readFromService(kindOf(FROM_SERVICE, from), from);
  from.end();
  return message;
}

function readFromService(kind: FromService['kind'], from: ByteReader): FromService {
  if (kind === 'denied') {
    const peer = from.endpoint();
    return { kind, peer, protocol: from.text(), compatibility: from.text(), members: from.u16() };
  }
  const view = readViewId(from);
  if (kind === 'ask') return { kind, view };
  const attempt = from.u32();
  if (kind === 'sync') return { kind, view, attempt, failed: from.ranks(MAX_MEMBERS) };
  const state = readViewState(from);
  if (kind === 'view') return { kind, view, attempt, state };
  return { kind, view, attempt, state, stateMessages: from.list(() => from.block()) };
}

function kindOf<K>(kinds: readonly K[], from: ByteReader): K {
  const kind = kinds[from.u8()];
  if (kind === undefined) throw new MalformedError('no message of the membership service');
  return kind;
}
