// The streams that come in: their bytes taken in, and their origins told how far they have come and what is missing.
// Twin: native/core/receiver.cc
import type { Slot } from './counters.js';
import type { Part } from './frame.js';
import {
  isPt2pt,
  NAK_HEAD_BYTES,
  newProgress,
  RANGE_BYTES,
  Reject,
  STATUS_BYTES,
  StreamKind,
  writeNak,
  writeStatus,
} from './frame.js';
import type { FrameWriter } from './frame-writer.js';
import { Placed } from './intervals.js';
import type { Micros, Position, Rank } from './limits.js';
import { NEVER, STATUS_DELAY_US, STATUS_EIGHTHS, STREAM_KINDS } from './limits.js';
import { newNak } from './nak.js';
import type { Peer } from './peer.js';
import { Random } from './random.js';
import { ReceiveStream } from './receive-stream.js';
import type { Ring } from './ring.js';
import type { Stats } from './stats.js';
import { Stat } from './stats.js';
import type { ViewConfig } from './view-config.js';
import { isPrompt } from './view-config.js';

/** A pt2pt stream from `origin` that has sent and is not open here yet. */
export interface Wanted {
  readonly origin: Rank;
  readonly kind: StreamKind;
}

/** A stream that comes in, and what its origin was told of it. */
class Inbound {
  readonly stream: ReceiveStream;
  private readonly much: number; // so many bytes of news are told at once
  toldReceived: Position = 0;
  toldConsumed: Position = 0;
  toldSeen: Position = 0;
  statusAt: Micros = NEVER;
  answerNow = false;

  constructor(stream: ReceiveStream) {
    this.stream = stream;
    this.much = (stream.ring.bytes / 8) * STATUS_EIGHTHS;
  }

  hasNews(): boolean {
    const stream = this.stream;
    return (
      stream.received !== this.toldReceived || stream.consumed !== this.toldConsumed || stream.seen !== this.toldSeen
    );
  }

  statusIsDue(now: Micros): boolean {
    const { stream, much } = this;
    return (
      this.answerNow ||
      now >= this.statusAt ||
      stream.received - this.toldReceived >= much ||
      stream.consumed - this.toldConsumed >= much ||
      stream.seen - this.toldSeen >= much
    );
  }

  statusIsTold(): void {
    this.answerNow = false;
    this.statusAt = NEVER;
    this.toldReceived = this.stream.received;
    this.toldConsumed = this.stream.consumed;
    this.toldSeen = this.stream.seen;
  }
}

export class Receiver {
  news = false; // bytes for JavaScript, or more that is stable, since it was set to false
  private readonly config: ViewConfig;
  private readonly peers: readonly Peer[];
  private readonly writer: FrameWriter;
  private readonly stats: Stats;
  private readonly random: Random;
  private readonly inbounds: Inbound[] = []; // in the order of opening
  private readonly inboundBy: (Inbound | undefined)[]; // by origin * STREAM_KINDS + kind
  private readonly wanted: Wanted[] = [];

  // Used again and again, so that a frame allocates nothing.
  private readonly nak = newNak();
  private readonly progress = newProgress();

  constructor(config: ViewConfig, peers: readonly Peer[], writer: FrameWriter, stats: Stats) {
    this.config = config;
    this.peers = peers;
    this.writer = writer;
    this.stats = stats;
    this.random = new Random(config.seed);
    this.inboundBy = new Array<Inbound | undefined>(config.members * STREAM_KINDS).fill(undefined);
  }

  // ---- streams ----

  /** Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range. */
  open(kind: StreamKind, origin: Rank, ring: Ring, slot: Slot): boolean {
    const { members, myRank } = this.config;
    if (origin >= members || origin === myRank || this.inbound(kind, origin) !== undefined) return false;
    const inbound = new Inbound(new ReceiveStream(kind, origin, ring, slot));
    this.inbounds.push(inbound);
    this.inboundBy[origin * STREAM_KINDS + kind] = inbound;
    return true;
  }

  stream(kind: StreamKind, origin: Rank): ReceiveStream | undefined {
    return this.inbound(kind, origin)?.stream;
  }

  casts(origin: Rank): ReceiveStream | undefined {
    return origin < this.config.members ? this.stream(StreamKind.cast, origin) : undefined;
  }

  /** Pops one of the streams that wait to be opened. */
  takeWanted(): Wanted | undefined {
    return this.wanted.pop();
  }

  get hasWanted(): boolean {
    return this.wanted.length > 0;
  }

  private want(kind: StreamKind, origin: Rank): void {
    this.stats.reject(Reject.stream);
    if (!isPt2pt(kind)) return;
    if (this.wanted.some((wanted) => wanted.origin === origin && wanted.kind === kind)) return;
    this.wanted.push({ origin, kind });
  }

  private inbound(kind: StreamKind, origin: Rank): Inbound | undefined {
    return this.inboundBy[origin * STREAM_KINDS + kind];
  }

  private peer(rank: Rank): Peer {
    return this.peers[rank] as Peer;
  }

  // ---- parts in ----

  /** Only the origin speaks for its stream, or the holder that stands in for it. */
  private maySpeakFor(sender: Rank, part: Readonly<Part>): boolean {
    return part.origin === sender || (this.peer(part.origin).holder === sender && part.stream === StreamKind.cast);
  }

