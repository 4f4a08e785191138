/**
 * A member of a group: opens a socket, joins a view, sends and receives, leaves.
 *
 * Each callback is a method to override; its default emits the event of the same name and feeds `for await` loops over the member.
 * `cast` and `send` run for every message: their first lines are the whole road of a small one, and allocate nothing.
 *
 * Source: `Maestro_GroupMember` of the seed documents.
 */
import { EventEmitter } from 'node:events';
import { Endpoint } from '../base/endpoint.js';
import type { EndpointList } from '../base/endpoint-list.js';
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { Message } from '../base/message.js';
import { formatBytes, show } from '../base/show.js';
import type { Address, ThreadMode } from '../data-plane/data-plane.js';
import { driverFor } from '../data-plane/drivers.js';
import type { JoinAnswer } from '../stack/layer.js';
import { ErrorReport } from './error-report.js';
import { EventStream } from './event-stream.js';
import type { GroupEvent, GroupMemberEvents } from './events.js';
import { checkNextStack, checkSuspects } from './group-arguments.js';
import { type Inside, inside } from './inside.js';
import { Lifecycle, type LifeEvents } from './lifecycle.js';
import type { JoinOptions } from './member-list.js';
import type { MemberStats } from './member-stats.js';
import type { DriverChoice } from './open-plane.js';
import type { GroupMemberOptions } from './option-table.js';
import { type CheckedOptions, checkOptions } from './options.js';
import type { Outbox, SendView } from './outbox.js';
import type { OutgoingStream } from './outgoing-stream.js';
import { type Payload, payloadBytes, tooLarge } from './payload.js';
import type { Destination } from './rank-of.js';
import type { ServerOwner, SessionView } from './session.js';
import { start } from './start.js';
import type { ViewData } from './view.js';

export class GroupMember extends EventEmitter<GroupMemberEvents> implements AsyncDisposable {
  // Private by #, not only by TypeScript: a subclass may use any name for its own fields.
  /** The streams of the view; undefined: there is none to send in. */
  #casts: OutgoingStream | undefined;
  #outbox: Outbox | undefined;
  #ranks: ReadonlyMap<Endpoint, number> | undefined;
  #events: EventStream | undefined;
  readonly #options: CheckedOptions;
  readonly #errors: ErrorReport;
  readonly #life: Lifecycle;
  readonly #inside: Inside;

  /**
   * Options for all members made from now on, from words of a command line (`-gossip_hosts host -transport UDP ...`, docs/api.md has the
   * flags). Returns the words that are none of them. Without an argument nothing stands for options any more.
   */
  static start(argv?: readonly string[]): string[] {
    return start(argv);
  }

