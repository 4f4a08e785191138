/**
 * Memory of the chunks that a requester has received and its database does not have yet, used again for those that follow. New memory for each would be
 * counted against the heap by the garbage collector, which then goes through all of it for every dozen of chunks: that was a tenth of the work.
 */
export class ChunkMemory {
  private spare: ArrayBufferLike[] = [];

  constructor(
    /** Bytes of one; what is longer gets memory of its own. */
    private readonly bytes: number,
    /** So many are kept. */
    private readonly most: number,
  ) {}

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.bytes) return new Uint8Array(bytes);
    const copy = new Uint8Array(this.spare.pop() ?? new ArrayBuffer(this.bytes), 0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Nobody looks at what lies there any more. */
  giveBack(memory: ArrayBufferLike): void {
    if (memory.byteLength === this.bytes && this.spare.length < this.most) this.spare.push(memory);
  }

  clear(): void {
    this.spare = [];
  }
}
