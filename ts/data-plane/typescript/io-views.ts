// Refuses what the plane can't do, with the same errors as the addon (native/addon/plane_object.cc), at once and on the event loop: in
// thread mode `multi` the worker's refusal would come too late.
import { isIP } from 'node:net';
import type { Address, ViewConfig } from '../data-plane.js';
import { SLOT_WORDS } from './counters.js';
import { isPt2pt, type StreamKind } from './frame.js';
import { ALL_RANKS, MAX_FRAME_BYTES, MAX_MEMBERS, MIN_FRAME_BYTES, STREAM_KINDS } from './limits.js';
import { Ring } from './ring.js';

interface OpenView {
  readonly members: number;
  readonly myRank: number;
  readonly counters: Int32Array;
  /** The streams that are open, as direction, kind and rank in one number. */
  readonly streams: Set<number>;
}

/** Which views and streams are open. */
export class ViewBook {
  private readonly views = new Map<number, OpenView>();

  constructor(private readonly family: number) {}

  /** @throws TypeError for a view out of range, and for a number that is taken */
  install(view: number, config: ViewConfig, counters: Int32Array): void {
    const { addresses, myRank, frameBytes } = config;
    const members = addresses.length;
    const sound =
      members >= 1 &&
      members <= MAX_MEMBERS &&
      myRank < members &&
      frameBytes >= MIN_FRAME_BYTES &&
      frameBytes <= MAX_FRAME_BYTES &&
      frameBytes % 8 === 0;
    if (!sound) throw new TypeError('view out of range');
    if (addresses.some(({ host }) => isIP(host) === 0)) throw new TypeError('not an address in numbers');
    if (this.views.has(view) || addresses.some(({ host }) => isIP(host) !== this.family)) {
      throw new TypeError("view can't be installed");
    }
    this.views.set(view, { members, myRank, counters, streams: new Set() });
  }

  /** @throws TypeError for a stream out of range, and for one that is open */
  open(view: number, kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): void {
    const found = this.views.get(view);
    if (
      found === undefined ||
      (slot + 1) * SLOT_WORDS > found.counters.length ||
      kind >= STREAM_KINDS ||
      !Ring.validSize(ring.length)
    ) {
      throw new TypeError('stream out of range');
    }
    const toAll = outgoing && !isPt2pt(kind);
    const sound = toAll ? rank === ALL_RANKS : rank < found.members && rank !== found.myRank;
    const key = (rank * STREAM_KINDS + kind) * 2 + (outgoing ? 1 : 0);
    if (!sound || found.streams.has(key)) throw new TypeError("stream can't be opened");
    found.streams.add(key);
  }

  countersOf(view: number): Int32Array {
    return (this.views.get(view) as OpenView).counters;
  }

  retire(view: number): void {
    this.views.delete(view);
  }

  /** Whether the socket can send to this address. */
  canReach(address: Address): boolean {
    return isIP(address.host) === this.family;
  }
}
