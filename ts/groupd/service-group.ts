/**
 * One group at the membership service: who is in which view, and what members say. Whatever makes a change necessary — somebody joins, leaves,
 * fails, asks for it — it is always the same (view-change.ts).
 */
import type { Endpoint } from '../base/endpoint.js';
import { MalformedError } from '../stack/codec.js';
import type { Rank } from '../stack/event.js';
import { sameViewId, type ViewId, viewName } from '../stack/view-state.js';
import { GATHER_MS, READMIT_MS } from './limits.js';
import type { JoinMessage, ToService } from './messages.js';
import { Part, type Peer } from './part.js';
import { Parts } from './parts.js';
import { type GroupEnvironment, ViewChange } from './view-change.js';

type Synced = Extract<ToService, { kind: 'synced' }>;

export class ServiceGroup {
  private readonly parts = new Parts();
  private readonly change: ViewChange;

  constructor(
    readonly protocol: string,
    readonly compatibility: string,
    maxMembers: number,
    private readonly environment: GroupEnvironment,
  ) {
    this.change = new ViewChange(this.parts, protocol, compatibility, maxMembers, environment);
  }

  get isEmpty(): boolean {
    return this.parts.isEmpty;
  }

  /** Of all its views together. */
  get members(): number {
    return this.parts.live.reduce((sum, { size }) => sum + size, 0);
  }

  /** One peer of each view: who may tell its people. */
  get coordinators(): Peer[] {
    return this.parts.live.flatMap(({ coordinator }) => coordinator ?? []);
  }

  join(peer: Peer, join: JoinMessage): void {
    this.checkMembers(join);
    const part = this.parts.with(join.view, peer) ?? this.takeUp(peer, join);
    part.floor = Math.max(part.floor, join.floor);
    if (peer.part !== part) this.arrive(peer, part);
    if (join.wants || join.fresh) this.change.want();
    this.change.check();
  }

  receive(peer: Peer, message: Exclude<ToService, JoinMessage>): void {
    const { part } = peer;
    if (message.kind === 'installed') this.installed(peer, message.view);
    // About a view that the member has left since.
    else if (part === undefined || !sameViewId(part.view, message.view)) return;
    else if (message.kind === 'synced') this.synced(peer, part, message);
    else if (message.kind === 'fail') this.fail(peer, part, message.ranks);
    else if (message.kind === 'proposed') this.change.proposed(peer, message);
    else this.prompted(peer, part, message.kind === 'leave');
    this.change.check();
  }

  /** Its connection is gone: so is the member, for its view. */
  lost(peer: Peer): void {
    const { part } = peer;
    peer.part = undefined;
    if (part === undefined) return;
    const rank = part.rankOf(peer.me);
    part.peers.delete(rank);
    part.out.add(rank);
    if (part.state === 'granted') this.lostOnItsWay(peer, part);
    else this.disturb(part);
    this.change.check();
  }

  // ---- what members say ----

  private installed(peer: Peer, view: ViewId): void {
    const part = this.parts.with(view, peer);
    if (part === undefined) this.environment.send(peer, { kind: 'ask', view });
    else if (part !== peer.part) this.arrive(peer, part);
  }

  private prompted(peer: Peer, part: Part, leaves: boolean): void {
    peer.leaving ||= leaves;
    // Else the view ends already.
    if (part.state === 'idle' || part.state === 'arriving') this.change.want();
  }

  private fail(peer: Peer, part: Part, ranks: readonly Rank[]): void {
    checkRanks(part, ranks);
    if (part.state === 'granted') return this.failOnTheWay(part, ranks);
    const mine = part.rankOf(peer.me);
    const news = ranks.filter((rank) => rank !== mine && !part.out.has(rank));
    if (news.length === 0) return;
    this.takeOut(part, news);
    this.disturb(part);
  }

  private synced(peer: Peer, part: Part, message: Synced): void {
    const { attempt, failed, leaving, stateMessages } = message;
    checkRanks(part, [...failed, ...leaving]);
    part.floor = Math.max(part.floor, message.floor);
    if (attempt !== part.attempt) return;
    if (part.state === 'granted') return this.grantAgain(peer, part);
    if (part.state !== 'asked' && part.state !== 'synced') return;
    if ([...part.out].some((rank) => !failed.includes(rank))) throw new MalformedError('synced with who has failed');
    const out = new Set([...failed, ...leaving]);
    const survivors = part.members.filter((_, rank) => !out.has(rank));
    if (survivors[0]?.equals(peer.me) !== true) throw new MalformedError('synced by who does not coordinate');
    if (stateMessages.length !== survivors.length) throw new MalformedError('not one state message for each member');
    this.change.withdraw(part);
    part.timer?.cancel();
    part.state = 'synced';
    part.report = { peer, survivors, stateMessages };
    // It has flushed without these: it can't go on with them.
    const others = failed.filter((rank) => !part.out.has(rank));
    this.takeOut(part, others);
    this.admit(part);
  }

  // ---- who is where ----

  /** One id, one list (invariant 2). */
  private checkMembers({ view, members }: JoinMessage): void {
    const known = this.parts.of(view)?.members;
    if (known === undefined) return;
    if (known.length === members.length && known.every((each, rank) => each.equals(members[rank] as Endpoint))) return;
    throw new MalformedError(`others have another list of members for the view ${viewName(view)}`);
  }

