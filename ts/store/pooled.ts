/**
 * Room for bytes that are needed for a moment. A Uint8Array of more than 64 bytes costs an allocation outside of the heap, some 0.5 µs with its share of
 * the garbage collection; a part of a slab costs a tenth. What is kept for long must not lie here: it holds on to all that lies beside it.
 */

const SLAB_BYTES = 64 * 1024;
/** What is longer has memory of its own. */
const MOST_BYTES = SLAB_BYTES / 8;
/** Bytes of UTF-8 for one unit of a string. */
const BYTES_OF_UNIT = 3;

let slab = Buffer.alloc(0);
let used = 0;

/** What was there before is still in it. */
export function pooled(length: number): Uint8Array {
  if (length > MOST_BYTES) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  return taken(roomFor(length), length);
}

export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const copy = pooled(bytes.length);
  copy.set(bytes);
  return copy;
}

/** As UTF-8. */
export function pooledText(text: string): Uint8Array {
  const most = text.length * BYTES_OF_UNIT;
  if (most > MOST_BYTES) return new Uint8Array(Buffer.from(text));
  const at = roomFor(most);
  return taken(at, slab.write(text, at));
}

/** Where it begins. */
function roomFor(length: number): number {
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  return used;
}

/** Not a Buffer: its `slice` copies nothing. */
function taken(at: number, length: number): Uint8Array {
  used = at + length;
  return new Uint8Array(slab.buffer, at, length);
}
