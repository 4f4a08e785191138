// The members of one view under an ordering policy, with streams of casts between them that move only when the test says so: how many bytes
// arrive where, who learns what is stable, who hands over how much. Every cast carries its number, and what its sender had delivered before it.
import { OutgoingQueue } from '../../../ts/api/outgoing-queue.js';
import { Message } from '../../../ts/base/message.js';
import type { CastDelivery, CastOrder } from '../../../ts/data-plane/cast-order.js';
import { SLOT_WORDS, WORD_FROM_PLANE, WORD_SAFE, WORD_STABLE } from '../../../ts/data-plane/record.js';
import { incomingWords, ownWords, RecordReader, type RecordReceiver } from '../../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../../ts/data-plane/record-writer.js';
import { copyRing } from '../data-plane/fake-driver.js';

/** The smallest ring that there is. */
export const RING_BYTES = 8 * 1024;
const HEAD_BYTES = 8;
const MOST_MESSAGE_BYTES = 1024 * 1024;
/** More rounds than any test needs. */
const MANY_ROUNDS = 20_000;

export interface Cast {
  readonly origin: number;
  readonly number: number;
  /** By rank: how many casts its sender had delivered when it was cast. */
  readonly after: readonly number[];
}

export class OrderMember implements RecordReceiver {
  readonly counters: Int32Array;
  readonly writer: RecordWriter;
  readonly readers: (RecordReader | undefined)[];
  /** What was handed over, in order. */
  readonly log: Cast[] = [];
  /** By rank: how many of its casts. */
  readonly delivered: number[];
  readonly sent: Cast[] = [];
  malformed = 0;
  /** Called for each cast that is handed over. */
  onCast: (cast: Cast) => void = () => {};
  readonly rings: readonly Uint8Array[];
  delivery: CastDelivery;
  private readonly queue: OutgoingQueue;
  private readonly message = new Message();
  private stopped = false;

  constructor(
    readonly crew: OrderCrew,
    readonly rank: number,
    order: CastOrder,
    ringBytes: number,
  ) {
    const { size } = crew;
    this.counters = new Int32Array((size + 1) * SLOT_WORDS);
    this.rings = Array.from({ length: size }, () => new Uint8Array(ringBytes));
    this.delivered = new Array<number>(size).fill(0);
    this.set(rank, WORD_FROM_PLANE, ringBytes);
    this.writer = new RecordWriter(this.rings[rank] as Uint8Array, this.counters, rank, () => {});
    this.readers = this.rings.map((ring, origin) =>
      origin === rank
        ? undefined
        : new RecordReader(origin, ring, this.counters, incomingWords(origin), MOST_MESSAGE_BYTES),
    );
    if (order.local) {
      const words = ownWords(rank, size);
      this.writer.limitBy(words.consumed);
      this.readers[rank] = new RecordReader(rank, this.writer.buffer, this.counters, words, MOST_MESSAGE_BYTES);
    }
    this.queue = new OutgoingQueue(this.writer);
    this.delivery = order.begin({ myRank: rank, readers: this.readers, writer: this.writer, receiver: this });
  }

  /** Casts so many bytes; what has no room waits, as in the member's outbox. */
  cast(bytes = 32): Cast {
    const cast: Cast = { origin: this.rank, number: this.sent.length, after: [...this.delivered] };
    const payload = new Uint8Array(Math.max(bytes, HEAD_BYTES));
    new DataView(payload.buffer).setUint32(0, cast.number, true);
    for (let at = HEAD_BYTES; at < payload.length; at++) payload[at] = (at * 31 + cast.number) & 0xff;
    this.sent.push(cast);
    if (!this.queue.isEmpty || payload.length > this.writer.maxPart || !this.writer.write(payload, 0)) {
      this.queue.push(payload);
    }
    return cast;
  }

  /** A batch: hands over about so many bytes, writes what waits, and shows it to the plane. Returns whether anything moved. */
  turn(budget = Number.MAX_SAFE_INTEGER): boolean {
    const walked = this.delivery.drain(this.message, budget);
    this.delivery.announce();
    const written = this.stopped ? 0 : this.queue.drain();
    return this.writer.publish() || walked > 0 || written > 0;
  }

  stopSending(): void {
    this.stopped = true;
    this.delivery.stopSending();
    this.writer.publish();
  }

  /** Casts that are written, and so belong to the view. */
  get waits(): boolean {
    return !this.queue.isEmpty;
  }

  /** Up to where an origin's casts have arrived. */
  received(origin: number): number {
    return origin === this.rank ? this.writer.published : (this.readers[origin] as RecordReader).received();
  }

  consumed(origin: number): number {
    return this.readers[origin]?.consumed ?? this.received(origin);
  }

  /** Returns whether it was another before. */
  set(slot: number, word: number, position: number): boolean {
    return Atomics.exchange(this.counters, slot * SLOT_WORDS + word, position | 0) !== (position | 0);
  }

