/**
 * A member's part in a group with views: between the group's protocol below and the application above. It sees to what is sent across view
 * changes: nothing that was taken is lost, and each message goes out in one view.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { debuglog } from 'node:util';
import type { Endpoint } from '../base/endpoint.js';
import { Message } from '../base/message.js';
import { writeTable } from '../client-server/envelopes.js';
import { RoleKeeper } from '../client-server/role-keeper.js';
import { type RoleTable, viewTypeOf } from '../client-server/roles.js';
import { gateOf, type TransferType } from '../client-server/safety.js';
import type { Plane } from '../data-plane/plane.js';
import type { Environment } from '../stack/environment.js';
import { Group } from '../stack/group.js';
import type { GroupOwner, JoinRequest } from '../stack/group-owner.js';
import type { AppReceivers, GroupView } from '../stack/group-view.js';
import type { JoinAnswer } from '../stack/layer.js';
import { rankIn, type ViewState } from '../stack/view-state.js';
import { type ClientServerView, clientServerView } from './client-server-view.js';
import {
  type Application,
  Deliver,
  Incoming,
  type Reports,
  type ServerApplication,
  type ServerPart,
} from './incoming.js';
import type { Membership } from './membership.js';
import { Outbox } from './outbox.js';
import { type Payload, payloadCopy } from './payload.js';
import { ranksOf } from './rank-of.js';
import { groupViewData, type ViewData } from './view.js';

const debug = debuglog('consort');

const SETTLE_INTERVAL_MS = 2;
/** Beyond `lingerMs`: time for a view change, in which somebody may be suspected. */
const GIVE_UP_MS = 10_000;
const GIVE_UP_INTERVAL_MS = 10;
const LAST_WORDS_MS = 50;

/** What the application is asked and told, beside its messages. */
export interface GroupApplication extends Application {
  onAcceptedView(view: ViewData, message: Message | undefined): unknown;
  onBlock(): unknown;
  onChangingView(view: ViewData): Payload | undefined;
  onProposeView(view: ViewData, stateMessages: ReadonlyMap<Endpoint, Message>): Payload | undefined;
  onJoinRequest(origin: Endpoint, message: Message): unknown;
}

/** The member of a group of clients and servers, as its session sees it. */
export interface ServerOwner extends ServerApplication {
  /** With which transfer it wants to become a server; undefined: it is to be a client. */
  readonly wants: TransferType | undefined;
  /** After `onAcceptedView`: a transfer may have begun, or ended. */
  onStanding(view: ClientServerView): void;
  /** After each batch of the plane: there may be room for what had none. */
  onProgress(): void;
  /** This member is in no view any more. */
  onLeft(): void;
}

export interface SessionReports extends Reports {
  guard(callback: string, run: () => unknown): void;
}

export interface SessionSettings {
  readonly groupName: string;
  readonly key: string;
  readonly protocol: string;
  readonly params: string;
  readonly memory: number;
  readonly maxMessageSize: number;
  readonly highWaterMark: number;
  readonly maxQueuedBytes: number;
  readonly checksum: boolean;
  /** Most bytes of a frame. */
  readonly frameBytes: number;
  /** Whether its members are clients and servers. */
  readonly clientServer: boolean;
  /** Whether this member hears nothing of that one, on purpose; undefined: it hears all. */
  readonly isCutOff?: (member: Endpoint) => boolean;
}

/** Moments of a session, for its owner. */
export interface SessionEvents {
  /** A view begins: its outbox is the one to send with. */
  onView(view: SessionView): void;
  onExited(): void;
  /** What has become of the request to join. */
  onJoinAnswer(answer: JoinAnswer): void;
  announce(datagram: Uint8Array): void;
}

/** The view that the application is in. */
export interface SessionView {
  readonly data: ViewData;
  readonly outbox: Outbox;
  /** The ranks of the very objects in `data.members`, for the fast road. */
  readonly ranks: ReadonlyMap<Endpoint, number>;
}

export class Session implements GroupOwner, Membership {
  readonly group: Group;
  view: SessionView | undefined;
  private exitedNow: () => void = () => {};
  /** Resolves when the member has left. */
  private readonly hasExited = new Promise<void>((resolve) => {
    this.exitedNow = resolve;
  });
  private incoming: readonly Incoming[] = [];
  private stopped = false;
  private leaving = false;
  /** Who is a server; undefined: nobody is in this group. */
  private readonly roles: RoleKeeper | undefined;

  constructor(
    me: Endpoint,
    private readonly settings: SessionSettings,
    private readonly plane: Plane,
    environment: Environment,
    private readonly application: GroupApplication,
    private readonly reports: SessionReports,
    private readonly events: SessionEvents,
    request?: JoinRequest,
    private readonly servers?: ServerOwner,
  ) {
    if (servers !== undefined) this.roles = new RoleKeeper(me, servers.wants);
    this.group = new Group(me, settings, plane, environment, this, request);
  }