  /** A view that the service did not make, or one that has gone on without this member. */
  private takeUp(peer: Peer, { view, members, params, fresh }: JoinMessage): Part {
    const known = this.parts.of(view);
    if (known !== undefined) return this.apart(peer, known);
    const part = new Part(view, members, params);
    part.fresh = fresh && members.length === 1;
    this.parts.add(part);
    part.timer = this.environment.setTimer(GATHER_MS, () => this.gathered(part));
    return part;
  }

  /** Who has not come by now has failed. */
  private gathered(part: Part): void {
    for (const rank of part.members.keys()) if (!part.peers.has(rank)) part.out.add(rank);
    this.disturb(part);
    this.change.check();
  }

  private arrive(peer: Peer, part: Part): void {
    const before = peer.part;
    peer.part = part;
    part.peers.set(part.rankOf(peer.me), peer);
    if (before !== undefined) this.departed(peer, before);
    this.settle(part);
  }

  private departed({ me }: Peer, part: Part): void {
    part.peers.delete(part.rankOf(me));
    if (part.state === 'granted') return this.forgetIfEmpty(part);
    // Another service has given it a view.
    part.out.add(part.rankOf(me));
    this.disturb(part);
  }

  private settle(part: Part): void {
    if (part.state !== 'arriving' || !part.isWhole) return;
    part.timer?.cancel();
    part.state = 'idle';
    // Members that have been in a view without the others are to be one with them.
    if (!part.ours && this.parts.live.length > 1) this.change.want();
  }

  /** There is less of a part than there was. */
  private disturb(part: Part): void {
    // Of a view that the service has not made those who told of it may be gone before the others come: there is nobody to ask.
    if (part.size === 0 || (part.peers.size === 0 && !part.ours)) return this.forget(part);
    if (part.state === 'asked' || part.state === 'synced') this.change.order(part);
    this.settle(part);
    this.change.want();
  }

  private forgetIfEmpty(part: Part): void {
    if (part.peers.size === 0) this.forget(part);
  }

  private forget(part: Part): void {
    part.timer?.cancel();
    this.parts.remove(part);
    this.change.withdraw(part);
  }

  // ---- who is taken out, and lives ----

  private takeOut(part: Part, ranks: readonly Rank[]): void {
    for (const rank of ranks) {
      const peer = part.peers.get(rank);
      part.out.add(rank);
      part.peers.delete(rank);
      if (peer !== undefined) this.apart(peer, part);
      else this.strand(part, part.members[rank] as Endpoint);
    }
  }

  /** Who was taken out of a view on its way there stays where it is. */
  private strand(next: Part, member: Endpoint): void {
    for (const part of this.parts.leadingTo(next)) {
      const peer = part.peers.get(part.rankOf(member));
      if (peer !== undefined) this.leaveBehind(peer, part);
    }
  }

  private leaveBehind(peer: Peer, part: Part): void {
    const rank = part.rankOf(peer.me);
    part.peers.delete(rank);
    part.out.add(rank);
    this.apart(peer, part);
    this.forgetIfEmpty(part);
  }

  /** It goes on from its view alone: asked to end it at once, let into another one after a while. */
  private apart(peer: Peer, { view, members, params, floor, attempt }: Part): Part {
    const alone = new Part(view, members, params);
    const rank = alone.rankOf(peer.me);
    for (const other of members.keys()) if (other !== rank) alone.out.add(other);
    alone.floor = floor;
    // What it still says to an attempt of the whole view is not taken for an answer.
    alone.attempt = attempt;
    alone.silent = true;
    alone.mayReturn = false;
    alone.peers.set(rank, peer);
    this.parts.add(alone);
    const before = peer.part;
    peer.part = alone;
    // It may have been known in another view until now.
    if (before?.peers.get(before.rankOf(peer.me)) === peer) this.departed(peer, before);
    this.environment.setTimer(READMIT_MS, () => {
      alone.mayReturn = true;
      this.admit(alone);
      this.change.check();
    });
    this.change.order(alone);
    return alone;
  }

  private admit(part: Part): void {
    if (!part.silent || !part.mayReturn || part.state !== 'synced' || !this.parts.includes(part)) return;
    part.silent = false;
    this.change.want();
  }

  // ---- on the way to the next view ----

  private lostOnItsWay(peer: Peer, part: Part): void {
    const next = part.next?.part;
    if (next?.has(peer.me)) {
      next.out.add(next.rankOf(peer.me));
      this.disturb(next);
    }
    if (part.peers.size > 0 && part.report?.peer === peer) this.change.orderAgain(part);
    this.forgetIfEmpty(part);
  }

  /** Who has not got the view from a coordinator that has failed will not get it. */
  private failOnTheWay(part: Part, ranks: readonly Rank[]): void {
    const giver = part.report === undefined ? -1 : part.rankOf(part.report.peer.me);
    if (!ranks.includes(giver) || part.out.has(giver)) return;
    part.out.add(giver);
    this.change.orderAgain(part);
  }

  private grantAgain(peer: Peer, part: Part): void {
    if (part.report === undefined) return;
    if (!part.next?.part.has(peer.me)) return this.leaveBehind(peer, part);
    part.report = { ...part.report, peer };
    this.change.tellView(peer, part);
  }
}

function checkRanks({ members }: Part, ranks: readonly Rank[]): void {
  if (ranks.some((rank) => rank >= members.length)) throw new MalformedError('a rank beyond the view');
}
