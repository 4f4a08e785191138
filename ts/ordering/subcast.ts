/**
 * Sends that go with the casts: to all, with a list of those whom they are for. So they are FIFO with casts, and in whatever order and safety casts
 * have.
 *
 *   number of ranks u16 | rank u16 ... | payload
 *
 * Source: Ensemble's Subcast.
 */
import type { Message } from '../base/message.js';

/** Of a destination that is not in the view any more. */
const NOBODY = 0xffff;

export function subcastHeaderBytes(ranks: number): number {
  return 2 + 2 * ranks;
}

export function writeSubcast(ranks: readonly number[], payload: Uint8Array): Uint8Array {
  const header = subcastHeaderBytes(ranks.length);
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ranks.length, true);
  for (const [index, rank] of ranks.entries()) view.setUint16(subcastHeaderBytes(index), rank, true);
  bytes.set(payload, header);
  return bytes;
}

/** What was to go out in the view before goes out in this one. In place. */
export function renumberSubcast(bytes: Uint8Array, rankOf: (oldRank: number) => number | undefined): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0, true);
  for (let index = 0; index < count; index++) {
    const at = subcastHeaderBytes(index);
    const rank = view.getUint16(at, true);
    // It may have waited for more than one view.
    if (rank !== NOBODY) view.setUint16(at, rankOf(rank) ?? NOBODY, true);
  }
}

/** Whom it is for, and what it says: where it is not to go with the casts after all. */
export function openSubcast(bytes: Uint8Array): { readonly ranks: readonly number[]; readonly payload: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0, true);
  const ranks = Array.from({ length: count }, (_, index) => view.getUint16(subcastHeaderBytes(index), true));
  return { ranks: ranks.filter((rank) => rank !== NOBODY), payload: bytes.subarray(subcastHeaderBytes(count)) };
}

/** Leaves the payload in `message`. Whether it is for this rank; undefined: no member has written this. */
export function readSubcast(message: Message, myRank: number): boolean | undefined {
  const { buffer, offset, length } = message;
  if (length < 2) return undefined;
  const view = new DataView(buffer.buffer, buffer.byteOffset + offset, length);
  const count = view.getUint16(0, true);
  const header = subcastHeaderBytes(count);
  if (header > length) return undefined;
  message.offset = offset + header;
  message.length = length - header;
  for (let index = 0; index < count; index++) {
    if (view.getUint16(subcastHeaderBytes(index), true) === myRank) return true;
  }
  return false;
}
