/** `stability`: one core sends a frame to seven members, hears of each that it has it, and puts together what all have. */
import { WORD_STABLE } from '../../ts/data-plane/record.js';
import { mix } from '../verify/pattern.js';
import { StatusFrames } from './encode.js';
import type { Language, LayerWork } from './layer-work.js';
import { StreamEnd } from './pair.js';

const RECEIVERS = 7;
const ROUNDS = 64;
const ROUND_BYTES = 1024;
const RING_BYTES = 64 * 1024;
const TURN_MICROS = 100;

export class StabilityWork implements LayerWork {
  readonly operations = ROUNDS * RECEIVERS;
  readonly expected: number;
  private readonly sender: StreamEnd;
  private readonly status = new StatusFrames(RECEIVERS);
  private readonly wire = new Uint8Array(RING_BYTES);
  private position = 0;
  private nowMicros = 1_000_000;

  constructor(language: Language) {
    this.sender = new StreamEnd(language, 0, { ringBytes: RING_BYTES, members: RECEIVERS + 1 });
    let expected = 0;
    for (let round = 0; round < ROUNDS; round++) expected = mix(expected, ROUND_BYTES >> 8, 1);
    this.expected = expected;
  }

  run(): number {
    const { sender, status, wire } = this;
    let checksum = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const before = sender.told(WORD_STABLE);
      this.nowMicros += TURN_MICROS;
      this.position += ROUND_BYTES;
      sender.tell(this.position);
      const bytes = sender.core.pollInto(this.nowMicros, wire);
      status.say(this.position);
      sender.core.receivePacked(status.packed, status.packed.length, this.nowMicros);
      const grown = (sender.told(WORD_STABLE) - before) | 0;
      checksum = mix(checksum, grown >> 8, bytes > ROUND_BYTES ? 1 : 0);
    }
    return checksum;
  }
}
