/**
 * Measures round trips: a numbered message goes out, somebody answers with the same bytes. Two ways:
 *
 *   ping-pong   the next message goes out when the answer to the last is here
 *   at a rate   message n goes out at its time, t0 + n / rate, or as soon after as possible, whether answers are here or not; its round trip
 *               counts from that intended time. A stall so shows in every message that it delayed, not in one (no coordinated omission).
 *
 * Between two messages at a rate the event loop spins, since timers are 1 ms apart.
 */
import { UnverifiedError } from '../verify/unverified-error.js';

const SEQUENCE_BYTES = 4;
/** The shortest message that can be numbered. */
export const MIN_PING_BYTES = 8;

export class Pinger {
  private readonly payload: Uint8Array;
  private readonly view: DataView;
  private nextReply = 0;
  private sentMs: number[] = [];
  private roundTripsNanos: number[] = [];
  private afterReply: () => void = () => {};
  private fail: (error: Error) => void = () => {};

  constructor(
    sizeBytes: number,
    private readonly transmit: (payload: Uint8Array) => void,
  ) {
    this.payload = new Uint8Array(Math.max(sizeBytes, SEQUENCE_BYTES)).fill(0x5a);
    this.view = new DataView(this.payload.buffer);
  }

  /** An answer has come. */
  take(bytes: Uint8Array): void {
    const now = performance.now();
    const reply = this.nextReply++;
    const sequence = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    if (bytes.length !== this.payload.length || sequence !== reply) {
      this.fail(new UnverifiedError(`answer ${sequence} of ${bytes.length} bytes came where ${reply} was expected`));
      return;
    }
    this.roundTripsNanos.push(Math.round((now - (this.sentMs[reply] as number)) * 1e6));
    this.afterReply();
  }

  pingPong(milliseconds: number): Promise<Float64Array> {
    return this.measure((finish) => {
      const endMs = performance.now() + milliseconds;
      const next = () => {
        const now = performance.now();
        if (now >= endMs && this.nextReply > 0) finish();
        else this.send(now);
      };
      this.afterReply = next;
      next();
    });
  }

  atRate(milliseconds: number, ratePerSecond: number): Promise<Float64Array> {
    const count = Math.max(1, Math.floor((milliseconds * ratePerSecond) / 1000));
    return this.measure((finish) => {
      const startMs = performance.now();
      this.afterReply = () => {
        if (this.nextReply === count) finish();
      };
      const spin = () => {
        while (this.sentMs.length < count) {
          const intendedMs = startMs + (this.sentMs.length * 1000) / ratePerSecond;
          if (performance.now() < intendedMs) break;
          this.send(intendedMs);
        }
        if (this.nextReply < count) setImmediate(spin);
      };
      spin();
    });
  }

  /** When the messages of the last measurement were sent, or should have been; ms of performance.now(). */
  get intendedMs(): Float64Array {
    return Float64Array.from(this.sentMs);
  }

  /** Round trips in ns, in order. */
  private measure(start: (finish: () => void) => void): Promise<Float64Array> {
    this.nextReply = 0;
    this.sentMs = [];
    this.roundTripsNanos = [];
    return new Promise((resolve, reject) => {
      this.fail = (error) => {
        this.afterReply = () => {};
        reject(error);
      };
      start(() => resolve(Float64Array.from(this.roundTripsNanos)));
    });
  }

  private send(countsFromMs: number): void {
    this.view.setUint32(0, this.sentMs.length, true);
    this.sentMs.push(countsFromMs);
    this.transmit(this.payload);
  }
}
