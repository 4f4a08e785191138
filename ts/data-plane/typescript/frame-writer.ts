// Frames on their way out of one view. Data goes in bursts; small parts for one peer (STATUS, NAK, HEARTBEAT, ...) are gathered in one
// control frame. Twin: native/core/frame_writer.cc
//
//   to(rank)  roomFor(bytes) wrote(n)  roomFor(bytes) wrote(n) ...  flush()      one frame, or more where one is full
import type { Sink } from './burst.js';
import { Burst } from './burst.js';
import type { FrameHeader } from './frame.js';
import { DATA_OVERHEAD_BYTES, FLAG_CHECKED, newHeader, TRAILER_BYTES, writeHeader } from './frame.js';
import type { Rank } from './limits.js';
import { CONTROL_FRAME_BYTES } from './limits.js';
import type { Stats } from './stats.js';
import { Stat } from './stats.js';
import type { ViewConfig } from './view-config.js';

const REFUSES: Sink = { send: () => false };

export class FrameWriter {
  readonly burst: Burst;
  readonly maxFrameData: number; // stream bytes in a full frame
  readonly control = new Uint8Array(CONTROL_FRAME_BYTES);
  private readonly stats: Stats;
  private readonly controlLimit: number;
  private sink: Sink = REFUSES;
  private _blocked = false;
  private controlTo: Rank = 0;
  private controlBytes = 0;

  // Used again and again, so that a frame allocates nothing.
  private readonly header: FrameHeader;
  private readonly one: Rank[] = [0];

  constructor(config: ViewConfig, stats: Stats) {
    this.stats = stats;
    this.burst = new Burst(config.checked);
    const trailer = config.checked ? TRAILER_BYTES : 0;
    this.maxFrameData = Math.floor((config.frameBytes - DATA_OVERHEAD_BYTES - trailer) / 8) * 8;
    this.controlLimit = Math.min(CONTROL_FRAME_BYTES, config.frameBytes) - trailer;
    this.header = newHeader();
    this.header.flags = config.checked ? FLAG_CHECKED : 0;
    this.header.sender = config.myRank;
    this.header.connectionLow = config.connectionLow;
    this.header.connectionHigh = config.connectionHigh;
  }

  /** Frames go to this sink from now on. */
  begin(sink: Sink): void {
    this.sink = sink;
    this._blocked = false;
  }

  /** Whether the sink has refused something since begin(). */
  get blocked(): boolean {
    return this._blocked;
  }

  /** Valid until the next call. */
  headerTo(destination: Rank): FrameHeader {
    this.header.destination = destination;
    return this.header;
  }

  /** Empties the burst, which goes to one member. */
  beginBurst(to: Rank): void {
    this.one[0] = to;
    this.burst.begin(this.one, false);
  }

  /** Offers the burst to the sink. */
  send(): boolean {
    if (!this.sink.send(this.burst)) {
      this._blocked = true;
      this.stats.add(Stat.refusedBySocket);
      return false;
    }
    return true;
  }

  // ---- control frames ----

  /** The parts that follow are for this member. */
  to(rank: Rank): void {
    if (rank !== this.controlTo) this.flush();
    this.controlTo = rank;
  }

  /** Whether there is something to say already. */
  get hasControl(): boolean {
    return this.controlBytes > 0;
  }

  /** Where in `control` the next part may be written. */
  roomFor(bytes: number): number {
    if (this.controlBytes > 0 && this.controlBytes + bytes > this.controlLimit) this.flush();
    if (this.controlBytes === 0) this.controlBytes = writeHeader(this.control, 0, this.headerTo(this.controlTo));
    return this.controlBytes;
  }

  wrote(bytes: number): void {
    this.controlBytes += bytes;
  }

  flush(): void {
    if (this.controlBytes > 0) this.sendControl();
  }

  private sendControl(): void {
    this.beginBurst(this.controlTo);
    this.burst.addFrame(this.control, this.controlBytes);
    this.controlBytes = 0;
    // What the sink refuses is as good as lost: each of these parts is repeated by a timer.
    this.send();
  }
}
