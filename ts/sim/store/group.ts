/**
 * A group as docs/groups.md promises it, and nothing below: no datagrams, no layers. That the real one keeps these promises is checked elsewhere, with whole stacks
 * (ts/sim/run.ts); here the store is to meet everything that they allow, and often. So this is as nasty as they let it be:
 *
 * - Casts of one member, and sends from one to one, come in order; all else in any order. What is cast while a view ends goes out in the next.
 * - Members that go on together have the same casts, and what they sent each other. Of one that does not go on with them they have the same beginning of its casts:
 *   all that any of them has, maybe more. Whoever is cut off has any beginning of anything.
 * - Views come to their members one after the other; a fault between leaves some in the old view, from which they go on by another way.
 * - A member that has crashed may be in one more view.
 * - A message is overwritten when the call that delivers it returns.
 */
import type { GroupPort } from '../../store/replica-port.js';
import type { SimClock } from '../clock.js';
import type { Dice } from '../seeds.js';

export interface GroupListener {
  /** @param view its name, the same at all its members */
  onView(view: string, members: readonly SimGroupMember[], rank: number): void;
  /** @param cast whether it was cast, or sent */
  onReceive(from: number, bytes: Uint8Array, cast: boolean): void;
  onDrain(): void;
}

/** Times in microseconds. */
export interface GroupTraits {
  readonly minDelay: number;
  readonly maxDelay: number;
  /** Until a fault is noticed, at most. */
  readonly detection: number;
  /** Each step of a view change, at most. */
  readonly step: number;
  /** Bytes of a stream that may be on their way. */
  readonly window: number;
  /** Bytes that may wait before whoever casts is told that it is full. */
  readonly highWaterMark: number;
}

/** What can be done to a group in the middle of something. */
export interface GroupHooks {
  /** Before a message goes out. */
  onSend(from: SimGroupMember, bytes: Uint8Array): void;
  /** Before a message is delivered. */
  onDeliver(to: SimGroupMember, from: SimGroupMember, bytes: Uint8Array): void;
}

const DAMAGE = 0xa5;

/** What one member casts in one view, or sends to one other of it. */
class Stream {
  readonly sent: Uint8Array[] = [];
  /** Of `sent`, up to and with each. */
  readonly bytes: number[] = [];
  readonly waiting: Uint8Array[] = [];
  readonly links: Link[];

  constructor(
    readonly view: View,
    readonly from: SimGroupMember,
    readonly to: SimGroupMember | undefined,
  ) {
    const receivers = to === undefined ? view.members.filter((member) => member !== from) : [to];
    this.links = receivers.map((receiver) => new Link(this, receiver));
  }

  /** Bytes that somebody does not have yet. */
  get onTheirWay(): number {
    const least = Math.min(...this.links.map(({ delivered }) => delivered), this.sent.length);
    return (this.bytes.at(-1) ?? 0) - (this.bytes[least - 1] ?? 0);
  }
}

/** The way of a stream to one receiver. */
class Link {
  delivered = 0;
  /** No more than so many are ever delivered. */
  limit = Number.POSITIVE_INFINITY;
  /** The receiver's view ends, and all up to `limit` is given to it. */
  isCut = false;
  /** When each of those that were sent arrives. */
  readonly arrivals: number[] = [];
  isArmed = false;

  constructor(
    readonly stream: Stream,
    readonly to: SimGroupMember,
  ) {
    // Begun when the receiver's view was ending already: nothing of it belongs there.
    if (to.endingView === stream.view) this.cut(0);
  }

  /** The receiver is given so many, and then no more. */
  cut(limit: number): void {
    this.limit = limit;
    this.isCut = true;
  }

  get hasMore(): boolean {
    return this.delivered < Math.min(this.limit, this.stream.sent.length);
  }
}

class View {
  /** What each member casts, and sends to whom. */
  private readonly streams = new Map<SimGroupMember, Map<SimGroupMember | undefined, Stream>>();

  constructor(
    readonly name: string,
    readonly members: readonly SimGroupMember[],
  ) {}

  stream(from: SimGroupMember, to: SimGroupMember | undefined): Stream {
    let those = this.streams.get(from);
    if (those === undefined) {
      those = new Map();
      this.streams.set(from, those);
    }
    let stream = those.get(to);
    if (stream === undefined) {
      stream = new Stream(this, from, to);
      those.set(to, stream);
    }
    return stream;
  }

  streamsOf(from: SimGroupMember): readonly Stream[] {
    return [...(this.streams.get(from)?.values() ?? [])];
  }

  linksTo(to: SimGroupMember): Link[] {
    return this.members.flatMap((from) =>
      this.streamsOf(from).flatMap(({ links }) => links.filter((link) => link.to === to)),
    );
  }
}

