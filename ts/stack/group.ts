/**
 * A member's way through the views of its group. Each view has streams and layers of its own; this is what hands over from one to the next.
 *
 *   views   ... | ended, kept for others | front: the application's | installed, waiting | ...
 *
 * The application sees one view after the other: the next is accepted when all that belongs to the one before has been delivered. The layers
 * of the next work already, so that a slow application holds up nobody. A view that has ended is kept until its layers say `exit`.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import { formatBytes } from '../base/show.js';
import type { Plane } from '../data-plane/plane.js';
import { maxMembersOf } from '../data-plane/ring-sizes.js';
import type { ServiceEvent } from '../groupd/messages.js';
import { ByteReader, MalformedError } from './codec.js';
import type { Environment, Timer } from './environment.js';
import type { StackEvent } from './event.js';
import type { GroupOwner, JoinRequest } from './group-owner.js';
import { type GroupSettings, GroupView, type GroupViewHost } from './group-view.js';
import { KnownMembers } from './known-members.js';
import type { ApplicationPort } from './layer.js';
import { CONTROL_VERSION, OutsideFormat } from './outside.js';
import { Params } from './params.js';
import { rankIn, singleton, type ViewState } from './view-state.js';

/** How long a view that nobody needs is kept at most until the last that it sent has arrived. */
const LAST_WORDS_MS = 1000;
/** So many times `join_wait` a member that joins waits at most while it is merging. */
const MOST_WAITS = 20;

export class Group {
  private readonly known: KnownMembers;
  /** Those that are there, oldest first. */
  private readonly views: GroupView[] = [];
  /** The application's. */
  front: GroupView | undefined;
  private readonly waiting: GroupView[] = [];
  /** The first view is not shown while others may be near. */
  private held = true;
  private leaving = false;
  private exited = false;
  private disposed = false;
  private paused = false;
  private readonly timers = new Set<Timer>();
  private readonly format: OutsideFormat;
  private readonly viewHost: GroupViewHost;
  private versionReported = false;
  /** Whether it has been in a view with others: from then on nobody is asked to let it in. */
  private hasMet = false;

  constructor(
    readonly me: Endpoint,
    private readonly settings: GroupSettings,
    private readonly plane: Plane,
    private readonly environment: Environment,
    private readonly owner: GroupOwner,
    private readonly request: JoinRequest = { contacts: [], message: new Uint8Array(0) },
  ) {
    this.format = new OutsideFormat(settings.groupName, settings.key);
    this.known = new KnownMembers(me);
    this.viewHost = this.makeViewHost();
  }

  /**
   * Begins as a view of one; `accepted` follows when it is clear that nobody is near, or when others were found. With a membership service the
   * first view that is shown is the first that the service grants, however long that takes.
   */
  join(protocol: string, params: string): void {
    const state = singleton(this.me, 1, { groupName: this.settings.groupName, protocol, params });
    this.install(state);
    if (this.request.service !== undefined) return;
    this.waitForOthers(Params.parse(params).milliseconds('join_wait'), 0);
  }

