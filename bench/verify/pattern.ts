/**
 * What the messages of a measurement hold:
 *
 *   | n & 255 | window of 256 + size random bytes, moved by one after each 1,024 messages | n >> 8 & 255 |
 *
 * where n counts the messages of a sender from 0; a message of one byte is its first byte. Sender and receiver make the same from a seed.
 */
import type { Message } from '../../ts/index.js';

const WINDOWS = 256;

/** The whole content of one message in so many is compared. */
export const CHECK_INTERVAL = 1024;

export class Pattern {
  private readonly bytes: Uint8Array;

  constructor(
    readonly sizeBytes: number,
    seed: number,
  ) {
    this.bytes = randomBytes(sizeBytes + WINDOWS, seed);
  }

  /** Fills a payload for message n and the next ones up to n + 1023; first and last byte are the sender's business. */
  fill(payload: Uint8Array, n: number): void {
    const start = windowOf(n);
    payload.set(this.bytes.subarray(start, start + this.sizeBytes));
  }

  /** Whether everything between the first and the last byte of message n is right. */
  matches(message: Message, n: number): boolean {
    const start = windowOf(n);
    const end = this.sizeBytes - 1;
    if (message.length !== this.sizeBytes) return false;
    if (end <= 1) return true;
    return Buffer.compare(message.bytes().subarray(1, end), this.bytes.subarray(start + 1, start + end)) === 0;
  }
}

/** `mix` with the first and last byte of message n, as its sender knows them. */
export function mixSent(hash: number, n: number, sizeBytes: number): number {
  return mix(hash, n & 255, sizeBytes === 1 ? n & 255 : (n >>> 8) & 255);
}

/** Sensitive to order: two messages that change places change it. */
export function mix(hash: number, first: number, last: number): number {
  return (Math.imul(hash, 31) + first + (last << 8)) | 0;
}

function windowOf(n: number): number {
  return Math.floor(n / CHECK_INTERVAL) % WINDOWS;
}

/** xorshift32: repeatable, and no two stretches of it look alike. */
export function randomBytes(count: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = (seed ^ 0x9e3779b9) | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
