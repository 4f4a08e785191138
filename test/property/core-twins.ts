// One view without socket or clock, in either language behind one shape: DataPlaneCore of ts/data-plane/typescript, and Core of the addon.
import { type Addon, type AddonCore, loadAddon } from '../../ts/data-plane/addon-loader.js';
import type { StreamKind } from '../../ts/data-plane/data-plane.js';
import { unpackFrames } from '../../ts/data-plane/packed-frames.js';
import type { Burst } from '../../ts/data-plane/typescript/burst.js';
import { SLOT_WORDS, Slot, WORD_FROM_SCRIPT } from '../../ts/data-plane/typescript/counters.js';
import { DataPlaneCore } from '../../ts/data-plane/typescript/data-plane.js';
import { FLAG_UNATTACHED, newHeader, Reject, validateHeader } from '../../ts/data-plane/typescript/frame.js';
import { NEVER } from '../../ts/data-plane/typescript/limits.js';
import { Ring } from '../../ts/data-plane/typescript/ring.js';
import { type PlaneStats, planeStats, statDeclarations } from '../../ts/data-plane/typescript/stats.js';
import type { ViewConfig } from '../../ts/data-plane/typescript/view-config.js';

export type Language = 'native' | 'ts';

export interface Sent {
  readonly to: readonly number[];
  readonly frame: Uint8Array;
}

export interface Polled {
  readonly frames: readonly Sent[];
  /** Microseconds; NEVER: only news from outside can change anything. */
  readonly deadline: number;
  /** Whether there was more than `mostFrames`. */
  readonly blocked: boolean;
}

export type Change = 'exclude' | 'holder' | 'stop' | 'watch';

export interface Core {
  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): boolean;
  receive(frame: Uint8Array, now: number): void;
  poll(now: number, mostFrames: number): Polled;
  change(what: Change, rank: number, other: number, position: number, now: number): void;
  takeWanted(): readonly [origin: number, kind: number] | undefined;
  received(rank: number): number;
  stats(): PlaneStats;
}

/** What skipped tests say. */
export const NO_ADDON = 'the addon is not built: only one twin is here';

export function findAddon(): Addon | undefined {
  const result = loadAddon();
  return result.loaded ? result.addon : undefined;
}

export function makeCore(language: Language, config: ViewConfig, counters: Int32Array): Core {
  if (language === 'ts') return new TypeScriptCore(config, counters);
  const addon = findAddon();
  if (addon === undefined) throw new Error(NO_ADDON);
  return new NativeCore(new addon.Core(config, counters));
}

class NativeCore implements Core {
  constructor(private readonly core: AddonCore) {}

  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): boolean {
    return this.core.openStream(kind, rank, outgoing, ring, slot);
  }

  receive(frame: Uint8Array, now: number): void {
    this.core.receive(frame, now);
  }

  poll(now: number, mostFrames: number): Polled {
    const polled = this.core.poll(now, mostFrames);
    const [packed, deadline, blocked] = typeof polled === 'number' ? [new Uint8Array(0), polled, false] : polled;
    const frames: Sent[] = [];
    unpackFrames(packed, (to, frame) => frames.push({ to, frame }));
    return { frames, deadline: deadline < 0 ? NEVER : deadline, blocked };
  }

  change(what: Change, rank: number, other: number, position: number, now: number): void {
    this.core.change(what, rank, other, position, now);
  }

  takeWanted(): readonly [number, number] | undefined {
    return this.core.takeWanted();
  }

  received(rank: number): number {
    return this.core.received(rank);
  }

  stats(): PlaneStats {
    const counts = this.core.stats();
    return planeStats(counts.subarray(0, statDeclarations.length), counts.subarray(statDeclarations.length));
  }
}

class TypeScriptCore implements Core {
  private readonly core: DataPlaneCore;
  private readonly header = newHeader();

  constructor(
    private readonly config: ViewConfig,
    private readonly counters: Int32Array,
  ) {
    this.core = new DataPlaneCore(config);
  }

  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): boolean {
    const words = new Slot(this.counters, slot * SLOT_WORDS);
    return outgoing
      ? this.core.openSend(kind, rank, new Ring(ring), words)
      : this.core.openReceive(kind, rank, new Ring(ring), words);
  }

  /** What Core of the addon does before it hands a frame on, as either endpoint does. */
  receive(frame: Uint8Array, now: number): void {
    const { header, config } = this;
    const reject = validateHeader(frame, header);
    if (reject !== Reject.none) return this.core.stats.reject(reject);
    const ours =
      (header.flags & FLAG_UNATTACHED) === 0 &&
      header.connectionLow === config.connectionLow &&
      header.connectionHigh === config.connectionHigh;
    if (!ours) return this.core.stats.reject(Reject.connection);
    this.core.handleFrame(frame, header, now);
  }

  poll(now: number, mostFrames: number): Polled {
    const frames: Sent[] = [];
    let left = mostFrames;
    const send = (burst: Burst): boolean => {
      if (left < burst.frames) return false;
      left -= burst.frames;
      const to = [...burst.destinations];
      for (let i = 0; i < burst.frames; i++) {
        frames.push({ to, frame: Buffer.concat(burst.pieces.slice(burst.firstPiece(i), burst.firstPiece(i + 1))) });
      }
      return true;
    };
    const deadline = this.core.poll(now, { send });
    return { frames, deadline, blocked: this.core.blocked };
  }

  change(what: Change, rank: number, other: number, position: number, _now: number): void {
    if (what === 'exclude') this.core.exclude(rank);
    if (what === 'holder') this.core.setHolder(rank, other, position);
    if (what === 'stop') this.core.stopAt(rank, position);
    if (what === 'watch') this.core.watch(rank, position);
  }

  takeWanted(): readonly [number, number] | undefined {
    const wanted = this.core.takeWanted();
    return wanted === undefined ? undefined : [wanted.origin, wanted.kind];
  }

  received(rank: number): number {
    return this.core.received(rank);
  }

  stats(): PlaneStats {
    return this.core.stats.snapshot();
  }
}

