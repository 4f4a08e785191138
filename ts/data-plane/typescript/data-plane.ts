// One view's streams put together: frames in, frames out, nothing else. Twin: native/core/data_plane.cc
//
// Sans-I/O: the caller hands in frames and the time, and offers a Sink when it calls poll(). No clock, no socket, no thread, no
// randomness but from the seed. Given the same inputs both twins send the same bytes in the same order: keep the order of
// every operation as it is there.

import type { Sink } from './burst.js';
import { Burst } from './burst.js';
import type { Slot } from './counters.js';
import type { FrameHeader, Part } from './frame.js';
import {
  DATA_OVERHEAD_BYTES,
  FLAG_CHECKED,
  HEADER_BYTES,
  HEARTBEAT_BYTES,
  isPt2pt,
  NAK_DONE_BYTES,
  NAK_HEAD_BYTES,
  newHeader,
  newPart,
  newProgress,
  PartType,
  PROBE_BYTES,
  partsEnd,
  RANGE_BYTES,
  Reject,
  rangeLength,
  rangePosition,
  readPart,
  STATUS_BYTES,
  StreamKind,
  TRAILER_BYTES,
  validateParts,
  writeHeader,
  writeHeartbeat,
  writeNak,
  writeNakDone,
  writeProbe,
  writeStatus,
} from './frame.js';
import type { Micros, Position, Rank } from './limits.js';
import {
  ALL_RANKS,
  CONTROL_FRAME_BYTES,
  MAX_WATCH_US,
  MIN_WATCH_US,
  NAK_REPEAT_SERIALS,
  NAK_RETRY_MAX_US,
  NAK_RETRY_MIN_US,
  NEVER,
  PROBE_INTERVAL_US,
  STATUS_DELAY_US,
  STATUS_EIGHTHS,
  STREAM_KINDS,
} from './limits.js';
import { Random } from './random.js';
import { newNak, Placed, ReceiveStream } from './receive-stream.js';
import type { Resend } from './resend-queue.js';
import { newResend, ResendQueue } from './resend-queue.js';
import type { Ring } from './ring.js';
import { SendStream } from './send-stream.js';
import { Stat, Stats } from './stats.js';

// New data that goes out in one poll, so that the caller looks at its socket in between.
const MAX_POLL_BYTES = 1024 * 1024;
const TWO_TO_32 = 2 ** 32;

export interface ViewConfig {
  readonly connectionLow: number; // names the view, its group and key: 64 bits in two halves
  readonly connectionHigh: number;
  readonly myRank: Rank;
  readonly members: number; // 1 .. MAX_MEMBERS
  readonly frameBytes: number; // the largest frame to send, trailer included; MIN_FRAME_BYTES .. MAX_FRAME_BYTES, a multiple of 8
  readonly maxWindow: number; // bytes of a stream on their way at most
  readonly checked: boolean; // whether frames carry a checksum, and must
  readonly seed: number; // 32 bits
  readonly prompt: boolean; // of casts, what has arrived here and what is stable is told in the step in which it grew
}

/** A pt2pt stream from `origin` that has sent and is not open here yet. */
export interface Wanted {
  readonly origin: Rank;
  readonly kind: StreamKind;
}

/** A stream that comes in, and what its origin was told of it. */
class Inbound {
  readonly stream: ReceiveStream;
  toldReceived: Position = 0;
  toldConsumed: Position = 0;
  toldSeen: Position = 0;
  statusAt: Micros = NEVER;
  answerNow = false;

  constructor(stream: ReceiveStream) {
    this.stream = stream;
  }

  hasNews(): boolean {
    const stream = this.stream;
    return (
      stream.received !== this.toldReceived || stream.consumed !== this.toldConsumed || stream.seen !== this.toldSeen
    );
  }
}

/** A stream that goes out, and what its receivers were told of it. */
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

/** What of a stream is held here: [from, end) in `ring`. */
interface Held {
  readonly ring: Ring;
  readonly from: Position;
  readonly end: Position;
}

