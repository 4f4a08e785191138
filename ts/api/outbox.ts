/**
 * What a member sends in one view: a stream of casts, and one of sends to each member that it sends to. What flow control has no room for
 * waits in a queue for each stream, behind which later messages of the stream wait too. What a state transfer keeps back is held, all in one order,
 * and follows in the first view that lets it pass.
 */
import { ConsortError } from '../base/errors.js';
import { formatBytes } from '../base/show.js';
import { CastKind } from '../data-plane/cast-order.js';
import type { Plane } from '../data-plane/plane.js';
import { recordBytes } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';
import type { ViewPlane } from '../data-plane/view-plane.js';
import { openSubcast, renumberSubcast, writeSubcast } from '../ordering/subcast.js';
import { Courtesy } from './courtesy.js';
import { CASTS, HeldMessages, type Waiting } from './held-messages.js';
import { callOf, kindOf, safetyOf } from './message-kind.js';
import { OutgoingStream } from './outgoing-stream.js';

/**
 * The view that a message will be delivered in. 'next' may be a later one than the next, where a state transfer holds it back. 'unspecified': it waits for
 * flow control, and goes out in this view or, when it ends before, in the next. In a fixed view there is no other.
 */
export type SendView = 'current' | 'next' | 'unspecified';

export interface OutboxLimits {
  readonly maxMessageSize: number;
  /** Bytes. */
  readonly highWaterMark: number;
  readonly maxQueuedBytes: number;
}

export class Outbox {
  readonly casts: OutgoingStream;
  /** By rank; made when first sent to. */
  readonly sends: (OutgoingStream | undefined)[];
  /** Bytes of the messages that wait in queues, with the header that each has. */
  queuedBytes = 0;
  /** Whether whoever sends was told to wait for 'drain': too much waits for flow control, */
  private waitsForFlow = false;
  /** or is held back. Then only those have to wait whose messages would be, too. */
  private waitsForGate = false;
  /** Nothing goes out in this view any more: what comes waits for the next. */
  private blocked = false;
  /** Room that a refused claim waits for: 'drain' comes only when the stream of casts has it. Bytes. */
  private wantedRoom = 0;
  /** What a state transfer holds back. */
  private readonly held = new HeldMessages();
  private readonly courtesy = new Courtesy();
  /** Of states, sent in this view. */
  private partBytes = 0;

  constructor(
    private readonly plane: Plane,
    private readonly view: ViewPlane,
    members: number,
    private readonly limits: OutboxLimits,
    /** Whether the view ends only with the membership. */
    private readonly lasting = false,
    /** Whether sends go with the casts. */
    private readonly subcast = false,
    /** What is less safe than this does not go out in this view (safety.ts). */
    private readonly gate = 0,
  ) {
    this.casts = this.stream(view.casts);
    this.sends = new Array<OutgoingStream | undefined>(members).fill(undefined);
  }

  /** The stream of sends to a member of the view. */
  sendsTo(rank: number): OutgoingStream {
    let stream = this.sends[rank];
    if (stream === undefined) {
      stream = this.stream(this.view.pt2pt(rank));
      if (this.blocked) stream.block();
      this.sends[rank] = stream;
    }
    return stream;
  }

  /**
   * Takes a message of any allowed length, straight into the ring or into the queue. Returns the view that it is sent in: with what waits
   * for flow control it may be this or a later one. Throws, and takes nothing, when too much waits.
   * @param anyway it is taken however much waits: the caller bounds how many of these there are
   */
  post(stream: OutgoingStream, payload: Uint8Array, kind = 0, anyway = false): SendView {
    if (safetyOf(kind) < this.gate) return this.hold(stream, payload, kind);
    const { length } = payload;
    // Not `length <= direct`: with the header of a subcast the longest message is a little longer than what may be claimed.
    if (stream.isFree && length <= stream.writer.maxPart && stream.writer.write(payload, kind)) {
      this.plane.scheduleFlush();
      return 'current';
    }
    // One message may wait, however long it is.
    if (!anyway && this.queuedBytes > 0 && this.queuedBytes + recordBytes(length) > this.limits.maxQueuedBytes) {
      // Whoever is refused is told when to go on, whatever the high-water mark.
      this.waitsForFlow = true;
      throw this.full(length, this.queuedBytes, 'flow control');
    }
    let done = 0;
    if (stream.isFree && length > stream.writer.maxPart) {
      done = stream.writer.writeParts(payload, 0, kind);
      this.plane.scheduleFlush();
      if (done === length) return 'current';
    }
    stream.direct = -1;
    if (this.queuedBytes === 0) this.courtesy.messageWaits(this.sentBytes);
    this.queuedBytes += stream.queue.push(payload, done, kind);
    if (this.queuedBytes >= this.limits.highWaterMark) this.waitsForFlow = true;
    if (this.blocked) return 'next';
    return this.lasting ? 'current' : 'unspecified';
  }