  get data(): ViewData {
    return this.current.data;
  }

  get outbox(): Outbox {
    return this.current.outbox;
  }

  get ranks(): ReadonlyMap<Endpoint, number> {
    return this.current.ranks;
  }

  /** Before the first view is accepted nobody asks. */
  private get current(): SessionView {
    return this.view as SessionView;
  }

  join(): void {
    this.group.join(this.settings.protocol, this.settings.params);
  }

  /** The ranks that a destination means; throws where it means none, or this member. */
  ranksOf(destination: unknown): readonly number[] {
    return ranksOf(destination, this.data);
  }

  /** Where this member stands on its way to being a server. */
  get serverState(): RoleKeeper['standing']['state'] {
    return this.roles?.standing.state ?? 'joining';
  }

  /** This member has the state: a view in which it is a server follows. False: no transfer to it is in progress. */
  transferDone(): boolean {
    const done = this.roles?.done() === true;
    if (done) this.group.requestNewView();
    return done;
  }

  /** This member wants to be a server after all, with such a transfer; or, with undefined, no more. */
  want(transfer: TransferType | undefined): void {
    if (this.roles === undefined) return;
    this.roles.want(transfer);
    this.group.requestNewView();
  }

  pause(): void {
    this.group.pause();
  }

  resume(): void {
    this.group.resume();
  }

  /**
   * Leaves: what waits for flow control goes out first, for at most `lingerMs`; then the others are told, who make a view without this
   * member; then what they may still need of it is kept until they have it.
   */
  async leave(lingerMs: number): Promise<void> {
    this.leaving = true;
    const start = performance.now();
    const left = () => start + lingerMs - performance.now();
    while (this.view !== undefined && this.outbox.waitingBytes > 0 && left() > 0) await sleep(SETTLE_INTERVAL_MS);
    this.group.leave();
    await Promise.race([this.hasExited, this.losePatience(lingerMs)]);
    // All have what this member sent; what may be on its way are the layers' last words, which nobody needs to have.
    for (let waited = 0; !this.group.isSettled && waited < LAST_WORDS_MS; waited += SETTLE_INTERVAL_MS) {
      await sleep(SETTLE_INTERVAL_MS);
    }
  }

  /**
   * Neither a group that does not answer nor an application that takes nothing may hold back a process that wants to end: `for await` loops call
   * leave() and wait for it, with much that they have not taken yet.
   */
  private async losePatience(lingerMs: number): Promise<void> {
    await sleep(lingerMs, undefined, { ref: false });
    for (let waited = 0; waited < GIVE_UP_MS && !this.group.hasLeft; waited += GIVE_UP_INTERVAL_MS)
      await sleep(GIVE_UP_INTERVAL_MS, undefined, { ref: false });
  }

  /** After each batch of the plane. Returns whether a sender that was told to wait may go on. */
  progress(): boolean {
    this.group.progress();
    return this.view?.outbox.progress() ?? false;
  }

  /** What waits for nothing but room, and goes behind what the application sends: states. */
  progressBehind(): void {
    if (this.view !== undefined && !this.stopped) this.servers?.onProgress();
  }

  /** From here on nothing is handed over, not even what is being walked over now. */
  stop(): void {
    for (const each of this.incoming) each.stopped = true;
    if (this.stopped) return;
    this.stopped = true;
    this.servers?.onLeft();
  }

  retire(): void {
    this.stop();
    this.view?.outbox.clear();
    this.group.dispose();
  }

  get memoryBytes(): number {
    return this.group.memoryBytes + this.plane.spareBytes;
  }

  // ---- GroupOwner ----

  receivers(state: ViewState): AppReceivers {
    const myRank = rankIn(state.members, this.group.me);
    const servers = this.serverPart(state, myRank);
    const incoming = (deliver: Deliver) =>
      new Incoming(deliver, this.application, state.members, myRank, this.reports, servers);
    const receivers = { casts: incoming(Deliver.casts), sends: incoming(Deliver.sends) };
    if (this.stopped) receivers.casts.stopped = receivers.sends.stopped = true;
    this.incoming = [...this.incoming.slice(-4), receivers.casts, receivers.sends];
    return receivers;
  }

  accepted(groupView: GroupView): void {
    const { streams, closed } = groupView;
    const old = this.view;
    const { data, gate, said } = this.enter(groupView);
    const outbox = new Outbox(
      this.plane,
      streams,
      data.nmembers,
      this.settings,
      false,
      groupView.sendsGoWithCasts,
      gate,
    );
    if (closed) outbox.block();
    if (old !== undefined) {
      outbox.adopt(old.outbox, (rank) => {
        const next = rankIn(data.members, old.data.members[rank] as Endpoint);
        return next < 0 || next === data.myRank ? undefined : next;
      });
    }
    const ranks = new Map(data.members.map((member, rank) => [member, rank]));
    this.view = { data, outbox, ranks };
    this.events.onView(this.view);
    const message = said.length === 0 ? undefined : Message.of(said);
    this.reports.guard('onAcceptedView', () => this.application.onAcceptedView(data, message));
    if (this.roles !== undefined && !this.stopped) this.settleRole(groupView, data as ClientServerView);
  }

