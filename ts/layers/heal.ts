/**
 * Finds other views of the group and starts the merge: each coordinator announces its view now and then; who hears of a larger one asks for a
 * view change, and goes over to the largest that it has heard of when that is flushed. Larger is by members, then by view id, the same
 * everywhere: so merges never go in circles. A member that has just begun to look for its group is smaller than all others.
 *
 * The announcement of a smaller view is answered directly: a member that joins learns of its group in one round trip.
 *
 * A member that joins may be given contacts, whom it asks directly. With `heal_auto=0` that is the only way: views neither announce themselves
 * nor merge by themselves.
 *
 * Source: Ensemble's Heal; contacts are Horus's, `heal_auto` its MERGE(auto=0).
 */
import type { Endpoint } from '../base/endpoint.js';
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Contact, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import {
  compareViewIds,
  rankIn,
  readViewId,
  sameViewId,
  type ViewId,
  viewName,
  writeViewId,
} from '../stack/view-state.js';
import { incompatible, whyIncompatible, whyTooMany } from './incompatible.js';

/** A view that has just come to be waits so long at random before it announces itself: all of a partition are not heard at once. */
const SPREAD_MS = 20;
/** Names kept of those that were answered since the last announcement; more are answered again. */
const MAX_ANSWERED = 1024;

/** What an announcement is for; REDIRECT is the answer to an ASK of a member that does not coordinate, and holds who does. */
const ANNOUNCE = 0;
const ANSWER = 1;
const ASK = 2;
const REDIRECT = 3;

interface Announcement {
  readonly id: ViewId;
  /** Not the first view of a member that has just begun to look for others. */
  readonly settled: boolean;
  readonly members: number;
  readonly protocol: string;
  readonly compatibility: string;
}

export class Heal extends Layer {
  private best: (Announcement & { readonly coordinator: Endpoint }) | undefined;
  private readonly answered = new Set<string>();
  private readonly reported = new Set<string>();
  private gathering = false;
  private done = false;
  private settled = !this.isFresh;
  private readonly auto = this.context.params.number('heal_auto') === 1;

  override up(event: StackEvent): void {
    if (event.type === 'flushed' && this.best !== undefined) {
      const contact: Contact = { viewId: this.best.id, coordinator: this.best.coordinator };
      return this.context.up({ ...event, contact });
    }
    this.context.up(event);
    if (event.type === 'settled') this.settled = true;
    if (event.type === 'init' && this.context.myRank === 0) this.begin();
    if (event.type === 'view' || event.type === 'exit') this.done = true;
    if (event.type === 'mergeFailed') this.best = undefined;
  }

  override receiveOutside(from: Endpoint, record: ByteReader): void {
    const kind = record.u8();
    if (kind === REDIRECT) return this.askAt(record.endpoint());
    const theirs = {
      id: readViewId(record),
      settled: record.u8() === 1,
      members: record.u16(),
      protocol: record.text(),
      compatibility: record.text(),
    };
    const { view, outside } = this.context;
    if (this.done || (kind === ANNOUNCE && !this.auto)) return;
    if (kind === ASK && this.context.myRank !== 0) return this.redirect(from);
    if (this.context.myRank !== 0 || sameViewId(theirs.id, view.id)) return;
    // One of mine: it does not know of my view yet, or has gone; then it will ask for a merge, and Inter finds out.
    if (rankIn(view.members, from) >= 0 && theirs.id.time <= view.id.time) return;
    const mismatch =
      whyIncompatible(view, outside.compatibility, theirs.protocol, theirs.compatibility) ??
      whyTooMany(view.members.length + theirs.members, outside.maxMembers);
    const larger = this.isLarger(theirs);
    if (!larger || mismatch !== undefined) this.answer(from, theirs.id);
    if (mismatch !== undefined) return this.report(from, mismatch);
    if (larger) this.prefer({ ...theirs, coordinator: from });
  }

