/** `decode`: one core checks frames and puts what they carry into the ring. The same frames again and again, with the positions that are next. */
import { DATA_OVERHEAD_BYTES, HEADER_BYTES, store32 } from '../../ts/data-plane/typescript/frame.js';
import { mix } from '../verify/pattern.js';
import { BATCHES, EncodeWork, FRAMES_PER_BATCH } from './encode.js';
import type { Language, LayerWork } from './layer-work.js';
import { dataFrames, frameLength, headBytes } from './packed-walk.js';
import { StreamEnd } from './pair.js';

const TURN_MICROS = 100;
/** Bytes that are looked at after each run. */
const SAMPLES = 64;
/** Where a frame's position stands. */
const POSITION_AT = HEADER_BYTES + 8;

interface Batch {
  readonly packed: Uint8Array;
  /** Offsets of the positions in it, and the positions of the first time. */
  readonly at: readonly number[];
  readonly first: readonly number[];
}

export class DecodeWork implements LayerWork {
  readonly operations = BATCHES * FRAMES_PER_BATCH;
  readonly expected: number;
  private readonly receiver: StreamEnd;
  private readonly batches: readonly Batch[];
  private readonly out = new Uint8Array(4096);
  private readonly ringBytes: number;
  private base = 0;
  private nowMicros = 1_000_000;

  constructor(language: Language) {
    const encoder = new EncodeWork('ts');
    this.ringBytes = encoder.ringBytes;
    this.receiver = new StreamEnd(language, 1, encoder);
    this.batches = makeBatches(encoder);
    this.expected = this.checksumOf(encoder.source);
  }

  run(): number {
    const { receiver, batches, out, ringBytes } = this;
    for (let i = 0; i < SAMPLES; i++) receiver.ring[this.sampleAt(i)] = 0;
    for (const batch of batches) {
      this.nowMicros += TURN_MICROS;
      this.renumber(batch);
      receiver.core.receivePacked(batch.packed, batch.packed.length, this.nowMicros);
      receiver.tell(receiver.told());
      receiver.core.pollInto(this.nowMicros, out);
    }
    this.base += ringBytes;
    const complete = receiver.told() === (this.base | 0);
    return complete ? this.checksumOf(receiver.ring) : Number.NaN;
  }

  private renumber({ packed, at, first }: Batch): void {
    for (let i = 0; i < at.length; i++) {
      const position = (first[i] as number) + this.base;
      store32(packed, at[i] as number, position >>> 0);
      store32(packed, (at[i] as number) + 4, Math.floor(position / 2 ** 32));
    }
  }

  private checksumOf(ring: Uint8Array): number {
    let checksum = 0;
    for (let i = 0; i < SAMPLES; i++) checksum = mix(checksum, ring[this.sampleAt(i)] as number, i);
    return checksum;
  }

  private sampleAt(i: number): number {
    return Math.floor((i * this.ringBytes) / SAMPLES) + i;
  }
}

function makeBatches(encoder: EncodeWork): readonly Batch[] {
  let position = 0;
  return Array.from({ length: BATCHES }, () => {
    const packed = encoder.wire.slice(0, encoder.makeBatch());
    const frames = dataFrames(packed, packed.length);
    const first = frames.map((at) => {
      const begin = position;
      position += frameLength(packed, at) - DATA_OVERHEAD_BYTES;
      return begin;
    });
    return { packed, at: frames.map((at) => at + headBytes(packed, at) + POSITION_AT), first };
  });
}