  /**
   * Sends a part of a state, with its head before it, if that can go out now. Returns whether it did: it never waits, so that nothing of the application
   * waits behind it. Where nothing is on its way to that member it is always let go: the application may be waiting for this very state.
   */
  postPart(stream: OutgoingStream, head: Uint8Array, part: Uint8Array, kind: number): boolean {
    if (stream.bytesOnTheirWay > 0 && !this.courtesy.take(part.length)) return false;
    if (!stream.writeNow(head, part, kind)) return false;
    this.partBytes += recordBytes(head.length + part.length);
    return true;
  }

  /** Bytes that the application has sent in this view. */
  private get sentBytes(): number {
    return (
      this.sends.reduce((sum, stream) => sum + (stream?.writer.published ?? 0), this.casts.writer.published) -
      this.partBytes
    );
  }

  /** Sends to these ranks. */
  postTo(ranks: readonly number[], payload: Uint8Array, safety = 0): SendView {
    if (this.subcast) return this.postListed(CastKind.subcast, ranks, payload, safety);
    let where: SendView = 'current';
    for (const rank of ranks) {
      const each = this.post(this.sendsTo(rank), payload, kindOf(CastKind.message, safety));
      if (each !== 'current') where = each;
    }
    return where;
  }

  /** Casts with a list of ranks before the payload; `call` says what it means. */
  postListed(call: number, ranks: readonly number[], payload: Uint8Array, safety: number): SendView {
    return this.post(this.casts, writeSubcast(ranks, payload), kindOf(call, safety));
  }

  /** The view ends: from here on everything waits for the next. */
  block(): void {
    this.blocked = true;
    for (const stream of [this.casts, ...this.sends]) stream?.block();
  }

  /**
   * Takes over what waits in the outbox of an earlier view. `rankOf` gives the ranks of its members in this view; what waits for those who
   * are gone is dropped. Returns how many bytes that were.
   */
  adopt(old: Outbox, rankOf: (oldRank: number) => number | undefined): number {
    this.waitsForFlow = old.waitsForFlow;
    this.waitsForGate = old.waitsForGate;
    // The rings of a larger view are smaller: they may never have the room that was wanted.
    this.wantedRoom = Math.min(old.wantedRoom, 2 * recordBytes(this.casts.mostDirect));
    const asItIs = this.gate === 0 && old.held.isEmpty && old.subcast === this.subcast;
    const dropped = asItIs ? this.adoptQueues(old, rankOf) : this.sortIn(old, rankOf);
    if (this.blocked) this.block();
    return dropped;
  }

  private adoptQueues(old: Outbox, rankOf: (oldRank: number) => number | undefined): number {
    let dropped = 0;
    for (const { kind, payload } of old.casts.queue.waiting()) renumber(kind, payload, rankOf);
    this.casts.adopt(old.casts.queue);
    for (const [oldRank, stream] of old.sends.entries()) {
      if (stream === undefined || stream.queue.isEmpty) continue;
      const rank = rankOf(oldRank);
      if (rank === undefined) dropped += stream.queue.bytes;
      else this.sendsTo(rank).adopt(stream.queue);
    }
    this.queuedBytes = old.queuedBytes - dropped;
    return dropped;
  }

  /** One message after the other: the gate of this view is another, or sends go another way. What was held is younger than what waited. */
  private sortIn(old: Outbox, rankOf: (oldRank: number) => number | undefined): number {
    let dropped = 0;
    for (const { to, kind, payload } of old.everything()) {
      const rank = to === CASTS ? CASTS : rankOf(to);
      if (rank === undefined) dropped += recordBytes(payload.length);
      else {
        if (rank === CASTS) renumber(kind, payload, rankOf);
        for (const each of this.rightWays({ to: rank, kind, payload })) this.keep(each);
      }
    }
    return dropped;
  }

  private *everything(): Generator<Waiting> {
    for (const { kind, payload } of this.casts.queue.waiting()) yield { to: CASTS, kind, payload };
    for (const [to, stream] of this.sends.entries()) {
      for (const { kind, payload } of stream?.queue.waiting() ?? []) yield { to, kind, payload };
    }
    yield* this.held.waiting();
  }

  /** Sends go with the casts, or beside them, as it is in this view. */
  private rightWays(message: Waiting): readonly Waiting[] {
    const { to, kind, payload } = message;
    if (this.subcast && to !== CASTS && callOf(kind) === CastKind.message) {
      return [{ to: CASTS, kind: kindOf(CastKind.subcast, safetyOf(kind)), payload: writeSubcast([to], payload) }];
    }
    if (this.subcast || to !== CASTS || callOf(kind) !== CastKind.subcast) return [message];
    const { ranks, payload: sent } = openSubcast(payload);
    return ranks.map((rank) => ({ to: rank, kind: kindOf(CastKind.message, safetyOf(kind)), payload: sent }));
  }

