/**
 * One view's core in either language, without socket or clock, driven in batches: all frames of a poll come in one piece of memory, all frames of a
 * batch go in as one call. So what crosses into the addon costs a batch, not a frame. For benchmarks; not part of the public face.
 *
 *   packed frames   ranks 2 | length 2 | rank 2, as many as there are | the frame's bytes | ranks 2 | ...
 */
import { type AddonCore, loadAddon } from './addon-loader.js';
import type { StreamKind } from './data-plane.js';
import type { Burst, Sink } from './typescript/burst.js';
import { SLOT_WORDS, Slot } from './typescript/counters.js';
import { DataPlaneCore } from './typescript/data-plane.js';
import { FLAG_UNATTACHED, load16, newHeader, Reject, store16, validateHeader } from './typescript/frame.js';
import { Ring } from './typescript/ring.js';
import type { ViewConfig } from './typescript/view-config.js';

export type { ViewConfig } from './typescript/view-config.js';

const WORD_BYTES = 2;

export interface PackedCore {
  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): void;
  /** Writes the frames that are due into `memory`; returns their bytes. What has no room stays for the next poll. */
  pollInto(nowMicros: number, memory: Uint8Array): number;
  /** Takes in those of the packed frames that go to this member. */
  receivePacked(packed: Uint8Array, bytes: number, nowMicros: number): void;
}

/** @throws Error where the language is native and there is no addon */
export function makePackedCore(language: 'native' | 'ts', config: ViewConfig, counters: Int32Array): PackedCore {
  if (language === 'ts') return new TypeScriptCore(config, counters);
  const addon = loadAddon();
  if (!addon.loaded) throw new Error(`no native core without the addon: ${addon.reason}`);
  const core: AddonCore = new addon.addon.Core(config, counters);
  return core;
}

class TypeScriptCore implements PackedCore {
  private readonly core: DataPlaneCore;
  private readonly header = newHeader();
  private readonly sink = new MemorySink();

  constructor(
    private readonly config: ViewConfig,
    private readonly counters: Int32Array,
  ) {
    this.core = new DataPlaneCore(config);
  }

  openStream(kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): void {
    const words = new Slot(this.counters, slot * SLOT_WORDS);
    if (outgoing) this.core.openSend(kind, rank, new Ring(ring), words);
    else this.core.openReceive(kind, rank, new Ring(ring), words);
  }

  pollInto(nowMicros: number, memory: Uint8Array): number {
    this.sink.begin(memory);
    this.core.poll(nowMicros, this.sink);
    return this.sink.used;
  }

  receivePacked(packed: Uint8Array, bytes: number, nowMicros: number): void {
    const { myRank } = this.config;
    for (let at = 0; at < bytes; ) {
      const ranks = load16(packed, at);
      const length = load16(packed, at + WORD_BYTES);
      const frame = at + WORD_BYTES * (2 + ranks);
      let mine = false;
      for (let i = at + 2 * WORD_BYTES; i < frame; i += WORD_BYTES) mine ||= load16(packed, i) === myRank;
      if (mine) this.take(packed.subarray(frame, frame + length), nowMicros);
      at = frame + length;
    }
  }

  /** What Core of the addon does before it hands a frame on, as either endpoint does. */
  private take(frame: Uint8Array, nowMicros: number): void {
    const { header, config, core } = this;
    const reject = validateHeader(frame, header);
    if (reject !== Reject.none) return core.stats.reject(reject);
    const ours =
      (header.flags & FLAG_UNATTACHED) === 0 &&
      header.connectionLow === config.connectionLow &&
      header.connectionHigh === config.connectionHigh;
    if (!ours) return core.stats.reject(Reject.connection);
    core.handleFrame(frame, header, nowMicros);
  }
}

class MemorySink implements Sink {
  private memory: Uint8Array = new Uint8Array(0);
  used = 0;

  begin(memory: Uint8Array): void {
    this.memory = memory;
    this.used = 0;
  }

  send(burst: Burst): boolean {
    const { memory } = this;
    const heads = burst.frames * WORD_BYTES * (2 + burst.destinations.length);
    if (memory.length - this.used < burst.bytes + heads) return false;
    let at = this.used;
    for (let frame = 0; frame < burst.frames; frame++) {
      const head = at;
      store16(memory, at, burst.destinations.length);
      at += 2 * WORD_BYTES;
      for (const rank of burst.destinations) {
        store16(memory, at, rank);
        at += WORD_BYTES;
      }
      const begin = at;
      for (let piece = burst.firstPiece(frame); piece < burst.firstPiece(frame + 1); piece++) {
        const bytes = burst.pieces[piece] as Uint8Array;
        memory.set(bytes, at);
        at += bytes.length;
      }
      store16(memory, head + WORD_BYTES, at - begin);
    }
    this.used = at;
    return true;
  }
}
