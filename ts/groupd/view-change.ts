/**
 * The change from some views of a group to one:
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
import type { Environment, Timer } from '../stack/environment.js';
import type { ViewState } from '../stack/view-state.js';
import { compose, type Flushed, sizeOf, sortIntoViews } from './compose.js';
import { READMIT_MS } from './limits.js';
import type { FromService, ToService } from './messages.js';
import { Part, type Peer } from './part.js';
import type { Parts } from './parts.js';

export interface GroupEnvironment extends Pick<Environment, 'setTimer'> {
  send(peer: Peer, message: FromService): void;
  /** Closes the connection; the group hears that the member is lost before this returns. */
  hangUp(peer: Peer): void;
}

interface Proposal {
  readonly bin: readonly Flushed[];
  readonly state: ViewState;
  /** Its rank 0. */
  readonly peer: Peer;
  readonly timer: Timer;
}

export class ViewChange {
  private proposals: Proposal[] = [];
  /** A change is due. */
  private wanted = false;

  constructor(
    private readonly parts: Parts,
    private readonly protocol: string,
    private readonly compatibility: string,
    private readonly maxMembers: number,
    private readonly environment: GroupEnvironment,
  ) {}

  /** `check` begins it, as soon as all are here. */
  want(): void {
    this.wanted = true;
  }

  /** Goes on as far as it can. */
  check(): void {
    if (!this.wanted) return;
    const { live } = this.parts;
    // Nobody is blocked before all are here.
    if (live.some(({ state }) => state === 'arriving')) return;
    for (const part of live) if (part.state === 'idle') this.order(part);
    const waitedFor = live.filter(({ silent }) => !silent);
    if (this.proposals.length > 0 || waitedFor.some(({ state }) => state !== 'synced')) return;
    this.wanted = false;
    this.propose(waitedFor.flatMap((part) => (part.report === undefined ? [] : [{ part, report: part.report }])));
  }

  // ---- the end of the views that there are ----

  /** A part's view is to end, without those who are out by now. */
  order(part: Part): void {
    this.withdraw(part);
    part.state = 'asked';
    part.report = undefined;
    part.attempt++;
    for (const peer of part.peers.values()) this.tellToSync(peer, part);
    part.timer?.cancel();
    // Nobody waits for one that is silent.
    if (!part.silent) part.timer = this.impatience([...part.peers.values()], () => this.hangUp(part.coordinator));
  }

  /** The view is granted, but its coordinator has failed with it: the next one gives it to the others, those included who have it. */
  orderAgain(part: Part): void {
    part.attempt++;
    const next = part.next?.part;
    for (const [rank, member] of part.members.entries()) {
      if (part.out.has(rank)) continue;
      const peer = part.peers.get(rank) ?? next?.peers.get(next.rankOf(member));
      if (peer !== undefined) this.tellToSync(peer, part);
    }
  }

  /** What was proposed with this part in it does not count any more. */
  withdraw(part: Part): void {
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

  private tellToSync(peer: Peer, { view, attempt, out }: Part): void {
    this.environment.send(peer, { kind: 'sync', view, attempt, failed: [...out] });
  }

  // ---- the view that is to be ----

  private propose(parts: readonly Flushed[]): void {
    const { bins, again } = sortIntoViews(parts, this.maxMembers);
    for (const bin of bins) this.proposeOne(bin);
    if (again) this.mergeLater();
    else if (bins.length > 1) this.tellTooMany(bins);
  }

  /** Parts of one view that could not go to one next view together can in the view after. */
  private mergeLater(): void {
    this.environment.setTimer(READMIT_MS, () => {
      this.wanted ||= this.parts.live.length > 1;
      this.check();
    });
  }

  private proposeOne(bin: readonly Flushed[]): void {
    const [{ part, report }] = bin as [Flushed];
    const state = compose(bin, part.params, this.protocol);
    for (const each of bin) each.part.floor = Math.max(each.part.floor, state.id.time);
    const { peer } = report;
    this.proposals.push({ bin, state, peer, timer: this.impatience([peer], () => this.hangUp(peer)) });
    const stateMessages = bin.flatMap((each) => each.report.stateMessages);
    const { view, attempt } = part;
    this.environment.send(peer, { kind: 'propose', view, attempt, state, stateMessages });
  }

  /** Its rank 0 agrees. */
  proposed(peer: Peer, { time, message, primary }: Extract<ToService, { kind: 'proposed' }>): void {
    const proposal = this.proposals.find((each) => each.peer === peer && each.state.id.time === time);
    if (proposal === undefined) return;
    proposal.timer.cancel();
    this.proposals = this.proposals.filter((each) => each !== proposal);
    this.grant(proposal.bin, { ...proposal.state, message, primary });
  }

  private grant(bin: readonly Flushed[], state: ViewState): void {
    const next = new Part(state.id, state.members, state.params);
    next.ours = true;
    this.parts.add(next);
    for (const { part, report } of bin) {
      part.timer?.cancel();
      part.state = 'granted';
      part.next = { part: next, state };
      this.tellView(report.peer, part);
    }
    this.waitForArrivals(next);
  }

  /** To whoever coordinates a part whose next view is granted. */
  tellView(peer: Peer, { view, attempt, next }: Part): void {
    if (next !== undefined) this.environment.send(peer, { kind: 'view', view, attempt, state: next.state });
  }

  private tellTooMany(bins: readonly (readonly Flushed[])[]): void {
    const [first, ...others] = bins.flatMap(([each]) => each?.report.peer ?? []);
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

  // ---- who does not answer ----

  private waitForArrivals(next: Part): void {
    const sources = this.parts.leadingTo(next);
    const late = sources.flatMap((part) => [...part.peers.values()]).filter(({ me }) => next.has(me));
    if (late.length === 0) return;
    next.timer = this.impatience(late, () => {
      // Who should give the view to others and does not; if it has, those who do not take it.
      const slow = sources.flatMap(({ report, peers }) => [...peers.values()].filter((peer) => peer === report?.peer));
      for (const peer of slow.length > 0 ? slow : late) if (peer.part?.next?.part === next) this.hangUp(peer);
      if (next.state === 'arriving' && this.parts.includes(next)) this.waitForArrivals(next);
    });
  }

  private impatience(peers: readonly Peer[], onEnd: () => void): Timer {
    return this.environment.setTimer(Math.max(...peers.map(({ patienceMs }) => patienceMs)), onEnd);
  }

  private hangUp(peer: Peer | undefined): void {
    if (peer !== undefined) this.environment.hangUp(peer);
  }
}