  private begin(): void {
    const { environment } = this.context;
    if (this.isAsking) this.ask();
    if (!this.auto) return;
    if (this.isFresh) this.announce();
    else environment.setTimer(environment.random(SPREAD_MS), () => this.announce());
    this.schedule();
  }

  /** Has just joined, and met nobody yet. */
  private get isFresh(): boolean {
    const { view } = this.context;
    return view.members.length === 1 && view.previous.length === 0;
  }

  /** Is alone, and has contacts: also after one of them has not taken it in. */
  private get isAsking(): boolean {
    const { view, outside } = this.context;
    return view.members.length === 1 && outside.contacts.length > 0;
  }

  /** Again and again until there is another view. */
  private ask(): void {
    if (this.done) return;
    const { environment, outside, params } = this.context;
    for (const contact of outside.contacts) this.askAt(contact);
    environment.setTimer(2 * params.milliseconds('merge_sweep'), () => this.ask());
  }

  private askAt(member: Endpoint): void {
    if (this.done || !this.isAsking) return;
    this.context.outside.sendTo(member, this.announcement(ASK));
  }

  private redirect(to: Endpoint): void {
    const [coordinator] = this.context.view.members;
    this.context.outside.sendTo(to, new ByteWriter().u8(REDIRECT).endpoint(coordinator as Endpoint));
  }

  private schedule(): void {
    const { environment, params } = this.context;
    const sweepMs = params.milliseconds('heal_sweep');
    const delay = sweepMs / 2 + environment.random(Math.max(1, Math.floor(sweepMs)));
    environment.setTimer(delay, () => {
      if (this.done) return;
      this.announce();
      this.schedule();
    });
  }

  private announce(): void {
    if (this.done) return;
    this.answered.clear();
    this.context.outside.announce(this.announcement(ANNOUNCE));
  }

  private announcement(kind: number): ByteWriter {
    const { view, outside } = this.context;
    const body = new ByteWriter().u8(kind);
    writeViewId(body, view.id);
    return body
      .u8(this.settled ? 1 : 0)
      .u16(view.members.length)
      .text(view.protocol)
      .text(outside.compatibility);
  }

  /** Once between two announcements: whoever lost the answer announces itself again. */
  private answer(to: Endpoint, id: ViewId): void {
    const name = viewName(id);
    if (this.answered.has(name)) return;
    if (this.answered.size >= MAX_ANSWERED) this.answered.clear();
    this.answered.add(name);
    this.context.outside.sendTo(to, this.announcement(ANSWER));
  }

  private isLarger(theirs: Announcement): boolean {
    const { id, members } = this.context.view;
    return compareSizes(theirs, { id, settled: this.settled, members: members.length }) > 0;
  }

  private prefer(theirs: Announcement & { readonly coordinator: Endpoint }): void {
    const { best } = this;
    const better = best === undefined || compareSizes(theirs, best) > 0;
    // Its newer view replaces the one that it had.
    if (better || best.coordinator.equals(theirs.coordinator)) this.best = theirs;
    if (this.gathering) return;
    this.gathering = true;
    const { environment, params, view } = this.context;
    const prompt = () => {
      this.gathering = false;
      if (!this.done) this.context.down({ type: 'prompt' });
    };
    // One that joins a group goes at once: who are many have gathered already, and a still larger view is found after the merge.
    if (view.members.length === 1 && theirs.members > 1) environment.defer(prompt);
    else environment.setTimer(params.milliseconds('heal_gather'), prompt);
  }

  private report(from: Endpoint, reason: string): void {
    if (this.reported.has(from.name)) return;
    if (this.reported.size >= MAX_ANSWERED) this.reported.clear();
    this.reported.add(from.name);
    this.context.application.report(incompatible(from, reason));
  }
}

type Size = Pick<Announcement, 'id' | 'settled' | 'members'>;

/** Whose view takes the other in: who was there before one who has just come, then the one of more members, then the newer. */
function compareSizes(a: Size, b: Size): number {
  return Number(a.settled) - Number(b.settled) || a.members - b.members || compareViewIds(a.id, b.id);
}
