/**
 * Opening, joining, leaving, closing: what a member has open at each moment, and that nothing stays half-open when a step fails or is
 * given up.
 *
 *   new --open--> open --join--> joined --leave--> open ... --close--> closed
 *
 * `join` opens a member that is new, and closes again what it opened when it fails. `close` is allowed everywhere and final.
 */
import { debuglog } from 'node:util';
import type { Endpoint } from '../base/endpoint.js';
import { ConsortAbortError, ConsortError } from '../base/errors.js';
import type { Address, PlaneStats } from '../data-plane/data-plane.js';
import type { Plane } from '../data-plane/plane.js';
import type { Group } from '../stack/group.js';
import type { JoinAnswer } from '../stack/layer.js';
import { abortable, throwIfAborted } from './abort.js';
import { blockUntil, checkBlocking } from './blocking.js';
import type { ErrorReport } from './error-report.js';
import { FixedView } from './fixed-view.js';
import { type CheckedJoinOptions, checkJoinOptions, resolveMembers } from './member-list.js';
import { MemberLoop } from './member-loop.js';
import type { MemberStats } from './member-stats.js';
import type { Membership } from './membership.js';
import { type DriverChoice, openPlane } from './open-plane.js';
import { type OpenSession, openSession } from './open-session.js';
import type { CheckedOptions } from './options.js';
import type { GroupApplication, ServerOwner, Session, SessionView } from './session.js';
import { stackFor } from './stack-choice.js';
import type { ViewData } from './view.js';

const debug = debuglog('consort');

/** What the member is told: onView first, onLeaving, onLeft; onClosed last. */
export interface LifeEvents {
  /** A view begins: its streams are the ones to send with. */
  onView(view: SessionView): void;
  /** The fixed view is installed. */
  onFixedView(data: ViewData): void;
  /** What has become of the request to join. */
  onJoinAnswer(answer: JoinAnswer): void;
  /** Nothing may be sent any more; messages still arrive. */
  onLeaving(): void;
  onLeft(): void;
  /** Flow control lets the sender, who was told to wait, go on. */
  onRoom(): void;
  onHeartbeat(time: number): void;
  onClosed(failure: Error | undefined): void;
}

/** A join on its way. */
interface Joining {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export class Lifecycle {
  /** The open data plane. */
  plane: Plane | undefined;
  /** Its timers. */
  readonly loop = new MemberLoop();
  /** This member's place in a view, once it is in one. */
  view: Membership | undefined;
  /** Its part in a group with views, from the beginning of the join on. */
  private part: OpenSession | undefined;
  /** Why the member closed by itself. */
  failure: Error | undefined;
  private opening: Promise<Plane> | undefined;
  private joining: Joining | undefined;
  private leaving: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  /** Resolves when all that was opened and is not wanted any more is closed. */
  private shutting: Promise<void> = Promise.resolve();
  private heartbeat: NodeJS.Timeout | undefined;
  private lastStats: (PlaneStats & { mode: 'native' | 'ts' }) | undefined;

  constructor(
    private readonly options: CheckedOptions,
    private readonly chooseDriver: DriverChoice,
    private readonly application: GroupApplication,
    private readonly errors: ErrorReport,
    private readonly events: LifeEvents,
    private readonly servers?: ServerOwner | undefined,
  ) {}

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** Whether the member is in a view, or on its way into or out of one. */
  get isJoined(): boolean {
    return this.view !== undefined || this.joining !== undefined;
  }

  async open(): Promise<void> {
    if (this.isClosed) throw this.closed('open()');
    const opening = this.opening ?? this.begin();
    const plane = await opening;
    if (this.isClosed) throw this.closed('open()');
    // A join that was given up meanwhile has closed what it opened.
    if (this.opening !== opening) throw new ConsortAbortError();
    this.plane = plane;
  }

  async join(given: unknown): Promise<void> {
    const wanted = checkJoinOptions(given);
    if (this.isClosed) throw this.closed('join()');
    if (this.isJoined) {
      throw new ConsortError(
        'ERR_ALREADY_JOINED',
        'this member is in a view already, or on its way into or out of one',
        {
          details: { groupName: this.options.groupName },
        },
      );
    }
    throwIfAborted(wanted.signal);
    const abort = new AbortController();
    const done = this.joinView(wanted, abort);
    this.joining = { abort, done };
    try {
      await done;
    } finally {
      this.joining = undefined;
    }
  }

