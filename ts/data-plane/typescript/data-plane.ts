// One view put together: frames in, frames out, nothing else. Twin: native/core/data_plane.cc
//
//   handleFrame: part -> Receiver (DATA, HEARTBEAT, NAK_DONE), Sender (STATUS), Resender (NAK), Peer (PROBE, PROBE_REPLY)
//   poll:        Receiver, Sender, Peer -> one control frame a peer; Resender, then Sender -> bursts of data
//
// Sans-I/O: the caller hands in frames and the time, and offers a Sink when it calls poll(). No clock, no socket, no thread, no
// randomness but from the seed. Given the same inputs both twins send the same bytes in the same order: keep the order of
// every operation as it is there.
import type { Sink } from './burst.js';
import type { Slot } from './counters.js';
import type { FrameHeader } from './frame.js';
import {
  FLAG_CHECKED,
  HEADER_BYTES,
  newPart,
  PartType,
  PROBE_BYTES,
  partsEnd,
  Reject,
  readPart,
  StreamKind,
  validateParts,
  writeProbe,
} from './frame.js';
import { FrameWriter } from './frame-writer.js';
import type { Micros, Position, Rank } from './limits.js';
import { ALL_RANKS } from './limits.js';
import { Peer } from './peer.js';
import { Receiver, type Wanted } from './receiver.js';
import { Resender } from './resender.js';
import type { Ring } from './ring.js';
import { Sender } from './sender.js';
import { Stats } from './stats.js';
import type { ViewConfig } from './view-config.js';

const TWO_TO_32 = 2 ** 32;

export class DataPlaneCore {
  readonly config: ViewConfig;
  readonly stats = new Stats();
  private readonly peers: Peer[];
  private readonly writer: FrameWriter;
  private readonly receiver: Receiver;
  private readonly sender: Sender;
  private readonly resender: Resender;
  private readonly part = newPart(); // used again and again, so that a frame allocates nothing

  constructor(config: ViewConfig) {
    this.config = config;
    this.peers = Array.from({ length: config.members }, (_, rank) => new Peer(rank));
    this.writer = new FrameWriter(config, this.stats);
    this.receiver = new Receiver(config, this.peers, this.writer, this.stats);
    this.sender = new Sender(config, this.peers, this.writer, this.stats);
    this.resender = new Resender(config, this.peers, this.sender, this.receiver, this.writer, this.stats);
  }

  // ---- streams ----

  /** `to` is ALL_RANKS for casts. */
  openSend(kind: StreamKind, to: Rank, ring: Ring, slot: Slot): boolean {
    return this.sender.open(kind, to, ring, slot);
  }

  openReceive(kind: StreamKind, origin: Rank, ring: Ring, slot: Slot): boolean {
    return this.receiver.open(kind, origin, ring, slot);
  }

  /** Pops one of the streams that wait to be opened. */
  takeWanted(): Wanted | undefined {
    return this.receiver.takeWanted();
  }

  get hasWanted(): boolean {
    return this.receiver.hasWanted;
  }

  /** Whether JavaScript has something new to look at (bytes, or room) since the last call. */
  takeNews(): boolean {
    const news = this.receiver.news || this.sender.news;
    this.receiver.news = this.sender.news = false;
    return news;
  }

  private peer(rank: Rank): Peer {
    return this.peers[rank] as Peer;
  }

  // ---- frames in ----

  /** A frame whose header names this view. What is wrong with it is counted and dropped. */
  handleFrame(frame: Uint8Array, header: FrameHeader, now: Micros): void {
    const { members, myRank, checked } = this.config;
    const { sender, destination } = header;
    if (
      sender >= members ||
      sender === myRank ||
      !this.peer(sender).live ||
      (destination !== ALL_RANKS && destination !== myRank)
    ) {
      return this.stats.reject(Reject.rank);
    }
    if (checked && (header.flags & FLAG_CHECKED) === 0) return this.stats.reject(Reject.checksum);
    this.noteHeard(sender, now);
    // Nearly every frame has one part: it is read once. Of several, all are checked before the first is acted on.
    const end = partsEnd(frame, header);
    if (readPart(frame, HEADER_BYTES, end, members, this.part) === end) return this.handlePart(frame, sender, now);
    const reject = validateParts(frame, header, members, this.part);
    if (reject !== Reject.none) return this.stats.reject(reject);
    for (let offset = HEADER_BYTES; offset < end; ) {
      offset = readPart(frame, offset, end, members, this.part);
      this.handlePart(frame, sender, now);
    }
  }

  private noteHeard(sender: Rank, now: Micros): void {
    const peer = this.peer(sender);
    peer.noteHeard(now);
    this.receiver.stream(StreamKind.cast, sender)?.noteHeard(peer.heard);
  }

