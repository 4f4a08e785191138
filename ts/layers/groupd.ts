/**
 * The top of a stack whose views a membership service decides about: tells it what this member knows, and carries out what it says. Ended is a
 * view only when the service says so (SYNC): so it alone puts views, failures and newcomers in order, and nobody else can.
 *
 *   normal --SYNC--> blocked --flushed, SYNCED--> synced --VIEW--> done
 *                       ^-------------SYNC-----------/
 *
 * While there is no service a view stays as it is; one that was blocked stays blocked. A service that is found then, the same or another, is
 * told of this view (JOIN).
 *
 * Source: Ensemble's groupd mode, in which Top, Heal, Inter and the other layers of membership are stripped, and appl/infr/stacke.ml passes
 * EBlockOk and EPrompt on to the service.
 */
import type { FromService, ServiceEvent, ServicePort, ToService } from '../groupd/messages.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { rankIn, sameViewId, type ViewState } from '../stack/view-state.js';
import { incompatible, whyIncompatible, whyTooMany } from './incompatible.js';

/** A view change takes no longer than so many times the time that Sync gives a member. */
const PATIENCE = 3;

type Message<K extends FromService['kind']> = Extract<FromService, { kind: K }>;
type Flushed = Extract<StackEvent, { type: 'flushed' }>;

export class Groupd extends Layer {
  private phase: 'normal' | 'blocked' | 'synced' | 'done' = 'normal';
  private elected = false;
  /** Of the last SYNC of this connection; undefined: the service has not asked for an end of this view. */
  private attempt: number | undefined;
  /** That SYNC has not been carried out by this member. */
  private due = false;
  /** Rounds of Sync that this member has begun: services come and go, and count their attempts anew. */
  private rounds = 0;
  /** The largest time of a view that this member has agreed to be rank 0 of: it never agrees to two of one time. */
  private floor = this.context.view.id.time;
  private readonly suspects = new Set<Rank>();
  private readonly leavers = new Set<Rank>();
  /** This member has asked for a view; which the service that it has asked may forget. */
  private wantsView = false;

  override up(event: StackEvent): void {
    switch (event.type) {
      case 'init':
        this.context.up(event);
        return this.begin();
      case 'elect':
        this.elected = true;
        return this.carryOut();
      case 'suspect':
        return this.suspect(event.ranks);
      case 'leaving':
        return this.leave(event.rank);
      case 'block':
        for (const rank of event.failed) this.suspects.add(rank);
        for (const rank of event.leaving) this.leavers.add(rank);
        // Whoever coordinates: a service that is found now hears that this view is ending.
        if (this.phase === 'normal') this.phase = 'blocked';
        this.context.up(event);
        return this.exitIfAlone();
      case 'prompt':
        this.wantsView = true;
        this.tell({ kind: 'prompt', view: this.context.view.id });
        break;
      case 'flushed':
        return this.flushed(event);
      case 'view':
        this.phase = 'done';
        break;
    }
    this.context.up(event);
  }

  override receiveService(event: ServiceEvent): void {
    switch (event.kind) {
      case 'connected':
        if (this.phase !== 'done') this.join();
        return;
      case 'disconnected':
        // What was said is lost with the connection.
        this.attempt = undefined;
        this.due = false;
        return;
      case 'denied':
        if (this.phase !== 'done') this.denied(event);
        return;
    }
    if (!sameViewId(event.view, this.context.view.id)) return;
    switch (event.kind) {
      case 'ask':
        return this.join();
      case 'sync':
        return this.sync(event);
      case 'propose':
        return this.propose(event);
      case 'view':
        return this.granted(event);
    }
  }

  // ---- to the service ----

  private get service(): ServicePort | undefined {
    return this.context.service;
  }

  private tell(message: ToService): void {
    if (this.phase !== 'done') this.service?.send(message);
  }

  private begin(): void {
    if (this.service?.isConnected !== true) return;
    if (this.isFresh) this.join();
    else this.tell({ kind: 'installed', view: this.context.view.id });
  }

  /** Has just begun to look for its group; nobody has seen its view. */
  private get isFresh(): boolean {
    const { view } = this.context;
    return view.members.length === 1 && view.previous.length === 0;
  }

  private join(): void {
    const { context, service } = this;
    const { view, me, outside, params } = context;
    if (service === undefined) return;
    this.attempt = undefined;
    this.tell({
      kind: 'join',
      group: service.group,
      me,
      view: view.id,
      members: view.members,
      protocol: view.protocol,
      params: view.params,
      compatibility: outside.compatibility,
      maxMembers: outside.maxMembers,
      floor: this.floor,
      fresh: this.isFresh,
      wants: this.phase !== 'normal' || this.leavers.size > 0 || this.wantsView,
      patienceMs: Math.ceil(PATIENCE * params.milliseconds('sync_timeout')),
    });
    if (this.suspects.size > 0) this.tell({ kind: 'fail', view: view.id, ranks: [...this.suspects] });
    if (this.leavers.has(context.myRank)) this.tell({ kind: 'leave', view: view.id });
  }

