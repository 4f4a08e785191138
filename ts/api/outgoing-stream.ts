/** One stream that goes out: messages straight into its ring, or into the queue behind what waits for flow control. */
import { ConsortError } from '../base/errors.js';
import type { Plane } from '../data-plane/plane.js';
import { WHOLE } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';
import { OutgoingQueue } from './outgoing-queue.js';

/** Its fields are read for every message: see GroupMember.cast. */
export class OutgoingStream {
  /** The longest payload that may be written straight into the ring now; -1 while messages wait before it. */
  direct: number;
  /** Where the claim that is not published yet lies in the ring, -1: there is none; and how long it is. */
  private claimedAt = -1;
  private claimedBytes = 0;
  private blocked = false;
  queue: OutgoingQueue;

  /**
   * @param mostDirect the longest payload that goes in one record, or the longest message if that is less
   * @param gated not everything may go out: the fastest way, which asks nothing, is closed
   */
  constructor(
    readonly plane: Plane,
    readonly writer: RecordWriter,
    readonly mostDirect: number,
    private readonly gated = false,
  ) {
    this.direct = gated ? -1 : mostDirect;
    this.queue = new OutgoingQueue(writer);
  }

  /** Whether what may go out at all may go out now: nothing waits before it. */
  get isFree(): boolean {
    return this.direct >= 0 || (this.gated && !this.blocked && this.queue.isEmpty);
  }

  /** The view ends: nothing is written any more, and a claim that was not published is lost (invariant 3). */
  block(): void {
    this.direct = -1;
    this.claimedAt = -1;
    this.blocked = true;
  }

  /** Nothing waits any more. */
  reopen(): void {
    if (!this.gated) this.direct = this.mostDirect;
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

  /** Bytes that are on their way, as far as is known. */
  get bytesOnTheirWay(): number {
    return this.writer.buffer.length - this.writer.room();
  }

  /** Sends a message whose beginning lies elsewhere than the rest, if it can go out now. Returns whether it did. It is safe enough for any gate. */
  writeNow(head: Uint8Array, body: Uint8Array, kind: number): boolean {
    const { writer } = this;
    const length = head.length + body.length;
    if (!this.isFree || length > writer.maxPart) return false;
    const at = writer.reserve(length);
    if (at < 0) return false;
    writer.buffer.set(head, at);
    writer.buffer.set(body, at + head.length);
    writer.commit(length, WHOLE | (kind << 8));
    this.plane.scheduleFlush();
    return true;
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
