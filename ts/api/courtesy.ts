/**
 * How much of a state may be sent while messages of the application wait for flow control: a share of what the application sends, so that it keeps most of
 * its throughput. Else as much as there is room for.
 *
 *   a message has to wait ----> the state is sent by allowance: a byte for each BYTES_PER_BYTE of the application
 *   no message had to wait in so many batches of the plane ----> as before
 */

/** A byte of a state costs several times what one of a large cast does: it is pulled, copied at both ends, and told in credits. */
const BYTES_PER_BYTE = 12;
/** An application that waits now and then is one that waits: batches come some hundred microseconds after each other. */
const BATCHES = 16;
/** Saved up at most, in bytes: parts that go out one after the other cost less than one at a time. */
const MOST_BYTES = 512 * 1024;

export class Courtesy {
  private batchesLeft = 0;
  private allowedBytes = 0;
  private seenBytes = 0;

  get isOwed(): boolean {
    return this.batchesLeft > 0;
  }

  /** @param sentBytes what the application has sent in this view up to now */
  messageWaits(sentBytes: number): void {
    if (!this.isOwed) {
      this.allowedBytes = 0;
      this.seenBytes = sentBytes;
    }
    this.batchesLeft = BATCHES;
  }

  /** The plane has had its turn. @param waiting whether some of the application's messages still wait */
  batch(sentBytes: number, waiting: boolean): void {
    if (!waiting) this.batchesLeft--;
    this.allowedBytes = Math.min(MOST_BYTES, this.allowedBytes + (sentBytes - this.seenBytes) / BYTES_PER_BYTE);
    this.seenBytes = sentBytes;
  }

  /** Whether a part of a state may be sent now; then it counts. */
  take(bytes: number): boolean {
    if (!this.isOwed) return true;
    if (this.allowedBytes < bytes) return false;
    this.allowedBytes -= bytes;
    return true;
  }
}