/** What is known of a member. */
class Peer {
  live = true;
  probed = false; // a PROBE to answer is waiting
  probeTimeLow = 0;
  probeTimeHigh = 0;
  nextProbeAt: Micros = 0; // for the round trip
  probeSentAt: Micros = 0;
  heard = 0; // frames that have come from it; 32 bits
  heardAt: Micros = 0;
  watchUs: Micros = 0; // silence after which it is probed; 0: it is not watched
  probeNow = false;
  roundTripUs: Micros = 0;
  holder: Rank; // whom to ask for this member's casts
  asked: Uint32Array | undefined; // the last NAK from this peer for each stream

  constructor(rank: Rank) {
    this.holder = rank;
  }
}

function indexOf(kind: StreamKind, rank: Rank): number {
  return rank * STREAM_KINDS + kind;
}

export class DataPlaneCore {
  readonly config: ViewConfig;
  readonly stats = new Stats();
  private readonly maxFrameData: number;
  private readonly random: Random;
  private readonly burst: Burst;
  private readonly peers: Peer[];
  private readonly inbounds: Inbound[] = []; // in the order of opening
  private readonly inboundBy: (Inbound | undefined)[]; // by origin * STREAM_KINDS + kind
  private readonly outbounds: Outbound[] = []; // in the order of opening
  private readonly outboundBy: (Outbound | undefined)[]; // by rank * STREAM_KINDS + kind; casts under my own rank
  private readonly wanted: Wanted[] = [];
  private readonly resends = new ResendQueue();
  private _blocked = false;
  private news = false;
  private heartbeats = false; // some are due in this poll

  private controlTo: Rank = 0;
  private controlBytes = 0;
  private readonly control = new Uint8Array(CONTROL_FRAME_BYTES);

  // Used again and again, so that a frame allocates nothing.
  private readonly header: FrameHeader;
  private readonly part = newPart();
  private readonly nak = newNak();
  private readonly resend = newResend();
  private readonly progress = newProgress();
  private readonly one: Rank[] = [0];

  constructor(config: ViewConfig) {
    this.config = config;
    this.random = new Random(config.seed);
    this.burst = new Burst(config.checked);
    const overhead = DATA_OVERHEAD_BYTES + (config.checked ? TRAILER_BYTES : 0);
    this.maxFrameData = Math.floor((config.frameBytes - overhead) / 8) * 8;
    this.peers = Array.from({ length: config.members }, (_, rank) => new Peer(rank));
    this.inboundBy = new Array<Inbound | undefined>(config.members * STREAM_KINDS).fill(undefined);
    this.outboundBy = new Array<Outbound | undefined>(config.members * STREAM_KINDS).fill(undefined);
    this.header = newHeader();
    this.header.flags = config.checked ? FLAG_CHECKED : 0;
    this.header.sender = config.myRank;
    this.header.connectionLow = config.connectionLow;
    this.header.connectionHigh = config.connectionHigh;
  }

  // ---- streams ----

  /**
   * Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range. `to` is
   * ALL_RANKS for casts.
   */
  openSend(kind: StreamKind, to: Rank, ring: Ring, slot: Slot): boolean {
    const { members, myRank, maxWindow } = this.config;
    const one = isPt2pt(kind);
    if (one ? to >= members || to === myRank : to !== ALL_RANKS) return false;
    if (this.mine(kind, to) !== undefined) return false;
    const receivers: Rank[] = [];
    for (let rank = 0; rank < members; rank++) {
      if (rank !== myRank && this.peer(rank).live && (!one || rank === to)) receivers.push(rank);
    }
    const out = new Outbound(new SendStream(kind, receivers, ring, slot, this.maxFrameData, maxWindow), to);
    this.outbounds.push(out);
    this.outboundBy[indexOf(kind, one ? to : myRank)] = out;
    return true;
  }

  openReceive(kind: StreamKind, origin: Rank, ring: Ring, slot: Slot): boolean {
    const { members, myRank } = this.config;
    if (origin >= members || origin === myRank || this.inbound(kind, origin) !== undefined) return false;
    const inbound = new Inbound(new ReceiveStream(kind, origin, ring, slot));
    this.inbounds.push(inbound);
    this.inboundBy[indexOf(kind, origin)] = inbound;
    return true;
  }

