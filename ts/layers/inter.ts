/**
 * Merges views: the coordinator of the smaller asks that of the larger, which takes it into the view that it composes, or refuses. Each view
 * does one of both: while it asks it takes nobody in, so that no two can wait for each other.
 *
 * Source: Ensemble's Inter. Its coordinator refused as soon as it had blocked; here requests are taken until the view is composed, so that
 * many who join at once make one view change.
 */
import type { Endpoint } from '../base/endpoint.js';
import type { Denial, MergeMessage, StackEvent } from '../stack/event.js';
import { type JoinAnswer, Layer } from '../stack/layer.js';
import { rankIn, sameViewId, type ViewId, type ViewState, viewName } from '../stack/view-state.js';
import { incompatible, whyIncompatible, whyTooMany } from './incompatible.js';

const NOTHING = new Uint8Array(0);

type Request = Extract<MergeMessage, { kind: 'request' }>;

interface Taken {
  readonly coordinator: Endpoint;
  readonly id: ViewId;
  readonly members: readonly Endpoint[];
}

export class Inter extends Layer {
  private phase: 'open' | 'asking' | 'closed' = 'open';
  private readonly taken: Taken[] = [];
  private coordinates = this.context.myRank === 0;

  override up(event: StackEvent): void {
    switch (event.type) {
      case 'elect':
        this.coordinates = true;
        break;
      case 'block':
        if (event.coordinator !== this.context.myRank) this.coordinates = false;
        break;
      case 'mergeMessage':
        return this.receiveMessage(event.peer, event.message);
      case 'mergeFailed':
        if (this.phase !== 'asking') return;
        this.phase = 'open';
        this.joinAnswered({ type: 'failed', reason: event.reason });
        break;
      case 'view':
        this.phase = 'closed';
        break;
    }
    this.context.up(event);
  }

  override down(event: StackEvent): void {
    if (event.type === 'mergeRequest') return this.ask(event);
    if (event.type === 'view') this.grant(event.state);
    this.context.down(event);
  }

  private ask({ contact, merger }: Extract<StackEvent, { type: 'mergeRequest' }>): void {
    this.phase = 'asking';
    const { view, outside } = this.context;
    this.tell(contact.coordinator, {
      kind: 'request',
      into: contact.viewId,
      from: view.id,
      merger,
      compatibility: outside.compatibility,
      joinMessage: isAlone(view) ? outside.joinMessage : NOTHING,
    });
  }

  private grant(state: ViewState): void {
    this.phase = 'closed';
    for (const { coordinator, id } of this.taken) this.tell(coordinator, { kind: 'granted', to: id, state });
  }

  private receiveMessage(peer: Endpoint, message: MergeMessage): void {
    switch (message.kind) {
      case 'request':
        return this.receiveRequest(peer, message);
      case 'granted':
        // Only what has us in it; after giving up it is too late, and also when another coordinates by now: the others go with that one.
        if (this.phase !== 'asking' || !this.coordinates || rankIn(message.state.members, this.context.me) < 0) return;
        this.phase = 'closed';
        this.joinAnswered({ type: 'ready', coordinator: peer });
        return this.context.down({ type: 'view', state: message.state });
      case 'denied':
        if (this.phase !== 'asking') return;
        if (message.by === 'incompatible') this.reportDenied(peer, message.reason);
        if (message.by === 'application') {
          this.joinAnswered({ type: 'denied', coordinator: peer, reason: message.reason });
        }
        this.phase = 'open';
        return this.context.up({ type: 'mergeFailed', reason: message.reason });
    }
  }

