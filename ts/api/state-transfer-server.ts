/**
 * A server whose state is transferred to those who join, by a protocol of requests and answers: who joins asks, in `onStateTransfer`, for the state or for
 * one part of it after the other; a server that has it answers, in `onAskState`. It goes on by itself when a server fails on the way.
 *
 * Source: `Maestro_CSX` and `HorusCSX` of the seed documents.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError, TransferTerminated } from '../base/errors.js';
import { Message } from '../base/message.js';
import { StateProvider, type StateQuestion } from '../client-server/state-provider.js';
import { StateRequester, type StateSink } from '../client-server/state-requester.js';
import { MalformedError } from '../stack/codec.js';
import { askRecord, ClientServerMember, postState, standing, stateRecord } from './client-server-member.js';
import { takeClientServerOptions } from './client-server-options.js';
import type { ClientServerView } from './client-server-view.js';
import { systemEnvironment } from './environment.js';
import { inside } from './inside.js';
import { type Payload, payloadBytes } from './payload.js';
import {
  CollectingSink,
  reasonOf,
  type StateAnswer,
  StreamingSink,
  sourceOf,
  type TransferId,
  type TransferProgress,
} from './state-transfer.js';
import { STATE_TRANSFER_OPTIONS, type StateTransferOptions } from './state-transfer-options.js';

export interface StreamOptions {
  /** Where a server fails, another one goes on at the byte where it stopped: all servers give the same bytes for this request. Default: false. */
  readonly resume?: boolean | undefined;
}

export class StateTransferServer extends ClientServerMember {
  readonly #maxStateSize: number;
  readonly #requester: StateRequester;
  readonly #provider: StateProvider;
  /** The transfer that was begun last, and whether it is in progress. */
  #xferId = 0;
  #isTransferring = false;
  /** Requests that wait for the application's `sendState`, by who asked and with which transfer. */
  readonly #questions = new Map<string, StateQuestion[]>();

