/**
 * What a member sends in one view: a stream of casts, and one of sends to each member that it sends to. What flow control has no room for
 * waits in a queue for each stream, behind which later messages of the stream wait too.
 */
import { ConsortError } from '../base/errors.js';
import { formatBytes } from '../base/show.js';
import { CastKind } from '../data-plane/cast-order.js';
import type { Plane } from '../data-plane/plane.js';
import { recordBytes } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';
import type { ViewPlane } from '../data-plane/view-plane.js';
import { openSubcast, renumberSubcast, writeSubcast } from '../ordering/subcast.js';
import { OutgoingQueue } from './outgoing-queue.js';

/**
 * The view that a message will be delivered in. 'unspecified': it waits for flow control, and goes out in this view or, when it ends before,
 * in the next. In a fixed view there is no other.
 */
export type SendView = 'current' | 'next' | 'unspecified';

/** One stream that goes out. Its fields are read for every message: see GroupMember.cast. */
export class OutgoingStream {
  /** The longest payload that may be written straight into the ring now; -1 while messages wait before it. */
  direct: number;
  /** Where the claim that is not published yet lies in the ring, -1: there is none; and how long it is. */
  private claimedAt = -1;
  private claimedBytes = 0;
  queue: OutgoingQueue;

  /** @param mostDirect the longest payload that goes in one record, or the longest message if that is less */
  constructor(
    readonly plane: Plane,
    readonly writer: RecordWriter,
    readonly mostDirect: number,
  ) {
    this.direct = mostDirect;
    this.queue = new OutgoingQueue(writer);
  }

  /** The view ends: nothing is written any more, and a claim that was not published is lost (invariant 3). */
  block(): void {
    this.direct = -1;
    this.claimedAt = -1;
  }

  /** Takes over what waits for a stream of an earlier view. */
  adopt(queue: OutgoingQueue): void {
    queue.rebind(this.writer);
    this.queue = queue;
    if (!queue.isEmpty) this.direct = -1;
  }

  /** Makes room for a message that the caller writes into `writer.buffer`: returns its offset there, or -1 if there is no room now. */
  claim(length: number): number {
    if (length > this.direct) return -1;
    const at = this.writer.reserve(length);
    this.claimedAt = at;
    this.claimedBytes = length;
    return at;
  }

  /** Sends the claim, or its first `length` bytes. Throws when there is none, or when something was written since. */
  publishClaim(length: number): void {
    // After another record this one would begin elsewhere.
    if (this.claimedAt < 0 || length > this.claimedBytes || this.writer.reserve(length) !== this.claimedAt) {
      throw this.claimLost(length);
    }
    this.claimedAt = -1;
    this.writer.commit(length);
    this.plane.scheduleFlush();
  }