  onMessage(origin: number, kind: number, message: Message): void {
    if (kind !== 0) throw new Error(`a record of kind ${kind} came to the application`);
    const bytes = message.bytes();
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const cast = this.crew.member(origin).sent[number];
    if (cast === undefined) throw new Error(`${origin} never cast ${number}`);
    for (let at = HEAD_BYTES; at < bytes.length; at++) {
      if (bytes[at] !== ((at * 31 + number) & 0xff)) throw new Error(`cast ${number} of ${origin} is spoiled`);
    }
    this.log.push(cast);
    (this.delivered[origin] as number)++;
    this.onCast(cast);
    this.crew.meanwhile(this.rank);
  }

  onTooLong(): void {
    throw new Error('nothing is too long');
  }

  onMalformed(): void {
    this.malformed++;
  }
}

export class OrderCrew {
  readonly members: OrderMember[];
  readonly failed = new Set<number>();
  /** Called while a member hands over a cast, after it: what the plane does meanwhile on a thread of its own. */
  meanwhile: (rank: number) => void = () => {};

  /** @param orderOf a policy for each member; most tests give all the same */
  constructor(
    readonly size: number,
    orderOf: (rank: number) => CastOrder,
    readonly ringBytes = RING_BYTES,
  ) {
    this.members = Array.from({ length: size }, (_, rank) => new OrderMember(this, rank, orderOf(rank), ringBytes));
  }

  member(rank: number): OrderMember {
    return this.members[rank] as OrderMember;
  }

  get living(): OrderMember[] {
    return this.members.filter(({ rank }) => !this.failed.has(rank));
  }

  /** Lets so many bytes of one member's casts arrive at another, a multiple of 8. Returns whether any did. */
  carry(origin: number, to: number, bytes = Number.MAX_SAFE_INTEGER): boolean {
    return this.bring(
      origin,
      origin,
      to,
      Math.min(this.member(origin).received(origin), this.reach(origin, to, bytes)),
    );
  }

  /** A sender learns what all have, and what all have handled; the others learn what is stable from it. */
  tell(origin: number): boolean {
    const sender = this.member(origin);
    const others = this.living.filter((member) => member !== sender);
    const stable = Math.min(sender.received(origin), ...others.map((member) => member.received(origin)));
    const consumed = Math.min(sender.received(origin), ...others.map((member) => member.consumed(origin)));
    let news = sender.set(origin, WORD_FROM_PLANE, consumed + this.ringBytes);
    for (const member of this.living) news = member.set(origin, WORD_STABLE, stable) || news;
    news = sender.set(origin, WORD_SAFE, stable) || news;
    return news;
  }

  /** Everything that can happen happens, until nothing can. */
  settle(): void {
    for (let round = 0; round < MANY_ROUNDS; round++) if (!this.round()) return;
    throw new Error('it never settles');
  }

  /** Every member that has not failed goes on to the same next view: the change agrees on the cut, and brings what is missing. */
  end(): void {
    const { living } = this;
    for (const member of living) member.stopSending();
    for (const { rank: origin } of this.members) {
      const [first, ...others] = living.toSorted((a, b) => b.received(origin) - a.received(origin)) as [OrderMember];
      const cut = first.received(origin);
      for (const { rank } of others as OrderMember[]) this.bring(origin, first.rank, rank, cut);
      for (const { readers } of living) {
        const reader = readers[origin];
        if (reader !== undefined) reader.cut = cut;
      }
    }
    for (const { delivery } of living) delivery.finish();
    for (let round = 0; living.map((member) => member.turn()).includes(true); round++) {
      if (round > MANY_ROUNDS) throw new Error('it never ends');
    }
  }

  private round(): boolean {
    let moved = false;
    for (const member of this.living) moved = member.turn() || moved;
    for (const { rank: origin } of this.living) {
      for (const { rank: to } of this.living) moved = (origin !== to && this.carry(origin, to)) || moved;
      moved = this.tell(origin) || moved;
    }
    return moved;
  }

  private reach(origin: number, to: number, bytes: number): number {
    return this.member(to).received(origin) + bytes;
  }

  private bring(origin: number, holder: number, to: number, upTo: number): boolean {
    const from = this.member(to).received(origin);
    if (upTo <= from) return false;
    const [source, target] = [holder, to].map((rank) => this.member(rank).rings[origin] as Uint8Array);
    copyRing(source as Uint8Array, target as Uint8Array, from, upTo);
    this.member(to).set(origin, WORD_FROM_PLANE, upTo);
    return true;
  }
}

/** `0.3`: the cast number 3 of member 0. */
export function namesOf(log: readonly Cast[]): string[] {
  return log.map(({ origin, number }) => `${origin}.${number}`);
}
