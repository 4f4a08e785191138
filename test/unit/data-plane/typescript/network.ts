// A network of planes in virtual time, from a seed: frames are lost, doubled and overtake each other. Every byte that a member
// hands to its application is compared with what the origin wrote.
import type { Burst, Sink } from '../../../../ts/data-plane/typescript/burst.js';
import { SLOT_WORDS, Slot, WORD_FROM_PLANE, WORD_FROM_SCRIPT } from '../../../../ts/data-plane/typescript/counters.js';
import { DataPlaneCore } from '../../../../ts/data-plane/typescript/data-plane.js';
import { isPt2pt, newHeader, Reject, StreamKind, validateHeader } from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, MAX_FRAME_BYTES, NEVER } from '../../../../ts/data-plane/typescript/limits.js';
import { Random } from '../../../../ts/data-plane/typescript/random.js';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import type { ViewConfig } from '../../../../ts/data-plane/typescript/view-config.js';

/** The byte that every test writes at a position of a stream. */
export function patternByte(origin: number, kind: number, position: number): number {
  return (origin * 17 + kind * 59 + position * 31 + Math.floor(position / 256) * 7) & 0xff;
}

/** The frames of a burst as datagrams. */
export function datagramsOf(burst: Burst): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let i = 0; i < burst.frames; i++) {
    const pieces = burst.pieces.slice(burst.firstPiece(i), burst.firstPiece(i + 1));
    const frame = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      frame.set(piece, at);
      at += piece.length;
    }
    frames.push(frame);
  }
  return frames;
}

/** A sink that keeps what it is given, or refuses it. */
export class CapturingSink implements Sink {
  readonly bursts: { readonly to: readonly number[]; readonly all: boolean; readonly frames: Uint8Array[] }[] = [];
  /** How many more bursts it takes. */
  room = Number.POSITIVE_INFINITY;

  send(burst: Burst): boolean {
    if (this.room === 0) return false;
    this.room--;
    this.bursts.push({ to: [...burst.destinations], all: burst.all, frames: datagramsOf(burst) });
    return true;
  }

  /** Empties it; returns all frames in the order of sending. */
  take(): Uint8Array[] {
    return this.bursts.splice(0).flatMap((burst) => burst.frames);
  }
}

export const CONNECTION_LOW = 0x89abcdef;
export const CONNECTION_HIGH = 0xfedcba98;

export function viewConfig(changes: Partial<ViewConfig> = {}): ViewConfig {
  return {
    connectionLow: CONNECTION_LOW,
    connectionHigh: CONNECTION_HIGH,
    myRank: 0,
    members: 2,
    frameBytes: 1200,
    maxWindow: 1024 * 1024,
    checked: false,
    seed: 7,
    prompt: false,
    ...changes,
  };
}

export interface Stream {
  readonly kind: StreamKind;
  readonly peer: number; // of a receive stream: the origin; of a send stream: to whom
  readonly memory: Uint8Array;
  readonly slot: number;
  position: number; // published, or consumed and checked
  goal: number; // of a send stream: how far the application wants to get; of a receive stream: how far it may consume
}

/** A plane with its application's side: rings and counters. */
export class Member {
  readonly plane: DataPlaneCore;
  readonly words: Int32Array;
  readonly sends: Stream[] = [];
  readonly receives: Stream[] = [];
  readonly sink = new CapturingSink();
  deadline = 0;
  failed = false;
  private readonly header = newHeader();

  constructor(readonly config: ViewConfig) {
    this.plane = new DataPlaneCore(config);
    this.words = new Int32Array(new SharedArrayBuffer(4 * SLOT_WORDS * (config.members * 8 + 1)));
  }

  openSend(kind: StreamKind, to: number, ringBytes: number): Stream {
    const stream = this.newStream(kind, to, ringBytes, 0);
    const slot = new Slot(this.words, stream.slot * SLOT_WORDS);
    if (!this.plane.openSend(kind, to, new Ring(stream.memory), slot)) throw new Error('send stream refused');
    this.sends.push(stream);
    return stream;
  }

  openReceive(kind: StreamKind, origin: number, ringBytes: number): Stream {
    const stream = this.newStream(kind, origin, ringBytes, Number.POSITIVE_INFINITY);
    const slot = new Slot(this.words, stream.slot * SLOT_WORDS);
    if (!this.plane.openReceive(kind, origin, new Ring(stream.memory), slot)) throw new Error('receive stream refused');
    this.receives.push(stream);
    return stream;
  }

  /** What the socket would do first: the header, then whether it is this view's. */
  receive(frame: Uint8Array, now: number): Reject {
    let reject = validateHeader(frame, this.header);
    const { connectionLow, connectionHigh } = this.header;
    const ours = connectionLow === this.config.connectionLow && connectionHigh === this.config.connectionHigh;
    if (reject === Reject.none && !ours) reject = Reject.connection;
    if (reject === Reject.none) this.plane.handleFrame(frame, this.header, now);
    else this.plane.stats.reject(reject);
    return reject;
  }

  poll(now: number): number {
    this.deadline = this.plane.poll(now, this.sink);
    return this.deadline;
  }

  /** Writes towards each send stream's goal as far as flow control allows. Returns whether anything was written. */
  publish(): boolean {
    let wrote = false;
    for (const stream of this.sends) {
      const room = (this.word(stream, WORD_FROM_PLANE) - stream.position) | 0;
      const end = Math.min(stream.goal, stream.position + room);
      if (end <= stream.position) continue;
      this.write(stream, end);
      wrote = true;
    }
    return wrote;
  }

