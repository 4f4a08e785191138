/**
 * What ClientServer and StateTransferServer have in common: a group whose members are clients or servers, messages to all, to the servers and to lists,
 * and messages that wait while a state is transferred.
 *
 * Source: `Maestro_ClSv` and `HorusClSv` of the seed documents.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { Message } from '../base/message.js';
import type { ClientServerState } from '../client-server/automaton.js';
import type { Safety, TransferType } from '../client-server/safety.js';
import { CastKind } from '../data-plane/cast-order.js';
import {
  type ClientServerJoinOptions,
  checkMessageOptions,
  type ListOptions,
  type MessageOptions,
  takeJoinOptions,
  type Wish,
  wantsOf,
} from './client-server-options.js';
import type { ClientServerView } from './client-server-view.js';
import { GroupMember } from './group-member.js';
import { inside } from './inside.js';
import { kindOf } from './message-kind.js';
import type { GroupMemberOptions } from './option-table.js';
import type { SendView } from './outbox.js';
import { type Payload, payloadBytes } from './payload.js';
import type { Destination } from './rank-of.js';
import type { ServerOwner } from './session.js';

/** What the classes above do with what concerns the transfer of a state. By symbols: users' subclasses may use any name. */
export const standing = Symbol('consort.standing');
export const progress = Symbol('consort.progress');
export const left = Symbol('consort.left');
export const askRecord = Symbol('consort.askRecord');
export const stateRecord = Symbol('consort.stateRecord');

/** The session's way to a member that is made before it. */
class Owner implements ServerOwner {
  member: ClientServerMember | undefined;

  constructor(public wants: TransferType | undefined) {}

  onReceiveScast(origin: Endpoint, message: Message): void | Promise<void> {
    return this.member?.onReceiveScast(origin, message);
  }

  onReceiveLsend(origin: Endpoint, message: Message): void | Promise<void> {
    return this.member?.onReceiveLsend(origin, message);
  }

  onAskState(origin: Endpoint, message: Message): void | Promise<void> {
    return this.member?.[askRecord](origin, message);
  }

  onReceiveState(origin: Endpoint, message: Message): void | Promise<void> {
    return this.member?.[stateRecord](origin, message);
  }

  onStanding(view: ClientServerView): void {
    this.member?.[standing](view);
  }

  onProgress(): void {
    this.member?.[progress]();
  }

  onLeft(): void {
    this.member?.[left]();
  }
}

export abstract class ClientServerMember extends GroupMember {
  readonly #owner: Owner;
  readonly #usual: Wish;

  constructor(options: GroupMemberOptions, wish: Wish) {
    const owner = new Owner(wantsOf(wish));
    super(options, owner);
    owner.member = this;
    this.#owner = owner;
    this.#usual = wish;
  }