  handleData(frame: Uint8Array, part: Readonly<Part>, sender: Rank, now: Micros): void {
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
    if (isPrompt(this.config, part.stream) && stream.received > received) {
      inbound.statusAt = Math.min(inbound.statusAt, now);
    } else if (inbound.statusAt === NEVER) {
      inbound.statusAt = now + STATUS_DELAY_US;
    }
  }

  handleHeartbeat(part: Readonly<Part>, sender: Rank, now: Micros): void {
    this.stats.add(Stat.heartbeatsReceived);
    if (part.origin !== sender) return this.stats.reject(Reject.origin);
    const inbound = this.inbound(part.stream, sender);
    if (inbound === undefined) return this.want(part.stream, sender);
    const stable = inbound.stream.stable;
    if (!inbound.stream.handleAnnounced(part.position, part.consumed, now, this.random)) {
      return this.stats.reject(Reject.overrun);
    }
    if ((part.serial & 1) !== 0) inbound.answerNow = true;
    if (!isPrompt(this.config, part.stream) || inbound.stream.stable === stable) return;
    this.news = true;
    // It is confirmed without being asked for, together with what will have been consumed by then.
    if (inbound.statusAt === NEVER) inbound.statusAt = now + STATUS_DELAY_US;
  }

  handleNakDone(part: Readonly<Part>, sender: Rank): void {
    if (!this.maySpeakFor(sender, part)) return this.stats.reject(Reject.origin);
    const inbound = this.inbound(part.stream, part.origin);
    if (inbound === undefined) return this.stats.reject(Reject.stream);
    inbound.stream.handleNakDone(part.serial);
  }

  // ---- parts out ----

  /** Takes in what JavaScript has consumed since. */
  refresh(now: Micros): void {
    for (const inbound of this.inbounds) {
      inbound.stream.refresh();
      if (!this.peer(inbound.stream.origin).live) {
        inbound.answerNow = false;
        inbound.statusAt = NEVER;
      } else if (inbound.statusAt === NEVER && inbound.hasNews()) {
        inbound.statusAt = now + STATUS_DELAY_US;
      }
    }
  }

  /** What there is to tell, and to ask, about the streams of one who lives. */
  poll(origin: Rank, now: Micros): void {
    for (let kind = 0; kind < STREAM_KINDS; kind++) {
      const inbound = this.inboundBy[origin * STREAM_KINDS + kind];
      if (inbound === undefined) continue;
      if (inbound.statusIsDue(now)) this.tellStatus(inbound);
      this.pollNaks(inbound, now);
    }
  }

  /** What there is to ask about the casts of one who has failed: their holder answers. */
  pollHeld(origin: Rank, now: Micros): void {
    const inbound = this.inbound(StreamKind.cast, origin);
    if (inbound !== undefined) this.pollNaks(inbound, now);
  }

  private tellStatus(inbound: Inbound): void {
    inbound.statusIsTold();
    this.stats.add(Stat.statusSent);
    const { writer, progress } = this;
    const { kind, origin, stable } = inbound.stream;
    progress.received = inbound.toldReceived;
    progress.consumed = inbound.toldConsumed;
    progress.seen = inbound.toldSeen;
    progress.stableLow = stable >>> 0;
    const at = writer.roomFor(STATUS_BYTES);
    writer.wrote(writeStatus(writer.control, at, kind, origin, progress));
  }

  private pollNaks(inbound: Inbound, now: Micros): void {
    const { stream } = inbound;
    if (now < stream.nakDeadline() || !this.canAsk(stream)) return;
    const { writer, nak } = this;
    const asked = this.askedFor(stream);
    const { retryUs } = this.peer(asked);
    // The holder may be another than the member whose frame is being filled.
    writer.to(asked);
    while (stream.pollNak(now, retryUs, nak)) {
      this.stats.add(Stat.naksSent);
      const at = writer.roomFor(NAK_HEAD_BYTES + RANGE_BYTES * nak.count);
      writer.wrote(writeNak(writer.control, at, stream.kind, stream.origin, nak.serial, nak.ranges, nak.count));
    }
    writer.to(stream.origin);
  }

  /** When to poll again. */
  deadline(): Micros {
    let deadline = NEVER;
    for (const inbound of this.inbounds) {
      deadline = Math.min(deadline, inbound.answerNow ? 0 : inbound.statusAt);
      const nakAt = inbound.stream.nakDeadline();
      if (nakAt < deadline && this.canAsk(inbound.stream)) deadline = nakAt;
    }
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

  // ---- view changes ----

  /**
   * At the next poll every origin that something has come from gets a STATUS: what a view says last. Those who never sent wait for none, and to
   * answer them too would cost a view change of n members n² datagrams.
   */
  answerAll(): void {
    for (const inbound of this.inbounds) {
      if (inbound.stream.received > 0) inbound.answerNow = true;
    }
  }

  /** What is missing of `origin`'s casts up to `upTo` is to be had from another: asks again, at once. */
  holderChanged(origin: Rank, upTo: Position): void {
    const stream = this.casts(origin);
    if (stream === undefined) return;
    stream.expect(upTo);
    stream.askAgain();
  }
}