  /** @throws ConsortArgumentError when an option is wrong; see docs/api.md for the options */
  constructor(options: StateTransferOptions) {
    const { own, rest } = takeClientServerOptions(options, STATE_TRANSFER_OPTIONS);
    super(rest, own);
    this.#maxStateSize = own.maxStateSize as number;
    const member = this;
    this.#requester = new StateRequester({
      servers: () => member.view?.servers ?? [],
      get first() {
        const { view } = member;
        return Math.max(0, view?.xferServers.findIndex((each) => each.equals(view.myEndpoint)) ?? 0);
      },
      ask: (server, bytes) => this.#post('ask', server, bytes),
      setTimer: (milliseconds, callback) => systemEnvironment.setTimer(milliseconds, callback),
      timeoutMs: own.stateTimeout as number,
    });
    this.#provider = new StateProvider({
      answer: (to, bytes) => this.#post('state', to, bytes),
      mostDirect: (to) => {
        const session = this[inside].anySession;
        const [rank] = session?.view?.data.members.some((each) => each.equals(to)) ? session.ranksOf(to) : [];
        return rank === undefined ? 1024 : (session?.outbox.sendsTo(rank).mostDirect ?? 1024);
      },
      asked: (question) => this.#asked(question),
    });
  }

  /** The state is to be as that of a server that has just begun. The default does nothing; call it in `onStateTransfer`. */
  resetState(): void {}

  /**
   * The transfer of the state to this member begins, or begins again. Gets the state (`getState`), then says so (`transferDone`). The default does without a
   * state. What it throws or rejects with, but for TransferTerminated, is reported, and this member gives up being a server.
   */
  onStateTransfer(xferId: TransferId): void | Promise<void> {
    this.transferDone(xferId);
  }

  /**
   * At a server that has the state: another one asks for it, or for the part that `request` says. Returns the state, or its parts, or a promise of one of both; or nothing, and
   * calls `sendState` later. `request` is valid only during the call. What it throws is reported, and another server is asked.
   */
  onAskState(
    _origin: Endpoint,
    _xferId: TransferId,
    _request: Message,
    // biome-ignore lint/suspicious/noConfusingVoidType: a method that returns nothing, and calls sendState(), is of this type.
  ): StateAnswer | void | Promise<StateAnswer | undefined> {
    throw new ConsortError('ERR_NOT_AVAILABLE', 'this server has no onAskState() that gives its state');
  }

  /** Answers the first request of this member with this transfer id that has no answer yet. Where there is none, it does nothing. */
  sendState(origin: Endpoint, xferId: TransferId, state: StateAnswer): void {
    this[inside].session('sendState()');
    const source = sourceOf(state);
    const question = this.#questions.get(`${origin.name} ${xferId}`)?.shift();
    if (question === undefined) source.cancel();
    else question.answer(source);
  }

  /**
   * Asks for the state, or for the part of it that `request` says, of a server that has it; of another one when that fails. May be called any number of times, also at once.
   * Rejects with TransferTerminated when the transfer is over, or was before; with `ERR_STATE_UNAVAILABLE`, `ERR_STATE_TOO_LARGE`.
   */
  getState(xferId: TransferId, request: Payload = ''): Promise<Message> {
    const sink = new CollectingSink(this.#maxStateSize, this.#progress(xferId));
    this.#request(xferId, request, sink);
    return sink.whole;
  }

  /**
   * The same part by part, for a state that does not fit into memory or is not to: `for await (const part of this.streamState(xferId))`. While the loop does not
   * take them, no more parts come. Throws what `getState` rejects with, and `ERR_STATE_INTERRUPTED` when a server fails after some parts, without `resume`.
   */
  streamState(
    xferId: TransferId,
    request: Payload = '',
    { resume = false }: StreamOptions = {},
  ): AsyncIterableIterator<Uint8Array, undefined> {
    const sink = new StreamingSink(resume, this.#progress(xferId));
    this.#request(xferId, request, sink);
    return sink;
  }

  /** The same by callbacks: `onGotState` follows, or `onTransferCanceled`; other errors are reported. */
  requestState(xferId: TransferId, request: Payload = ''): void {
    this.getState(xferId, request).then(
      (state) => this[inside].guard('onGotState', () => this.onGotState(xferId, state)),
      (error: Error) => {
        if (error instanceof TransferTerminated)
          this[inside].guard('onTransferCanceled', () => this.onTransferCanceled(xferId));
        else this[inside].report(error);
      },
    );
  }

  /** What `requestState` asked for is there. */
  onGotState(_xferId: TransferId, _state: Message): void | Promise<void> {}

  /** What `requestState` asked for does not come any more: the transfer is over. */
  onTransferCanceled(_xferId: TransferId): void | Promise<void> {}

  /** Some more of the state has come. */
  onTransferProgress(progress: TransferProgress): void | Promise<void> {
    this.emit('transferProgress', progress);
  }

  /** This member has the state: a view follows in which it is a server. With the id of another transfer it does nothing. */
  transferDone(xferId: TransferId): void {
    const session = this[inside].session('transferDone()');
    if (xferId === this.#xferId && session.transferDone()) this.#isTransferring = false;
  }

  // ---- the protocol ----

  [standing](view: ClientServerView): void {
    const gives = view.state === 'server-normal';
    this.#provider.viewChanged(gives ? view.xferServers : undefined);
    if (view.startTransfer) return this.#begin();
    if (view.state !== 'server-xfer') this.#terminate(`this member is in the state ${view.state}`);
    else this.#requester.viewChanged();
  }

  [askRecord](origin: Endpoint, message: Message): void {
    // Of who does not get the state any more, or asks one who does not have it, it was on its way when the view ended.
    const { view } = this;
    if (view?.state !== 'server-normal' || !view.xferServers.some((each) => each.equals(origin))) return;
    this.#read(origin, () => this.#provider.receive(origin, message.bytes()));
  }

  [stateRecord](origin: Endpoint, message: Message): void {
    this.#read(origin, () => this.#requester.receive(origin, message.bytes()));
  }

  #begin(): void {
    this.#terminate('another one has begun');
    const xferId = ++this.#xferId;
    this.#isTransferring = true;
    // Not within the hand-over of the view: it may block (getStateSync).
    setImmediate(() => void this.#run(xferId));
  }

  async #run(xferId: TransferId): Promise<void> {
    if (xferId !== this.#xferId || !this.#isTransferring) return;
    try {
      await this.onStateTransfer(xferId);
    } catch (error) {
      if (error instanceof TransferTerminated) return;
      this[inside].guard('onStateTransfer', () => {
        throw error;
      });
      // Nobody is to wait for a transfer that does not go on.
      if (xferId === this.#xferId && this.#isTransferring && this[inside].anySession !== undefined) this.becomeClient();
    }
  }

  #terminate(why: string): void {
    this.#isTransferring = false;
    this.#requester.terminate(why);
  }

  #request(
    xferId: TransferId,
    request: Payload,
    sink: StateSink & { request: ReturnType<StateRequester['request']> | undefined },
  ): void {
    const bytes = payloadBytes(request, this[inside].maxMessageSize).slice();
    if (xferId !== this.#xferId || !this.#isTransferring)
      return sink.fail(new TransferTerminated(xferId, 'it is not in progress'));
    sink.request = this.#requester.request(xferId, bytes, sink);
  }

  #asked(question: StateQuestion): void {
    const { origin, transfer, request } = question;
    const answer = (given: StateAnswer | undefined) => {
      if (given !== undefined) return question.answer(sourceOf(given));
      const key = `${origin.name} ${transfer}`;
      this.#questions.set(key, [...(this.#questions.get(key) ?? []), question]);
    };
    const fail = (error: unknown) => {
      question.refuse(`onAskState threw: ${reasonOf(error)}`);
      throw error;
    };
    this[inside].guard('onAskState', () => {
      try {
        const given = this.onAskState(origin, transfer, Message.of(request));
        return given instanceof Promise ? given.then(answer).catch(fail) : answer(given as StateAnswer | undefined);
      } catch (error) {
        return fail(error);
      }
    });
  }

  #progress(xferId: TransferId): (bytes: number, total: number | undefined) => void {
    return (bytes, total) =>
      this[inside].guard('onTransferProgress', () => this.onTransferProgress({ xferId, bytes, total }));
  }

  /** Whom it is for may be gone: then nobody misses it. */
  #post(call: 'ask' | 'state', to: Endpoint, bytes: Uint8Array): void {
    const members = this[inside].anySession?.view?.data.members;
    if (members?.some((each) => each.equals(to)) === true) this[postState](call, to, bytes);
  }

  #read(origin: Endpoint, receive: () => void): void {
    try {
      receive();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this[inside].report(
        new ConsortError(
          'ERR_MALFORMED_STREAM',
          `${origin} sent a record of a state transfer that cannot be read: ${error.message}`,
          {
            details: { origin },
          },
        ),
      );
    }
  }
}