  write(stream: Stream, end: number): void {
    const mask = stream.memory.length - 1;
    for (let p = stream.position; p < end; p++) {
      stream.memory[p & mask] = patternByte(this.config.myRank, stream.kind, p);
    }
    stream.position = end;
    Atomics.store(this.words, stream.slot * SLOT_WORDS + WORD_FROM_SCRIPT, end | 0);
  }

  /** Checks and consumes what has arrived, up to each receive stream's goal. Returns whether anything was consumed. */
  consume(): boolean {
    let consumed = false;
    for (const stream of this.receives) {
      const ready = (this.word(stream, WORD_FROM_PLANE) - stream.position) | 0;
      const end = Math.min(stream.goal, stream.position + ready);
      if (end <= stream.position) continue;
      this.read(stream, end);
      consumed = true;
    }
    return consumed;
  }

  read(stream: Stream, end: number): void {
    const mask = stream.memory.length - 1;
    for (let p = stream.position; p < end; p++) {
      if (stream.memory[p & mask] !== patternByte(stream.peer, stream.kind, p)) {
        throw new Error(`rank ${this.config.myRank} got a wrong byte of rank ${stream.peer} at ${p}`);
      }
    }
    stream.position = end;
    Atomics.store(this.words, stream.slot * SLOT_WORDS + WORD_FROM_SCRIPT, end | 0);
  }

  private newStream(kind: StreamKind, peer: number, ringBytes: number, goal: number): Stream {
    const slot = 1 + this.sends.length + this.receives.length;
    return { kind, peer, memory: new Uint8Array(new SharedArrayBuffer(ringBytes)), slot, position: 0, goal };
  }

  private word(stream: Stream, word: number): number {
    return Atomics.load(this.words, stream.slot * SLOT_WORDS + word);
  }
}

export interface NetworkOptions {
  readonly members: number;
  readonly seed: number;
  readonly ringBytes: number;
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  /** A frame takes this long and up to as much again, so frames overtake each other; 0: they do not. */
  readonly delayUs: number;
  readonly config?: Partial<ViewConfig>;
  readonly makeMember?: (config: ViewConfig) => Member;
}

interface Flight {
  readonly at: number;
  readonly to: number;
  readonly frame: Uint8Array;
}

/** Members 0 .. n - 1, each with a cast stream to all others. */
export class Network {
  readonly members: Member[];
  now = 1_000;
  private readonly random: Random;
  private flights: Flight[] = [];

  constructor(readonly options: NetworkOptions) {
    this.random = new Random(options.seed);
    const make = options.makeMember ?? ((config) => new Member(config));
    this.members = Array.from({ length: options.members }, (_, myRank) => {
      const member = make(
        viewConfig({ ...options.config, myRank, members: options.members, seed: options.seed + myRank }),
      );
      for (const kind of [StreamKind.cast, StreamKind.controlCast]) {
        member.openSend(kind, ALL_RANKS, options.ringBytes);
        for (let origin = 0; origin < options.members; origin++) {
          if (origin !== myRank) member.openReceive(kind, origin, options.ringBytes);
        }
      }
      return member;
    });
  }

  member(rank: number): Member {
    return this.members[rank] as Member;
  }

  cast(rank: number): Stream {
    return this.member(rank).sends[0] as Stream;
  }

  /** Member `at`'s receive stream of `origin`'s casts. */
  castAt(at: number, origin: number): Stream {
    const stream = this.member(at).receives.find((s) => s.kind === StreamKind.cast && s.peer === origin);
    if (stream === undefined) throw new Error('no such stream');
    return stream;
  }

  /** It sends nothing more, and nothing reaches it. What it sent before is still on its way, unless `takeFlights`. */
  fail(rank: number, takeFlights = false): void {
    this.member(rank).failed = true;
    if (takeFlights) this.flights = [];
  }

  /** Runs until `done`, or `forUs` have passed. Returns whether it was done. */
  run(forUs: number, done: () => boolean): boolean {
    const end = this.now + forUs;
    this.step(this.members);
    while (!done()) {
      const next = Math.min(
        ...this.flights.map((flight) => flight.at),
        ...this.members.filter((m) => !m.failed).map((m) => m.deadline),
      );
      if (next >= NEVER || next > end) return false;
      this.now = Math.max(this.now, next);
      this.step(this.deliver());
    }
    return true;
  }

  private deliver(): Member[] {
    const due = this.flights.filter((flight) => flight.at <= this.now).sort((a, b) => a.at - b.at);
    this.flights = this.flights.filter((flight) => flight.at > this.now);
    for (const { to, frame } of due) {
      const member = this.member(to);
      if (!member.failed) member.receive(frame, this.now);
    }
    return this.members.filter((m) => m.deadline <= this.now || due.some((d) => d.to === m.config.myRank));
  }

  private step(members: readonly Member[]): void {
    for (const member of members) {
      if (member.failed) continue;
      member.consume();
      member.publish();
      member.poll(this.now);
      this.openWanted(member);
      for (const { to, frames } of member.sink.bursts.splice(0)) {
        for (const frame of frames) for (const rank of to) this.launch(rank, frame);
      }
    }
  }

  private openWanted(member: Member): void {
    for (let wanted = member.plane.takeWanted(); wanted !== undefined; wanted = member.plane.takeWanted()) {
      if (isPt2pt(wanted.kind)) member.openReceive(wanted.kind, wanted.origin, this.options.ringBytes);
    }
  }

  private launch(to: number, frame: Uint8Array): void {
    if (frame.length > MAX_FRAME_BYTES) throw new Error('frame too long');
    if (this.random.below(100) < this.options.lossPercent) return;
    const copies = this.random.below(100) < this.options.duplicatePercent ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const at = this.now + this.options.delayUs + this.random.below(this.options.delayUs + 1);
      this.flights.push({ at, to, frame });
    }
  }
}
