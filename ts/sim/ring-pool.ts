/**
 * Rings of simulated members, used again from run to run: fresh ones would be most of the time of a run. What was written in one by another member
 * is still there; a run in which that made a difference would not be repeatable, which a test looks for.
 */

/** Kept at most; what is more goes. Bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

const free = new Map<number, Uint8Array[]>();
let freeBytes = 0;

export function takeRing(bytes: number): Uint8Array {
  const ring = free.get(bytes)?.pop();
  if (ring === undefined) return new Uint8Array(bytes);
  freeBytes -= bytes;
  return ring;
}

export function giveRing(ring: Uint8Array): void {
  if (freeBytes + ring.length > MOST_BYTES) return;
  freeBytes += ring.length;
  const rings = free.get(ring.length);
  if (rings === undefined) free.set(ring.length, [ring]);
  else rings.push(ring);
}