  /** Pops one of the streams that wait to be opened. */
  takeWanted(): Wanted | undefined {
    return this.wanted.pop();
  }

  get hasWanted(): boolean {
    return this.wanted.length > 0;
  }

  /** Whether JavaScript has something new to look at (bytes, or room) since the last call. */
  takeNews(): boolean {
    const news = this.news;
    this.news = false;
    return news;
  }

  private want(kind: StreamKind, origin: Rank): void {
    this.stats.reject(Reject.stream);
    if (!isPt2pt(kind)) return;
    for (const wanted of this.wanted) {
      if (wanted.origin === origin && wanted.kind === kind) return;
    }
    this.wanted.push({ origin, kind });
  }

  private peer(rank: Rank): Peer {
    return this.peers[rank] as Peer;
  }

  private inbound(kind: StreamKind, origin: Rank): Inbound | undefined {
    return this.inboundBy[indexOf(kind, origin)];
  }

  private outbound(kind: StreamKind, to: Rank): Outbound | undefined {
    return this.outboundBy[indexOf(kind, to === ALL_RANKS ? this.config.myRank : to)];
  }

  /** The stream of mine that `peer` speaks of. */
  private mine(kind: StreamKind, peer: Rank): Outbound | undefined {
    return this.outbound(kind, isPt2pt(kind) ? peer : ALL_RANKS);
  }

  /** Whether news of streams of this kind is told at once. */
  private isPrompt(kind: StreamKind): boolean {
    return this.config.prompt && kind === StreamKind.cast;
  }

