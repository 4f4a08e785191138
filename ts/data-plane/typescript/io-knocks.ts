// Whether somebody is still bound to the addresses of the watched members of a view. The native plane learns that from its own socket's error queue; dgram
// tells it of connected sockets only, so that there is one for each watched member:
//
//   member is silent   knock, a frame that asks nothing  ->  bound: dropped there without a word
//                                                        ->  nothing is bound: its host refuses it, onRefused
//
// Knocks come from another port than the plane's, so they can't be frames of the view.
import { ConnectedUdpSocket } from '../../transport/connected-udp.js';
import type { Address } from '../data-plane.js';
import { crc32c } from './crc32c.js';
import {
  FLAG_CHECKED,
  FLAG_UNATTACHED,
  HEADER_BYTES,
  newHeader,
  TRAILER_BYTES,
  writeHeader,
  writeTrailer,
} from './frame.js';
import { MAX_WATCH_US, MIN_WATCH_US, type Rank } from './limits.js';

/** What the knocks of a view need to know of it. */
export interface Hearing {
  /** Frames that have come from this member. */
  heard(rank: Rank): number;
}

interface Door {
  readonly socket: ConnectedUdpSocket;
  /** What had been heard at the last look. */
  heard: number;
}

/** An UNATTACHED frame without a body; its trailer makes it as long as a frame must be. */
function makeKnock(): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + TRAILER_BYTES);
  writeHeader(frame, 0, { ...newHeader(), flags: FLAG_UNATTACHED | FLAG_CHECKED });
  writeTrailer(frame, HEADER_BYTES, crc32c(frame, HEADER_BYTES));
  return frame;
}

const KNOCK = makeKnock();

export class Knocks {
  /** One for each watched member, by rank. */
  private readonly doors = new Map<Rank, Door>();
  private readonly excluded = new Set<Rank>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly addresses: readonly Address[],
    private readonly myRank: Rank,
    private readonly hearing: Hearing,
    private readonly onRefused: (address: Address) => void,
  ) {}

  /** Knocks at these members' from now on: at once, and whenever one was silent for so long. */
  watch(ranks: readonly Rank[], intervalMs: number): void {
    for (const rank of this.doors.keys()) if (!ranks.includes(rank)) this.drop(rank);
    for (const rank of ranks) this.open(rank);
    for (const { socket } of this.doors.values()) socket.send(KNOCK);
    clearInterval(this.timer);
    const interval = Math.min(Math.max(intervalMs, MIN_WATCH_US / 1000), MAX_WATCH_US / 1000);
    this.timer = this.doors.size === 0 ? undefined : setInterval(this.knock, interval).unref();
  }

  exclude(rank: Rank): void {
    this.excluded.add(rank);
    this.drop(rank);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const doors = [...this.doors.values()];
    this.doors.clear();
    await Promise.all(doors.map(({ socket }) => socket.close()));
  }

  private open(rank: Rank): void {
    const address = this.addresses[rank];
    if (address === undefined || address.port === 0 || rank === this.myRank) return;
    if (this.excluded.has(rank) || this.doors.has(rank)) return;
    const socket = new ConnectedUdpSocket(address, () => {
      if (this.doors.has(rank)) this.onRefused(address);
    });
    this.doors.set(rank, { socket, heard: this.hearing.heard(rank) });
  }

  private drop(rank: Rank): void {
    void this.doors.get(rank)?.socket.close();
    this.doors.delete(rank);
  }

  private readonly knock = (): void => {
    for (const [rank, door] of this.doors) {
      const heard = this.hearing.heard(rank);
      if (heard === door.heard) door.socket.send(KNOCK);
      door.heard = heard;
    }
  };
}