  /** Without a look at how much there may be: it was taken once. */
  private keep({ to, kind, payload }: Waiting): void {
    const stream = to === CASTS ? this.casts : this.sendsTo(to);
    if (safetyOf(kind) < this.gate) {
      this.held.add({ to, kind, payload });
      return;
    }
    stream.direct = -1;
    this.queuedBytes += stream.queue.push(payload, 0, kind);
  }

  private hold(stream: OutgoingStream, payload: Uint8Array, kind: number): SendView {
    const { maxQueuedBytes, highWaterMark } = this.limits;
    if (this.heldBytes > 0 && this.heldBytes + recordBytes(payload.length) > maxQueuedBytes) {
      this.waitsForGate = true;
      throw this.full(payload.length, this.heldBytes, 'a state transfer');
    }
    // CASTS is what indexOf says where it is none of the sends.
    this.held.add({ to: this.sends.indexOf(stream), kind, payload });
    if (this.heldBytes >= highWaterMark) this.waitsForGate = true;
    return 'next';
  }

  /** Whether so much waits that whoever sends should wait, too, with messages of this safety (its index in SAFETIES). */
  needsDrain(safety = 0): boolean {
    // What was held goes out with the rest when the gate is open: then all wait for that.
    return this.waitsForFlow || (this.waitsForGate && (this.gate === 0 || safety < this.gate));
  }

  /** The same for a message that is not safe at all: it waits for everything. */
  get needDrain(): boolean {
    return this.needsDrain();
  }

  /** A claim of `length` bytes was refused: 'drain' comes when it has a chance. Claims are generic. */
  waitForRoom(length: number): void {
    if (this.gate > 0) this.waitsForGate = true;
    else this.waitsForFlow = true;
    // The end of the ring may have to be skipped: twice the record is always enough.
    this.wantedRoom = Math.max(this.wantedRoom, 2 * recordBytes(length));
  }

  /**
   * Writes what there is room for now. Returns whether a caller who was told to wait may go on: where a state transfer holds something back, those
   * whose messages are safe enough.
   */
  progress(): boolean {
    if (this.blocked) return false;
    if (this.courtesy.isOwed) this.courtesy.batch(this.sentBytes, this.queuedBytes > 0);
    if (this.queuedBytes > 0) this.drainQueues();
    if (this.queuedBytes > 0 || !(this.waitsForFlow || this.waitsForGate)) return false;
    const gated = this.gate > 0;
    const roomy = this.wantedRoom === 0 || (!gated && this.casts.writer.room() >= this.wantedRoom);
    const flows = this.waitsForFlow && (roomy || gated);
    const passes = this.waitsForGate && roomy && this.heldBytes === 0;
    if (flows) {
      this.waitsForFlow = false;
      // A claim that was refused for want of room is not possible either while something is held back.
      if (!roomy) this.waitsForGate = true;
    }
    if (passes) this.waitsForGate = false;
    if (roomy) this.wantedRoom = 0;
    return flows || passes;
  }

  /** As `queuedBytes`, of the messages that a state transfer holds back. */
  get heldBytes(): number {
    return this.held.bytes;
  }

  /** Of all that has not gone out yet. */
  get waitingBytes(): number {
    return this.queuedBytes + this.heldBytes;
  }

  clear(): void {
    this.casts.queue.clear();
    for (const stream of this.sends) stream?.queue.clear();
    this.queuedBytes = 0;
    this.held.clear();
  }

  private drainQueues(): void {
    this.drainQueue(this.casts);
    for (const stream of this.sends) {
      if (stream !== undefined) this.drainQueue(stream);
    }
  }

  private drainQueue(stream: OutgoingStream): void {
    if (stream.direct >= 0) return;
    this.queuedBytes -= stream.queue.drain();
    if (stream.queue.isEmpty) stream.reopen();
  }

  private stream(writer: RecordWriter): OutgoingStream {
    return new OutgoingStream(this.plane, writer, Math.min(writer.maxPart, this.limits.maxMessageSize), this.gate > 0);
  }

  private full(length: number, waitingBytes: number, forWhat: string): ConsortError {
    const { maxQueuedBytes } = this.limits;
    return new ConsortError(
      'ERR_QUEUE_FULL',
      `${formatBytes(waitingBytes)} wait for ${forWhat} and ${formatBytes(length)} more ` +
        `would exceed maxQueuedBytes (${formatBytes(maxQueuedBytes)}): stop while writableNeedDrain is true, and go on at 'drain'`,
      { details: { queuedBytes: waitingBytes, length, maxQueuedBytes } },
    );
  }
}

/** Those with a list of ranks: it follows its members to the ranks that they have now. */
function renumber(kind: number, payload: Uint8Array, rankOf: (oldRank: number) => number | undefined): void {
  const call = callOf(kind);
  if (call === CastKind.subcast || call === CastKind.scast || call === CastKind.lsend) renumberSubcast(payload, rankOf);
}
