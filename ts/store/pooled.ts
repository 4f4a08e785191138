/**
 * Room for bytes that are needed for a moment. A Uint8Array of more than 64 bytes costs an allocation outside of the heap, some 0.5 µs with its share of
 * the garbage collection; a part of Node's pool costs a tenth. What is kept for long must not lie here: it holds on to all that lies beside it.
 */

/** What was there before is still in it. */
export function pooled(length: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafe(length);
  // Not a Buffer: its `slice` copies nothing.
  return new Uint8Array(buffer, byteOffset, length);
}

export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const copy = pooled(bytes.length);
  copy.set(bytes);
  return copy;
}

/** As UTF-8. */
export function pooledText(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text);
  return new Uint8Array(buffer, byteOffset, length);
}