interface CopiedRing {
  readonly mine: Uint8Array;
  readonly native: Uint8Array;
  readonly outgoing: boolean;
  readonly slot: number;
}

/** Both twins as one: everything goes to each of them, and whatever comes out must be the same to the byte. */
export class Lockstep implements Core {
  private readonly native: Core;
  private readonly ts: Core;
  private readonly nativeCounters: Int32Array;
  /** The rings that JavaScript uses, and the copies that the native twin has instead. */
  private readonly rings: CopiedRing[] = [];

  /** `counters` and rings are the TypeScript twin's; what JavaScript writes there is copied before each step. */
  constructor(
    config: ViewConfig,
    private readonly counters: Int32Array,
  ) {
    this.nativeCounters = new Int32Array(counters.length);
    this.native = makeCore('native', config, this.nativeCounters);
    this.ts = makeCore('ts', config, counters);
  }

  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): boolean {
    const copy = new Uint8Array(ring.length);
    const [native, ts] = [
      this.native.openStream(kind, rank, outgoing, copy, slot),
      this.ts.openStream(kind, rank, outgoing, ring, slot),
    ];
    demandSame('openStream', native, ts);
    if (ts) this.rings.push({ mine: ring, native: copy, outgoing, slot });
    this.compare();
    return ts;
  }

  receive(frame: Uint8Array, now: number): void {
    this.copyFromScript();
    this.native.receive(frame, now);
    this.ts.receive(frame, now);
    this.compare();
  }

  poll(now: number, mostFrames: number): Polled {
    this.copyFromScript();
    const native = this.native.poll(now, mostFrames);
    const ts = this.ts.poll(now, mostFrames);
    demandSame('deadline', native.deadline, ts.deadline);
    demandSame('blocked', native.blocked, ts.blocked);
    if (!sameFrames(native.frames, ts.frames)) {
      demandSame('frames', native.frames.map(sentAsText), ts.frames.map(sentAsText));
    }
    this.compare();
    return ts;
  }

  change(what: Change, rank: number, other: number, position: number, now: number): void {
    this.copyFromScript();
    this.native.change(what, rank, other, position, now);
    this.ts.change(what, rank, other, position, now);
    this.compare();
  }

  takeWanted(): readonly [number, number] | undefined {
    const [native, ts] = [this.native.takeWanted(), this.ts.takeWanted()];
    demandSame('wanted', native, ts);
    return ts;
  }

  received(rank: number): number {
    const [native, ts] = [this.native.received(rank), this.ts.received(rank)];
    demandSame('received', native, ts);
    return ts;
  }

  stats(): PlaneStats {
    const [native, ts] = [this.native.stats(), this.ts.stats()];
    demandSame('stats', native, ts);
    return ts;
  }

  /** The whole of all rings: what was received lies in the same places. Dear; once a run. */
  compareRings(): void {
    for (const { mine, native, outgoing } of this.rings) {
      if (!outgoing && Buffer.compare(mine, native) !== 0) throw new Error('the twins hold different bytes');
    }
  }

  private copyFromScript(): void {
    for (const { mine, native, outgoing, slot } of this.rings) {
      const word = slot * SLOT_WORDS + WORD_FROM_SCRIPT;
      if (this.nativeCounters[word] === this.counters[word]) continue;
      this.nativeCounters[word] = this.counters[word] as number;
      if (outgoing) native.set(mine);
    }
  }

  private compare(): void {
    if (Buffer.compare(bytesOf(this.nativeCounters), bytesOf(this.counters)) === 0) return;
    demandSame('counters', [...this.nativeCounters], [...this.counters]);
  }
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

function sameFrames(native: readonly Sent[], ts: readonly Sent[]): boolean {
  return native.length === ts.length && native.every((sent, i) => sameSent(sent, ts[i] as Sent));
}

function sameSent(a: Sent, b: Sent): boolean {
  return a.to.join() === b.to.join() && Buffer.compare(a.frame, b.frame) === 0;
}

function sentAsText({ to, frame }: Sent): string {
  return `${to.join()}: ${Buffer.from(frame).toString('hex')}`;
}

function demandSame(what: string, native: unknown, ts: unknown): void {
  const [a, b] = [JSON.stringify(native), JSON.stringify(ts)];
  if (a !== b && !Object.is(native, ts)) throw new Error(`the twins differ in ${what}:\n  native ${a}\n  ts     ${b}`);
}
