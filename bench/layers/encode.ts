/** `encode`: one core makes frames of what lies in the ring, and hears once for each 64 KiB that all of it has arrived. */

import { StreamKind } from '../../ts/data-plane/data-plane.js';
import { WORD_FROM_PLANE } from '../../ts/data-plane/record.js';
import {
  DATA_OVERHEAD_BYTES,
  HEADER_BYTES,
  STATUS_BYTES,
  store16,
  writeHeader,
  writeStatus,
} from '../../ts/data-plane/typescript/frame.js';
import { mix } from '../verify/pattern.js';
import { LAYER_FRAME_BYTES } from './layer-table.js';
import type { Language, LayerWork } from './layer-work.js';
import { dataFrames, frameLength, headBytes } from './packed-walk.js';
import { CONNECTION, StreamEnd } from './pair.js';

const RING_BYTES = 256 * 1024;
export const BATCH_BYTES = 64 * 1024;
export const BATCHES = RING_BYTES / BATCH_BYTES;
const TURN_MICROS = 100;
const FRAME_DATA_BYTES = LAYER_FRAME_BYTES - DATA_OVERHEAD_BYTES;
export const FRAMES_PER_BATCH = Math.ceil(BATCH_BYTES / FRAME_DATA_BYTES);

export class EncodeWork implements LayerWork {
  readonly operations = BATCHES * FRAMES_PER_BATCH;
  readonly expected: number;
  readonly wire = new Uint8Array(2 * BATCH_BYTES);
  readonly ringBytes = RING_BYTES;
  private readonly sender: StreamEnd;
  private readonly status = new StatusFrames(1);
  private position = 0;
  private nowMicros = 1_000_000;

  constructor(language: Language) {
    this.sender = new StreamEnd(language, 0, { ringBytes: RING_BYTES });
    this.expected = this.checksumOfRing();
  }

  run(): number {
    let checksum = 0;
    for (let batch = 0; batch < BATCHES; batch++) {
      const bytes = this.makeBatch();
      for (const at of dataFrames(this.wire, bytes)) {
        const first = at + headBytes(this.wire, at) + DATA_OVERHEAD_BYTES;
        const length = frameLength(this.wire, at) - DATA_OVERHEAD_BYTES;
        checksum = mix(checksum, this.wire[first] as number, this.wire[first + length - 1] as number);
      }
    }
    return checksum;
  }

  /** The next 64 KiB as packed frames in `wire`; returns their bytes. */
  makeBatch(): number {
    const { sender, status } = this;
    this.nowMicros += TURN_MICROS;
    this.position += BATCH_BYTES;
    sender.tell(this.position);
    const bytes = sender.core.pollInto(this.nowMicros, this.wire);
    status.say(this.position);
    sender.core.receivePacked(status.packed, status.packed.length, this.nowMicros);
    return bytes;
  }

  /** Where the stream is, for who takes the frames in. */
  get source(): Uint8Array {
    return this.sender.ring;
  }

  /** Whether the plane lets as much be written as it should. */
  get hasRoom(): boolean {
    return this.sender.told(WORD_FROM_PLANE) === ((this.position + RING_BYTES) | 0);
  }

  private checksumOfRing(): number {
    const { ring } = this.sender;
    let checksum = 0;
    for (let start = 0; start < RING_BYTES; start += BATCH_BYTES) {
      for (let at = 0; at < BATCH_BYTES; at += FRAME_DATA_BYTES) {
        const end = start + Math.min(BATCH_BYTES, at + FRAME_DATA_BYTES);
        checksum = mix(checksum, ring[start + at] as number, ring[end - 1] as number);
      }
    }
    return checksum;
  }
}

/** Of a packed frame with one destination, and the frame. */
const HEAD_BYTES = 6;
const FRAME_BYTES = HEADER_BYTES + STATUS_BYTES;

/** Packed STATUS frames of members 1 to n, as member 0 gets them. */
export class StatusFrames {
  readonly packed: Uint8Array;

  constructor(private readonly receivers: number) {
    this.packed = new Uint8Array(receivers * (HEAD_BYTES + FRAME_BYTES));
    for (let sender = 1, at = 0; sender <= receivers; sender++, at += HEAD_BYTES + FRAME_BYTES) {
      store16(this.packed, at, 1);
      store16(this.packed, at + 2, FRAME_BYTES);
      writeHeader(this.packed, at + HEAD_BYTES, { ...CONNECTION, flags: 0, sender, destination: 0 });
    }
    this.say(0);
  }

  /** All of them have everything up to there. */
  say(position: number): void {
    const progress = { received: position, consumed: position, seen: position, stableLow: position >>> 0 };
    for (let i = 0; i < this.receivers; i++) {
      const at = i * (HEAD_BYTES + FRAME_BYTES) + HEAD_BYTES + HEADER_BYTES;
      writeStatus(this.packed, at, StreamKind.cast, 0, progress);
    }
  }
}
