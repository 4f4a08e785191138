/**
 * The seam between the control plane and the data plane. Above it: views, ranks, gates. Below it: bytes on the wire. Both modes implement
 * `PlaneDriver`; `plane.ts` and `view-plane.ts` build rings, counters and record walking on top of either.
 */
import type { PlaneStats } from './typescript/stats.js';

export type { PlaneStats } from './typescript/stats.js';

/** A UDP address; host is an IPv4 or IPv6 address in numbers. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export const StreamKind = { cast: 0, controlCast: 1, pt2pt: 2, controlPt2pt: 3 } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

/** The destination of casts. */
export const ALL_RANKS = 0xffff;

export type ThreadMode = 'single' | 'multi';

/** Faults on purpose, for tests: applied to each frame that arrives, before anything looks at it. */
export interface DropOptions {
  /** Probability that a frame is lost, 0 to 1. */
  readonly rate: number;
  /** Seed of the decisions, so that a run can be repeated. */
  readonly seed: number;
  /**
   * Ports of members that are cut off: whatever comes from one of them is lost. One bit each, in shared memory of 2,048 words, of which port 0 is the lowest bit
   * of the first; it may be changed at any time, by any thread.
   */
  readonly ports?: Int32Array | undefined;
}

export interface DriverOptions {
  readonly threadMode: ThreadMode;
  /** Where to bind; port 0 lets the system choose. */
  readonly address: Address;
  /** IP multicast group for casts (transport DEERING); undefined: unicast to each. */
  readonly multicast: Address | undefined;
  /** Asks the kernel for socket buffers of this many bytes. */
  readonly socketBufferBytes: number;
  /** Whether UDP segmentation offload may be used where the kernel has it. */
  readonly offload: boolean;
  readonly drop: DropOptions;
  /** The plane's own slot (see typescript/counters.ts): who sleeps. */
  readonly awake: Int32Array;
  /** The largest frame to send; undefined: what the interface's MTU allows. Bytes. */
  readonly frameBytes: number | undefined;
}

/** What the plane tells; always on the event loop, never from inside a call of the driver. */
export interface DriverEvents {
  /** Something arrived, or room was made. Once per batch. */
  onReady(): void;
  /** A pt2pt stream of a view has sent and is not open here. */
  onWanted(view: number, origin: number, kind: StreamKind): void;
  /** A datagram that belongs to no view. */
  onUnattached(from: Address, bytes: Uint8Array): void;
  /** The kernel says that nothing is bound to this address any more: a hint, to be verified. */
  onRefused(address: Address): void;
  /** The socket is of no use any more. */
  onFailure(error: Error): void;
}

/** Fixed for the life of a view. */
export interface ViewConfig {
  readonly connectionLow: number;
  readonly connectionHigh: number;
  readonly myRank: number;
  readonly addresses: readonly Address[];
  /** Largest frame to send, in bytes. */
  readonly frameBytes: number;
  /** Bytes of a stream that may be on their way at once. */
  readonly maxWindow: number;
  /** Whether frames carry a checksum. */
  readonly checked: boolean;
  readonly seed: number;
  /**
   * Whether of casts both what has arrived and what is stable is told at once, instead of when it is much or after some milliseconds, and
   * onReady() follows when a stable position (word 17 of a stream's slot) has grown: for delivery that waits until all have a message.
   */
  readonly prompt: boolean;
}

/**
 * One socket and the protocol behind it. Views are named by small numbers that the caller chooses.
 * `openSend` and `openReceive` are given memory that must stay where it is until the view is retired and released.
 */
export interface PlaneDriver {
  readonly mode: 'native' | 'ts';
  /** Whether rings must be shared memory. */
  readonly needsSharedRings: boolean;
  /** Memory for a ring, where the driver has its own. */
  makeRing?(bytes: number): Uint8Array;
  /** Where the socket is bound. */
  readonly address: Address;
  /** The largest frame to send: as asked for, or from the interface's MTU. */
  readonly frameBytes: number;
  /** `counters` hold the slots of this view's streams. */
  install(view: number, config: ViewConfig, counters: Int32Array): void;
  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void;
  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void;
  /**
   * Exactly these ranks are watched from now on, others no more: each is probed at once, and again whenever it was silent for `intervalMs`
   * (at least 1, at most an hour). What comes of it: the frames heard, counted in word 18 of the slot of its casts, and onRefused.
   */
  watch(view: number, ranks: readonly number[], intervalMs: number): void;
  exclude(view: number, rank: number): void;
  setHolder(view: number, origin: number, holder: number, upTo: number): void;
  stopAt(view: number, origin: number, cut: number): void;
  /**
   * Ends a view. From the call of `onReleased` on nothing here reads or writes the view's rings any more, and they may be used for another: that is before it
   * returns, but where the plane's thread can't be waited for; then on the event loop, and never if the plane is closed or fails before.
   */
  retire(view: number, onReleased: () => void): void;
  /** JavaScript has published or consumed: the plane may act on it now. */
  flush(): void;
  /**
   * JavaScript looks by itself, without an onReady: tells onWanted, onUnattached and onRefused what waits. Only of drivers that have a thread of their own;
   * streams that are wanted count as progress until they are taken, so a look that does not take them would be followed by another for ever.
   */
  takeCalls?(): void;
  sendUnattached(to: Address, bytes: Uint8Array): void;
  stats(): PlaneStats;
  /** Resolves when socket and thread are gone. */
  close(): Promise<void>;
}
