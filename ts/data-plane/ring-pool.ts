/**
 * The memory of rings, from view to view. Zeroing the rings of all members anew in every view, and collecting those of the last, was most of the time
 * of a view change: so the rings of the view that was retired last wait here for the next one.
 */
export class RingPool {
  private sends: Uint8Array[] = [];
  private receives: Uint8Array[] = [];

  /**
   * @param shared whether rings must be shared memory: another thread may still touch one after its view was retired, so they are not used again
   * @param makeRing where memory comes from, if not from the system
   */
  constructor(
    private readonly shared: boolean,
    private readonly makeRing?: (bytes: number) => Uint8Array,
  ) {}

  /** All zeros: between the records there are gaps, which go out with them, and must not hold what was in this memory before. */
  takeSend(bytes: number): Uint8Array {
    return takeFrom(this.sends, bytes) ?? this.make(bytes);
  }

  /** With anything in it: nothing is read, or sent again for others, but what has arrived. */
  takeReceive(bytes: number): Uint8Array {
    const used = takeFrom(this.receives, bytes);
    if (used !== undefined || this.shared || this.makeRing !== undefined) return used ?? this.make(bytes);
    return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  }

  /**
   * The rings of a view that nobody touches any more. Those of the view before it are let go.
   * @param sends each with the bytes at its beginning that were written
   */
  give(sends: readonly (readonly [ring: Uint8Array, written: number])[], receives: readonly Uint8Array[]): void {
    if (this.shared) return;
    this.sends = sends.map(([ring, written]) => ring.fill(0, 0, written));
    this.receives = [...receives];
  }

  /** There is no view any more, and none to come soon. */
  clear(): void {
    this.sends = [];
    this.receives = [];
  }

  /** Bytes that wait. */
  get bytes(): number {
    return [...this.sends, ...this.receives].reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Only the TypeScript plane's worker needs shared memory; the addon is given a pointer, and V8 copies into unshared memory
   * twice as fast.
   */
  private make(bytes: number): Uint8Array {
    if (this.makeRing !== undefined) return this.makeRing(bytes);
    return new Uint8Array(this.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  }
}

function takeFrom(rings: Uint8Array[], bytes: number): Uint8Array | undefined {
  const at = rings.findIndex(({ length }) => length === bytes);
  return at < 0 ? undefined : rings.splice(at, 1)[0];
}
