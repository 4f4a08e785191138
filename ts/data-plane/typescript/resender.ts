// Bytes that go out again because a NAK asked for them: of my streams, and of casts for whose origin I stand in. Twin: native/core/resender.cc
import type { Part } from './frame.js';
import { NAK_DONE_BYTES, Reject, rangeLength, rangePosition, StreamKind, writeNakDone } from './frame.js';
import type { FrameWriter } from './frame-writer.js';
import type { Position, Rank } from './limits.js';
import { CONTROL_FRAME_BYTES, MAX_POLL_BYTES, NAK_REPEAT_SERIALS, STREAM_KINDS } from './limits.js';
import type { Peer } from './peer.js';
import type { Receiver } from './receiver.js';
import type { Resend } from './resend-queue.js';
import { newResend, ResendQueue } from './resend-queue.js';
import type { Ring } from './ring.js';
import type { Sender } from './sender.js';
import type { Stats } from './stats.js';
import { Stat } from './stats.js';
import type { ViewConfig } from './view-config.js';

/** What of a stream is held here: [from, end) in `ring`. */
interface Held {
  readonly ring: Ring;
  readonly from: Position;
  readonly end: Position;
}

export class Resender {
  private readonly config: ViewConfig;
  private readonly peers: readonly Peer[];
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private readonly writer: FrameWriter;
  private readonly stats: Stats;
  private readonly queue = new ResendQueue();
  private readonly asked: (Uint32Array | undefined)[]; // by rank: its last NAK for each stream
  private readonly resend = newResend(); // used again and again

  constructor(
    config: ViewConfig,
    peers: readonly Peer[],
    sender: Sender,
    receiver: Receiver,
    writer: FrameWriter,
    stats: Stats,
  ) {
    this.config = config;
    this.peers = peers;
    this.sender = sender;
    this.receiver = receiver;
    this.writer = writer;
    this.stats = stats;
    this.asked = new Array<Uint32Array | undefined>(config.members).fill(undefined);
  }

  handleNak(frame: Uint8Array, part: Readonly<Part>, from: Rank): void {
    this.stats.add(Stat.naksReceived);
    const resend = this.resend;
    resend.kind = part.stream;
    resend.origin = part.origin;
    resend.to = from;
    resend.done = false;
    resend.serial = part.serial;
    const held = this.findHeld(resend);
    if (held === undefined) return this.stats.reject(Reject.stream);
    const asked = this.askedBy(from);
    // Of pt2pt streams only my own can be asked for.
    const stream = part.stream === StreamKind.cast ? part.origin : this.config.members + part.stream;
    if (((asked[stream] as number) - part.serial) >>> 0 < NAK_REPEAT_SERIALS) {
      // A repeat of what was taken in: the answer is on its way, or was lost. Saying NAK_DONE again tells which; sending the bytes again would not.
      return this.pushDone(asked[stream] as number);
    }
    // Without anything to send again there is no answer: one would only be asked again at once.
    if (!this.pushRanges(frame, part, held)) return this.stats.reject(Reject.overrun);
    asked[stream] = part.serial;
    this.pushDone(part.serial);
  }

  /** Of the ranges asked for, what is held waits in the queue. Returns whether that is any. */
  private pushRanges(frame: Uint8Array, part: Readonly<Part>, held: Held): boolean {
    const resend = this.resend;
    const mine = part.origin === this.config.myRank ? this.sender.stream(part.stream, resend.to) : undefined;
    let any = false;
    for (let i = 0; i < part.length; i++) {
      const position = rangePosition(frame, part, i);
      resend.from = Math.max(position, held.from);
      resend.end = Math.min(position + rangeLength(frame, part, i), held.end);
      if (resend.from >= resend.end) continue;
      any = this.queue.push(resend) || any;
      mine?.handleLost(resend.to, resend.end - resend.from);
    }
    return any;
  }

  private pushDone(serial: number): void {
    this.resend.done = true;
    this.resend.serial = serial;
    this.queue.push(this.resend);
  }