  async leave(): Promise<void> {
    if (this.joining !== undefined) {
      this.joining.abort.abort(this.failure ?? new Error('the member was told to leave'));
      // It may have been past giving up.
      await this.joining.done.catch(() => {});
    }
    if (this.leaving === undefined && this.view !== undefined) this.leaving = this.leaveView(this.view);
    await this.leaving;
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** The counts of the data plane, and what the member holds. */
  stats(): MemberStats {
    const counts = this.plane === undefined ? this.lastStats : this.count(this.plane);
    if (counts === undefined) {
      throw new ConsortError('ERR_NOT_OPEN', 'stats(): the member is not open yet; await open() or join() first');
    }
    return {
      ...counts,
      memoryBytes: this.view?.memoryBytes ?? 0,
      queuedBytes: this.view?.outbox.waitingBytes ?? 0,
      threadMode: this.options.threadMode,
    };
  }

  /** Throws what a call that needs a view gets when there is none. */
  refuse(call: string): never {
    if (this.isClosed) throw this.closed(call);
    const state = this.view === undefined ? 'in no view: await join() first' : 'leaving its view';
    throw new ConsortError('ERR_NOT_JOINED', `${call}: the member is ${state}`, { details: { call } });
  }

  /** This member's part in its group; undefined: it is in none, or on its way out. */
  get session(): Session | undefined {
    return this.view === undefined || this.leaving !== undefined ? undefined : this.part?.session;
  }

  /** Throws where this thread can't be blocked by a call. */
  checkBlocking(call: string): void {
    checkBlocking(call, this.options, this.plane, this.loop);
  }

  /** Blocks this thread until it is done, or this member has no part in its group any more. */
  blockUntil(isDone: () => boolean): void {
    const { plane } = this;
    if (plane !== undefined) blockUntil(() => isDone() || this.session === undefined, plane, this.loop);
  }

  /** The group that a call is about. Throws when there is none. */
  group(call: string): Group {
    const { part, view } = this;
    if (view === undefined || this.leaving !== undefined) return this.refuse(call);
    if (part !== undefined) return part.session.group;
    throw new ConsortError('ERR_NOT_AVAILABLE', `${call}: a fixed view never changes; join with the property Gmp`, {
      details: { call },
    });
  }

  private closed(call: string): ConsortError {
    const { failure } = this;
    return new ConsortError('ERR_CLOSED', `${call}: the member is closed; make another one`, {
      details: { call },
      ...(failure === undefined ? {} : { cause: failure }),
    });
  }

  private begin(): Promise<Plane> {
    const opening = openPlane(this.options, this.chooseDriver, {
      onProgress: () => this.progress(),
      onUnattached: (_, bytes) => this.part?.session.group.receiveOutside(bytes),
      onRefused: ({ host, port }) => this.part?.session.group.refused(host, port),
      onFailure: (error) => this.fail(error),
    });
    this.opening = opening;
    opening.catch(() => {
      if (this.opening === opening) this.opening = undefined;
    });
    return opening;
  }

  private async joinView(wanted: CheckedJoinOptions, abort: AbortController): Promise<void> {
    const { signal } = wanted;
    const stack = stackFor(wanted, this.options);
    const onAbort = () => abort.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const opens = this.opening === undefined;
    try {
      await abortable(this.open(), abort.signal);
      if (wanted.members === undefined) await this.joinGroup(stack, wanted, abort.signal);
      else await this.joinFixed(stack, wanted.members, wanted.viewTime, abort.signal);
    } catch (error) {
      this.closePart();
      if (opens) this.shut();
      // What is given up is given up at once, and closed when it can be.
      if (!abort.signal.aborted) await this.shutting;
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private async joinFixed(
    protocol: string,
    members: readonly Address[],
    viewTime: number,
    signal: AbortSignal,
  ): Promise<void> {
    const plane = this.plane as Plane;
    const { endpoints, myRank } = await abortable(resolveMembers(members, plane.driver.address), signal);
    const config = { options: this.options, endpoints, myRank, viewTime, protocol };
    const view = new FixedView(plane, config, this.application, this.errors);
    this.enter(view, view);
    this.events.onFixedView(view.data);
  }

  /** Resolves when the first view was accepted. */
  private async joinGroup(protocol: string, wanted: CheckedJoinOptions, signal: AbortSignal): Promise<void> {
    const first = firstView();
    const opening = openSession(
      this.options,
      { ...wanted, protocol },
      this.plane as Plane,
      this.application,
      this.errors,
      {
        onView: (view) => {
          if (this.part !== undefined) this.enter(this.part.session, view);
          first.accept();
        },
        onJoinAnswer: (answer) => {
          this.events.onJoinAnswer(answer);
          if (answer.type === 'denied') first.deny(joinDenied(answer.coordinator, answer.reason));
        },
      },
      this.loop,
      this.servers,
    );
    this.part = await this.unlessAborted(opening, signal);
    this.part.session.join();
    await abortable(first.accepted, signal);
  }

  /** What is given up while it opens is closed when it has opened, and close() waits for that. */
  private async unlessAborted(opening: Promise<OpenSession>, signal: AbortSignal): Promise<OpenSession> {
    try {
      return await abortable(opening, signal);
    } catch (error) {
      const closed = opening.then(
        (part) => part.close(),
        () => {},
      );
      this.shutting = Promise.all([this.shutting, closed]).then(() => {});
      throw error;
    }
  }

  /** A view begins. */
  private enter(membership: Membership, view: SessionView): void {
    const joins = this.view === undefined;
    this.view = membership;
    const { groupName } = this.options;
    debug(
      '%s: in view %d of %s as rank %d',
      groupName,
      view.data.viewId.time,
      view.data.members.join(' '),
      view.data.myRank,
    );
    if (joins) this.startHeartbeat();
    if (this.leaving === undefined) this.events.onView(view);
  }

  private startHeartbeat(): void {
    const { heartbeatRate } = this.options;
    if (heartbeatRate === 0) return;
    this.heartbeat = setInterval(() => this.events.onHeartbeat(Date.now()), heartbeatRate);
    this.heartbeat.unref();
  }

  /** The session is over; discovery's sockets close meanwhile. */
  private closePart(): void {
    const { part } = this;
    this.part = undefined;
    if (part === undefined) return;
    part.session.retire();
    this.shutting = Promise.all([this.shutting, part.close()]).then(() => {});
  }

  private progress(): void {
    // Before the first view there is a session at work.
    const room = (this.part?.session ?? this.view)?.progress() === true;
    if (room && this.leaving === undefined) this.events.onRoom();
    this.part?.session.progressBehind();
  }

  private async leaveView(view: Membership): Promise<void> {
    clearInterval(this.heartbeat);
    this.events.onLeaving();
    if (this.failure === undefined) await view.leave(this.options.lingerMs);
    // Not within the walk that may have called leave().
    else await Promise.resolve();
    if (this.part === undefined) view.retire();
    this.closePart();
    this.view = undefined;
    this.leaving = undefined;
    debug('%s: left', this.options.groupName);
    this.events.onLeft();
  }

  private async closeAll(): Promise<void> {
    await this.leave();
    this.shut();
    await this.shutting;
    this.events.onClosed(this.failure);
    debug('%s: closed', this.options.groupName);
  }

  /** Closes the data plane, if there is one or will be; `shutting` tells when. */
  private shut(): void {
    const { opening } = this;
    this.opening = undefined;
    this.plane = undefined;
    if (opening !== undefined) this.shutting = Promise.all([this.shutting, this.closePlane(opening)]).then(() => {});
  }

  private async closePlane(opening: Promise<Plane>): Promise<void> {
    try {
      const plane = await opening;
      this.lastStats = this.count(plane);
      await plane.close();
    } catch (error) {
      // What could not be opened need not be closed, and whoever opened it was told.
      debug('%s: %s', this.options.groupName, error);
    }
  }

  private count(plane: Plane): PlaneStats & { mode: 'native' | 'ts' } {
    return { ...plane.stats(), mode: plane.driver.mode };
  }

  private fail(cause: Error): void {
    if (this.failure !== undefined || this.isClosed) return;
    this.failure = new ConsortError('ERR_TRANSPORT_FAILED', `the socket failed: ${cause.message}`, { cause });
    this.view?.stop();
    this.errors.report(this.failure);
    void this.close();
  }
}

/** The first view of a join, or the refusal. */
function firstView() {
  let accept: () => void = () => {};
  let deny: (error: Error) => void = () => {};
  const accepted = new Promise<void>((resolve, reject) => {
    accept = resolve;
    deny = reject;
  });
  // Whoever gives the join up before does not look at it.
  accepted.catch(() => {});
  return { accepted, accept, deny };
}

function joinDenied(coordinator: Endpoint, reason: string): ConsortError {
  return new ConsortError('ERR_JOIN_DENIED', `join(): ${coordinator} denies it: ${reason}`, {
    details: { coordinator: coordinator.name, reason },
  });
}