  /**
   * @param servers of the classes of clients and servers
   * @throws ConsortArgumentError when an option is wrong; see docs/api.md for the options
   */
  constructor(options: GroupMemberOptions, servers?: ServerOwner) {
    super({ captureRejections: true });
    this.#options = checkOptions(options);
    this.#errors = new ErrorReport({
      errorHandler: this.#options.errorHandler,
      emitError: (error) => this.listenerCount('error') > 0 && this.emit('error', error),
    });
    const events = {
      onView: (view) => this.#use(view),
      onFixedView: (data) => this.#errors.guard('onAcceptedView', () => this.onAcceptedView(data)),
      onJoinAnswer: (answer) => this.#joinAnswered(answer),
      onLeaving: () => this.#endSending(),
      onLeft: () => this.#end(),
      onRoom: () => this.#errors.guard('onDrain', () => this.onDrain()),
      onHeartbeat: (time) => this.#errors.guard('onHeartbeat', () => this.onHeartbeat(time)),
      onClosed: (failure) => this.#endEvents(failure),
    } satisfies LifeEvents;
    this.#life = new Lifecycle(this.#options, (mode) => this.chooseDriver(mode), this, this.#errors, events, servers);
    this.#inside = this.#makeInside();
  }

  /** Opens the socket: from then on `address` is known. `join()` does it when it was not done. */
  open(): Promise<void> {
    return this.#life.open();
  }

  /**
   * Joins the group: finds the others by discovery, and resolves after the first `onAcceptedView`; who is alone is in a view of one. With
   * `members` it is a fixed view, which does not wait for the others.
   */
  join(options: JoinOptions = {}): Promise<void> {
    return this.#life.join(options);
  }

  /**
   * Leaves; resolves after `onExit`. What was sent arrives before, or the option `lingerMs` is over. Without a view it does
   * nothing; a `join()` on its way is given up. The member may join again.
   */
  leave(): Promise<void> {
    return this.#life.leave();
  }

  /** Leaves, and closes the socket. For good. May be called at any time, any number of times. */
  close(): Promise<void> {
    return this.#life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Multicasts to the other members of the view, in the order of the calls. The payload is copied: it may be used again at once.
   * When it can't go out yet it waits; heed `writableNeedDrain`.
   */
  cast(payload: Payload): SendView {
    const casts = this.#casts;
    if (
      casts !== undefined &&
      payload instanceof Uint8Array &&
      payload.length <= casts.direct &&
      casts.writer.write(payload, 0)
    ) {
      casts.plane.scheduleFlush();
      return 'current';
    }
    const outbox = this.#outbox ?? this.#life.refuse('cast()');
    return outbox.post(outbox.casts, payloadBytes(payload, this.#options.maxMessageSize));
  }

  /**
   * Sends to one member, by its endpoint or rank, or to several; FIFO among the sends to each. With the property Subcast sends go with the casts, and
   * are FIFO with them.
   */
  send(destination: Destination, payload: Payload): SendView {
    const outbox = this.#outbox;
    if (outbox !== undefined && payload instanceof Uint8Array) {
      const rank = destination instanceof Endpoint ? this.#ranks?.get(destination) : (destination as number);
      const stream = rank === undefined ? undefined : outbox.sends[rank];
      if (stream !== undefined && payload.length <= stream.direct && stream.writer.write(payload, 0)) {
        stream.plane.scheduleFlush();
        return 'current';
      }
    }
    const view = this.#life.view;
    if (outbox === undefined || view === undefined) return this.#life.refuse('send()');
    const bytes = payloadBytes(payload, this.#options.maxMessageSize);
    return outbox.postTo(view.ranksOf(destination), bytes);
  }

  /**
   * The fastest way to cast: makes room for `length` bytes in the ring and returns their offset in `claimBuffer`, or -1 when there is no room
   * now ('drain' follows). Write the message there and call `publishClaim`, with nothing of this member in between.
   */
  claim(length: number): number {
    const casts = this.#casts ?? this.#life.refuse('claim()');
    if (length >>> 0 !== length || length > casts.mostDirect) throw claimRefused(length, casts.mostDirect);
    const at = casts.claim(length);
    if (at < 0) this.#outbox?.waitForRoom(length);
    return at;
  }

  /** Casts what was written to the claim; `length` may be less than was claimed. */
  publishClaim(length: number): void {
    const casts = this.#casts ?? this.#life.refuse('publishClaim()');
    if (length >>> 0 !== length) throw claimRefused(length, casts.mostDirect);
    casts.publishClaim(length);
  }

  /** Where claims are written; another one in each view. */
  get claimBuffer(): Uint8Array {
    return (this.#casts ?? this.#life.refuse('claimBuffer')).writer.buffer;
  }

  /** The longest claim, in bytes: an eighth of the ring of casts. */
  get maxClaim(): number {
    return (this.#casts ?? this.#life.refuse('maxClaim')).mostDirect;
  }

  /** Whether so much waits for flow control that the sender should wait for 'drain'. */
  get writableNeedDrain(): boolean {
    return this.#outbox?.needDrain ?? false;
  }

  /**
   * These members are to be taken for failed: a view without them follows. Those that are not in the view are ignored.
   * @throws ConsortError `ERR_NOT_JOINED`; `ERR_SEND_TO_SELF` never: to suspect oneself is `leave()`
   */
  suspect(members: readonly Endpoint[] | EndpointList): void {
    this.#life.group('suspect()').suspect(checkSuspects(members, this.myEndpoint));
  }

  /** Asks for a new view, of the same members if nothing else has changed. */
  requestNewView(): void {
    this.#life.group('requestNewView()').requestNewView();
  }

  /**
   * The next view is to have this stack: properties, or layers, with parameters. Only the coordinator of a stack
   * with Switch can: elsewhere false, and nothing happens. Views with other stacks do not merge with it.
   */
  changeProtocol(stack: string, params = this.view?.params ?? ''): boolean {
    const group = this.#life.group('changeProtocol()');
    const next = checkNextStack(stack, params);
    return group.changeProtocol(next.protocol, next.params);
  }

  /** The view that this member is in. */
  get view(): ViewData | undefined {
    return this.#life.view?.data;
  }

  /** This member as the others see it; known once it is open. */
  get myEndpoint(): Endpoint | undefined {
    const { address } = this;
    return this.view?.myEndpoint ?? (address && new Endpoint(address.host, address.port));
  }

  /** Where the socket is bound; known once it is open. */
  get address(): Address | undefined {
    return this.#life.plane?.driver.address;
  }

  /** The data plane in use; known once the member is open. */
  get mode(): 'native' | 'ts' | undefined {
    return this.#life.plane?.driver.mode;
  }

  get threadMode(): ThreadMode {
    return this.#options.threadMode;
  }

  /** What the data plane has counted, and what it holds now. After `close()`: the last counts. */
  stats(): MemberStats {
    return this.#life.stats();
  }

  /**
   * The events of this member from here on, beginning with the view it is in. While more than `eventBufferBytes` wait to be taken, nothing
   * is consumed, and flow control slows the senders down. One at a time.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<GroupEvent, undefined> {
    if (this.#events !== undefined) {
      throw new ConsortError('ERR_ALREADY_ITERATING', 'there is a loop over the events of this member already', {
        details: { groupName: this.#options.groupName },
      });
    }
    const events = new EventStream(this.#options.eventBufferBytes, {
      onFull: () => this.#life.view?.pause(),
      onRoom: () => this.#life.view?.resume(),
      onEnd: () => {
        if (this.#events === events) this.#events = undefined;
      },
    });
    if (this.#life.isClosed) {
      events.end(this.#life.failure);
      return events;
    }
    this.#events = events;
    const { view } = this;
    if (view !== undefined) events.push({ type: 'view', view });
    return events;
  }

  /** A multicast of another member has arrived. `message` is valid only during the call: `message.copy()` keeps. */
  onReceiveCast(origin: Endpoint, message: Message): void | Promise<void> {
    this.#events?.push({ type: 'cast', origin, message: Message.of(message.copy()) });
    this.emit('cast', origin, message);
  }

  /** Another member has sent to this one. `message` is valid only during the call: `message.copy()` keeps. */
  onReceiveSend(origin: Endpoint, message: Message): void | Promise<void> {
    this.#events?.push({ type: 'send', origin, message: Message.of(message.copy()) });
    this.emit('send', origin, message);
  }

  /**
   * The view ends: what is sent during the call still belongs to it, what is sent afterwards to the next. A promise that it returns is waited
   * for, and with it all members.
   */
  onBlock(): void | Promise<void> {
    this.onFlush();
    this.emit('block');
  }

  /** Horus's name for what `onBlock` tells; its default calls this. */
  onFlush(): void {}

  /**
   * At the coordinator: a member wants to join, or a view of one wants to come back. `message` is what it gave to `join()`. False denies it.
   * Called again when the same member asks again.
   */
  onJoinRequest(_origin: Endpoint, _message: Message): boolean {
    return true;
  }

  /** At the member that joins: its request was granted, and the view is on its way. */
  onJoinReady(_coordinator: Endpoint): void {}

  /** At the member that joins: the application of the coordinator has denied it. A `join()` under way rejects. */
  onJoinDenied(_coordinator: Endpoint, _reason: string): void {}

  /** At the member that joins: a coordinator that was asked has not answered, or not now. The member goes on, and asks again. */
  onJoinFailed(_reason: string): void {}

  /** The view ends: what this member has to say to the coordinator about it, at most 16 KiB. */
  onChangingView(_view: ViewData): Payload | undefined {
    return undefined;
  }

  /**
   * At the coordinator: the view that is to come, and what members have said; by the endpoints of those who said something. Returns the message
   * that goes with the view. The default asks `onViewMessage`.
   */
  onProposeView(view: ViewData, _stateMessages: ReadonlyMap<Endpoint, Message>): Payload | undefined {
    return this.#options.viewMessages ? this.onViewMessage(view) : undefined;
  }

  /** At the coordinator: the message that goes with the view that is to come, at most 16 KiB. */
  onViewMessage(_view: ViewData): Payload | undefined {
    return undefined;
  }

  /** The view is installed. `message` is the coordinator's view message; there is none in a fixed view. */
  onAcceptedView(view: ViewData, message?: Message): void | Promise<void> {
    this.#events?.push({ type: 'view', view });
    this.emit('view', view, message);
  }

  /**
   * `writableNeedDrain` was true and is so no more. In a group of clients and servers it may still be true for messages that a state transfer holds back
   * (`needsDrain`): look again before you go on.
   */
  onDrain(): void | Promise<void> {
    this.emit('drain');
  }

  /** Every `heartbeatRate` ms while joined; `time` in ms since 1970. */
  onHeartbeat(time: number): void | Promise<void> {
    this.emit('heartbeat', time);
  }

  /** The member has left: the last callback, unless it joins again. */
  onExit(): void | Promise<void> {
    this.#events?.push({ type: 'exit' });
    this.emit('exit');
  }

  /** Where Node brings the rejections of async listeners. */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: unknown, ..._: unknown[]): void {
    this.#errors.callbackFailed(`a listener of '${String(event)}'`, error);
  }

  /** For the classes of clients and servers. */
  get [inside](): Inside {
    return this.#inside;
  }

  /** The data plane of a mode; tests put their own here. */
  protected chooseDriver(mode: CheckedOptions['mode']): ReturnType<DriverChoice> {
    return driverFor(mode);
  }

  #makeInside(): Inside {
    const life = this.#life;
    const errors = this.#errors;
    return {
      session: (call) => life.session ?? life.refuse(call),
      get anySession() {
        return life.session;
      },
      get view() {
        return life.view?.data;
      },
      get isJoined() {
        return life.isJoined;
      },
      maxMessageSize: this.#options.maxMessageSize,
      pushMessage: (type, origin, message) => this.#events?.push({ type, origin, message: Message.of(message.copy()) }),
      guard: (callback, run) => errors.guard(callback, run),
      report: (error) => errors.report(error),
      setTimer: (milliseconds, callback) => life.loop.setTimer(milliseconds, callback),
      checkBlocking: (call) => life.checkBlocking(call),
      blockUntil: (isDone) => life.blockUntil(isDone),
    };
  }

  #use(view: SessionView): void {
    this.#outbox = view.outbox;
    this.#casts = view.outbox.casts;
    this.#ranks = view.ranks;
  }

  #joinAnswered(answer: JoinAnswer): void {
    switch (answer.type) {
      case 'ready':
        return this.#errors.guard('onJoinReady', () => this.onJoinReady(answer.coordinator));
      case 'denied':
        return this.#errors.guard('onJoinDenied', () => this.onJoinDenied(answer.coordinator, answer.reason));
      case 'failed':
        return this.#errors.guard('onJoinFailed', () => this.onJoinFailed(answer.reason));
    }
  }

  #endSending(): void {
    this.#outbox = undefined;
    this.#casts = undefined;
    this.#ranks = undefined;
  }

  #end(): void {
    this.#errors.guard('onExit', () => this.onExit());
    this.#endEvents(this.#life.failure);
  }

  #endEvents(failure: Error | undefined): void {
    const events = this.#events;
    this.#events = undefined;
    events?.end(failure);
  }
}

function claimRefused(length: unknown, max: number): ConsortError {
  if (Number.isSafeInteger(length) && (length as number) > max) {
    return tooLarge('a claim', length as number, max, 'maxClaim');
  }
  return new ConsortArgumentError(
    'ERR_INVALID_ARGUMENT',
    `length: got ${show(length)}, want an integer from 0 to maxClaim, which is ${formatBytes(max)}`,
    { details: { path: 'length', got: length } },
  );
}