  /** Valid until the next call. */
  private headerTo(destination: Rank): FrameHeader {
    this.header.destination = destination;
    return this.header;
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

  /** Whatever the frame holds: its sender lives. */
  private noteHeard(sender: Rank, now: Micros): void {
    const peer = this.peer(sender);
    peer.heard = (peer.heard + 1) | 0;
    peer.heardAt = now;
    this.inbound(StreamKind.cast, sender)?.stream.noteHeard(peer.heard);
  }

  private handlePart(frame: Uint8Array, sender: Rank, now: Micros): void {
    const part = this.part;
    switch (part.type) {
      case PartType.data:
        return this.handleData(frame, sender, now);
      case PartType.nak:
        return this.handleNak(frame, sender);
      case PartType.status:
        return this.handleStatus(sender);
      case PartType.heartbeat:
        return this.handleHeartbeat(sender, now);
      case PartType.probe: {
        const peer = this.peer(sender);
        peer.probed = true;
        peer.probeTimeLow = part.timeLow;
        peer.probeTimeHigh = part.timeHigh;
        return;
      }
      case PartType.probeReply:
        return this.handleProbeReply(sender, now);
      case PartType.nakDone:
        return this.handleNakDone(sender);
    }
  }

  /** Only the origin speaks for its stream, or the holder that stands in for it. */
  private maySpeakFor(sender: Rank, part: Part): boolean {
    return part.origin === sender || (this.peer(part.origin).holder === sender && part.stream === StreamKind.cast);
  }

  private handleNakDone(sender: Rank): void {
    const part = this.part;
    if (!this.maySpeakFor(sender, part)) return this.stats.reject(Reject.origin);
    const inbound = this.inbound(part.stream, part.origin);
    if (inbound === undefined) return this.stats.reject(Reject.stream);
    inbound.stream.handleNakDone(part.serial);
  }

  private handleData(frame: Uint8Array, sender: Rank, now: Micros): void {
    const part = this.part;
    if (!this.maySpeakFor(sender, part)) return this.stats.reject(Reject.origin);
    const inbound = this.inbound(part.stream, part.origin);
    if (inbound === undefined) return this.want(part.stream, part.origin);
    const { stream } = inbound;
    const received = stream.received;
    switch (stream.handleData(part.position, frame, part.payload, part.length, now, this.random)) {
      case Placed.overrun:
        return this.stats.reject(Reject.overrun);
      case Placed.duplicate:
        this.stats.add(Stat.duplicateBytes, part.length);
        break;
      case Placed.fresh:
        this.news = true;
        break;
    }
    if (this.isPrompt(part.stream) && stream.received > received) {
      inbound.statusAt = Math.min(inbound.statusAt, now);
    } else if (inbound.statusAt === NEVER) {
      inbound.statusAt = now + STATUS_DELAY_US;
    }
  }

  private handleNak(frame: Uint8Array, sender: Rank): void {
    const part = this.part;
    this.stats.add(Stat.naksReceived);
    const resend = this.resend;
    resend.kind = part.stream;
    resend.origin = part.origin;
    resend.to = sender;
    resend.done = false;
    resend.serial = part.serial;
    const held = this.findHeld(resend);
    if (held === undefined) return this.stats.reject(Reject.stream);
    const asked = this.askedBy(sender);
    // Of pt2pt streams only my own can be asked for.
    const stream = part.stream === StreamKind.cast ? part.origin : this.config.members + part.stream;
    if (((asked[stream] as number) - part.serial) >>> 0 < NAK_REPEAT_SERIALS) {
      // A repeat of what was taken in: the answer is on its way, or was lost. Saying NAK_DONE again tells which; sending the bytes again would not.
      resend.done = true;
      resend.serial = asked[stream] as number;
      this.resends.push(resend);
      return;
    }
    let any = false;
    for (let i = 0; i < part.length; i++) {
      const position = rangePosition(frame, part, i);
      resend.from = Math.max(position, held.from);
      resend.end = Math.min(position + rangeLength(frame, part, i), held.end);
      if (resend.from >= resend.end) continue;
      any = this.resends.push(resend) || any;
      const mine = part.origin === this.config.myRank ? this.mine(part.stream, sender) : undefined;
      mine?.stream.handleLost(sender, resend.end - resend.from);
    }
    // Without anything to send again there is no answer: one would only be asked again at once.
    if (!any) return this.stats.reject(Reject.overrun);
    asked[stream] = part.serial;
    resend.done = true;
    this.resends.push(resend);
  }

  /** The last NAK that was taken in from a peer, for each stream. */
  private askedBy(rank: Rank): Uint32Array {
    const peer = this.peer(rank);
    peer.asked ??= new Uint32Array(this.config.members + STREAM_KINDS);
    return peer.asked;
  }

  /** What of a stream can be sent again from here to the one who asks. */
  private findHeld(resend: Resend): Held | undefined {
    if (resend.origin === this.config.myRank) {
      const out = this.mine(resend.kind, resend.to)?.stream;
      return out === undefined ? undefined : { ring: out.ring, from: out.floor, end: out.sent };
    }
    // Members stand in for each other with casts only.
    const inbound = resend.kind === StreamKind.cast ? this.inbound(resend.kind, resend.origin)?.stream : undefined;
    return inbound === undefined ? undefined : { ring: inbound.ring, from: inbound.retained, end: inbound.received };
  }

  private handleStatus(sender: Rank): void {
    const part = this.part;
    this.stats.add(Stat.statusReceived);
    if (part.origin !== this.config.myRank) return this.stats.reject(Reject.origin);
    const out = this.mine(part.stream, sender);
    if (out === undefined) return this.stats.reject(Reject.stream);
    const progress = this.progress;
    progress.received = part.position;
    progress.consumed = part.consumed;
    progress.seen = part.seen;
    progress.stableLow = part.serial;
    if (!out.stream.handleStatus(sender, progress)) return this.stats.reject(Reject.overrun);
    this.news = true;
  }

  private handleHeartbeat(sender: Rank, now: Micros): void {
    const part = this.part;
    this.stats.add(Stat.heartbeatsReceived);
    if (part.origin !== sender) return this.stats.reject(Reject.origin);
    const inbound = this.inbound(part.stream, sender);
    if (inbound === undefined) return this.want(part.stream, sender);
    const stable = inbound.stream.stable;
    if (!inbound.stream.handleAnnounced(part.position, part.consumed, now, this.random)) {
      return this.stats.reject(Reject.overrun);
    }
    if ((part.serial & 1) !== 0) inbound.answerNow = true;
    if (!this.isPrompt(part.stream) || inbound.stream.stable === stable) return;
    this.news = true;
    // It is confirmed without being asked for, together with what will have been consumed by then.
    if (inbound.statusAt === NEVER) inbound.statusAt = now + STATUS_DELAY_US;
  }

  private handleProbeReply(sender: Rank, now: Micros): void {
    // A time beyond 2^53 loses its lowest bits here, and is beyond any `now` with or without them.
    const time = this.part.timeLow + this.part.timeHigh * TWO_TO_32;
    if (time > now) return this.stats.reject(Reject.overrun);
    const sample = Math.min(now - time, NAK_RETRY_MAX_US);
    const peer = this.peer(sender);
    peer.roundTripUs = peer.roundTripUs === 0 ? sample : Math.floor((peer.roundTripUs * 3 + sample) / 4);
  }

  // ---- frames out ----

  /**
   * Sends what is due, new data last. Returns when to poll again at the latest: `now` if the sink took less than there
   * was to send and more may follow at once, NEVER if only news from outside can change anything.
   */
  poll(now: Micros, sink: Sink): Micros {
    this._blocked = false;
    this.refresh(now);
    for (let rank = 0; rank < this.config.members; rank++) {
      if (rank === this.config.myRank) continue;
      if (this.peer(rank).live) {
        this.pollPeer(rank, now, sink);
      } else {
        const inbound = this.inbound(StreamKind.cast, rank);
        if (inbound !== undefined) this.pollNaks(inbound, rank, now, sink);
      }
    }
    for (const out of this.outbounds) {
      if (!out.heartbeat) continue;
      out.heartbeat = false;
      if (out.tells && !out.answer) out.stream.stableWasTold();
      else out.stream.heartbeatSent(now);
    }
    let more = this.pollResends(sink);
    for (const out of this.outbounds) more = this.pollData(out, now, sink) || more;
    return more && !this._blocked ? now : this.nextDeadline();
  }

  /** Whether the sink refused something at the last poll. */
  get blocked(): boolean {
    return this._blocked;
  }

  private refresh(now: Micros): void {
    for (const inbound of this.inbounds) {
      inbound.stream.refresh();
      if (!this.peer(inbound.stream.origin).live) {
        inbound.answerNow = false;
        inbound.statusAt = NEVER;
      } else if (inbound.statusAt === NEVER && inbound.hasNews()) {
        inbound.statusAt = now + STATUS_DELAY_US;
      }
    }
    this.heartbeats = false;
    for (const out of this.outbounds) {
      const stream = out.stream;
      if (stream.refresh()) this.news = true;
      stream.noteStable(now);
      out.answer = now >= stream.heartbeatDeadline() || stream.mustAsk();
      out.tells = this.isPrompt(stream.kind) && stream.stableGrew();
      out.heartbeat = out.answer || out.tells || stream.muchIsStable();
      if (out.heartbeat) this.heartbeats = true;
    }
  }

  private pollPeer(rank: Rank, now: Micros, sink: Sink): void {
    this.controlTo = rank;
    const peer = this.peer(rank);
    for (let kind = 0; kind < STREAM_KINDS; kind++) {
      const inbound = this.inboundBy[rank * STREAM_KINDS + kind];
      if (inbound !== undefined) this.pollInbound(inbound, rank, now, sink);
    }
    if (this.heartbeats) this.pollHeartbeats(rank, sink);
    if (peer.probed) {
      peer.probed = false;
      const at = this.roomFor(PROBE_BYTES, sink);
      this.wrote(writeProbe(this.control, at, PartType.probeReply, peer.probeTimeLow, peer.probeTimeHigh));
    }
    this.pollProbes(peer, now, sink);
    this.flushControl(sink);
  }

  /** One PROBE serves both: it asks for the round trip, and for a sign of life. */
  private pollProbes(peer: Peer, now: Micros, sink: Sink): void {
    // A round trip is worth knowing only while there is traffic.
    const measures = this.controlBytes > 0 && now >= peer.nextProbeAt;
    if (!measures && now < this.watchDeadline(peer)) return;
    peer.nextProbeAt = now + PROBE_INTERVAL_US;
    peer.probeSentAt = now;
    peer.probeNow = false;
    const at = this.roomFor(PROBE_BYTES, sink);
    this.wrote(writeProbe(this.control, at, PartType.probe, now >>> 0, Math.floor(now / TWO_TO_32)));
  }

  /** When a watched member that stays silent is probed. */
  private watchDeadline(peer: Peer): Micros {
    if (peer.watchUs === 0 || !peer.live) return NEVER;
    return peer.probeNow ? 0 : Math.max(peer.heardAt, peer.probeSentAt) + peer.watchUs;
  }

  private pollInbound(inbound: Inbound, rank: Rank, now: Micros, sink: Sink): void {
    const stream = inbound.stream;
    const much = (stream.ring.bytes / 8) * STATUS_EIGHTHS;
    const due =
      inbound.answerNow ||
      now >= inbound.statusAt ||
      stream.received - inbound.toldReceived >= much ||
      stream.consumed - inbound.toldConsumed >= much ||
      stream.seen - inbound.toldSeen >= much;
    if (due) {
      inbound.answerNow = false;
      inbound.statusAt = NEVER;
      inbound.toldReceived = stream.received;
      inbound.toldConsumed = stream.consumed;
      inbound.toldSeen = stream.seen;
      this.stats.add(Stat.statusSent);
      const at = this.roomFor(STATUS_BYTES, sink);
      const progress = this.progress;
      progress.received = inbound.toldReceived;
      progress.consumed = inbound.toldConsumed;
      progress.seen = inbound.toldSeen;
      progress.stableLow = stream.stable >>> 0;
      this.wrote(writeStatus(this.control, at, stream.kind, stream.origin, progress));
    }
    this.pollNaks(inbound, rank, now, sink);
  }

  private pollNaks(inbound: Inbound, origin: Rank, now: Micros, sink: Sink): void {
    if (now < inbound.stream.nakDeadline() || !this.canAsk(inbound.stream)) return;
    const asked = this.askedFor(inbound.stream);
    // The holder may be another than the member whose frame is being filled.
    if (asked !== this.controlTo) this.flushControl(sink);
    this.controlTo = asked;
    const nak = this.nak;
    while (inbound.stream.pollNak(now, this.retryUs(asked), nak)) {
      this.stats.add(Stat.naksSent);
      const at = this.roomFor(NAK_HEAD_BYTES + RANGE_BYTES * nak.count, sink);
      this.wrote(writeNak(this.control, at, inbound.stream.kind, origin, nak.serial, nak.ranges, nak.count));
    }
    if (asked !== origin) this.flushControl(sink);
    this.controlTo = origin;
  }

  private pollHeartbeats(rank: Rank, sink: Sink): void {
    for (const out of this.outbounds) {
      if (!out.heartbeat) continue;
      const stream = out.stream;
      const row = stream.stability.find(rank);
      if (row === undefined) continue;
      if (!stream.lags(row)) continue;
      this.stats.add(Stat.heartbeatsSent);
      const at = this.roomFor(HEARTBEAT_BYTES, sink);
      const { kind, safe } = stream;
      // One that only tells what is stable announces no more than that: as often as it is sent, it may overtake casts that come another way
      // (the group's socket), and they shall not be asked for.
      const sent = out.tells && !out.answer ? safe : stream.sent;
      this.wrote(writeHeartbeat(this.control, at, kind, this.config.myRank, out.answer, sent, safe));
    }
  }

  /** Returns whether there is more to send at once. */
  private pollResends(sink: Sink): boolean {
    const resends = this.resends;
    let sent = 0;
    while (resends.size > 0 && !this._blocked) {
      if (sent >= MAX_POLL_BYTES) return true;
      if (resends.at(0).done) {
        this.answerNak(resends.at(0), sink);
        resends.drop(1);
        sent += CONTROL_FRAME_BYTES;
        continue;
      }
      const to = resends.at(0).to;
      this.one[0] = to;
      this.burst.begin(this.one, false);
      let whole = 0; // entries that are wholly in the burst
      let rest = 0; // where to go on in the next one
      while (this.hasResend(whole, to)) {
        const entry = resends.at(whole);
        rest = this.fillResend(entry);
        if (rest < entry.end) break;
        whole++;
      }
      const bytes = this.burst.bytes - this.burst.frames * this.burst.dataFrameBytes(0);
      if (!this.burst.empty && !this.send(sink)) return true;
      this.stats.add(Stat.resentBytes, bytes);
      // A small burst costs a system call, too.
      sent += Math.max(this.burst.bytes, CONTROL_FRAME_BYTES);
      const partly = this.hasResend(whole, to);
      resends.drop(whole);
      if (partly) resends.at(0).from = rest;
    }
    return resends.size > 0;
  }

  /** Whether entry `index` has bytes for `to`. */
  private hasResend(index: number, to: Rank): boolean {
    const resends = this.resends;
    return index < resends.size && !resends.at(index).done && resends.at(index).to === to;
  }

  /** Adds frames of one entry to the burst, as many as fit; returns where it stopped. */
  private fillResend(entry: Resend): Position {
    const held = this.peer(entry.to).live ? this.findHeld(entry) : undefined;
    if (held === undefined) return entry.end;
    const burst = this.burst;
    // What is no longer held was consumed by all since it was asked for.
    let at = Math.max(entry.from, held.from);
    const end = Math.min(entry.end, held.end);
    while (at < end) {
      const length = Math.min(end - at, this.maxFrameData);
      if (!burst.fits(burst.dataFrameBytes(length))) return at;
      burst.addData(this.headerTo(entry.to), entry.kind, entry.origin, held.ring, at, length);
      at += length;
    }
    return entry.end;
  }

  private answerNak(done: Resend, sink: Sink): void {
    if (!this.peer(done.to).live) return;
    this.controlTo = done.to;
    const at = this.roomFor(NAK_DONE_BYTES, sink);
    this.wrote(writeNakDone(this.control, at, done.kind, done.origin, done.serial));
    this.flushControl(sink);
  }

  /** Returns whether there is more to send at once. */
  private pollData(out: Outbound, now: Micros, sink: Sink): boolean {
    const stream = out.stream;
    let sent = 0;
    while (!this._blocked && stream.hasDataToSend()) {
      if (sent >= MAX_POLL_BYTES) return true;
      this.burst.begin(stream.stability.live(), out.to === ALL_RANKS);
      stream.fill(this.burst, this.headerTo(out.to), this.config.myRank);
      if (!this.send(sink)) return true;
      const before = stream.sent;
      stream.commit(now);
      sent += stream.sent - before;
      this.stats.add(Stat.dataBytesSent, stream.sent - before);
    }
    return false;
  }

  private nextDeadline(): Micros {
    let deadline = NEVER;
    for (const inbound of this.inbounds) {
      deadline = Math.min(deadline, inbound.answerNow ? 0 : inbound.statusAt);
      const nakAt = inbound.stream.nakDeadline();
      if (nakAt < deadline && this.canAsk(inbound.stream)) deadline = nakAt;
    }
    for (const out of this.outbounds) {
      deadline = Math.min(deadline, out.stream.mustAsk() ? 0 : out.stream.heartbeatDeadline());
    }
    for (const peer of this.peers) deadline = Math.min(deadline, this.watchDeadline(peer));
    return deadline;
  }

  /** Whom to ask for what is missing of a stream. */
  private askedFor(stream: ReceiveStream): Rank {
    return stream.kind === StreamKind.cast ? this.peer(stream.origin).holder : stream.origin;
  }

  /** Whether asking makes sense. */
  private canAsk(stream: ReceiveStream): boolean {
    const asked = this.askedFor(stream);
    return asked !== this.config.myRank && this.peer(asked).live;
  }

  private retryUs(rank: Rank): Micros {
    return Math.min(Math.max(this.peer(rank).roundTripUs * 4, NAK_RETRY_MIN_US), NAK_RETRY_MAX_US);
  }

  /** Small parts for one peer are gathered in one frame: where in it the next may be written. */
  private roomFor(bytes: number, sink: Sink): number {
    const trailer = this.config.checked ? TRAILER_BYTES : 0;
    const limit = Math.min(CONTROL_FRAME_BYTES, this.config.frameBytes) - trailer;
    if (this.controlBytes > 0 && this.controlBytes + bytes > limit) this.flushControl(sink);
    if (this.controlBytes === 0) this.controlBytes = writeHeader(this.control, 0, this.headerTo(this.controlTo));
    return this.controlBytes;
  }

  // Not `controlBytes += write(roomFor())`: JavaScript reads the left side before roomFor changes it.
  private wrote(bytes: number): void {
    this.controlBytes += bytes;
  }

  private flushControl(sink: Sink): void {
    if (this.controlBytes === 0) return;
    this.one[0] = this.controlTo;
    this.burst.begin(this.one, false);
    this.burst.addFrame(this.control, this.controlBytes);
    this.controlBytes = 0;
    // What the sink refuses is as good as lost: each of these parts is repeated by a timer.
    this.send(sink);
  }

  private send(sink: Sink): boolean {
    if (!sink.send(this.burst)) {
      this._blocked = true;
      this.stats.add(Stat.refusedBySocket);
      return false;
    }
    return true;
  }

  /**
   * At the next poll every origin that something has come from gets a STATUS: what a view says last. Those who never sent wait for none, and to
   * answer them too would cost a view change of n members n² datagrams.
   */
  answerAll(): void {
    for (const inbound of this.inbounds) {
      if (inbound.stream.received > 0) inbound.answerNow = true;
    }
  }

  /** Bytes that JavaScript has published and that have not gone out. */
  unsentBytes(): Position {
    let sum = 0;
    for (const out of this.outbounds) {
      if (out.stream.refresh()) this.news = true;
      sum += out.stream.unsent();
    }
    return sum;
  }

  /**
   * A member that is silent for `intervalUs` gets a PROBE, and another each time that passes again, until it is heard; the first one at once.
   * 0: it is not watched any more. An interval out of bounds is drawn to them.
   */
  watch(rank: Rank, intervalUs: Micros): void {
    if (rank >= this.config.members || rank === this.config.myRank) return;
    const peer = this.peer(rank);
    peer.watchUs = intervalUs === 0 ? 0 : Math.min(Math.max(intervalUs, MIN_WATCH_US), MAX_WATCH_US);
    peer.probeNow = intervalUs !== 0;
  }

  /** Frames that have come from this member, modulo 2^32. */
  heard(rank: Rank): number {
    return (this.peers[rank]?.heard ?? 0) >>> 0;
  }

  // ---- view changes ----

  /** A failed member: its frames are dropped, and it holds nothing back. */
  exclude(rank: Rank): void {
    if (rank >= this.config.members || rank === this.config.myRank) return;
    this.peer(rank).live = false;
    for (const out of this.outbounds) out.stream.exclude(rank);
    this.news = true;
  }

  /** What is missing of `origin`'s casts up to `upTo` is to be had from `holder`. */
  setHolder(origin: Rank, holder: Rank, upTo: Position): void {
    const { members, myRank } = this.config;
    if (origin >= members || holder >= members || origin === myRank) return;
    this.peer(origin).holder = holder;
    const inbound = this.inbound(StreamKind.cast, origin);
    if (inbound === undefined) return;
    inbound.stream.expect(upTo);
    inbound.stream.askAgain();
  }

  /** Nothing of `origin`'s casts beyond `cut` is taken in, or sent where I am the origin. */
  stopAt(origin: Rank, cut: Position): void {
    if (origin >= this.config.members) return;
    if (origin === this.config.myRank) {
      this.mine(StreamKind.cast, ALL_RANKS)?.stream.stopAt(cut);
      return;
    }
    this.inbound(StreamKind.cast, origin)?.stream.stopAt(cut);
  }

  /** How far I have `origin`'s casts without a gap; my own: as far as JavaScript has published them. */
  received(origin: Rank): Position {
    if (origin >= this.config.members) return 0;
    if (origin === this.config.myRank) return this.mine(StreamKind.cast, ALL_RANKS)?.stream.published ?? 0;
    return this.inbound(StreamKind.cast, origin)?.stream.received ?? 0;
  }
}
