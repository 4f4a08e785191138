/**
 * The message that ends a sender's stream of a phase, told from the others by its length. The receiver learns from it how many
 * messages were sent, and their hash, in the same order as the messages themselves.
 *
 *   | magic 4 | phase 4 | hash 4 | 0 | count 8 | 0 ... |
 */
const MAGIC = 0x444e4521;
const MARKER_BYTES = 32;

export interface EndMarker {
  readonly phase: number;
  readonly count: number;
  readonly hash: number;
}

/** The length of a marker among messages of `sizeBytes`. */
export function markerBytes(sizeBytes: number): number {
  return sizeBytes === MARKER_BYTES ? MARKER_BYTES + 8 : MARKER_BYTES;
}

export function encodeMarker(marker: EndMarker, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(markerBytes(sizeBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, marker.phase, true);
  view.setInt32(8, marker.hash, true);
  view.setFloat64(16, marker.count, true);
  return bytes;
}

/** Undefined: it is no marker. */
export function decodeMarker(bytes: Uint8Array, sizeBytes: number): EndMarker | undefined {
  if (bytes.length !== markerBytes(sizeBytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  return { phase: view.getUint32(4, true), hash: view.getInt32(8, true), count: view.getFloat64(16, true) };
}
