/**
 * One group at the membership service: its views, and the change from some to one. Whatever makes a change necessary — somebody joins, leaves,
 * fails, asks for it — always the same happens:
 *
 *   SYNC to all parts -> each flushes, and its coordinator says SYNCED -> all are synced: PROPOSE to rank 0 of the next view -> it agrees,
 *   with PROPOSED -> VIEW to the coordinator of each part -> its members say INSTALLED
 *
 * A new attempt at one part makes void what it has said before, and what was proposed on the strength of it. What is granted stays: whoever
 * coordinates the old view later gets the same VIEW, as good for it, since all who are in it have answered the same cut.
 *
 * A view id names one view also where services come and go: it is named after rank 0, which agrees to each time only once, and tells each
 * service up to which (`floor`).
 */
import type { Endpoint } from '../base/endpoint.js';
import { MalformedError } from '../stack/codec.js';
import type { Environment } from '../stack/environment.js';
import type { Rank } from '../stack/event.js';
import { sameViewId, type ViewId, type ViewState, viewName } from '../stack/view-state.js';
import { compose, type Flushed, sizeOf, sortIntoViews } from './compose.js';
import { GATHER_MS, READMIT_MS } from './limits.js';
import type { FromService, JoinMessage, ToService } from './messages.js';
import { Part, type Peer } from './part.js';

export interface GroupEnvironment extends Pick<Environment, 'setTimer'> {
  send(peer: Peer, message: FromService): void;
  /** Closes the connection; `lost` follows at once. */
  hangUp(peer: Peer): void;
}

type Message<K extends ToService['kind']> = Extract<ToService, { kind: K }>;

interface Proposal {
  readonly bin: readonly Flushed[];
  readonly state: ViewState;
  /** Its rank 0. */
  readonly peer: Peer;
  readonly timer: { cancel(): void };
}

export class ServiceGroup {
  private parts: Part[] = [];
  private proposals: Proposal[] = [];
  /** A change is due. */
  private wanted = false;

  constructor(
    readonly protocol: string,
    readonly compatibility: string,
    private readonly maxMembers: number,
    private readonly environment: GroupEnvironment,
  ) {}

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  /** Of all its views together. */
  get members(): number {
    return this.live.reduce((sum, { size }) => sum + size, 0);
  }

  /** One peer of each view: who may tell its people. */
  get coordinators(): Peer[] {
    return this.live.flatMap(({ coordinator }) => coordinator ?? []);
  }

  join(peer: Peer, join: JoinMessage): void {
    this.checkMembers(join);
    const part = this.partOf(join.view, peer) ?? this.takeUp(peer, join);
    part.floor = Math.max(part.floor, join.floor);
    if (peer.part !== part) this.arrive(peer, part);
    if (join.wants || join.fresh) this.wanted = true;
    this.check();
  }

  receive(peer: Peer, message: Exclude<ToService, JoinMessage>): void {
    const { part } = peer;
    if (message.kind === 'installed') this.installed(peer, message.view);
    else if (part === undefined || !sameViewId(part.view, message.view)) return;
    else if (message.kind === 'synced') this.synced(peer, part, message);
    else if (message.kind === 'fail') this.fail(peer, part, message.ranks);
    else if (message.kind === 'proposed') this.proposed(peer, message);
    else this.prompted(peer, part, message.kind === 'leave');
    this.check();
  }

  /** Its connection is gone: so is the member, for its view. */
  lost(peer: Peer): void {
    const { part } = peer;
    peer.part = undefined;
    if (part === undefined) return;
    part.peers.delete(part.rankOf(peer.me));
    part.out.add(part.rankOf(peer.me));
    if (part.state === 'granted') this.lostOnItsWay(peer, part);
    else this.disturb(part);
    this.check();
  }

  // ---- who is where ----

  private get live(): Part[] {
    return this.parts.filter(({ state }) => state !== 'granted');
  }

  private partOf(view: ViewId, { me }: Peer): Part | undefined {
    return this.parts.find((part) => sameViewId(part.view, view) && part.has(me));
  }

  /** One id, one list (invariant 2). */
  private checkMembers({ view, members }: JoinMessage): void {
    const known = this.parts.find((part) => sameViewId(part.view, view))?.members;
    if (known === undefined) return;
    if (known.length === members.length && known.every((each, rank) => each.equals(members[rank] as Endpoint))) return;
    throw new MalformedError(`others have another list of members for the view ${viewName(view)}`);
  }

  /** A view that the service did not make, or one that has gone on without this member. */
  private takeUp(peer: Peer, { view, members, params, fresh }: JoinMessage): Part {
    const known = this.parts.find((part) => sameViewId(part.view, view));
    if (known !== undefined) return this.apart(peer, known);
    const part = new Part(view, members, params);
    part.fresh = fresh && members.length === 1;
    this.parts.push(part);
    part.timer = this.environment.setTimer(GATHER_MS, () => this.gathered(part));
    return part;
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
    // Who has been here before, with a view of its own, is to be one with the others.
    if (!part.ours && this.live.length > 1) this.wanted = true;
  }

