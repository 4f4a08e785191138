/**
 * How a member's memory is divided into rings. All members of a view must come to the same sizes, since a record never crosses a
 * multiple of the ring's size: the sizes are part of the connection id.
 */
import { StreamKind } from './data-plane.js';
import { MAX_MEMBERS } from './typescript/limits.js';

const MIN_RING_BYTES = 8 * 1024;
/** Larger rings leave the processor's cache and bring nothing: 2 MiB covers 0.5 ms at 4 GB/s. */
const MAX_CAST_RING_BYTES = 2 * 1024 * 1024;
const MAX_CONTROL_RING_BYTES = 64 * 1024;
const MAX_PT2PT_RING_BYTES = 1024 * 1024;

export interface RingSizes {
  readonly [StreamKind.cast]: number;
  readonly [StreamKind.controlCast]: number;
  readonly [StreamKind.pt2pt]: number;
  readonly [StreamKind.controlPt2pt]: number;
}

/** The least memory that a member of a view of this size can do with, in bytes. */
export function minMemory(members: number): number {
  return members * MIN_RING_BYTES * 16;
}

/** The largest view that there is memory for. */
export function maxMembersOf(memory: number): number {
  return Math.min(MAX_MEMBERS, Math.floor(memory / minMemory(1)));
}

/**
 * @param memory bytes that one member may use for all its rings
 * @param members size of the view, 1 or more
 */
export function ringSizes(memory: number, members: number): RingSizes {
  // A cast ring for each member; for pt2pt one each way and peer, opened only when used.
  return {
    [StreamKind.cast]: powerOfTwo(memory / 2 / members, MAX_CAST_RING_BYTES),
    [StreamKind.controlCast]: powerOfTwo(memory / 16 / members, MAX_CONTROL_RING_BYTES),
    [StreamKind.pt2pt]: powerOfTwo(memory / 4 / (2 * members), MAX_PT2PT_RING_BYTES),
    [StreamKind.controlPt2pt]: powerOfTwo(memory / 8 / (2 * members), MAX_CONTROL_RING_BYTES),
  };
}

/** Of all rings that a view of this many members can have open at once: a cast and a control ring for each of them, and pt2pt both ways. Bytes. */
export function mostRingBytes(sizes: RingSizes, members: number): number {
  const { cast, controlCast, pt2pt, controlPt2pt } = StreamKind;
  return members * (sizes[cast] + sizes[controlCast] + 2 * (sizes[pt2pt] + sizes[controlPt2pt]));
}

function powerOfTwo(bytes: number, most: number): number {
  const size = 2 ** Math.floor(Math.log2(Math.max(bytes, MIN_RING_BYTES)));
  return Math.min(size, most);
}