  private claimLost(length: number): ConsortError {
    const claimedBytes = this.claimedAt < 0 ? 0 : this.claimedBytes;
    this.claimedAt = -1;
    return new ConsortError(
      'ERR_CLAIM_LOST',
      `publishClaim(${length}): ${claimedBytes} bytes were claimed, or something was cast or the view ended since; ` +
        'claim, write and publish in one go',
      { details: { length, claimedBytes } },
    );
  }
}

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
  /** Whether the caller was told to wait for 'drain'. */
  needDrain = false;
  /** Nothing goes out in this view any more: what comes waits for the next. */
  private blocked = false;
  /** Room that a refused claim waits for: 'drain' comes only when the stream of casts has it. Bytes. */
  private wantedRoom = 0;

  constructor(
    private readonly plane: Plane,
    private readonly view: ViewPlane,
    members: number,
    private readonly limits: OutboxLimits,
    /** Whether the view ends only with the membership. */
    private readonly lasting = false,
    /** Whether sends go with the casts. */
    private readonly subcast = false,
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
   */
  post(stream: OutgoingStream, payload: Uint8Array, kind = 0): SendView {
    const { length } = payload;
    // Not `length <= direct`: with the header of a subcast the longest message is a little longer than what may be claimed.
    if (stream.direct >= 0 && length <= stream.writer.maxPart && stream.writer.write(payload, kind)) {
      this.plane.scheduleFlush();
      return 'current';
    }
    // One message may wait, however long it is.
    if (this.queuedBytes > 0 && this.queuedBytes + recordBytes(length) > this.limits.maxQueuedBytes)
      throw this.full(length);
    let done = 0;
    if (stream.direct >= 0 && length > stream.writer.maxPart) {
      done = stream.writer.writeParts(payload, 0, kind);
      this.plane.scheduleFlush();
      if (done === length) return 'current';
    }
    stream.direct = -1;
    this.queuedBytes += stream.queue.push(payload, done, kind);
    if (this.queuedBytes >= this.limits.highWaterMark) this.needDrain = true;
    if (this.blocked) return 'next';
    return this.lasting ? 'current' : 'unspecified';
  }

  /** Sends to these ranks. */
  postTo(ranks: readonly number[], payload: Uint8Array): SendView {
    if (this.subcast) return this.post(this.casts, writeSubcast(ranks, payload), CastKind.subcast);
    let where: SendView = 'current';
    for (const rank of ranks) {
      const each = this.post(this.sendsTo(rank), payload);
      if (each !== 'current') where = each;
    }
    return where;
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
    this.needDrain = old.needDrain;
    // The rings of a larger view are smaller: they may never have the room that was wanted.
    this.wantedRoom = Math.min(old.wantedRoom, 2 * recordBytes(this.casts.mostDirect));
    this.queuedBytes = old.queuedBytes;
    for (const { kind, payload } of old.casts.queue.waiting()) {
      if (kind === CastKind.subcast) renumberSubcast(payload, rankOf);
    }
    let dropped = 0;
    if (this.subcast) this.casts.adopt(old.casts.queue);
    else dropped += old.casts.queue.bytes - this.moveFromCasts(old.casts.queue);
    for (const [oldRank, stream] of old.sends.entries()) {
      if (stream === undefined || stream.queue.isEmpty) continue;
      const rank = rankOf(oldRank);
      if (rank === undefined) dropped += stream.queue.bytes;
      else if (this.subcast) this.moveToCasts(stream.queue, rank);
      else this.sendsTo(rank).adopt(stream.queue);
    }
    this.queuedBytes -= dropped;
    if (this.blocked) this.block();
    return dropped;
  }

  /** What waits to be sent in a stack without Subcast goes out in one with it. */
  private moveToCasts(sends: OutgoingQueue, rank: number): void {
    this.queuedBytes -= sends.bytes;
    for (const { payload } of sends.waiting()) {
      this.queuedBytes += this.casts.queue.push(writeSubcast([rank], payload), 0, CastKind.subcast);
    }
    this.casts.direct = -1;
  }

  /** The other way: sends that waited with the casts go out beside them, or later sends would overtake them. */
  private moveFromCasts(casts: OutgoingQueue): number {
    if ([...casts.waiting()].every(({ kind }) => kind !== CastKind.subcast)) {
      this.casts.adopt(casts);
      return casts.bytes;
    }
    let bytes = 0;
    for (const { kind, payload } of casts.waiting()) {
      if (kind !== CastKind.subcast) {
        bytes += this.enqueue(this.casts, payload);
        continue;
      }
      const { ranks, payload: sent } = openSubcast(payload);
      for (const rank of ranks) bytes += this.enqueue(this.sendsTo(rank), sent);
    }
    return bytes;
  }

  private enqueue(stream: OutgoingStream, payload: Uint8Array): number {
    stream.direct = -1;
    return stream.queue.push(payload);
  }

  /** A claim of `length` bytes was refused: 'drain' comes when it has a chance. */
  waitForRoom(length: number): void {
    this.needDrain = true;
    // The end of the ring may have to be skipped: twice the record is always enough.
    this.wantedRoom = Math.max(this.wantedRoom, 2 * recordBytes(length));
  }

  /** Writes what there is room for now. Returns whether the caller, who was told to wait, may go on. */
  progress(): boolean {
    if (this.blocked) return false;
    if (this.queuedBytes > 0) this.drainQueues();
    if (!this.needDrain || this.queuedBytes > 0) return false;
    if (this.wantedRoom > 0 && this.casts.writer.room() < this.wantedRoom) return false;
    this.wantedRoom = 0;
    this.needDrain = false;
    return true;
  }

  clear(): void {
    this.casts.queue.clear();
    for (const stream of this.sends) stream?.queue.clear();
    this.queuedBytes = 0;
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
    if (stream.queue.isEmpty) stream.direct = stream.mostDirect;
  }

  private stream(writer: RecordWriter): OutgoingStream {
    return new OutgoingStream(this.plane, writer, Math.min(writer.maxPart, this.limits.maxMessageSize));
  }

  private full(length: number): ConsortError {
    // Whoever is refused is told when to go on, whatever the high-water mark.
    this.needDrain = true;
    const { maxQueuedBytes } = this.limits;
    return new ConsortError(
      'ERR_QUEUE_FULL',
      `${formatBytes(this.queuedBytes)} wait for flow control and ${formatBytes(length)} more would exceed maxQueuedBytes ` +
        `(${formatBytes(maxQueuedBytes)}): stop while writableNeedDrain is true, and go on at 'drain'`,
      { details: { queuedBytes: this.queuedBytes, length, maxQueuedBytes } },
    );
  }
}