  private handlePart(frame: Uint8Array, sender: Rank, now: Micros): void {
    const part = this.part;
    switch (part.type) {
      case PartType.data:
        return this.receiver.handleData(frame, part, sender, now);
      case PartType.nak:
        return this.resender.handleNak(frame, part, sender);
      case PartType.status:
        return this.sender.handleStatus(part, sender);
      case PartType.heartbeat:
        return this.receiver.handleHeartbeat(part, sender, now);
      case PartType.probe:
        return this.peer(sender).noteProbe(part.timeLow, part.timeHigh);
      case PartType.probeReply:
        return this.handleProbeReply(sender, now);
      case PartType.nakDone:
        return this.receiver.handleNakDone(part, sender);
    }
  }

  private handleProbeReply(sender: Rank, now: Micros): void {
    // A time beyond 2^53 loses its lowest bits here, and is beyond any `now` with or without them.
    const time = this.part.timeLow + this.part.timeHigh * TWO_TO_32;
    if (time > now) return this.stats.reject(Reject.overrun);
    this.peer(sender).noteRoundTrip(now - time);
  }

  // ---- frames out ----

  /**
   * Sends what is due, new data last. Returns when to poll again at the latest: `now` if the sink took less than there
   * was to send and more may follow at once, NEVER if only news from outside can change anything.
   */
  poll(now: Micros, sink: Sink): Micros {
    this.writer.begin(sink);
    this.receiver.refresh(now);
    this.sender.refresh(now);
    for (let rank = 0; rank < this.config.members; rank++) {
      if (rank === this.config.myRank) continue;
      if (this.peer(rank).live) this.pollPeer(rank, now);
      else this.receiver.pollHeld(rank, now);
    }
    this.sender.heartbeatsSent(now);
    const moreResends = this.resender.poll();
    const moreData = this.sender.pollData(now);
    return (moreResends || moreData) && !this.blocked ? now : this.nextDeadline();
  }

  /** Whether the sink refused something at the last poll. */
  get blocked(): boolean {
    return this.writer.blocked;
  }

  private pollPeer(rank: Rank, now: Micros): void {
    this.writer.to(rank);
    this.receiver.poll(rank, now);
    this.sender.pollHeartbeats(rank);
    this.pollProbes(this.peer(rank), now);
    this.writer.flush();
  }

  private pollProbes(peer: Peer, now: Micros): void {
    const { writer } = this;
    if (peer.probed) {
      peer.probed = false;
      const at = writer.roomFor(PROBE_BYTES);
      writer.wrote(writeProbe(writer.control, at, PartType.probeReply, peer.probeTimeLow, peer.probeTimeHigh));
    }
    if (!peer.mustProbe(now, writer.hasControl)) return;
    peer.probeSent(now);
    const at = writer.roomFor(PROBE_BYTES);
    writer.wrote(writeProbe(writer.control, at, PartType.probe, now >>> 0, Math.floor(now / TWO_TO_32)));
  }

  private nextDeadline(): Micros {
    let deadline = Math.min(this.receiver.deadline(), this.sender.deadline());
    for (const peer of this.peers) deadline = Math.min(deadline, peer.watchDeadline());
    return deadline;
  }

  /** At the next poll every origin that something has come from gets a STATUS: what a view says last. */
  answerAll(): void {
    this.receiver.answerAll();
  }

  /** Bytes that JavaScript has published and that have not gone out. */
  unsentBytes(): Position {
    return this.sender.unsentBytes();
  }

  /**
   * A member that is silent for `intervalUs` gets a PROBE, and another each time that passes again, until it is heard; the first one at once.
   * 0: it is not watched any more. An interval out of bounds is drawn to them.
   */
  watch(rank: Rank, intervalUs: Micros): void {
    if (this.isOther(rank)) this.peer(rank).watch(intervalUs);
  }

  /** Frames that have come from this member, modulo 2^32. */
  heard(rank: Rank): number {
    return (this.peers[rank]?.heard ?? 0) >>> 0;
  }

  private isOther(rank: Rank): boolean {
    return rank < this.config.members && rank !== this.config.myRank;
  }

  // ---- view changes ----

  /** A failed member: its frames are dropped, and it holds nothing back. */
  exclude(rank: Rank): void {
    if (!this.isOther(rank)) return;
    this.peer(rank).live = false;
    this.sender.exclude(rank);
  }

  /** What is missing of `origin`'s casts up to `upTo` is to be had from `holder`. */
  setHolder(origin: Rank, holder: Rank, upTo: Position): void {
    if (!this.isOther(origin) || holder >= this.config.members) return;
    this.peer(origin).holder = holder;
    this.receiver.holderChanged(origin, upTo);
  }

  /** Nothing of `origin`'s casts beyond `cut` is taken in, or sent where I am the origin. */
  stopAt(origin: Rank, cut: Position): void {
    if (origin === this.config.myRank) this.sender.casts()?.stopAt(cut);
    else this.receiver.casts(origin)?.stopAt(cut);
  }

  /** How far I have `origin`'s casts without a gap; my own: as far as JavaScript has published them. */
  received(origin: Rank): Position {
    if (origin === this.config.myRank) return this.sender.casts()?.published ?? 0;
    return this.receiver.casts(origin)?.received ?? 0;
  }
}
