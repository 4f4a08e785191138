/**
 * Memory for the parts of a state that wait for a loop, used again and again. Where each part is new memory the garbage collector runs for every few dozen
 * megabytes of a state, and marks the whole heap each time: that can cost more than all the rest of a transfer. Parts leave in the order in which they came.
 *
 *        read         write
 *   |     [###][##][###]        |     a part lies in one piece: where the end is too near it lies at the beginning
 */
import { markAsUntransferable } from 'node:worker_threads';

export class PartRing {
  private memory: Uint8Array | undefined;
  /** Where the oldest part begins, or may. */
  private read = 0;
  /** Where the latest one ends. */
  private write = 0;
  /** Parts in the ring. */
  private count = 0;

  /** @param capacity bytes */
  constructor(private readonly capacity: number) {}

  /** A copy of the part; in memory of its own, where the ring has no room for it. */
  add(part: Uint8Array): Uint8Array {
    const at = this.placeFor(part.length);
    if (at === undefined) return copyOf(part);
    this.memory ??= lasting(this.capacity);
    this.write = at + part.length;
    this.count++;
    const copy = this.memory.subarray(at, this.write);
    copy.set(part);
    return copy;
  }

  /** Nobody needs that copy any more. The oldest in the ring is first; one that has its own memory may be told too. */
  release(copy: Uint8Array): void {
    if (copy.buffer !== this.memory?.buffer) return;
    this.read = copy.byteOffset + copy.length;
    this.count--;
  }

  /** Where so many bytes, one or more, lie in one piece; undefined: nowhere. */
  private placeFor(bytes: number): number | undefined {
    if (this.count === 0) {
      this.read = 0;
      this.write = 0;
    }
    const { read, write, capacity } = this;
    // Nothing is filled up to `read`: full would look like empty.
    if (write < read) return bytes < read - write ? write : undefined;
    if (bytes <= capacity - write) return write;
    return bytes < read ? 0 : undefined;
  }
}

/** A copy in memory that was not filled with zeros before: that would cost half as much as the copy. */
export function copyOf(part: Uint8Array): Uint8Array {
  const copy = unfilled(part.length);
  copy.set(part);
  return copy;
}

/** Whoever has one part can't move all of them to another thread with it. */
function lasting(bytes: number): Uint8Array {
  const memory = unfilled(bytes);
  markAsUntransferable(memory.buffer);
  return memory;
}

function unfilled(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}