  /**
   * Joins the group, as a client; who is to be a server asks to become one in the first view. Resolves after the first `onAcceptedView`.
   * @param options as Horus has it, `membership` and `transfer` may be given here, too
   */
  override join(options: ClientServerJoinOptions = {}): Promise<void> {
    try {
      const { wish, rest } = takeJoinOptions(options, this.#usual);
      // Not of the membership that there may be already, or that is on its way.
      if (!this[inside].isJoined) this.#owner.wants = wantsOf(wish);
      return super.join(rest);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The view that this member is in. */
  override get view(): ClientServerView | undefined {
    return super.view as ClientServerView | undefined;
  }

  /** Where this member stands on its way to being a server; it may have moved since the view began. */
  get serverState(): ClientServerState {
    return this[inside].anySession?.serverState ?? 'joining';
  }

  /** Whether this member is, or is becoming, a server. `serverState` tells how far it is. */
  isServer(): boolean {
    return this.#owner.wants !== undefined;
  }

  isClient(): boolean {
    return this.#owner.wants === undefined;
  }

  /**
   * A client becomes a server after all; views follow in which it is one.
   * @param transfer with which state transfer; default: the option of the constructor
   * @throws ConsortError `ERR_NOT_JOINED`; ConsortArgumentError `ERR_INVALID_OPTION`
   */
  becomeServer(transfer?: TransferType): void {
    const { wish } = takeJoinOptions({ membership: 'server', transfer }, this.#usual);
    const session = this[inside].session('becomeServer()');
    if (this.#owner.wants !== undefined) return;
    this.#owner.wants = wish.transfer;
    session.want(wish.transfer);
  }

  /** A server becomes a client; a view follows in which it is one. What it knows of the state it may keep, but it will not hear of changes. */
  becomeClient(): void {
    const session = this[inside].session('becomeClient()');
    if (this.#owner.wants === undefined) return;
    this.#owner.wants = undefined;
    session.want(undefined);
  }

  /** Multicasts to the other members of the view, clients and servers. What is not safe enough for the transfer in progress waits until it is over. */
  override cast(payload: Payload, options?: MessageOptions): SendView {
    if (options === undefined) return super.cast(payload);
    const { safety } = checkMessageOptions(options, 'cast()', false);
    const { outbox } = this[inside].session('cast()');
    return outbox.post(outbox.casts, this.#bytes(payload), kindOf(CastKind.message, safety));
  }

  /** Sends to one member, or to several. It waits as casts do. */
  override send(destination: Destination, payload: Payload, options?: MessageOptions): SendView {
    if (options === undefined) return super.send(destination, payload);
    const { safety } = checkMessageOptions(options, 'send()', false);
    const session = this[inside].session('send()');
    return session.outbox.postTo(session.ranksOf(destination), this.#bytes(payload), safety);
  }

  /**
   * What `writableNeedDrain` says, for messages of this safety: those that a state transfer does not hold back need not wait for those that it does.
   * At 'drain' look again.
   */
  needsDrain(safety: Safety = 'generic'): boolean {
    const level = checkMessageOptions({ safety }, 'needsDrain()', false).safety;
    return this[inside].anySession?.view?.outbox.needsDrain(level) ?? false;
  }

  /** Multicasts to the servers, those included who are becoming one, and to the clients in `destinations`. */
  scast(payload: Payload, options?: ListOptions): SendView {
    return this.#list('scast()', CastKind.scast, payload, options);
  }

  /** Multicasts to the members in `destinations`, in order with the casts. */
  lsend(payload: Payload, options?: ListOptions): SendView {
    return this.#list('lsend()', CastKind.lsend, payload, options);
  }

  /** Another member has cast to the servers, and to those whom it listed. `message` is valid only during the call. */
  onReceiveScast(origin: Endpoint, message: Message): void | Promise<void> {
    this[inside].pushMessage('scast', origin, message);
    this.emit('scast', origin, message);
  }

  /** Another member has sent to a list that this one is on. `message` is valid only during the call. */
  onReceiveLsend(origin: Endpoint, message: Message): void | Promise<void> {
    this[inside].pushMessage('lsend', origin, message);
    this.emit('lsend', origin, message);
  }

  // ---- for the classes above ----

  /** A view has begun. */
  abstract [standing](view: ClientServerView): void;
  /** There may be room for what had none. */
  abstract [progress](): void;
  /** This member is in no view any more. */
  abstract [left](): void;
  abstract [askRecord](origin: Endpoint, message: Message): void | Promise<void>;
  abstract [stateRecord](origin: Endpoint, message: Message): void | Promise<void>;

  #list(call: string, kind: number, payload: Payload, options: ListOptions | undefined): SendView {
    const { safety, destinations } = checkMessageOptions(options, call, true);
    const session = this[inside].session(call);
    const ranks = destinations === undefined ? [] : session.ranksOf(listOf(destinations));
    const bytes = this.#bytes(payload);
    // Who is on no list is told nothing.
    if (kind === CastKind.lsend && ranks.length === 0) return 'current';
    return session.outbox.postListed(kind, ranks, bytes, safety);
  }

  #bytes(payload: Payload): Uint8Array {
    return payloadBytes(payload, this[inside].maxMessageSize);
  }
}

/** Lists of endpoints are as good as arrays. */
function listOf(destinations: unknown): unknown {
  const isList = typeof destinations === 'object' && destinations !== null && Symbol.iterator in destinations;
  return isList ? [...(destinations as Iterable<unknown>)] : destinations;
}

/** The error of a call that names a member of the wrong sort. */
export function wrongRole(
  call: string,
  member: Endpoint,
  code: 'ERR_NOT_A_SERVER' | 'ERR_NOT_TRANSFERRING',
): ConsortError {
  const want =
    code === 'ERR_NOT_A_SERVER'
      ? 'a server that has the state: one of view.servers'
      : 'a server that gets the state: one of view.xferServers';
  return new ConsortError(code, `${call}: ${member} is not ${want}`, { details: { member } });
}
