/** Two members' cores and the wire between them, which is memory; time stands still but for `turn`. */

import { ALL_RANKS, StreamKind } from '../../ts/data-plane/data-plane.js';
import { makePackedCore, type PackedCore, type ViewConfig } from '../../ts/data-plane/packed-core.js';
import { SLOT_WORDS, WORD_FROM_PLANE, WORD_FROM_SCRIPT } from '../../ts/data-plane/record.js';
import { randomBytes } from '../verify/pattern.js';
import { LAYER_FRAME_BYTES } from './layer-table.js';
import type { Language } from './layer-work.js';

/** Between two turns. */
const TURN_MICROS = 100;
/** All that a poll may bring. */
const WIRE_BYTES = 2 * 2 ** 20;
export const CONNECTION = { connectionLow: 0x1234, connectionHigh: 0x5678 } as const;

export interface PairOptions {
  readonly ringBytes: number;
  readonly checked?: boolean;
  readonly members?: number;
}

export function layerConfig(myRank: number, { ringBytes, checked = false, members = 2 }: PairOptions): ViewConfig {
  return {
    ...CONNECTION,
    myRank,
    members,
    frameBytes: LAYER_FRAME_BYTES,
    maxWindow: ringBytes,
    checked,
    seed: 7 + myRank,
    prompt: false,
  };
}

/** One end of the cast stream of member 0: its core, its ring, its words. */
export class StreamEnd {
  readonly ring: Uint8Array;
  /** One slot. */
  readonly counters = new Int32Array(SLOT_WORDS);
  readonly core: PackedCore;

  constructor(language: Language, rank: number, options: PairOptions) {
    const { ringBytes } = options;
    const sends = rank === 0;
    this.ring = sends ? randomBytes(ringBytes, ringBytes) : new Uint8Array(ringBytes);
    this.core = makePackedCore(language, layerConfig(rank, options), this.counters);
    this.core.openStream(StreamKind.cast, sends ? ALL_RANKS : 0, sends, this.ring, 0);
  }

  /** What JavaScript tells the plane: written up to here, or handled. */
  tell(position: number): void {
    Atomics.store(this.counters, WORD_FROM_SCRIPT, position | 0);
  }

  /** What the plane tells JavaScript: it may write up to here, or this has arrived. Modulo 2^32. */
  told(word: number = WORD_FROM_PLANE): number {
    return Atomics.load(this.counters, word);
  }
}

export class Pair {
  readonly sender: StreamEnd;
  readonly receiver: StreamEnd;
  /** Called with the frames that are on their way to the receiver. */
  onWire: (packed: Uint8Array, bytes: number) => void = () => {};
  private readonly wire = new Uint8Array(WIRE_BYTES);
  private nowMicros = 1_000_000;

  constructor(language: Language, options: PairOptions) {
    this.sender = new StreamEnd(language, 0, options);
    this.receiver = new StreamEnd(language, 1, options);
  }

  /** What the sender has to send goes to the receiver. */
  turn(): void {
    const { sender, receiver, wire } = this;
    this.nowMicros += TURN_MICROS;
    const bytes = sender.core.pollInto(this.nowMicros, wire);
    this.onWire(wire, bytes);
    receiver.core.receivePacked(wire, bytes, this.nowMicros);
  }

  /** What the receiver has to say goes to the sender. */
  answer(): void {
    const { sender, receiver, wire } = this;
    const bytes = receiver.core.pollInto(this.nowMicros, wire);
    sender.core.receivePacked(wire, bytes, this.nowMicros);
  }
}
