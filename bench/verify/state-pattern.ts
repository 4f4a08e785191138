/**
 * The state that servers of a measurement have: random bytes, the same block of them again and again. Its length is a prime, so bytes of another place
 * are other bytes wherever parts are cut.
 */
import { randomBytes } from './pattern.js';

/** A prime next to 1 MiB. */
const BLOCK_BYTES = 1_048_583;
/** What a server gives at a time. */
const PART_BYTES = 256 * 1024;

export class StatePattern {
  private readonly block: Uint8Array;

  constructor(seed: number) {
    this.block = randomBytes(BLOCK_BYTES, seed);
  }

  /** A state of so many bytes, part by part; without end, with Infinity. */
  *parts(bytes: number): Generator<Uint8Array> {
    for (let at = 0; at < bytes; ) {
      const part = this.bytesAt(at, Math.min(PART_BYTES, bytes - at));
      at += part.length;
      yield part;
    }
  }

  /** Whether these are the bytes of the state from `at` on. */
  matches(part: Uint8Array, at: number): boolean {
    for (let done = 0; done < part.length; ) {
      const wanted = this.bytesAt(at + done, part.length - done);
      if (Buffer.compare(part.subarray(done, done + wanted.length), wanted) !== 0) return false;
      done += wanted.length;
    }
    return true;
  }

  /** At most so many bytes from `at` on, as they lie in the block. */
  private bytesAt(at: number, most: number): Uint8Array {
    const start = at % BLOCK_BYTES;
    return this.block.subarray(start, Math.min(BLOCK_BYTES, start + most));
  }
}
