/** Looks at packed frames where they lie (ts/data-plane/packed-core.ts draws them). */
import { load16, store16 } from '../../ts/data-plane/typescript/frame.js';

const WORD_BYTES = 2;
/** Longer than any frame without stream bytes here. */
const CONTROL_BYTES = 256;
/** A rank that nobody has. */
const NOBODY = 0xfffe;

/** Where packed frames begin that carry a stream's bytes: their heads' offsets. Frames about it alone are left out. */
export function dataFrames(packed: Uint8Array, bytes: number): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes; at += headBytes(packed, at) + frameLength(packed, at)) {
    if (frameLength(packed, at) > CONTROL_BYTES) found.push(at);
  }
  return found;
}

export function frameLength(packed: Uint8Array, at: number): number {
  return load16(packed, at + WORD_BYTES);
}

export function headBytes(packed: Uint8Array, at: number): number {
  return WORD_BYTES * (2 + load16(packed, at));
}

/** It goes to nobody any more. */
export function misdirect(packed: Uint8Array, at: number): void {
  for (let rank = load16(packed, at); rank > 0; rank--) store16(packed, at + WORD_BYTES * (1 + rank), NOBODY);
}
