/**
 * The memory of rings, from view to view. Zeroing the rings of all members anew in every view, and collecting those of the last, was most of the time
 * of a view change: so the rings of views that are over wait here for the next one.
 *
 *   view n      takes rings ... is retired ... the driver has let go of them, and so has JavaScript -> give()
 *   view n + 2  takes them
 *
 * Invariant: from `give` on nothing reads or writes a ring but through who takes it next. What the plane's own thread still does with the rings of a retired
 * view is over before they come here: `PlaneDriver.retire` tells when.
 *
 * Shared memory has to go round: V8 does not count it, so that a thousand rings which nobody needs are a few kilobytes to it, no reason to collect any. A member
 * that made new ones for every view grew by megabytes with each.
 */
export class RingPool {
  private sends: Uint8Array[] = [];
  private receives: Uint8Array[] = [];
  /** What may wait. Bytes. */
  private most = 0;

  /**
   * @param shared whether rings must be shared memory
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
   * The rings of a view that nobody touches any more. What waits longest is let go where it is too much.
   * @param sends each with the bytes at its beginning that were written
   * @param most bytes of the rings that such a view can have: as much may wait
   */
  give(
    sends: readonly (readonly [ring: Uint8Array, written: number])[],
    receives: readonly Uint8Array[],
    most: number,
  ): void {
    // A group that has become smaller needs less; but to let go of shared memory does not free it.
    this.most = this.shared ? Math.max(this.most, most) : most;
    const given = sends.map(([ring, written]) => ring.fill(0, 0, written));
    let room = this.most - bytesOf(given) - bytesOf(receives);
    const hasRoom = ({ length }: Uint8Array) => {
      room -= length;
      return room >= 0;
    };
    this.sends = [...given, ...this.sends.filter(hasRoom)];
    this.receives = [...receives, ...this.receives.filter(hasRoom)];
  }

  /** There is no view any more, and none to come soon. */
  clear(): void {
    this.sends = [];
    this.receives = [];
  }

  /** Bytes that wait. */
  get bytes(): number {
    return bytesOf(this.sends) + bytesOf(this.receives);
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

function bytesOf(rings: readonly Uint8Array[]): number {
  return rings.reduce((sum, { length }) => sum + length, 0);
}