  private receiveRequest(peer: Endpoint, request: Request): void {
    const { from, merger } = request;
    // Closed: the next view's Inter answers when it is asked again.
    if (this.phase === 'closed') return;
    if (!this.coordinates) return this.refuseUnlessMine(peer, request);
    if (this.taken.some(({ id }) => sameViewId(id, from))) return;
    const objection = this.objection(request);
    if (objection !== undefined) return this.deny(peer, from, objection, 'incompatible');
    if (this.phase === 'asking') return this.deny(peer, from, 'it merges with another view itself', 'busy');
    if (this.overlaps(request)) return;
    // A part of the group that comes back needs no leave; one who comes alone does.
    if (isAlone(merger.state) && !this.context.application.joinRequest(peer, request.joinMessage)) {
      return this.deny(peer, from, 'the application of the group does not want it', 'application');
    }
    this.forgetOlder(request);
    this.suspectReplaced(merger.state.members);
    this.taken.push({ coordinator: peer, id: from, members: merger.state.members });
    this.context.up({ type: 'merger', merger });
  }

  /** Who asks a member that does not coordinate any more should not stay blocked until it gives up; one of mine has its grant on the way. */
  private refuseUnlessMine(peer: Endpoint, { from, merger }: Request): void {
    if (share(this.context.view.members, merger.state.members)) return;
    this.deny(peer, from, 'another coordinates its view', 'busy');
  }

  /** Who asks again from a later view has given up the request that was taken: to grant that one would fill the view with nobody. */
  private forgetOlder({ from, merger }: Request): void {
    for (const [index, { id, members }] of [...this.taken.entries()].reverse()) {
      if (id.time < from.time && share(members, merger.state.members)) this.taken.splice(index, 1);
    }
  }

  /** Two can't be bound to one address: who comes with a later incarnation tells that the one before is gone. */
  private suspectReplaced(members: readonly Endpoint[]): void {
    const ranks = this.context.view.members.flatMap((old, rank) =>
      members.some((each) => each.host === old.host && each.port === old.port && each.incarnation > old.incarnation)
        ? [rank]
        : [],
    );
    if (ranks.length > 0) this.context.up({ type: 'suspect', ranks, reason: 'another is bound to its address' });
  }

  /**
   * Members that are in my view and ask from another one have left mine, whoever is to blame; or never came, since they had given up when the
   * grant came. They ask again, and give up again, so I must not wait until they are found to be silent: where that takes longer, it goes on
   * for ever (invariant 11).
   */
  private overlaps({ into, from, merger }: Request): boolean {
    const { view } = this.context;
    const ranks = view.members.flatMap((member, rank) => (rankIn(merger.state.members, member) >= 0 ? [rank] : []));
    // A request from before my view that does not know of it is an old one that was delayed.
    if (ranks.length > 0 && (from.time > view.id.time || sameViewId(into, view.id))) {
      this.context.up({ type: 'suspect', ranks, reason: `it is in the view ${viewName(from)}` });
    }
    return (
      ranks.length > 0 ||
      this.taken.some(({ id, members }) => id.time >= from.time && share(members, merger.state.members))
    );
  }

  /** Why this view and theirs can never be one, as they are. */
  private objection(request: Request): string | undefined {
    const { view, outside } = this.context;
    const theirs = request.merger.state;
    const mismatch = whyIncompatible(view, outside.compatibility, theirs.protocol, request.compatibility);
    if (mismatch !== undefined) return mismatch;
    const members =
      this.taken.reduce((sum, each) => sum + each.members.length, view.members.length) + theirs.members.length;
    return whyTooMany(members, outside.maxMembers);
  }

  private deny(peer: Endpoint, to: ViewId, reason: string, by: Denial): void {
    if (by === 'incompatible') this.reportDenied(peer, reason);
    this.tell(peer, { kind: 'denied', to, reason, by });
  }

  private joinAnswered(answer: JoinAnswer): void {
    if (isAlone(this.context.view)) this.context.application.joinAnswer(answer);
  }

  private tell(peer: Endpoint, message: MergeMessage): void {
    this.context.down({ type: 'mergeMessage', peer, message });
  }

  private reportDenied(peer: Endpoint, reason: string): void {
    this.context.application.report(incompatible(peer, reason));
  }
}

function isAlone({ members }: ViewState): boolean {
  return members.length === 1;
}

function share(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a.some((each) => rankIn(b, each) >= 0);
}
