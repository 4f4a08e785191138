/**
 * The streams of one view as JavaScript sees them: a writer for each stream that goes out, a reader for each that comes in. The same for
 * both modes; the bytes between the members are the driver's business.
 */
import type { Message } from '../base/message.js';
import type { CastDelivery, CastOrder } from './cast-order.js';
import { ALL_RANKS, type PlaneDriver, StreamKind, type ViewConfig } from './data-plane.js';
import { SLOT_WORDS } from './record.js';
import { incomingWords, ownWords, RecordReader, type RecordReceiver } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { RingPool } from './ring-pool.js';
import { mostRingBytes, type RingSizes } from './ring-sizes.js';

/** Casts and control casts of each member, and pt2pt both ways; mine, to which I do not send, are spare. */
const SLOTS_PER_MEMBER = 6;
/** Walked at a time for each stream, so that no member's flood keeps the others waiting. */
const TURN_BYTES = 256 * 1024;
/** Walked before other work of the event loop gets its turn. */
const BUDGET_BYTES = 2 * 1024 * 1024;

/** Who gets the records of each kind of stream. */
export interface Receivers {
  readonly [StreamKind.cast]: RecordReceiver;
  readonly [StreamKind.controlCast]: RecordReceiver;
  readonly [StreamKind.pt2pt]: RecordReceiver;
  readonly [StreamKind.controlPt2pt]: RecordReceiver;
}

interface Inbound {
  readonly kind: StreamKind;
  readonly reader: RecordReader;
}

export class ViewPlane {
  readonly casts: RecordWriter;
  readonly controlCasts: RecordWriter;
  private readonly counters: Int32Array;
  private nextSlot = 0;
  private readonly writers: RecordWriter[] = [];
  private readonly pt2ptWriters = new Map<number, RecordWriter>();
  private readonly inbound: Inbound[] = [];
  /** By rank; mine where I deliver my own casts. */
  private readonly castReaders: (RecordReader | undefined)[];
  private readonly delivery: CastDelivery;
  private readonly sendRings: Uint8Array[] = [];
  private readonly receiveRings: Uint8Array[] = [];
  private ringBytes = 0;
  /** So much of my own casts was published when the last look at them was asked for. Bytes. */
  private seenOfMine = 0;
  /** Whether the last look found nothing more to hand over. */
  caughtUp = false;
  /** While true no application record is handed over: their senders come to feel it. Control records go on. */
  paused = false;

  constructor(
    private readonly driver: PlaneDriver,
    private readonly number: number,
    private readonly config: ViewConfig,
    private readonly sizes: RingSizes,
    private readonly maxMessageSize: number,
    private readonly pool: RingPool,
    private readonly receivers: Receivers,
    private readonly order: CastOrder,
  ) {
    const members = config.addresses.length;
    this.counters = new Int32Array(new SharedArrayBuffer(members * SLOTS_PER_MEMBER * SLOT_WORDS * 4));
    driver.install(number, config, this.counters);
    this.casts = this.openSend(StreamKind.cast, ALL_RANKS);
    this.controlCasts = this.openSend(StreamKind.controlCast, ALL_RANKS);
    this.castReaders = new Array<RecordReader | undefined>(members).fill(undefined);
    for (let rank = 0; rank < members; rank++) {
      if (rank === config.myRank) continue;
      this.castReaders[rank] = this.openReceive(StreamKind.cast, rank);
      this.inbound.push({ kind: StreamKind.controlCast, reader: this.openReceive(StreamKind.controlCast, rank) });
    }
    if (order.local) this.castReaders[config.myRank] = this.openOwn();
    const { myRank } = config;
    this.delivery = order.begin({
      myRank,
      readers: this.castReaders,
      writer: this.casts,
      receiver: receivers[StreamKind.cast],
    });
  }

  /** The stream of sends, or of control records, to one member; opened when first asked for. */
  pt2pt(to: number, kind: typeof StreamKind.pt2pt | typeof StreamKind.controlPt2pt = StreamKind.pt2pt): RecordWriter {
    const key = to * 4 + kind;
    let writer = this.pt2ptWriters.get(key);
    if (writer === undefined) {
      writer = this.openSend(kind, to);
      this.pt2ptWriters.set(key, writer);
    }
    return writer;
  }

  /** Opens a pt2pt stream that another member has begun. */
  accept(origin: number, kind: StreamKind): void {
    if (this.inbound.some((each) => each.kind === kind && each.reader.origin === origin)) return;
    this.inbound.push({ kind, reader: this.openReceive(kind, origin) });
  }

  /**
   * Lets the plane see all that was written. Returns whether some of it is to be handed over to me, too: a writer may have published it before, when
   * it had a burst together, or no room. Nobody else tells of it: who is alone hears of no one.
   */
  publish(): boolean {
    for (const writer of this.writers) writer.publish();
    const { published } = this.casts;
    if (!this.order.local || published === this.seenOfMine) return false;
    this.seenOfMine = published;
    return true;
  }

  /**
   * Hands what has arrived to the receivers, each stream in its turn. Returns whether there is more, so that the caller comes back after other
   * work had its turn.
   */
  drain(message: Message): boolean {
    let left = BUDGET_BYTES;
    let again = true;
    while (again && left > 0) {
      again = false;
      // A handler may open streams: the list can grow under the loop.
      for (let i = 0; i < this.inbound.length; i++) {
        const { kind, reader } = this.inbound[i] as Inbound;
        if (this.paused && kind === StreamKind.pt2pt) continue;
        const walked = reader.drain(this.receivers[kind], message, TURN_BYTES);
        left -= walked;
        if (walked > 0) again = true;
      }
      if (this.paused) continue;
      const walked = this.delivery.drain(message, TURN_BYTES);
      left -= walked;
      if (walked > 0) again = true;
    }
    this.delivery.announce();
    this.caughtUp = !again && !this.paused;
    return again;
  }

