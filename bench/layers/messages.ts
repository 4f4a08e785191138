/**
 * `packing` and `fragmentation`: messages are written into the ring as records, go from one core to the other as frames, and are read out of its ring. Records
 * are written and read by the same TypeScript in both languages.
 */
import { Message } from '../../ts/base/message.js';
import { incomingWords, RecordReader, type RecordReceiver } from '../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../ts/data-plane/record-writer.js';
import { mix, randomBytes } from '../verify/pattern.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import type { Language, LayerWork } from './layer-work.js';
import { Pair } from './pair.js';

const RING_BYTES = 2 ** 20;
/** Read in one go. */
const BUDGET_BYTES = RING_BYTES;
/** So long a run never takes. */
const MAX_TURNS = 1000;

export class MessagesWork implements LayerWork, RecordReceiver {
  readonly expected: number;
  private readonly pair: Pair;
  private readonly writer: RecordWriter;
  private readonly reader: RecordReader;
  private readonly message = new Message();
  private readonly payload: Uint8Array;
  private received = 0;
  private checksum = 0;

  /** @param operations messages of one run */
  constructor(
    language: Language,
    readonly operations: number,
    sizeBytes: number,
  ) {
    this.pair = new Pair(language, { ringBytes: RING_BYTES });
    const { sender, receiver } = this.pair;
    this.writer = new RecordWriter(sender.ring, sender.counters, 0, () => {});
    this.reader = new RecordReader(0, receiver.ring, receiver.counters, incomingWords(0), 2 * sizeBytes);
    this.payload = randomBytes(sizeBytes, sizeBytes);
    let expected = 0;
    for (let i = 0; i < operations; i++) expected = mix(expected, this.payload[sizeBytes >> 1] as number, i & 255);
    this.expected = expected;
  }

  run(): number {
    this.received = 0;
    this.checksum = 0;
    for (let i = 0; i < this.operations; i++) {
      this.payload[0] = i;
      if (this.payload.length <= this.writer.maxPart) this.sendWhole();
      else this.sendInParts();
    }
    for (let turn = 0; this.received < this.operations; turn++) this.pass(turn);
    return this.checksum;
  }

  onMessage(_origin: number, _kind: number, message: Message): void {
    this.received++;
    this.checksum = mix(this.checksum, message.at(message.length >> 1), message.at(0));
  }

  onTooLong(_origin: number, length: number): void {
    throw new UnverifiedError(`a message of ${length} bytes came`);
  }

  onMalformed(): void {
    throw new UnverifiedError('a record came that nobody has written');
  }

  private sendWhole(): void {
    for (let turn = 0; !this.writer.write(this.payload, 0); turn++) this.pass(turn);
  }

  private sendInParts(): void {
    let done = this.writer.writeParts(this.payload, 0, 0);
    for (let turn = 0; done < this.payload.length; turn++) {
      this.pass(turn);
      done = this.writer.writeParts(this.payload, done, 0);
    }
  }

  /** What was written goes over, is read, and makes room. */
  private pass(turn: number): void {
    if (turn > MAX_TURNS) throw new UnverifiedError(`${this.received} of ${this.operations} messages have arrived`);
    this.writer.publish();
    this.pair.turn();
    this.reader.drain(this, this.message, BUDGET_BYTES);
    this.pair.answer();
  }
}
