// My streams: new data as far as flow control lets it go, and HEARTBEATs that tell receivers how far they reach.
// Twin: native/core/sender.cc
import type { Slot } from './counters.js';
import type { Part } from './frame.js';
import { HEARTBEAT_BYTES, isPt2pt, newProgress, Reject, StreamKind, writeHeartbeat } from './frame.js';
import type { FrameWriter } from './frame-writer.js';
import type { Micros, Position, Rank } from './limits.js';
import { ALL_RANKS, MAX_POLL_BYTES, NEVER, STREAM_KINDS } from './limits.js';
import type { Peer } from './peer.js';
import type { Ring } from './ring.js';
import { SendStream } from './send-stream.js';
import type { Stats } from './stats.js';
import { Stat } from './stats.js';
import type { ViewConfig } from './view-config.js';
import { isPrompt } from './view-config.js';

/** A stream that goes out, and what its receivers are told of it. */
class Outbound {
  readonly stream: SendStream;
  readonly to: Rank; // ALL_RANKS for casts
  heartbeat = false; // due in this poll
  answer = false; // and it asks for STATUS
  tells = false; // the stable position has grown in a prompt view: due, if only to tell that

  constructor(stream: SendStream, to: Rank) {
    this.stream = stream;
    this.to = to;
  }
}

export class Sender {
  news = false; // room for JavaScript to write, since it was set to false
  private readonly config: ViewConfig;
  private readonly peers: readonly Peer[];
  private readonly writer: FrameWriter;
  private readonly stats: Stats;
  private readonly outbounds: Outbound[] = []; // in the order of opening
  private readonly outboundBy: (Outbound | undefined)[]; // by rank * STREAM_KINDS + kind; casts under my own rank
  private heartbeats = false; // some are due in this poll
  private readonly progress = newProgress(); // used again and again, so that a frame allocates nothing

  constructor(config: ViewConfig, peers: readonly Peer[], writer: FrameWriter, stats: Stats) {
    this.config = config;
    this.peers = peers;
    this.writer = writer;
    this.stats = stats;
    this.outboundBy = new Array<Outbound | undefined>(config.members * STREAM_KINDS).fill(undefined);
  }

  // ---- streams ----

  /**
   * Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range. `to` is
   * ALL_RANKS for casts.
   */
  open(kind: StreamKind, to: Rank, ring: Ring, slot: Slot): boolean {
    const { members, myRank, maxWindow } = this.config;
    const one = isPt2pt(kind);
    if (one ? to >= members || to === myRank : to !== ALL_RANKS) return false;
    if (this.stream(kind, to) !== undefined) return false;
    const receivers: Rank[] = [];
    for (let rank = 0; rank < members; rank++) {
      if (rank !== myRank && (this.peers[rank] as Peer).live && (!one || rank === to)) receivers.push(rank);
    }
    const out = new Outbound(new SendStream(kind, receivers, ring, slot, this.writer.maxFrameData, maxWindow), to);
    this.outbounds.push(out);
    this.outboundBy[(one ? to : myRank) * STREAM_KINDS + kind] = out;
    return true;
  }

  /** The stream of mine that `peer` gets. */
  stream(kind: StreamKind, peer: Rank): SendStream | undefined {
    const rank = isPt2pt(kind) ? peer : this.config.myRank;
    return this.outboundBy[rank * STREAM_KINDS + kind]?.stream;
  }

  casts(): SendStream | undefined {
    return this.stream(StreamKind.cast, ALL_RANKS);
  }

  // ---- parts in ----

  handleStatus(part: Readonly<Part>, sender: Rank): void {
    this.stats.add(Stat.statusReceived);
    if (part.origin !== this.config.myRank) return this.stats.reject(Reject.origin);
    const stream = this.stream(part.stream, sender);
    if (stream === undefined) return this.stats.reject(Reject.stream);
    const progress = this.progress;
    progress.received = part.position;
    progress.consumed = part.consumed;
    progress.seen = part.seen;
    progress.stableLow = part.serial;
    if (!stream.handleStatus(sender, progress)) return this.stats.reject(Reject.overrun);
    this.news = true;
  }

  // ---- frames out ----

  /** Takes in what JavaScript has published since, and finds out which HEARTBEATs are due. */
  refresh(now: Micros): void {
    this.heartbeats = false;
    for (const out of this.outbounds) {
      const stream = out.stream;
      if (stream.refresh()) this.news = true;
      stream.noteStable(now);
      out.answer = now >= stream.heartbeatDeadline() || stream.mustAsk();
      out.tells = isPrompt(this.config, stream.kind) && stream.stableGrew();
      out.heartbeat = out.answer || out.tells || stream.muchIsStable();
      if (out.heartbeat) this.heartbeats = true;
    }
  }

  /** The HEARTBEATs that are due to one member. */
  pollHeartbeats(rank: Rank): void {
    if (this.heartbeats) this.tellHeartbeats(rank);
  }

  private tellHeartbeats(rank: Rank): void {
    const { writer } = this;
    for (const out of this.outbounds) {
      if (!out.heartbeat) continue;
      const stream = out.stream;
      const row = stream.stability.find(rank);
      if (row === undefined) continue;
      if (!stream.lags(row)) continue;
      this.stats.add(Stat.heartbeatsSent);
      const at = writer.roomFor(HEARTBEAT_BYTES);
      const { kind, safe } = stream;
      // One that only tells what is stable announces no more than that: as often as it is sent, it may overtake casts that come another way
      // (the group's socket), and they shall not be asked for.
      const sent = out.tells && !out.answer ? safe : stream.sent;
      writer.wrote(writeHeartbeat(writer.control, at, kind, this.config.myRank, out.answer, sent, safe));
    }
  }

  /** All have got the HEARTBEATs that were due. */
  heartbeatsSent(now: Micros): void {
    for (const out of this.outbounds) {
      if (!out.heartbeat) continue;
      out.heartbeat = false;
      if (out.tells && !out.answer) out.stream.stableWasTold();
      else out.stream.heartbeatSent(now);
    }
  }

  /** Sends new data of all streams. Returns whether there is more to send at once. */
  pollData(now: Micros): boolean {
    let more = false;
    for (const out of this.outbounds) more = this.pollStream(out, now) || more;
    return more;
  }

  private pollStream(out: Outbound, now: Micros): boolean {
    const { writer } = this;
    const { stream } = out;
    let sent = 0;
    while (!writer.blocked && stream.hasDataToSend()) {
      if (sent >= MAX_POLL_BYTES) return true;
      writer.burst.begin(stream.stability.live(), out.to === ALL_RANKS);
      stream.fill(writer.burst, writer.headerTo(out.to), this.config.myRank);
      if (!writer.send()) return true;
      const before = stream.sent;
      stream.commit(now);
      sent += stream.sent - before;
      this.stats.add(Stat.dataBytesSent, stream.sent - before);
    }
    return false;
  }

  /** When to poll again, if nothing is published. */
  deadline(): Micros {
    let deadline = NEVER;
    for (const { stream } of this.outbounds) {
      deadline = Math.min(deadline, stream.mustAsk() ? 0 : stream.heartbeatDeadline());
    }
    return deadline;
  }

  /** Bytes that JavaScript has published and that have not gone out. */
  unsentBytes(): Position {
    let sum = 0;
    for (const { stream } of this.outbounds) {
      if (stream.refresh()) this.news = true;
      sum += stream.unsent();
    }
    return sum;
  }

  /** A failed member holds nothing back. */
  exclude(rank: Rank): void {
    for (const out of this.outbounds) out.stream.exclude(rank);
    this.news = true;
  }
}