  /** The view as this member sees it: with its roles, where there are any. */
  private enter({ state, myRank }: GroupView): { data: ViewData; gate: number; said: Uint8Array } {
    const { roles } = this;
    if (roles === undefined)
      return { data: groupViewData(state, myRank, this.view?.data), gate: 0, said: state.message };
    const { table, said } = roles.agreed(state);
    const data = this.withRoles(state, myRank, table, roles);
    roles.enter(roles.standingIn(state, table));
    return { data, gate: gateOf(viewTypeOf(table)), said };
  }

  private withRoles(state: ViewState, myRank: number, table: RoleTable, roles: RoleKeeper): ClientServerView {
    const last = this.view?.data as ClientServerView | undefined;
    const { wants, standing } = roles;
    const mine = { standing: roles.standingIn(state, table), oldState: standing.state, wants };
    return clientServerView(groupViewData(state, myRank, last), table, mine, last);
  }

  /** What this member asked for may have come too late for this view, or got lost with a coordinator. */
  private settleRole({ end }: GroupView, data: ClientServerView): void {
    if (this.roles?.wantsNewView === true && end === undefined) this.group.requestNewView();
    this.servers?.onStanding(data);
  }

  private serverPart(state: ViewState, myRank: number): ServerPart | undefined {
    const { roles, servers } = this;
    if (roles === undefined || servers === undefined) return undefined;
    return { application: servers, serves: roles.agreed(state).table[myRank]?.type !== 'client' };
  }

  block(ready: () => void): void {
    // Who leaves may not send any more: there is nothing to ask it.
    if (this.stopped || this.leaving) return ready();
    let result: unknown;
    this.reports.guard('onBlock', () => {
      result = this.application.onBlock();
      return result;
    });
    if (result instanceof Promise) result.then(ready, ready);
    else ready();
  }

  stopSending(): void {
    this.view?.outbox.block();
  }

  stateMessage(state: ViewState): Uint8Array {
    const { view, roles } = this;
    const isItsView = view !== undefined && state.id.time === view.data.viewId.time;
    const said = isItsView ? this.ask('onChangingView', () => this.application.onChangingView(view.data)) : NOTHING;
    // Also for a view that the application has not come to yet: who is a server stays one.
    return roles === undefined ? said : roles.state(state, said);
  }

  viewMessage(next: ViewState, stateMessages: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const { roles } = this;
    if (roles === undefined) return this.proposed(groupViewData(next, 0, this.view?.data), stateMessages);
    const { table, said } = roles.propose(next, stateMessages);
    return writeTable(table, this.proposed(this.withRoles(next, 0, table, roles), said));
  }

  private proposed(data: ViewData, stateMessages: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const messages = new Map<Endpoint, Message>();
    for (const [rank, bytes] of stateMessages) messages.set(data.members[rank] as Endpoint, Message.of(bytes));
    return this.ask('onProposeView', () => this.application.onProposeView(data, messages));
  }

  joinRequest(from: Endpoint, message: Uint8Array): boolean {
    // An application that fails, or answers with a promise, has not let anybody in.
    let allowed = false;
    this.reports.guard('onJoinRequest', () => {
      const answer = this.application.onJoinRequest(from, Message.of(message));
      allowed = answer === true || answer === undefined;
      return answer;
    });
    return allowed;
  }

  joinAnswer(answer: JoinAnswer): void {
    this.events.onJoinAnswer(answer);
  }

  exited(): void {
    this.stop();
    this.exitedNow();
    this.events.onExited();
  }

  suspects(members: readonly Endpoint[], reason: string): void {
    debug('%s: suspects %s: %s', this.settings.groupName, members.join(' '), reason);
  }

  report(error: Error): void {
    this.reports.report(error);
  }

  announce(datagram: Uint8Array): void {
    this.events.announce(datagram);
  }

  sendOutside({ host, port }: Endpoint, datagram: Uint8Array): void {
    this.plane.driver.sendUnattached({ host, port }, datagram);
  }

  /** What the application says about a view, in bytes; nothing, where it fails. */
  private ask(callback: string, question: () => Payload | undefined): Uint8Array {
    let bytes = NOTHING;
    // Views that it has left may still change for others: nothing comes after `exit` (invariant 11). Who leaves has nothing to say.
    if (this.stopped || this.leaving) return bytes;
    this.reports.guard(callback, () => {
      const answer = question();
      if (answer !== undefined) bytes = payloadCopy(answer, MAX_VIEW_MESSAGE_BYTES);
    });
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);
/** They travel in datagrams of the merge, with the list of members. */
const MAX_VIEW_MESSAGE_BYTES = 16 * 1024;
