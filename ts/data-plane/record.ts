/**
 * Records in rings: their format. `record-writer.ts` and `record-reader.ts` are the only code that writes and walks them, for both modes.
 *
 *   ring   ... | header 8 | payload | 0-7 | header 8 | payload | 0-7 | PADDING to the end |
 *   header     length of the payload (4), flags (4): FIRST 1, LAST 2, PADDING 4, kind in bits 8-15
 *
 * A record never crosses the end of the ring. A message longer than `maxPart` is written as parts; the first begins with 8 bytes: the
 * length of the whole message. Positions are 32 bits here and wrap, as in the counters.
 *
 * Kind 0 is a message of the application. In its streams the other kinds are those of CastKind; in control streams they name a layer.
 */

export const RECORD_HEADER_BYTES = 8;
export const FLAG_FIRST = 1;
export const FLAG_LAST = 2;
export const FLAG_PADDING = 4;
export const WHOLE = FLAG_FIRST | FLAG_LAST;
/** Before the first part of a message in parts: its length. */
export const TOTAL_BYTES = 8;

export const SLOT_WORDS = 32;
export const WORD_FROM_SCRIPT = 0;
export const WORD_FROM_PLANE = 16;
export const WORD_STABLE = 17;
export const WORD_SAFE = 18;
export const WORD_HEARD = 18;

/** The bytes that a payload takes in a ring, header and filling included. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEADER_BYTES + ((payloadBytes + 7) & ~7);
}