  /** Leaves; `exited` follows. */
  leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    if (this.front === undefined) return this.exit();
    this.newest()?.stack.inject({ type: 'leave' });
  }

  /** Everything is gone at once. */
  dispose(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    for (const view of this.views.splice(0)) view.retire();
    this.waiting.length = 0;
    this.front = undefined;
    this.exited = true;
    this.disposed = true;
  }

  /** All is done for leaving, but for what the application has not taken yet. */
  get hasLeft(): boolean {
    const end = this.newest()?.end;
    return this.exited || (end !== undefined && end.next === undefined);
  }

  /** Nothing that others may need is held here any more. */
  get isSettled(): boolean {
    return this.views.every((view) => view.isStable);
  }

  requestNewView(): void {
    this.newest()?.stack.inject({ type: 'prompt' });
  }

  /** False: this member does not coordinate, or the stack has no Switch, and nothing happens. */
  changeProtocol(protocol: string, params: string): boolean {
    const view = this.newest();
    if (view === undefined || view.myRank !== 0 || !view.state.protocol.split(':').includes('Switch')) return false;
    view.stack.inject({ type: 'protocol', protocol, params });
    return true;
  }

  suspect(members: readonly Endpoint[]): void {
    const view = this.newest();
    const ranks = members.map((member) => rankIn(view?.state.members ?? [], member)).filter((rank) => rank >= 0);
    if (ranks.length > 0) view?.stack.suspect(ranks, 'the application says so');
  }

  /** While paused nothing is handed over to the application, and flow control slows the senders. */
  pause(): void {
    this.paused = true;
    if (this.front !== undefined) this.front.streams.paused = true;
  }

  resume(): void {
    this.paused = false;
    if (this.front === undefined) return;
    this.front.streams.paused = false;
    this.plane.resume();
  }

  /** After each batch of the plane. */
  progress(): void {
    for (const view of this.views) view.progress();
    this.advance();
    this.retireStable();
  }

  /** A datagram outside of any view, by whatever way it came. */
  receiveOutside(bytes: Uint8Array): void {
    if (this.exited) return;
    try {
      const datagram = this.format.read(bytes);
      if (datagram === undefined) return;
      if (typeof datagram === 'number') return this.reportVersion(datagram);
      if (datagram.from.equals(this.me) || this.settings.isCutOff?.(datagram.from) === true) return;
      // A copy of the list: what is received may install a view.
      for (const { stack } of [...this.views])
        stack.receiveOutside(datagram.from, datagram.layer, new ByteReader(datagram.body));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
  }

  /** What the membership service says, or that it has come or gone. */
  receiveService(event: ServiceEvent): void {
    if (this.exited) return;
    // A copy of the list: a view may be installed.
    for (const { stack } of [...this.views]) stack.receiveService(event);
  }

  /** The kernel says that nothing is bound to this address. */
  refused(host: string, port: number): void {
    const view = this.newest();
    for (const [rank, member] of (view?.state.members ?? []).entries()) {
      if (member.port === port && member.host === host && rank !== view?.myRank) view?.stack.refused(rank);
    }
  }

  /** Bytes that the views hold. */
  get memoryBytes(): number {
    return this.views.reduce((sum, { streams }) => sum + streams.memoryBytes(), 0);
  }

  private newest(): GroupView | undefined {
    return this.views[this.views.length - 1];
  }

  // ---- from view to view ----

  private install(decided: ViewState): void {
    const state = { ...decided, members: this.known.sameObjects(decided.members, this.newest()?.state.members ?? []) };
    this.hasMet ||= state.members.length > 1;
    let view: GroupView;
    try {
      view = new GroupView(state, this.viewHost);
    } catch (error) {
      // It can't be had here: go on alone, with the stack that works, and let the others find out.
      this.owner.report(error as Error);
      const { protocol, params } = this.newest()?.state ?? state;
      view = new GroupView(singleton(this.me, state.id.time + 1, { ...state, protocol, params }), this.viewHost);
    }
    this.views.push(view);
    this.waiting.push(view);
    view.stack.start();
    if (this.leaving) view.stack.inject({ type: 'leave' });
    this.advance();
  }

  private onTop(view: GroupView, event: StackEvent): void {
    if (event.type === 'suspect') {
      this.owner.suspects(
        event.ranks.map((rank) => view.state.members[rank] as Endpoint),
        event.reason,
      );
    }
    if (event.type === 'view') {
      const next = rankIn(event.state.members, this.me) >= 0 ? event.state : undefined;
      // Not within the layers that it comes from.
      this.environment.defer(() => this.end(view, next ?? this.withoutMe(event.state)));
    }
    if (event.type === 'exit') {
      this.environment.defer(() => {
        view.over = true;
        if (view.end === undefined) {
          // Left by all: its layers must not go on announcing a view that others would wait for (invariant 11).
          view.stack.stop();
          this.end(view, undefined);
        }
        this.lastWords(view);
        this.retireStable();
      });
    }
  }

  /** The others go on without me: as I wished, or because they took me for dead. */
  private withoutMe(state: ViewState): ViewState | undefined {
    return this.leaving ? undefined : singleton(this.me, state.id.time + 1, state);
  }

  private end(view: GroupView, next: ViewState | undefined): void {
    if (this.exited || view.end !== undefined) return;
    // Who leaves by itself was not stopped: what it is handed now comes in an order of its own, and nothing may depend on it (invariants 8 and 9).
    if (!view.closed) this.stopSending(view);
    view.end = { next };
    view.streams.finish();
    view.look();
    if (next !== undefined) this.install(next);
  }

  /** The application goes on to the next view when it has all of this one. */
  private advance(): void {
    if (this.exited) return;
    if (this.front === undefined) {
      // A view of one that was left before anyone saw it.
      if (this.held && this.waiting.length > 1) this.release(this.waiting.shift() as GroupView);
      if (!this.held) this.accept(this.waiting.shift());
      return;
    }
    const { end, streams } = this.front;
    if (end === undefined || !streams.caughtUp) return;
    if (end.next === undefined) this.exit();
    else this.accept(this.waiting.shift());
  }

  private release(first: GroupView): void {
    this.held = false;
    first.streams.paused = false;
  }

  private accept(view: GroupView | undefined): void {
    if (view === undefined) return;
    this.front = view;
    this.owner.accepted(view);
    // It may have been the last thing that the application wanted.
    if (this.exited || this.front !== view) return;
    view.streams.paused = this.paused;
    view.look();
  }

  private exit(): void {
    if (this.exited) return;
    this.exited = true;
    this.owner.exited();
  }

  private waitForOthers(waitMs: number, waits: number): void {
    this.setTimer(waitMs, () => {
      const merging = this.waiting[0]?.blocked === true && waits < MOST_WAITS;
      if (!this.held) return;
      if (merging) return this.waitForOthers(waitMs, waits + 1);
      this.held = false;
      this.waiting[0]?.stack.inject({ type: 'settled' });
      this.advance();
    });
  }

  // ---- views that have ended ----

  private lastWords(view: GroupView): void {
    this.setTimer(LAST_WORDS_MS, () => this.retire(view));
  }

  private retireStable(): void {
    if (!this.views.some(({ over }) => over)) return;
    for (const view of [...this.views]) {
      if (view.over && view.isStable) this.retire(view);
    }
  }

  private retire(view: GroupView): void {
    const index = this.views.indexOf(view);
    // What the application has not seen yet is still needed.
    const needed = view === this.front || this.waiting.includes(view);
    if (index < 0 || (needed && !this.exited)) return;
    this.views.splice(index, 1);
    view.retire();
  }

  // ---- what views get ----

  private makeViewHost(): GroupViewHost {
    const { settings, owner, me, format } = this;
    const contacts = () => (this.hasMet ? [] : this.request.contacts);
    const { memory, checksum, clientServer } = settings;
    const kind = clientServer ? ', clients and servers' : '';
    return {
      me,
      settings,
      plane: this.plane,
      environment: this.environment,
      compatibility: `wire version 1, memory ${formatBytes(memory)}, checksum ${checksum ? 'on' : 'off'}, ${reach(me)}${kind}`,
      maxMembers: maxMembersOf(memory),
      get contacts() {
        return contacts();
      },
      joinMessage: this.request.message,
      service: this.request.service,
      receivers: (state) => owner.receivers(state),
      application: (view) => this.applicationOf(view),
      announce: (layer, body) => owner.announce(format.write(layer, me, body)),
      sendOutside: (to, layer, body) => owner.sendOutside(to, format.write(layer, me, body)),
      onTop: (view, event) => this.onTop(view, event),
    };
  }

  private applicationOf(view: GroupView): ApplicationPort {
    const { owner } = this;
    return {
      block: (ready) => {
        view.blocked = true;
        if (view === this.front) owner.block(ready);
        else ready();
      },
      stopSending: () => this.stopSending(view),
      stateMessage: () => owner.stateMessage(view.state),
      viewMessage: (next, stateMessages) => owner.viewMessage(next, stateMessages),
      joinRequest: (from, message) => owner.joinRequest(from, message),
      joinAnswer: (answer) => owner.joinAnswer(answer),
      report: (error) => owner.report(error),
    };
  }

  /** Nothing is written in this view any more; what was written goes out. */
  private stopSending(view: GroupView): void {
    view.closed = true;
    view.streams.stopSending();
    if (view === this.front) this.owner.stopSending();
    this.plane.scheduleFlush();
  }

  private reportVersion(version: number): void {
    if (this.versionReported) return;
    this.versionReported = true;
    this.owner.report(
      new ConsortError(
        'ERR_INCOMPATIBLE',
        `a member of this group speaks version ${version} of the control protocol, this one ${CONTROL_VERSION}: they can't be in one view; ` +
          'run one version of consort everywhere',
        { details: { theirs: version, mine: CONTROL_VERSION } },
      ),
    );
  }

  private setTimer(milliseconds: number, callback: () => void): void {
    // What was deferred may come after the end: it must not keep a process.
    if (this.disposed) return;
    const timer = this.environment.setTimer(milliseconds, () => {
      this.timers.delete(timer);
      callback();
    });
    this.timers.add(timer);
  }
}

/** Who is bound to loopback can't be in a view with members of other machines. */
function reach({ host }: Endpoint): string {
  return host === '::1' || host.startsWith('127.') ? 'loopback address' : 'outside address';
}
