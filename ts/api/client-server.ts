/**
 * A member of a group of clients and servers that transfers the state of the servers by its own protocol: the low-level interface, in which requests
 * and parts of the state are messages between two members. `StateTransferServer` has a protocol for it.
 *
 * Source: `Maestro_ClSv` of the seed documents.
 */
import { invalidArgument } from '../base/checks.js';
import { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { Message } from '../base/message.js';
import {
  askRecord,
  ClientServerMember,
  left,
  progress,
  standing,
  stateRecord,
  wrongRole,
} from './client-server-member.js';
import { type ClientServerOptions, takeClientServerOptions } from './client-server-options.js';
import type { ClientServerView } from './client-server-view.js';
import { inside } from './inside.js';
import type { SendView } from './outbox.js';
import { type Payload, payloadBytes } from './payload.js';
import type { Session } from './session.js';
import { postState } from './transfers.js';

export class ClientServer extends ClientServerMember {
  /** @throws ConsortArgumentError when an option is wrong; see docs/api.md for the options */
  constructor(options: ClientServerOptions) {
    const { own, rest } = takeClientServerOptions(options, {});
    super(rest, own);
  }

  /**
   * Asks a server for a part of the state. `view.startTransfer` says when it is time to.
   * @throws ConsortError `ERR_NOT_A_SERVER`; `ERR_NOT_TRANSFERRING` when no transfer to this member is in progress
   */
  askState(server: Endpoint, message: Payload): SendView {
    const bytes = payloadBytes(message, this[inside].maxMessageSize);
    const session = this[inside].session('askState()');
    checkMember(session, 'server', server, 'view.servers');
    if (!isAmong(viewOf(session).servers, server)) throw wrongRole('askState()', server, 'ERR_NOT_A_SERVER');
    if (session.serverState !== 'server-xfer') throw this.#notTransferring('askState()');
    return postState(session, 'ask', server, bytes);
  }

  /** At a server: another one asks for a part of the state; `sendState(origin, ...)` answers. `message` is valid only during the call. */
  onAskState(origin: Endpoint, message: Message): void | Promise<void> {
    this.emit('askState', origin, message);
  }

  /**
   * Sends a part of the state to a server that gets it.
   * @throws ConsortError `ERR_NOT_TRANSFERRING` when no state is being transferred to it
   */
  sendState(xferServer: Endpoint, message: Payload): SendView {
    const bytes = payloadBytes(message, this[inside].maxMessageSize);
    const session = this[inside].session('sendState()');
    checkMember(session, 'xferServer', xferServer, 'view.xferServers');
    if (!isAmong(viewOf(session).xferServers, xferServer))
      throw wrongRole('sendState()', xferServer, 'ERR_NOT_TRANSFERRING');
    return postState(session, 'state', xferServer, bytes);
  }

  /** A part of the state has come. `message` is valid only during the call. */
  onReceiveState(origin: Endpoint, message: Message): void | Promise<void> {
    this.emit('receiveState', origin, message);
  }

  /**
   * This member has all of the state: a view follows in which it is a server.
   * @throws ConsortError `ERR_NOT_TRANSFERRING` when no transfer to it is in progress, or it was said already
   */
  transferDone(): void {
    if (!this[inside].session('transferDone()').transferDone()) throw this.#notTransferring('transferDone()');
  }

  // Its state is transferred by the application.
  [standing](): void {}
  [progress](): void {}
  [left](): void {}

  /** Who is a server answers; of others nobody asks, but for what was on its way when the view ended. */
  [askRecord](origin: Endpoint, message: Message): void | Promise<void> {
    const view = this[inside].view as ClientServerView | undefined;
    if (view !== undefined && view.myServerRank >= 0) return this.onAskState(origin, message);
  }

  [stateRecord](origin: Endpoint, message: Message): void | Promise<void> {
    if (this[inside].anySession?.serverState === 'server-xfer') return this.onReceiveState(origin, message);
  }

  #notTransferring(call: string): ConsortError {
    const state = this[inside].anySession?.serverState;
    return new ConsortError(
      'ERR_NOT_TRANSFERRING',
      `${call}: no state is being transferred to this member (it is in the state ${state}); wait for a view with startTransfer`,
      { details: { state } },
    );
  }
}

/** One member, and neither a rank nor a list. */
function checkMember(session: Session, path: string, member: unknown, of: string): void {
  if (!(member instanceof Endpoint)) throw invalidArgument(path, member, `an Endpoint of ${of}`);
  session.ranksOf(member);
}

function viewOf({ data }: Session): ClientServerView {
  return data as ClientServerView;
}

function isAmong(members: readonly Endpoint[], member: Endpoint): boolean {
  return members.some((each) => each.equals(member));
}