  /** The last NAK that was taken in from a peer, for each stream. */
  private askedBy(rank: Rank): Uint32Array {
    this.asked[rank] ??= new Uint32Array(this.config.members + STREAM_KINDS);
    return this.asked[rank];
  }

  /** What of a stream can be sent again from here to the one who asks. */
  private findHeld(resend: Readonly<Resend>): Held | undefined {
    if (resend.origin === this.config.myRank) {
      const out = this.sender.stream(resend.kind, resend.to);
      return out === undefined ? undefined : { ring: out.ring, from: out.floor, end: out.sent };
    }
    // Members stand in for each other with casts only.
    const inbound = resend.kind === StreamKind.cast ? this.receiver.stream(resend.kind, resend.origin) : undefined;
    return inbound === undefined ? undefined : { ring: inbound.ring, from: inbound.retained, end: inbound.received };
  }

  /** Returns whether there is more to send at once. */
  poll(): boolean {
    return this.queue.size > 0 && this.send();
  }

  private send(): boolean {
    const { queue, writer } = this;
    let sent = 0;
    while (queue.size > 0 && !writer.blocked) {
      if (sent >= MAX_POLL_BYTES) return true;
      if (queue.at(0).done) {
        this.answer(queue.at(0));
        queue.drop(1);
        sent += CONTROL_FRAME_BYTES;
        continue;
      }
      if (!this.sendBurst(queue.at(0).to)) return true;
      // A small burst costs a system call, too.
      sent += Math.max(writer.burst.bytes, CONTROL_FRAME_BYTES);
    }
    return queue.size > 0;
  }

  /** What waits for one member, as much as fits in a burst. Returns false if the sink did not take it: then it still waits. */
  private sendBurst(to: Rank): boolean {
    const { queue, writer } = this;
    writer.beginBurst(to);
    let whole = 0; // entries that are wholly in the burst
    let rest = 0; // where to go on in the next one
    while (this.isFor(to, whole)) {
      const entry = queue.at(whole);
      rest = this.fill(entry);
      if (rest < entry.end) break;
      whole++;
    }
    const { burst } = writer;
    const bytes = burst.bytes - burst.frames * burst.dataFrameBytes(0);
    if (!burst.empty && !writer.send()) return false;
    this.stats.add(Stat.resentBytes, bytes);
    const partly = this.isFor(to, whole);
    queue.drop(whole);
    if (partly) queue.at(0).from = rest;
    return true;
  }

  /** Whether entry `index` has bytes for `to`. */
  private isFor(to: Rank, index: number): boolean {
    const { queue } = this;
    return index < queue.size && !queue.at(index).done && queue.at(index).to === to;
  }

  /** Adds frames of one entry to the burst, as many as fit; returns where it stopped. */
  private fill(entry: Readonly<Resend>): Position {
    const held = this.isLive(entry.to) ? this.findHeld(entry) : undefined;
    if (held === undefined) return entry.end;
    const { burst, maxFrameData } = this.writer;
    // What is no longer held was consumed by all since it was asked for.
    let at = Math.max(entry.from, held.from);
    const end = Math.min(entry.end, held.end);
    while (at < end) {
      const length = Math.min(end - at, maxFrameData);
      if (!burst.fits(burst.dataFrameBytes(length))) return at;
      burst.addData(this.writer.headerTo(entry.to), entry.kind, entry.origin, held.ring, at, length);
      at += length;
    }
    return entry.end;
  }

  private answer(done: Readonly<Resend>): void {
    if (!this.isLive(done.to)) return;
    const { writer } = this;
    writer.to(done.to);
    const at = writer.roomFor(NAK_DONE_BYTES);
    writer.wrote(writeNakDone(writer.control, at, done.kind, done.origin, done.serial));
    writer.flush();
  }

  private isLive(rank: Rank): boolean {
    return (this.peers[rank] as Peer).live;
  }
}