/** A view change under way. */
interface Change {
  readonly members: readonly SimGroupMember[];
  readonly next: View;
  /** Somebody in it is gone or cut off: who has not got the view does not get it. */
  isBroken: boolean;
}

export class SimGroupMember implements GroupPort {
  view: View | undefined;
  rank = -1;
  isGone = false;
  isBlocked = false;
  change: Change | undefined;
  /** It has been decided what it is still given of this view. */
  endingView: View | undefined;
  /** Until then nothing that it sends goes out. */
  congestedUntil = 0;
  /** Until then what it sends and gets takes longer. */
  slowUntil = 0;
  /** It was told that it is full, and is to be told when that is over. */
  owesDrain = false;

  constructor(
    private readonly group: SimGroup,
    /** Where it runs: what the network's pieces are made of. */
    readonly place: number,
    readonly listener: GroupListener,
  ) {}

  cast(bytes: Uint8Array): void {
    this.group.post(this, undefined, bytes);
  }

  send(rank: number, bytes: Uint8Array): void {
    const to = this.view?.members[rank];
    if (to === undefined || to === this) throw new Error(`send(${rank}): no other member of this view has that rank`);
    this.group.post(this, to, bytes);
  }

  get isFull(): boolean {
    const isFull = this.group.waitingBytes(this) >= this.group.traits.highWaterMark;
    if (isFull) this.owesDrain = true;
    return isFull;
  }
}

