/**
 * So many views' rings may wait where they are shared. Views that come fast live side by side, as each waits a second for its last words to arrive; let go of
 * between two such flurries, their rings would not be freed, and be made anew in the second.
 */
const SHARED_VIEWS = 4;

/** A ring that waits. */
interface Spare {
  readonly ring: Uint8Array;
  /** Of those that were received into not known. */
  readonly isZero: boolean;
}

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
  /** Those that were given last come first. */
  private spare: Spare[] = [];
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
    return this.take(bytes, true) ?? this.make(bytes);
  }

  /** With anything in it: nothing is read, or sent again for others, but what has arrived. */
  takeReceive(bytes: number): Uint8Array {
    const used = this.take(bytes, false);
    if (used !== undefined || this.shared || this.makeRing !== undefined) return used ?? this.make(bytes);
    return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  }

  /**
   * The rings of a view that nobody touches any more. What waits longest is let go where it is too much.
   * @param sends each with the bytes at its beginning that were written
   * @param most bytes of the rings that such a view can have
   */
  give(
    sends: readonly (readonly [ring: Uint8Array, written: number])[],
    receives: readonly Uint8Array[],
    most: number,
  ): void {
    // A group that has become smaller needs less; but to let go of shared memory does not free it.
    this.most = this.shared ? Math.max(this.most, SHARED_VIEWS * most) : most;
    const given = [
      ...sends.map(([ring, written]) => ({ ring: ring.fill(0, 0, written), isZero: true })),
      ...receives.map((ring) => ({ ring, isZero: false })),
    ];
    let room = this.most;
    this.spare = [...given, ...this.spare].filter(({ ring }) => {
      room -= ring.length;
      return room >= 0;
    });
  }

  /** There is no view any more, and none to come soon. */
  clear(): void {
    this.spare = [];
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.spare.reduce((sum, { ring }) => sum + ring.length, 0);
  }

  private take(bytes: number, isZero: boolean): Uint8Array | undefined {
    const at = this.spare.findIndex((each) => each.ring.length === bytes && each.isZero === isZero);
    return at < 0 ? undefined : this.spare.splice(at, 1)[0]?.ring;
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
