/** One view of a simulated data plane, without socket or clock, in either language: members of both kinds meet in one group. */

import { type AddonCore, loadAddon } from '../data-plane/addon-loader.js';
import type { ViewConfig as SeamConfig, StreamKind } from '../data-plane/data-plane.js';
import { unpackFrames } from '../data-plane/packed-frames.js';
import type { Burst } from '../data-plane/typescript/burst.js';
import { SLOT_WORDS, Slot } from '../data-plane/typescript/counters.js';
import { DataPlaneCore } from '../data-plane/typescript/data-plane.js';
import type { FrameHeader } from '../data-plane/typescript/frame.js';
import { NEVER } from '../data-plane/typescript/limits.js';
import { Ring } from '../data-plane/typescript/ring.js';
import type { ViewConfig } from '../data-plane/typescript/view-config.js';

export type Mode = 'native' | 'ts';

/** Takes a datagram that is to go to these ranks. */
export type Transmit = (ranks: readonly number[], datagram: Uint8Array) => void;

export interface SimCore {
  openSend(kind: StreamKind, to: number, ring: Uint8Array, slot: number): void;
  openReceive(kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void;
  receive(frame: Uint8Array, header: FrameHeader, now: number): void;
  /** Sends what is due. Returns when it wants to be polled again. */
  poll(now: number): number;
  exclude(rank: number, now: number): void;
  setHolder(origin: number, holder: number, upTo: number, now: number): void;
  stopAt(origin: number, cut: number, now: number): void;
  watch(rank: number, micros: number, now: number): void;
  takeNews(): boolean;
  takeWanted(): readonly [origin: number, kind: StreamKind] | undefined;
  readonly hasWanted: boolean;
  /** The view ends: the next poll says what is said last. */
  answerAll(): void;
}

/** Whether there is an addon to simulate with. */
export function hasNativeCore(): boolean {
  return loadAddon().loaded;
}

export function makeSimCore(mode: Mode, config: SeamConfig, counters: Int32Array, transmit: Transmit): SimCore {
  const coreConfig = { ...config, members: config.addresses.length };
  const addon = mode === 'native' ? loadAddon() : undefined;
  if (addon?.loaded !== true) return new TypeScriptCore(coreConfig, counters, transmit);
  return new NativeCore(new addon.addon.Core(coreConfig, counters), transmit);
}

class TypeScriptCore implements SimCore {
  private readonly core: DataPlaneCore;
  private readonly sink = { send: (burst: Burst) => this.send(burst) };

  constructor(
    config: ViewConfig,
    private readonly counters: Int32Array,
    private readonly transmit: Transmit,
  ) {
    this.core = new DataPlaneCore(config);
  }

  openSend(kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.core.openSend(kind, to, new Ring(ring), new Slot(this.counters, slot * SLOT_WORDS));
  }

  openReceive(kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.core.openReceive(kind, origin, new Ring(ring), new Slot(this.counters, slot * SLOT_WORDS));
  }

  receive(frame: Uint8Array, header: FrameHeader, now: number): void {
    this.core.handleFrame(frame, header, now);
  }

  poll(now: number): number {
    return this.core.poll(now, this.sink);
  }

  exclude(rank: number): void {
    this.core.exclude(rank);
  }

  setHolder(origin: number, holder: number, upTo: number): void {
    this.core.setHolder(origin, holder, upTo);
  }

  stopAt(origin: number, cut: number): void {
    this.core.stopAt(origin, cut);
  }

  watch(rank: number, micros: number): void {
    this.core.watch(rank, micros);
  }

  takeNews(): boolean {
    return this.core.takeNews();
  }

  takeWanted(): readonly [origin: number, kind: StreamKind] | undefined {
    const wanted = this.core.takeWanted();
    return wanted === undefined ? undefined : [wanted.origin, wanted.kind];
  }

  get hasWanted(): boolean {
    return this.core.hasWanted;
  }

  answerAll(): void {
    this.core.answerAll();
  }

  private send(burst: Burst): boolean {
    for (let frame = 0; frame < burst.frames; frame++) this.transmit(burst.destinations, datagramOf(burst, frame));
    return true;
  }
}

function datagramOf(burst: Burst, frame: number): Uint8Array {
  const first = burst.firstPiece(frame);
  const end = burst.firstPiece(frame + 1);
  let length = 0;
  for (let piece = first; piece < end; piece++) length += (burst.pieces[piece] as Uint8Array).length;
  const datagram = takeBytes(length);
  let at = 0;
  for (let piece = first; piece < end; piece++) {
    const bytes = burst.pieces[piece] as Uint8Array;
    datagram.set(bytes, at);
    at += bytes.length;
  }
  return datagram;
}

/** Memory for datagrams, many in one piece: each with memory of its own would be most of the work of the garbage collector. */
const PIECE_BYTES = 64 * 1024;
let piece = new Uint8Array(PIECE_BYTES);
let taken = 0;

function takeBytes(length: number): Uint8Array {
  if (taken + length > PIECE_BYTES) {
    piece = new Uint8Array(Math.max(PIECE_BYTES, length));
    taken = 0;
  }
  taken += length;
  return piece.subarray(taken - length, taken);
}

/** Most frames of one call. */
const MOST_FRAMES = 4096;

class NativeCore implements SimCore {
  /** The addon does not say what is new: anything that comes may be. */
  private news = false;
  private readonly wanted: (readonly [origin: number, kind: StreamKind])[] = [];

  constructor(
    private readonly core: AddonCore,
    private readonly transmit: Transmit,
  ) {}

  openSend(kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.core.openStream(kind, to, true, ring, slot);
  }

  openReceive(kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.core.openStream(kind, origin, false, ring, slot);
  }

  receive(frame: Uint8Array, _: FrameHeader, now: number): void {
    this.news = true;
    if (!this.core.receive(frame, now)) return;
    for (let next = this.core.takeWanted(); next !== undefined; next = this.core.takeWanted())
      this.wanted.push(next as readonly [number, StreamKind]);
  }

  poll(now: number): number {
    const polled = this.core.poll(now, MOST_FRAMES);
    if (typeof polled === 'number') return polled < 0 ? NEVER : polled;
    const [frames, deadline] = polled;
    unpackFrames(frames, this.transmit);
    return deadline < 0 ? NEVER : deadline;
  }

  exclude(rank: number, now: number): void {
    this.core.change('exclude', rank, 0, 0, now);
    this.news = true;
  }

  setHolder(origin: number, holder: number, upTo: number, now: number): void {
    this.core.change('holder', origin, holder, upTo, now);
  }

  stopAt(origin: number, cut: number, now: number): void {
    this.core.change('stop', origin, 0, cut, now);
  }

  watch(rank: number, micros: number, now: number): void {
    this.core.change('watch', rank, 0, micros, now);
  }

  takeNews(): boolean {
    const { news } = this;
    this.news = false;
    return news;
  }

  takeWanted(): readonly [origin: number, kind: StreamKind] | undefined {
    return this.wanted.pop();
  }

  get hasWanted(): boolean {
    return this.wanted.length > 0;
  }

  answerAll(): void {
    this.core.change('answer', 0, 0, 0, 0);
  }
}

/** The classes of cores, for whoever watches their calls or gets in their way. */
export const CORE_CLASSES: Readonly<Record<Mode, { readonly prototype: SimCore }>> = {
  native: NativeCore,
  ts: TypeScriptCore,
};