  /** Nothing is written in this view any more. */
  stopSending(): void {
    this.delivery.stopSending();
  }

  /** The view has ended, and all that belongs to it is here: the rest of it is handed over. */
  finish(): void {
    this.delivery.finish();
  }

  /** Positions up to which each member's casts have arrived here and count; my own: what I published. */
  received(): number[] {
    return this.config.addresses.map((_, rank) => {
      const reader = this.castReaders[rank];
      if (reader === undefined || rank === this.config.myRank) return this.casts.published;
      return Math.min(reader.received(), reader.cut);
    });
  }

  /** Up to where a member's casts have been handed over, the one that is being handled included. */
  consumed(rank: number): number {
    return this.castReaders[rank]?.consumed ?? 0;
  }

  /** What I have published to single members, of those that I have sent to. */
  sent(): (readonly [to: number, position: number])[] {
    return [...this.pt2ptWriters].flatMap(([key, writer]) =>
      key % 4 === StreamKind.pt2pt ? [[Math.floor(key / 4), writer.published] as const] : [],
    );
  }

  /** Up to where a member's sends to me have arrived. */
  receivedSends(from: number): number {
    const stream = this.inbound.find(({ kind, reader }) => kind === StreamKind.pt2pt && reader.origin === from);
    return stream?.reader.received() ?? 0;
  }

  /** Exactly these members are probed from now on, at once and whenever one was silent for so long: `heard` tells who answers. */
  watch(ranks: readonly number[], milliseconds: number): void {
    this.driver.watch(this.number, ranks, milliseconds);
  }

  /** Counts the frames that have come from a member, modulo 2^32; 0 for my own rank. */
  heard(rank: number): number {
    return rank === this.config.myRank ? 0 : (this.castReaders[rank]?.heard() ?? 0);
  }

  /** A failed member: no more of its casts is delivered than has arrived now, whatever still comes before the plane knows. */
  exclude(rank: number): void {
    const reader = this.castReaders[rank];
    if (reader !== undefined) reader.cut = Math.min(reader.cut, reader.received());
    this.driver.exclude(this.number, rank);
  }

  /** What is missing of `origin`'s casts up to `upTo` is fetched from `holder`. */
  nakTarget(origin: number, holder: number, upTo: number): void {
    this.driver.setHolder(this.number, origin, holder, upTo);
  }

  /** `origin`'s casts are delivered up to `cut`, and nothing is taken in beyond; an exclusion's limit makes way. */
  stopAt(origin: number, cut: number): void {
    const reader = this.castReaders[origin];
    if (reader !== undefined) reader.cut = cut;
    this.driver.stopAt(this.number, origin, cut);
  }

  /** Whether all that was written in this view has arrived at all to whom it goes. */
  isStable(): boolean {
    return this.writers.every((writer) => writer.isStable());
  }

  /** Bytes of memory that rings and messages in the making take now. */
  memoryBytes(): number {
    const readers = [...this.inbound.map(({ reader }) => reader), ...this.castReaders];
    return readers.reduce((sum, reader) => sum + (reader?.pendingBytes ?? 0), this.ringBytes);
  }

  /** @param onReleased called when the driver does not touch this view's rings any more */
  retire(onReleased: () => void): void {
    this.driver.retire(this.number, onReleased);
  }

  /** When the driver has let go of them and nobody walks over this view any more: its rings are for the next one. */
  giveRings(): void {
    this.pool.give(
      this.sendRings.map((ring, index) => [ring, this.written(ring, this.writers[index] as RecordWriter)] as const),
      this.receiveRings,
      mostRingBytes(this.sizes, this.config.addresses.length),
    );
  }

  private written(ring: Uint8Array, writer: RecordWriter): number {
    writer.publish();
    // A claim that was not published may have been written to: an eighth of the ring at most.
    return Math.min(ring.length, writer.published + ring.length / 8);
  }

  private openSend(kind: StreamKind, to: number): RecordWriter {
    const slot = this.takeSlot();
    const ring = this.pool.takeSend(this.sizes[kind]);
    this.ringBytes += ring.length;
    this.sendRings.push(ring);
    this.driver.openSend(this.number, kind, to, ring, slot);
    const writer = new RecordWriter(ring, this.counters, slot, () => this.driver.flush());
    this.writers.push(writer);
    return writer;
  }

  private openReceive(kind: StreamKind, origin: number): RecordReader {
    const slot = this.takeSlot();
    const ring = this.pool.takeReceive(this.sizes[kind]);
    this.ringBytes += ring.length;
    this.receiveRings.push(ring);
    this.driver.openReceive(this.number, kind, origin, ring, slot);
    return new RecordReader(origin, ring, this.counters, incomingWords(slot), this.maxMessageSize);
  }

  /** Reads what I cast; the first ring and slot that were opened are those of my casts. */
  private openOwn(): RecordReader {
    const words = ownWords(0, this.takeSlot());
    this.casts.limitBy(words.consumed);
    return new RecordReader(this.config.myRank, this.casts.buffer, this.counters, words, this.maxMessageSize);
  }

  private takeSlot(): number {
    return this.nextSlot++;
  }
}