export class SimGroup {
  readonly members: SimGroupMember[] = [];
  /** By place. */
  private pieces: readonly number[] = [];
  /** By piece: before this moment nobody in it has noticed that it is one. */
  private readonly noticed = new Map<number, number>();
  private isConsidering = false;
  /** From now on nothing goes wrong. */
  isCalm = false;
  messages = 0;
  private views = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly dice: Dice,
    readonly traits: GroupTraits,
    private readonly hooks: GroupHooks,
  ) {}

  join(place: number, listener: GroupListener): SimGroupMember {
    const member = new SimGroupMember(this, place, listener);
    this.members.push(member);
    // Alone at first, as everyone is; what it would cast there nobody hears.
    this.considerSoon();
    return member;
  }

  /** At once, and without a word. */
  crash(member: SimGroupMember): void {
    if (member.isGone) return;
    for (const stream of member.view?.streamsOf(member) ?? []) {
      for (const link of stream.links)
        if (!link.isCut) link.limit = Math.min(link.limit, this.someFrom(link.delivered, stream.sent.length));
    }
    this.remove(member);
  }

  /** As it is when it has told the others, and they let it go. */
  leave(member: SimGroupMember): void {
    if (!member.isGone) this.remove(member);
  }

  private remove(member: SimGroupMember): void {
    member.isGone = true;
    this.members.splice(this.members.indexOf(member), 1);
    const { change } = member;
    // It may have said all that it has to say in this change: then it is in one more view.
    const staysIn = change !== undefined && member.isBlocked && !this.isCalm && this.dice.chance(0.3);
    if (change !== undefined && !staysIn) change.isBroken = true;
    this.considerSoon();
  }

  /** Which piece of the network each place is in. */
  partition(pieces: readonly number[]): void {
    this.pieces = pieces;
    this.noticed.clear();
    const latest = this.traits.detection * this.dice.pick([0, 1, 10]);
    for (const piece of new Set(pieces)) this.noticed.set(piece, this.clock.now + this.dice.below(latest + 1));
    for (const { change } of this.members) {
      const [first] = change?.members ?? [];
      if (change?.members.some((each) => first !== undefined && !this.areConnected(first, each)))
        change.isBroken = true;
    }
    for (const member of this.members) this.resume(member);
    this.considerSoon();
  }

  /** It is taken for failed, and is not. */
  suspect(member: SimGroupMember): void {
    const { view } = member;
    if (view === undefined || member.change !== undefined || member.isGone) return;
    const others = view.members.filter(
      (each) => each !== member && each.view === view && each.change === undefined && this.areConnected(each, member),
    );
    if (others.every(({ isGone }) => !isGone) && others.length > 0) this.begin(others);
  }

  /** For so long what it sends waits. */
  congest(member: SimGroupMember, micros: number): void {
    member.congestedUntil = this.clock.now + micros;
    this.clock.schedule(micros, () => this.progress(member));
  }

  /** Whether there is one view, of all who are there and nobody else. */
  get isOne(): boolean {
    const view = this.members[0]?.view;
    return (
      view !== undefined &&
      view.members.length === this.members.length &&
      this.members.every((member) => member.view === view && member.change === undefined && !member.isBlocked)
    );
  }

  // ---- messages ----

  post(from: SimGroupMember, to: SimGroupMember | undefined, bytes: Uint8Array): void {
    if (from.isGone || from.view === undefined) return;
    const stream = from.view.stream(from, to);
    stream.waiting.push(new Uint8Array(bytes));
    this.flush(stream);
  }

  waitingBytes(member: SimGroupMember): number {
    let sum = 0;
    for (const { waiting } of member.view?.streamsOf(member) ?? []) for (const { length } of waiting) sum += length;
    return sum;
  }

  private progress(member: SimGroupMember): void {
    if (member.isGone) return;
    for (const stream of member.view?.streamsOf(member) ?? []) this.flush(stream);
    if (!member.owesDrain || this.waitingBytes(member) > 0) return;
    member.owesDrain = false;
    this.clock.schedule(0, () => {
      if (!member.isGone) member.listener.onDrain();
    });
  }

  private flush(stream: Stream): void {
    const { from, waiting, view } = stream;
    const { window } = this.traits;
    while (waiting.length > 0) {
      if (from.isGone || from.isBlocked || from.view !== view || this.clock.now < from.congestedUntil) return;
      // One message may always be on its way, however long it is.
      const { onTheirWay } = stream;
      if (onTheirWay > 0 && onTheirWay + (waiting[0] as Uint8Array).length > window) return;
      const bytes = waiting.shift() as Uint8Array;
      this.hooks.onSend(from, bytes);
      if (from.isGone) return;
      this.transmit(stream, bytes);
    }
  }

  private transmit(stream: Stream, bytes: Uint8Array): void {
    this.messages++;
    stream.sent.push(bytes);
    stream.bytes.push((stream.bytes.at(-1) ?? 0) + bytes.length);
    for (const link of stream.links) {
      const arrives = this.clock.now + this.delay(stream.from, link.to);
      link.arrivals.push(Math.max(link.arrivals.at(-1) ?? 0, arrives));
      this.arm(link);
    }
  }

  private delay(from: SimGroupMember, to: SimGroupMember): number {
    const { minDelay, maxDelay } = this.traits;
    const isSlow = Math.max(from.slowUntil, to.slowUntil) > this.clock.now;
    return this.dice.between(minDelay, maxDelay) * (isSlow ? 20 : 1);
  }

  private arm(link: Link): void {
    if (link.isArmed || !link.hasMore) return;
    link.isArmed = true;
    const at = link.arrivals[link.delivered] as number;
    this.clock.schedule(at - this.clock.now, () => {
      link.isArmed = false;
      this.arrive(link);
    });
  }

  private arrive(link: Link): void {
    while (link.hasMore && (link.arrivals[link.delivered] as number) <= this.clock.now) {
      // A link that is cut, or whose receiver is not there yet, goes on when that is over.
      if (!this.areConnected(link.stream.from, link.to) || !this.deliver(link)) return;
    }
    this.arm(link);
  }

  /** Returns whether the receiver took it. */
  private deliver(link: Link): boolean {
    const { stream, to } = link;
    const { view, from } = stream;
    if (to.isGone || to.view !== view) return false;
    const sent = stream.sent[link.delivered] as Uint8Array;
    this.hooks.onDeliver(to, from, sent);
    if (to.isGone) return false;
    link.delivered++;
    const bytes = new Uint8Array(sent);
    to.listener.onReceive(view.members.indexOf(from), bytes, stream.to === undefined);
    bytes.fill(DAMAGE);
    if (stream.waiting.length > 0) this.progress(from);
    return true;
  }

  private resume(to: SimGroupMember): void {
    for (const link of to.view?.linksTo(to) ?? []) this.arm(link);
  }

  // ---- views ----

  areConnected(one: SimGroupMember, other: SimGroupMember): boolean {
    return (this.pieces[one.place] ?? 0) === (this.pieces[other.place] ?? 0);
  }

  private considerSoon(): void {
    if (this.isConsidering) return;
    this.isConsidering = true;
    this.clock.schedule(this.dice.between(1, this.traits.detection), () => {
      this.isConsidering = false;
      this.consider();
    });
  }

  /** Begins what changes there are to be made. */
  private consider(): void {
    for (const { change } of this.members) if (change?.isBroken === true) this.giveUp(change);
    const pieces = new Map<number, SimGroupMember[]>();
    for (const member of this.members) {
      const piece = this.pieces[member.place] ?? 0;
      pieces.set(piece, [...(pieces.get(piece) ?? []), member]);
    }
    for (const [piece, members] of pieces) {
      // One change after the other, in each piece.
      const isBusy =
        members.some(({ change }) => change !== undefined) || (this.noticed.get(piece) ?? 0) > this.clock.now;
      const those = isBusy ? [] : this.whoChanges(members);
      if (those.length > 0) this.begin(those);
      if (isBusy || those.length > 0) this.considerSoon();
    }
  }

  /** Of those who could: all, or some of the views that they are in. None: all is as it should be. */
  private whoChanges(members: readonly SimGroupMember[]): SimGroupMember[] {
    const views = new Map<View | undefined, SimGroupMember[]>();
    for (const member of members) {
      // Who has no view yet comes alone.
      const key = member.view ?? new View('', [member]);
      views.set(key, [...(views.get(key) ?? []), member]);
    }
    let parts = [...views].sort(([, a], [, b]) => b.length - a.length);
    const isWhole = ([view, those]: (typeof parts)[number]) =>
      view?.members.length === those.length && those.every((each) => each.view === view && !each.isBlocked);
    if (parts.length === 1 && isWhole(parts[0] as (typeof parts)[number])) return [];
    if (parts.length > 1 && !this.isCalm && this.dice.chance(0.3)) {
      // One of them by itself, or two of them.
      const first = this.dice.below(parts.length);
      const chosen = parts.filter(
        (part, index) =>
          index === first || (index === (first + 1) % parts.length && this.dice.chance(0.5)) || !isWhole(part),
      );
      if (chosen.length > 1 || !isWhole(chosen[0] as (typeof parts)[number])) parts = chosen;
    }
    return parts.flatMap(([view, those]) => those.sort((a, b) => rankIn(view, a) - rankIn(view, b)));
  }

  private begin(members: readonly SimGroupMember[]): void {
    const next = new View(`view ${++this.views}`, members);
    const change: Change = { members, next, isBroken: false };
    let left = members.length;
    for (const member of members) member.change = change;
    for (const member of members) {
      this.clock.schedule(this.step(), () => {
        if (change.isBroken) return;
        member.isBlocked = true;
        if (--left === 0) this.cut(change);
      });
    }
  }

  /** Those who have got the view have it; the others wait for another, and send nothing meanwhile. */
  private giveUp(change: Change): void {
    for (const member of change.members) if (member.change === change) member.change = undefined;
  }

  /** All have stopped sending: decides what each is still given of its old view. */
  private cut(change: Change): void {
    for (const [view, those] of groupBy(change.members, ({ view }) => view)) {
      if (view !== undefined) this.cutView(view, those);
    }
    for (const member of change.members) this.clock.schedule(this.step(), () => this.settle(member, change));
  }

  private cutView(view: View, those: readonly SimGroupMember[]): void {
    for (const member of those) member.endingView = view;
    for (const from of view.members) {
      const goesOn = those.includes(from);
      for (const stream of view.streamsOf(from)) {
        const links = stream.links.filter(({ to }) => those.includes(to));
        const most = Math.max(0, ...links.map(({ delivered }) => delivered));
        const cut = goesOn ? stream.sent.length : this.someFrom(most, stream.sent.length);
        for (const link of links) link.cut(cut);
      }
    }
  }

  /** Gives a member what is left for it of its old view, in any order that there may be, and then the next view. */
  private settle(member: SimGroupMember, change: Change): void {
    if (change.isBroken || member.isGone || member.change !== change) return;
    for (let count = this.dice.between(1, 8); count > 0; count--) {
      const links = member.view?.linksTo(member).filter(({ hasMore }) => hasMore) ?? [];
      if (links.length === 0) {
        this.clock.schedule(this.step(), () => this.install(member, change));
        return;
      }
      if (!this.deliver(this.dice.pick(links))) return;
    }
    this.clock.schedule(this.dice.below(100), () => this.settle(member, change));
  }

  private install(member: SimGroupMember, change: Change): void {
    if (change.isBroken || member.isGone || member.change !== change) return;
    const { view: old } = member;
    const { next } = change;
    member.view = next;
    member.rank = next.members.indexOf(member);
    member.isBlocked = false;
    member.change = undefined;
    for (const { to, waiting } of old?.streamsOf(member) ?? []) {
      if (to === undefined || next.members.includes(to)) next.stream(member, to).waiting.push(...waiting);
      waiting.length = 0;
    }
    this.progress(member);
    if (!member.isGone) member.listener.onView(next.name, next.members, member.rank);
    if (!member.isGone) this.resume(member);
    this.considerSoon();
  }

  private step(): number {
    return this.dice.between(1, this.traits.step);
  }

  /** From `least` to `most`, often one of both. */
  private someFrom(least: number, most: number): number {
    const what = this.dice.below(3);
    return what === 0 ? least : what === 1 ? most : this.dice.between(least, most);
  }
}

/** Who is in no view is behind all others. */
function rankIn(view: View | undefined, member: SimGroupMember): number {
  return view?.members.indexOf(member) ?? -1;
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
