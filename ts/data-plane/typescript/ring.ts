// A stream's bytes in memory: position p lives at p modulo the ring's size. Twin: native/core/ring.h

import type { Position } from './limits.js';
import { MAX_RING_BYTES, MIN_RING_BYTES } from './limits.js';

// Up to this many bytes a loop is cheaper than the view that `set` needs.
const LOOP_BYTES = 64;

export class Ring {
  readonly bytes: number;
  private readonly memory: Uint8Array;
  private readonly mask: number;

  /** All of `memory`, which may lie on a SharedArrayBuffer, is the ring; the caller has asked validSize. */
  constructor(memory: Uint8Array) {
    this.memory = memory;
    this.bytes = memory.length;
    this.mask = memory.length - 1;
  }

  static validSize(bytes: number): boolean {
    return Number.isInteger(bytes) && bytes >= MIN_RING_BYTES && bytes <= MAX_RING_BYTES && (bytes & (bytes - 1)) === 0;
  }

  /** Where in the memory the byte at `position` lives. */
  at(position: Position): number {
    return position & this.mask;
  }

  /** How many bytes from `position` on lie before the end of the memory. */
  contiguous(position: Position): number {
    return this.bytes - (position & this.mask);
  }

  /** Copies `length` <= bytes bytes of `from`, from its index `offset` on. */
  copyIn(position: Position, from: Uint8Array, offset: number, length: number): void {
    const first = this.contiguous(position);
    const to = this.at(position);
    if (length <= first) {
      this.copy(to, from, offset, length);
      return;
    }
    this.copy(to, from, offset, first);
    this.copy(0, from, offset + first, length - first);
  }

  /** Writes to `out`, from its index `index` on, the one or two pieces of memory that hold [position, position + length); returns how many. */
  pieces(position: Position, length: number, out: Uint8Array[], index: number): number {
    const first = this.contiguous(position);
    const at = this.at(position);
    out[index] = this.memory.subarray(at, at + Math.min(first, length));
    if (length <= first) return 1;
    out[index + 1] = this.memory.subarray(0, length - first);
    return 2;
  }

  private copy(to: number, from: Uint8Array, offset: number, length: number): void {
    if (length > LOOP_BYTES) {
      this.memory.set(from.subarray(offset, offset + length), to);
      return;
    }
    for (let i = 0; i < length; i++) this.memory[to + i] = from[offset + i] as number;
  }
}
