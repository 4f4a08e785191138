/** `checksum` and `loss`: the bytes of a ring go from one core to the other until all have arrived. */
import { UnverifiedError } from '../verify/unverified-error.js';
import { BATCH_BYTES, FRAMES_PER_BATCH } from './encode.js';
import type { Language, LayerWork } from './layer-work.js';
import { dataFrames, misdirect } from './packed-walk.js';
import { Pair } from './pair.js';

const RING_BYTES = 256 * 1024;
/** With loss each so many frames one goes to nobody. */
const LOSE_ONE_IN = 20;
/** So long a run never takes. */
const MAX_TURNS = 10_000;

export interface StreamOptions {
  readonly checked: boolean;
  readonly loses: boolean;
}

export class StreamWork implements LayerWork {
  readonly operations = (RING_BYTES / BATCH_BYTES) * FRAMES_PER_BATCH;
  readonly expected: number;
  private readonly pair: Pair;
  private position = 0;
  private frames = 0;

  constructor(language: Language, { checked, loses }: StreamOptions) {
    this.pair = new Pair(language, { ringBytes: RING_BYTES, checked });
    this.expected = sumOf(this.pair.sender.ring);
    if (loses) this.pair.onWire = (packed, bytes) => this.lose(packed, bytes);
  }

  run(): number {
    const { pair } = this;
    const { sender, receiver } = pair;
    this.position += RING_BYTES;
    receiver.ring.fill(0);
    sender.tell(this.position);
    for (let turn = 0; sender.told() !== ((this.position + RING_BYTES) | 0); turn++) {
      if (turn === MAX_TURNS) throw new UnverifiedError(`not everything has arrived after ${MAX_TURNS} turns`);
      pair.turn();
      receiver.tell(receiver.told());
      pair.answer();
    }
    return sumOf(receiver.ring);
  }

  private lose(packed: Uint8Array, bytes: number): void {
    for (const at of dataFrames(packed, bytes)) if (++this.frames % LOSE_ONE_IN === 0) misdirect(packed, at);
  }
}

/** Of a ring, four bytes at a time. */
function sumOf(ring: Uint8Array): number {
  const words = new Int32Array(ring.buffer, ring.byteOffset, ring.length >> 2);
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum = (Math.imul(sum, 31) + (words[i] as number)) | 0;
  return sum;
}