  private suspect(ranks: readonly Rank[]): void {
    const news = ranks.filter((rank) => !this.suspects.has(rank) && rank !== this.context.myRank);
    if (news.length === 0) return;
    for (const rank of news) this.suspects.add(rank);
    this.tell({ kind: 'fail', view: this.context.view.id, ranks: news });
    this.exitIfAlone();
  }

  private leave(rank: Rank): void {
    const { myRank, view } = this.context;
    this.leavers.add(rank);
    if (rank === myRank) this.elected = false;
    this.tell({ kind: rank === myRank ? 'leave' : 'prompt', view: view.id });
    this.exitIfAlone();
  }

  /** Nobody stays who could make a view without me. */
  private exitIfAlone(): void {
    const { myRank, view } = this.context;
    if (!this.leavers.has(myRank) || this.phase === 'done') return;
    const stays = view.members.some((_, rank) => !this.leavers.has(rank) && !this.suspects.has(rank));
    if (stays) return;
    this.phase = 'done';
    this.context.up({ type: 'exit' });
  }

  // ---- what the service says ----

  private sync({ attempt, failed }: Message<'sync'>): void {
    const { view, myRank } = this.context;
    // It would be asking somebody else.
    if (failed.includes(myRank) || failed.some((rank) => rank >= view.members.length)) return;
    this.attempt = attempt;
    this.due = true;
    const news = failed.filter((rank) => !this.suspects.has(rank));
    for (const rank of news) this.suspects.add(rank);
    // Down and back: Elect and the others of this stack want to know, too.
    if (news.length > 0) this.context.down({ type: 'suspect', ranks: news, reason: 'the membership service says so' });
    this.carryOut();
    this.exitIfAlone();
  }

  private carryOut(): void {
    if (!this.due || !this.elected) return;
    this.due = false;
    // Done: there is a next view already, and its coordinator has failed; Intra gives it to those who do not have it.
    if (this.phase !== 'done') this.phase = 'blocked';
    this.rounds++;
    this.context.down({
      type: 'block',
      failed: new Set(this.suspects),
      leaving: new Set(this.leavers),
      coordinator: this.context.myRank,
      attempt: this.rounds,
    });
  }

  private flushed({ failed, stateMessages }: Flushed): void {
    const { attempt, elected, context } = this;
    // Somebody has been suspected since, and the service knows, or will: it asks again.
    if (this.phase !== 'blocked' || !elected || failed.size !== this.suspects.size || attempt === undefined) return;
    this.phase = 'synced';
    const stay = [...context.view.members.keys()].filter((rank) => !failed.has(rank) && !this.leavers.has(rank));
    this.tell({
      kind: 'synced',
      view: context.view.id,
      attempt,
      failed: [...failed],
      leaving: [...this.leavers].filter((rank) => !failed.has(rank)),
      floor: this.floor,
      stateMessages: stay.map((rank) => stateMessages.get(rank) ?? new Uint8Array(0)),
    });
  }

  private propose({ attempt, state, stateMessages }: Message<'propose'>): void {
    const { id, members } = state;
    if (this.phase !== 'synced' || attempt !== this.attempt || id.time <= this.floor) return;
    if (!id.coordinator.equals(this.context.me)) return;
    this.floor = id.time;
    const said = stateMessages.flatMap((message, rank) =>
      message.length === 0 || rank >= members.length ? [] : [[rank, message] as const],
    );
    const message = this.context.application.viewMessage(this.ofGroup(state), new Map(said));
    const quorum = this.context.params.number('primary_quorum');
    const primary = quorum > 0 && members.length >= quorum;
    this.tell({ kind: 'proposed', view: this.context.view.id, time: id.time, message, primary });
  }

  private granted({ attempt, state }: Message<'view'>): void {
    if (this.phase !== 'synced' || attempt !== this.attempt || state.id.time <= this.context.view.id.time) return;
    if (rankIn(state.members, this.context.me) < 0) return;
    if (this.isFresh) this.context.application.joinAnswer({ type: 'ready', coordinator: state.id.coordinator });
    this.phase = 'done';
    this.context.down({ type: 'view', state: this.ofGroup(state) });
  }

  /** The service knows groups by a hash. */
  private ofGroup(state: ViewState): ViewState {
    return { ...state, groupName: this.context.view.groupName };
  }

  private denied({ peer, protocol, compatibility, members }: Message<'denied'>): void {
    const { view, outside, application } = this.context;
    const reason =
      whyIncompatible(view, outside.compatibility, protocol, compatibility) ??
      whyTooMany(members, outside.maxMembers) ??
      'the membership service says so';
    application.report(incompatible(peer, reason));
  }
}
