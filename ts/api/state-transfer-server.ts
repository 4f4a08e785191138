/**
 * A server whose state is transferred to those who join, by a protocol of requests and answers: who joins asks, in `onStateTransfer`, for the state or for
 * one part of it after the other; a server that has it answers, in `onAskState`. It goes on by itself when a server fails on the way.
 *
 * Source: `Maestro_CSX` and `HorusCSX` of the seed documents.
 */
import { invalid, invalidArgument, record } from '../base/checks.js';
import { Endpoint } from '../base/endpoint.js';
import { ConsortError, TransferTerminated } from '../base/errors.js';
import { Message } from '../base/message.js';
import type { StateQuestion, StateSource } from '../client-server/state-provider.js';
import { askRecord, ClientServerMember, left, progress, standing, stateRecord } from './client-server-member.js';
import { takeClientServerOptions } from './client-server-options.js';
import type { ClientServerView } from './client-server-view.js';
import { inside } from './inside.js';
import { type Payload, payloadCopy } from './payload.js';
import {
  CollectingSink,
  reasonOf,
  type StateAnswer,
  type StateTaker,
  StreamingSink,
  sourceOf,
  type TransferId,
  type TransferProgress,
} from './state-transfer.js';
import { STATE_TRANSFER_OPTIONS, type StateTransferOptions } from './state-transfer-options.js';
import { type RequestingSink, Transfers } from './transfers.js';

export interface StreamOptions {
  /** Where a server fails, another one goes on at the byte where it stopped: all servers give the same bytes for this request. Default: false. */
  readonly resume?: boolean | undefined;
  /**
   * A part is valid only until the next one is asked for: its memory is used again. For loops that keep no part, with a state of many megabytes: no garbage comes of it.
   * Default: false; each part has memory of its own.
   */
  readonly reuse?: boolean | undefined;
}

export class StateTransferServer extends ClientServerMember {
  readonly #maxStateSize: number;
  readonly #transfers: Transfers;
  /** Requests that wait for the application's answer, by who asked and with which transfer; the oldest first. */
  readonly #questions = new Map<string, StateQuestion[]>();

  /** @throws ConsortArgumentError when an option is wrong; see docs/api.md for the options */
  constructor(options: StateTransferOptions) {
    const { own, rest } = takeClientServerOptions(options, STATE_TRANSFER_OPTIONS);
    super(rest, own);
    this.#maxStateSize = own.maxStateSize as number;
    this.#transfers = new Transfers({
      session: () => this[inside].anySession,
      setTimer: (milliseconds, callback) => this[inside].setTimer(milliseconds, callback),
      timeoutMs: own.stateTimeout as number,
      asked: (question) => this.#asked(question),
      // Not within the hand-over of the view: it may block (getStateSync).
      begun: (xferId) => void setImmediate(() => void this.#run(xferId)),
      report: (error) => this[inside].report(error),
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

  /**
   * Answers the first request of this member with this transfer id that has no answer yet, also within `onAskState`. Where there is none, as when whoever asked
   * has gone or asks another server meanwhile, it does nothing.
   * @throws ConsortArgumentError for what is no state
   */
  sendState(origin: Endpoint, xferId: TransferId, state: StateAnswer): void {
    if (!(origin instanceof Endpoint)) throw invalidArgument('origin', origin, 'an Endpoint of view.xferServers');
    const source = this.#sourceOf(state);
    const question = this.#openQuestions(origin, xferId)[0];
    if (question === undefined) source.cancel();
    else question.answer(source);
  }

  /**
   * Asks for the state, or for the part of it that `request` says, of a server that has it; of another one when that fails. May be called any number of times, also at once.
   * Rejects with TransferTerminated when the transfer is over, or was before; with `ERR_STATE_UNAVAILABLE`, `ERR_STATE_TOO_LARGE`.
   */
  getState(xferId: TransferId, request: Payload = ''): Promise<Message> {
    return this.#get(xferId, request);
  }

  /**
   * The same, blocking: returns the state, and throws what `getState` rejects with. For a member with a thread of its own, in thread mode 'multi': until it returns this thread does
   * nothing but this member's part in its group, whose other callbacks come meanwhile, within the call. Promises are not settled, and no timer or socket of
   * the application is served.
   * @throws ConsortError `ERR_BLOCKING_IN_SINGLE_THREADED_MODE`; `ERR_BLOCKING_IN_CALLBACK` within another callback than `onStateTransfer`; `ERR_NOT_AVAILABLE` with groupd
   */
  getStateSync(xferId: TransferId, request: Payload = ''): Message {
    const { [inside]: member } = this;
    member.checkBlocking('getStateSync()');
    let got: Message | undefined;
    let failure: Error | undefined;
    const sink = this.#collect(xferId, {
      resolve: (message) => {
        got = message;
      },
      reject: (error) => {
        failure = error;
      },
    });
    this.#request(xferId, request, sink);
    member.blockUntil(() => got !== undefined || failure !== undefined);
    if (got !== undefined) return got;
    throw failure ?? new TransferTerminated(xferId, 'this member has left the group');
  }

