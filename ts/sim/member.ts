/** One simulated member: a whole session over a simulated plane, and a log of all that its application sent and was told. */

import type { ClientServerView } from '../api/client-server-view.js';
import { kindOf } from '../api/message-kind.js';
import { type GroupApplication, Session, type SessionReports, type SessionSettings } from '../api/session.js';
import type { ViewData } from '../api/view.js';
import { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { Message } from '../base/message.js';
import { SAFETIES, type Safety } from '../client-server/safety.js';
import { CastKind } from '../data-plane/cast-order.js';
import type { Address } from '../data-plane/data-plane.js';
import { Plane } from '../data-plane/plane.js';
import type { Random } from '../data-plane/typescript/random.js';
import type { Environment } from '../stack/environment.js';
import { viewName } from '../stack/view-state.js';
import { type Call, messageId, safetyOfId } from './calls.js';
import { type ServerManner, SimServer, type TransferMoment } from './client-server-member.js';
import { type Clock, type SimClock, SkewedClock } from './clock.js';
import type { Mode } from './cores.js';
import { SimDriver } from './driver.js';
import type { LogEntry, MemberLog } from './log.js';
import type { SimNetwork } from './network.js';
import { idOf, payloadOf } from './payload.js';
import { SimLink, type SimServices } from './services.js';
import { SimPromise } from './sim-promise.js';

/** How one member differs from others. */
export interface Traits {
  /** Of its clock: 1.1 is a tenth fast. */
  readonly rate: number;
  readonly mode: Mode;
  /** Its application needs so long until it is ready to be blocked; 0: it is at once. Milliseconds. */
  readonly blockMs: number;
  /** Sends in callbacks: when it is told to block, when it is asked for its state, and in a new view. */
  readonly chatty: boolean;
  /** Says something to the coordinator at each view change, and as coordinator to all. */
  readonly talks: boolean;
  /** Is gone as soon as it was told that it has left. */
  readonly diesAtExit: boolean;
  /** Sends while it is handed messages: what it says then depends on them. */
  readonly answers: boolean;
}

export const PLAIN: Traits = {
  rate: 1,
  mode: 'ts',
  blockMs: 0,
  chatty: false,
  talks: false,
  diesAtExit: false,
  answers: false,
};

/** Steps of a view change, and of a state transfer, as the application sees them: where faults may lie in wait. */
export type Moment = 'block' | 'changing' | 'propose' | 'view' | TransferMoment;

/** What makes a member one of a group of clients and servers. */
export interface ServerPlan {
  readonly manner: ServerManner;
  readonly random: Random;
  readonly isCalm: () => boolean;
}

/** A member that has left listens so long at most for those who need something of it. Milliseconds. */
const LINGER_MS = 1500;
const LINGER_SWEEP_MS = 10;
/** Who answers does so to each so many-th message, and so many times in its life: answers are answered. */
const ANSWERS_EACH = 3;
const MOST_ANSWERS = 40;

export class SimMember implements GroupApplication {
  readonly endpoint: Endpoint;
  readonly log: LogEntry[] = [];
  readonly session: Session;
  readonly driver: SimDriver;
  private readonly plane: Plane;
  private readonly clock: Clock;
  /** To a membership service, where there is one. */
  readonly link: SimLink | undefined;
  private sentCount = 0;
  private receivedCount = 0;
  private left = false;
  private leaving = false;
  readonly server: SimServer | undefined;
  onMoment: ((moment: Moment) => void) | undefined;

  constructor(
    address: Address,
    incarnation: number,
    settings: SessionSettings,
    private readonly traits: Traits,
    private readonly random: Random,
    private readonly simClock: SimClock,
    private readonly network: SimNetwork,
    services?: SimServices,
    plan?: ServerPlan,
  ) {
    this.endpoint = new Endpoint(address.host, address.port, incarnation);
    this.clock = traits.rate === 1 ? simClock : new SkewedClock(simClock, traits.rate);
    let driver: SimDriver | undefined;
    this.plane = Plane.over(
      (awake, events) => {
        driver = new SimDriver(address, traits.mode, this.clock, network, awake, events, settings.frameBytes);
        driver.onAnnounced = (bytes) => this.session.group.receiveOutside(bytes);
        return driver;
      },
      {
        onProgress: () => this.session.progress(),
        onUnattached: (_, bytes) => this.session.group.receiveOutside(bytes),
        onFailure: (error) => this.failed(error),
        onRefused: ({ host, port }) => this.session.group.refused(host, port),
      },
      (callback) => void this.later(1, callback),
    );
    this.driver = driver as unknown as SimDriver;
    this.link =
      services && new SimLink(services, this.driver, simClock, (event) => this.session.group.receiveService(event));
    const request = { contacts: [], message: new Uint8Array(0), service: this.link };
    const events = {
      onView: () => {},
      onExited: () => this.exited(),
      onJoinAnswer: () => {},
      announce: (bytes: Uint8Array) => {
        if (!this.driver.dead) this.network.broadcast(address, bytes);
      },
    };
    const environment = this.environment();
    this.server = plan && this.serverOf(plan);
    this.session = new Session(
      this.endpoint,
      settings,
      this.plane,
      environment,
      this,
      this.reports(),
      events,
      request,
      this.server,
    );
  }

  /** The view that its application is in. */
  get view(): ViewData | undefined {
    return this.session.view?.data;
  }

  /** Whether its application is there and has not left. */
  get isLive(): boolean {
    return !this.driver.dead && !this.left;
  }

  get isLeaving(): boolean {
    return this.leaving;
  }

  get result(): MemberLog {
    const end = this.left ? 'left' : this.driver.dead ? 'crashed' : 'alive';
    return { name: this.endpoint.name, log: this.log, end, leaving: this.leaving };
  }

  // ---- what the scenario makes it do ----

  join(): void {
    this.driver.whenRunning(() => this.session.join());
    this.link?.start();
  }

  cast(bytes: number): void {
    this.driver.whenRunning(() => this.post(bytes, undefined));
  }

  /** To whoever has this rank when it is done, if anyone. */
  send(to: number, bytes: number): void {
    this.driver.whenRunning(() => this.post(bytes, to));
  }

  /** Any of the four calls, with any safety; `to` are ranks. */
  call(call: Call, safety: Safety, to: readonly number[], bytes: number): void {
    this.driver.whenRunning(() => this.postCall(call, safety, to, bytes));
  }

  /** What its view has left it with, when the run ends. */
  finish(): void {
    if (!this.isLive || this.server === undefined) return;
    this.server.leaveView();
    const bytes = this.session.view?.outbox.heldBytes ?? 0;
    if (bytes > 0) this.record({ type: 'held', at: this.simClock.now, bytes });
  }

  leave(): void {
    this.driver.whenRunning(() => {
      this.leaving = true;
      this.session.group.leave();
    });
  }

  kill(refuses = true): void {
    this.driver.kill(refuses);
    this.link?.end(refuses);
  }

  // ---- application ----

  onAcceptedView(view: ViewData, message: Message | undefined): void {
    const { server } = this;
    server?.leaveView();
    const roles = server?.enterView(view as ClientServerView);
    this.record({
      type: 'view',
      at: this.simClock.now,
      view: viewName(view.viewId),
      members: view.members.map(({ name }) => name),
      rank: view.myRank,
      time: view.viewId.time,
      coordinator: view.viewId.coordinator.name,
      primary: view.primaryFlag,
      protocol: view.protocol,
      message: message?.text() ?? '',
      ...(roles && { roles }),
    });
    this.moment('view');
    if (this.traits.chatty) this.post(20, undefined);
  }

  onReceiveCast(origin: Endpoint, message: Message): void {
    this.received(origin, message, true);
  }

  onReceiveSend(origin: Endpoint, message: Message): void {
    this.received(origin, message, false);
  }

  onBlock(): Promise<void> | undefined {
    this.record({ type: 'block', at: this.simClock.now });
    this.moment('block');
    if (this.traits.chatty) this.post(20, undefined);
    if (this.traits.blockMs === 0) return undefined;
    return new SimPromise((ready) => {
      this.later(this.traits.blockMs * 1000, () => {
        // Its last words in the view.
        if (this.traits.chatty) this.post(20, undefined);
        ready();
      });
    });
  }

  onJoinRequest(): boolean {
    return true;
  }

  onChangingView(view: ViewData): string | undefined {
    this.moment('changing');
    if (this.traits.chatty) this.post(20, undefined);
    return this.traits.talks ? `state ${this.endpoint} ${viewName(view.viewId)}` : undefined;
  }

  onProposeView(view: ViewData, stateMessages: ReadonlyMap<Endpoint, Message>): string | undefined {
    const states = [...stateMessages].map(([from, message]) => [from.name, message.text()] as const);
    this.record({ type: 'propose', at: this.simClock.now, members: view.members.map(({ name }) => name), states });
    this.moment('propose');
    return this.traits.talks ? `message ${this.endpoint} ${viewName(view.viewId)}` : undefined;
  }

  // ---- inside ----

  private post(bytes: number, to: number | undefined): void {
    const { view } = this.session;
    if (view === undefined || !this.isLive) return;
    const { outbox, data } = view;
    if (to !== undefined && (to === data.myRank || to >= data.nmembers)) return;
    const id = bytes === 0 ? '' : `${this.endpoint.name}${to === undefined ? '#' : '>'}${this.sentCount++}`;
    const payload = payloadOf(id, bytes);
    let sendView: 'current' | 'next' | 'unspecified';
    try {
      sendView = to === undefined ? outbox.post(outbox.casts, payload) : outbox.postTo([to], payload);
    } catch (error) {
      if ((error as Partial<ConsortError>).code === 'ERR_QUEUE_FULL') return;
      throw error;
    }
    const name = to === undefined ? undefined : (data.members[to] as Endpoint).name;
    this.record({ type: 'sent', at: this.simClock.now, id, to: name, sendView, bytes: payload.length });
  }

  private postCall(call: Call, safety: Safety, to: readonly number[], bytes: number): void {
    const { view } = this.session;
    if (view === undefined || !this.isLive) return;
    const { outbox, data } = view;
    const ranks = to.filter((rank) => rank !== data.myRank && rank < data.nmembers);
    const [first] = ranks;
    if (first === undefined && (call === 'send' || call === 'lsend')) return;
    const id = messageId(this.endpoint.name, call, safety, this.sentCount++);
    const payload = payloadOf(id, Math.max(1, bytes));
    const level = SAFETIES.indexOf(safety);
    let sendView: 'current' | 'next' | 'unspecified';
    try {
      if (call === 'send') sendView = outbox.postTo([first as number], payload, level);
      else if (call === 'cast') sendView = outbox.post(outbox.casts, payload, kindOf(CastKind.message, level));
      else sendView = outbox.postListed(CastKind[call], ranks, payload, level);
    } catch (error) {
      if ((error as Partial<ConsortError>).code === 'ERR_QUEUE_FULL') return;
      throw error;
    }
    const names = ranks.map((rank) => (data.members[rank] as Endpoint).name);
    this.record({
      type: 'sent',
      at: this.simClock.now,
      id,
      to: call === 'send' ? names[0] : undefined,
      sendView,
      bytes: payload.length,
      ...(call === 'scast' || call === 'lsend' ? { call, list: names } : {}),
      ...(safety === 'generic' ? {} : { safety }),
    });
  }

  private received(origin: Endpoint, message: Message, cast: boolean, call?: 'scast' | 'lsend'): void {
    const { length } = message;
    const late = this.session.group.front?.end !== undefined;
    const at = this.simClock.now;
    const id = idOf(message);
    const more = call && { call };
    this.record({ type: 'received', at, cast, from: origin.name, id, bytes: length, late, ...more });
    if ((cast || call === 'scast') && id !== '' && safetyOfId(id) === 'generic') this.server?.apply(id);
    if (this.traits.answers) this.answer(origin);
  }

  /** A cast, or a send to whom it comes from, by turns. */
  private answer(origin: Endpoint): void {
    const count = this.receivedCount++;
    if (count % ANSWERS_EACH !== 0 || count >= ANSWERS_EACH * MOST_ANSWERS) return;
    const casts = count % (2 * ANSWERS_EACH) === 0;
    this.post(30, casts ? undefined : this.view?.members.findIndex((member) => member.equals(origin)));
  }

  /** What a dead process still does is seen by nobody. */
  private record(entry: LogEntry): void {
    if (!this.driver.dead) this.log.push(entry);
  }

  private moment(moment: Moment): void {
    if (!this.driver.dead) this.onMoment?.(moment);
  }

  private exited(): void {
    this.record({ type: 'exit', at: this.simClock.now });
    this.left = true;
    this.link?.end(true);
    if (this.traits.diesAtExit) this.kill();
    else this.linger(LINGER_MS);
  }

  /** As GroupMember does: it goes when nobody needs anything of it any more. */
  private linger(milliseconds: number): void {
    if (milliseconds > 0 && !this.session.group.isSettled) {
      this.later(LINGER_SWEEP_MS * 1000, () => this.linger(milliseconds - LINGER_SWEEP_MS));
      return;
    }
    this.session.retire();
    this.kill();
  }

  private later(delay: number, callback: () => void): { cancel(): void } {
    let cancelled = false;
    const timer = this.clock.schedule(delay, () => this.driver.whenRunning(() => cancelled || callback()));
    return {
      cancel: () => {
        // Also one that was due while the process stood still: its event loop forgets it, as Node's does.
        cancelled = true;
        timer.cancel();
      },
    };
  }

  private serverOf({ manner, random, isCalm }: ServerPlan): SimServer {
    const host = {
      name: this.endpoint.name,
      session: () => this.session,
      random,
      isLive: () => this.isLive,
      isCalm,
      now: () => this.simClock.now,
      later: (micros: number, callback: () => void) => this.later(micros, callback),
      record: (entry: LogEntry) => this.record(entry),
      moment: (moment: TransferMoment) => this.moment(moment),
      failed: (error: unknown) => this.failed(error),
      received: (origin: Endpoint, message: Message, call: 'scast' | 'lsend') =>
        this.received(origin, message, false, call),
    };
    return new SimServer(host, manner);
  }

  private environment(): Environment {
    return {
      now: () => this.clock.now / 1000,
      setTimer: (milliseconds, callback) => this.later(milliseconds * 1000, callback),
      defer: (callback) => void this.later(1, callback),
      random: (bound) => this.random.below(bound),
    };
  }

  private failed(error: unknown): void {
    const code = error instanceof ConsortError ? error.code : '';
    const message = error instanceof ConsortError ? error.message : ((error as Error).stack ?? String(error));
    this.record({ type: 'error', at: this.simClock.now, code, message });
  }

  private reports(): SessionReports {
    const failed = (error: unknown) => this.failed(error);
    return {
      report: failed,
      callbackFailed: (_, cause) => failed(cause),
      watch: () => {},
      guard: (_, run) => {
        run();
      },
    };
  }
}