  private gathered(part: Part): void {
    for (const rank of part.members.keys()) if (!part.peers.has(rank)) part.out.add(rank);
    this.disturb(part);
    this.check();
  }

  /** A member out of its view, which lives: alone, it goes on from there. */
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
    this.parts.push(alone);
    const before = peer.part;
    peer.part = alone;
    // It may have been known in another view until now.
    if (before?.peers.get(before.rankOf(peer.me)) === peer) this.departed(peer, before);
    this.environment.setTimer(READMIT_MS, () => {
      alone.mayReturn = true;
      this.admit(alone);
      this.check();
    });
    this.order(alone);
    return alone;
  }

  private admit(part: Part): void {
    if (!part.silent || !part.mayReturn || part.state !== 'synced' || !this.parts.includes(part)) return;
    part.silent = false;
    this.wanted = true;
  }

  private forgetIfEmpty(part: Part): void {
    if (part.peers.size === 0) this.forget(part);
  }

  private forget(part: Part): void {
    part.timer?.cancel();
    this.parts = this.parts.filter((each) => each !== part);
    this.withdraw(part);
  }

  // ---- what members say ----

  private installed(peer: Peer, view: ViewId): void {
    const part = this.partOf(view, peer);
    if (part === undefined) this.environment.send(peer, { kind: 'ask', view });
    else if (part !== peer.part) this.arrive(peer, part);
  }

  private prompted(peer: Peer, part: Part, leaves: boolean): void {
    peer.leaving ||= leaves;
    // Else the view ends already.
    if (part.state === 'idle' || part.state === 'arriving') this.wanted = true;
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
    for (const part of this.parts) {
      const peer = part.next?.part === next ? part.peers.get(part.rankOf(member)) : undefined;
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

  private synced(peer: Peer, part: Part, message: Message<'synced'>): void {
    const { attempt, failed, leaving, stateMessages } = message;
    checkRanks(part, [...failed, ...leaving]);
    part.floor = Math.max(part.floor, message.floor);
    if (attempt !== part.attempt) return;
    if (part.state === 'granted') return this.grantAgain(peer, part);
    if (part.state !== 'asked' && part.state !== 'synced') return;
    const out = new Set([...failed, ...leaving, ...part.out]);
    const survivors = part.members.filter((_, rank) => !out.has(rank));
    if ([...part.out].some((rank) => !failed.includes(rank))) {
      throw new MalformedError('synced with who has failed');
    }
    if (survivors[0]?.equals(peer.me) !== true) throw new MalformedError('synced by who does not coordinate');
    if (stateMessages.length !== survivors.length) throw new MalformedError('not one state message for each member');
    this.withdraw(part);
    part.timer?.cancel();
    part.state = 'synced';
    part.report = { peer, survivors, stateMessages };
    // It has flushed without these: it can't go on with them.
    this.takeOut(
      part,
      failed.filter((rank) => !part.out.has(rank)),
    );
    this.admit(part);
  }

  // ---- the change ----

  /** There is less of a part than there was. */
  private disturb(part: Part): void {
    // Of a view that the service has not made those who told of it may be gone before the others come: there is nobody to ask.
    if (part.size === 0 || (part.peers.size === 0 && !part.ours)) return this.forget(part);
    if (part.state === 'asked' || part.state === 'synced') this.order(part);
    this.settle(part);
    this.wanted = true;
  }

  private order(part: Part): void {
    this.withdraw(part);
    part.state = 'asked';
    part.report = undefined;
    part.attempt++;
    for (const peer of part.peers.values()) this.tellToSync(peer, part);
    part.timer?.cancel();
    // Nobody waits for one that is silent.
    if (part.silent) return;
    const patienceMs = Math.max(...[...part.peers.values()].map((peer) => peer.patienceMs));
    part.timer = this.environment.setTimer(patienceMs, () => this.hangUp(part.coordinator));
  }

  private tellToSync(peer: Peer, { view, attempt, out }: Part): void {
    this.environment.send(peer, { kind: 'sync', view, attempt, failed: [...out] });
  }

  /** What was proposed with this part in it does not count any more. */
  private withdraw(part: Part): void {
    const kept: Proposal[] = [];
    for (const proposal of this.proposals) {
      if (!proposal.bin.some((each) => each.part === part)) kept.push(proposal);
      else {
        proposal.timer.cancel();
        this.wanted = true;
      }
    }
    this.proposals = kept;
  }

  private check(): void {
    if (!this.wanted) return;
    // Nobody is blocked before all are here.
    if (this.live.some(({ state }) => state === 'arriving')) return;
    for (const part of this.live) if (part.state === 'idle') this.order(part);
    const waitedFor = this.live.filter(({ silent }) => !silent);
    if (this.proposals.length > 0 || waitedFor.some(({ state }) => state !== 'synced')) return;
    this.wanted = false;
    this.propose(waitedFor.flatMap((part) => (part.report === undefined ? [] : [{ part, report: part.report }])));
  }

  private propose(parts: readonly Flushed[]): void {
    const { bins, again } = sortIntoViews(parts, this.maxMembers);
    for (const bin of bins) this.proposeOne(bin);
    if (again) {
      this.environment.setTimer(READMIT_MS, () => {
        this.wanted ||= this.live.length > 1;
        this.check();
      });
    } else if (bins.length > 1) this.tellTooMany(bins);
  }

  private proposeOne(bin: readonly Flushed[]): void {
    const [{ part, report }] = bin as [Flushed];
    const state = compose(bin, part.params, this.protocol);
    for (const each of bin) each.part.floor = Math.max(each.part.floor, state.id.time);
    const { peer } = report;
    const timer = this.environment.setTimer(peer.patienceMs, () => this.hangUp(peer));
    this.proposals.push({ bin, state, peer, timer });
    const stateMessages = bin.flatMap((each) => each.report.stateMessages);
    const { view, attempt } = part;
    this.environment.send(peer, { kind: 'propose', view, attempt, state, stateMessages });
  }

  private proposed(peer: Peer, { time, message, primary }: Message<'proposed'>): void {
    const proposal = this.proposals.find((each) => each.peer === peer && each.state.id.time === time);
    if (proposal === undefined) return;
    proposal.timer.cancel();
    this.proposals = this.proposals.filter((each) => each !== proposal);
    this.grant(proposal.bin, { ...proposal.state, message, primary });
  }

  private grant(bin: readonly Flushed[], state: ViewState): void {
    const next = new Part(state.id, state.members, state.params);
    next.ours = true;
    this.parts.push(next);
    for (const { part, report } of bin) {
      part.timer?.cancel();
      part.state = 'granted';
      part.next = { part: next, state };
      this.tellView(report.peer, part);
    }
    this.waitForArrivals(next);
  }

  private tellView(peer: Peer, { view, attempt, next }: Part): void {
    if (next !== undefined) this.environment.send(peer, { kind: 'view', view, attempt, state: next.state });
  }

  private tellTooMany(bins: readonly (readonly Flushed[])[]): void {
    const peers = bins.flatMap(([first]) => first?.report.peer ?? []);
    const [first, ...others] = peers;
    if (first === undefined) return;
    const { protocol, compatibility } = this;
    const members = bins.reduce((sum, bin) => sum + sizeOf(bin), 0);
    const tell = (to: Peer, about: Peer) =>
      this.environment.send(to, { kind: 'denied', peer: about.me, protocol, compatibility, members });
    for (const other of others) {
      tell(first, other);
      tell(other, first);
    }
  }

  // ---- on the way to the next view ----

  private waitForArrivals(next: Part): void {
    const sources = this.parts.filter((part) => part.next?.part === next);
    const late = sources.flatMap((part) => [...part.peers.values()]).filter(({ me }) => next.has(me));
    if (late.length === 0) return;
    next.timer = this.environment.setTimer(Math.max(...late.map(({ patienceMs }) => patienceMs)), () => {
      // Who should give the view to others and does not; if it has, those who do not take it.
      const slow = sources.flatMap(({ report, peers }) => [...peers.values()].filter((peer) => peer === report?.peer));
      for (const peer of slow.length > 0 ? slow : late) if (peer.part?.next?.part === next) this.hangUp(peer);
      if (next.state === 'arriving' && this.parts.includes(next)) this.waitForArrivals(next);
    });
  }

  private lostOnItsWay(peer: Peer, part: Part): void {
    const next = part.next?.part;
    if (next?.has(peer.me)) {
      next.out.add(next.rankOf(peer.me));
      this.disturb(next);
    }
    if (part.peers.size > 0 && part.report?.peer === peer) this.orderAgain(part);
    this.forgetIfEmpty(part);
  }

  /** Whoever has not got the view from the coordinator by now will not get it. */
  private failOnTheWay(part: Part, ranks: readonly Rank[]): void {
    const giver = part.report === undefined ? -1 : part.rankOf(part.report.peer.me);
    if (!ranks.includes(giver) || part.out.has(giver)) return;
    part.out.add(giver);
    this.orderAgain(part);
  }

  /** The view is granted, but its coordinator has failed with it: the next one gives it to the others, those included who have it. */
  private orderAgain(part: Part): void {
    part.attempt++;
    const next = part.next?.part;
    for (const [rank, member] of part.members.entries()) {
      if (part.out.has(rank)) continue;
      const peer = part.peers.get(rank) ?? next?.peers.get(next.rankOf(member));
      if (peer !== undefined) this.tellToSync(peer, part);
    }
  }

  private grantAgain(peer: Peer, part: Part): void {
    if (part.report === undefined) return;
    if (!part.next?.part.has(peer.me)) return this.leaveBehind(peer, part);
    part.report = { ...part.report, peer };
    this.tellView(peer, part);
  }

  private hangUp(peer: Peer | undefined): void {
    if (peer !== undefined) this.environment.hangUp(peer);
  }
}

function checkRanks({ members }: Part, ranks: readonly Rank[]): void {
  if (ranks.some((rank) => rank >= members.length)) throw new MalformedError('a rank beyond the view');
}