  /**
   * The same part by part, for a state that does not fit into memory or is not to: `for await (const part of this.streamState(xferId))`. While the loop does not
   * take them, no more parts come. Throws what `getState` rejects with, and `ERR_STATE_INTERRUPTED` when a server fails after some parts were taken, without `resume`.
   */
  streamState(
    xferId: TransferId,
    request: Payload = '',
    options: StreamOptions = {},
  ): AsyncIterableIterator<Uint8Array, undefined> {
    const { resume = false, reuse = false } = record(options, 'options of streamState()', ['resume', 'reuse']);
    if (typeof resume !== 'boolean') throw invalid('resume', resume, 'a boolean');
    if (typeof reuse !== 'boolean') throw invalid('reuse', reuse, 'a boolean');
    const sink = new StreamingSink(resume, reuse, this.#progress(xferId));
    this.#request(xferId, request, sink);
    return sink;
  }

  /**
   * The same by callbacks: `onGotState` follows, or `onTransferCanceled`. Where `getState` rejects with something else than TransferTerminated that is reported, and
   * this member gives up being a server: nobody is there who could catch it.
   */
  requestState(xferId: TransferId, request: Payload = ''): void {
    const bytes = payloadCopy(request, this[inside].maxMessageSize);
    this.#get(xferId, bytes).then(
      (state) => this[inside].guard('onGotState', () => this.onGotState(xferId, state)),
      (error: Error) => {
        if (!(error instanceof TransferTerminated)) this[inside].report(error);
        this.#giveUp(xferId);
        this[inside].guard('onTransferCanceled', () => this.onTransferCanceled(xferId));
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
    this.#transfers.done(xferId);
  }

  // ---- the protocol ----

  [standing](view: ClientServerView): void {
    this.#transfers.enter(view);
    for (const [key, questions] of this.#questions) if (!questions.some(isOpen)) this.#questions.delete(key);
  }

  [progress](): void {
    this.#transfers.progress();
  }

  [left](): void {
    this.#transfers.left();
    this.#questions.clear();
  }

  [askRecord](origin: Endpoint, message: Message): void {
    this.#transfers.receiveAsk(origin, message);
  }

  [stateRecord](origin: Endpoint, message: Message): void {
    this.#transfers.receiveState(origin, message);
  }

  async #run(xferId: TransferId): Promise<void> {
    if (!this.#transfers.isInProgress(xferId)) return;
    try {
      await this.onStateTransfer(xferId);
    } catch (error) {
      // Of another transfer it says nothing about this one.
      if (error instanceof TransferTerminated && !this.#transfers.isInProgress(xferId)) return;
      this[inside].guard('onStateTransfer', () => {
        throw error;
      });
      this.#giveUp(xferId);
    }
  }

  /** Nobody is to wait for a transfer that does not go on. */
  #giveUp(xferId: TransferId): void {
    if (this.#transfers.isInProgress(xferId) && this[inside].anySession !== undefined) super.becomeClient();
  }

  /** What it throws rejects the promise. */
  #get(xferId: TransferId, request: Payload): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#request(xferId, request, this.#collect(xferId, { resolve, reject }));
    });
  }

  #request(xferId: TransferId, request: Payload, sink: RequestingSink): void {
    this.#transfers.request(xferId, payloadCopy(request, this[inside].maxMessageSize), sink);
  }

  #collect(xferId: TransferId, taker: StateTaker): CollectingSink {
    return new CollectingSink(this.#maxStateSize, this.#progress(xferId), taker);
  }

  #asked(question: StateQuestion): void {
    const { origin, transfer, request } = question;
    // Before the application is asked: it may call sendState at once.
    this.#questions.set(keyOf(origin, transfer), [...this.#openQuestions(origin, transfer), question]);
    const answer = (given: StateAnswer | undefined) => {
      if (given !== undefined) question.answer(this.#sourceOf(given));
    };
    const fail = (error: unknown) => {
      question.refuse(`onAskState threw: ${reasonOf(error)}`);
      throw error;
    };
    this[inside].guard('onAskState', () => {
      try {
        const given = this.onAskState(origin, transfer, Message.of(request));
        return isPromise(given) ? given.then(answer).then(undefined, fail) : answer(given as StateAnswer | undefined);
      } catch (error) {
        return fail(error);
      }
    });
  }

  #openQuestions(origin: Endpoint, xferId: TransferId): readonly StateQuestion[] {
    return this.#questions.get(keyOf(origin, xferId))?.filter(isOpen) ?? [];
  }

  #sourceOf(state: StateAnswer): StateSource {
    return sourceOf(state, (error) =>
      this[inside].guard('onAskState', () => {
        throw error;
      }),
    );
  }

  #progress(xferId: TransferId): (bytes: number, total: number | undefined) => void {
    return (bytes, total) =>
      this[inside].guard('onTransferProgress', () => this.onTransferProgress({ xferId, bytes, total }));
  }
}

function keyOf({ name }: Endpoint, xferId: TransferId): string {
  return `${name} ${xferId}`;
}

function isOpen(question: StateQuestion): boolean {
  return question.isOpen;
}

function isPromise(value: unknown): value is PromiseLike<StateAnswer | undefined> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
