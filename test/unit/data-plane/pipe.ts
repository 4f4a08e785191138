// A writer and a reader over one ring, with a plane between them that only copies counters.
import { Message } from '../../../ts/base/message.js';
import { incomingWords, RecordReader, type RecordReceiver } from '../../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../../ts/data-plane/record-writer.js';

const SLOT_WORDS = 32;
const WORD_FROM_PLANE = 16;
const WORD_STABLE = 17;

/** Keeps copies of all that it gets. */
export class Collector implements RecordReceiver {
  readonly messages: { kind: number; bytes: Uint8Array }[] = [];
  readonly tooLong: number[] = [];
  malformed = 0;

  onMessage(_origin: number, kind: number, message: Message): void {
    if (message.offset < 0 || message.offset + message.length > message.buffer.length) throw new Error('out of bounds');
    this.messages.push({ kind, bytes: message.copy() });
  }

  onTooLong(_origin: number, length: number): void {
    this.tooLong.push(length);
  }

  onMalformed(): void {
    this.malformed++;
  }
}

export class Pipe {
  readonly ring: Uint8Array;
  readonly words: Int32Array;
  /** Slot 0 is the writer's, slot 1 the reader's. */
  readonly counters = new Int32Array(2 * SLOT_WORDS);
  readonly writer: RecordWriter;
  readonly reader: RecordReader;
  readonly collector = new Collector();
  readonly message = new Message();
  flushes = 0;

  /** @param start position at which the stream begins, as 32 bits */
  constructor(ringBytes: number, maxMessageSize = 1024 * 1024, start = 0) {
    this.ring = new Uint8Array(ringBytes);
    this.words = new Int32Array(this.ring.buffer);
    const { counters } = this;
    for (const slot of [0, SLOT_WORDS]) {
      counters[slot] = start;
      counters[slot + WORD_FROM_PLANE] = start;
      counters[slot + WORD_STABLE] = start;
    }
    counters[WORD_FROM_PLANE] = start + ringBytes;
    this.writer = new RecordWriter(this.ring, counters, 0, () => this.flushes++);
    this.reader = new RecordReader(0, this.ring, counters, incomingWords(1), maxMessageSize);
    // Streams begin at 0; that they work beyond 2^32 is tried without the 4 GiB before.
    for (const field of ['tail', 'flushed']) Reflect.set(this.writer, field, start);
    for (const field of ['position', 'start', 'told']) Reflect.set(this.reader, field, start);
  }

  /** Lets `bytes` of what is published arrive, or all of it. */
  carry(bytes = Number.POSITIVE_INFINITY): void {
    const { counters } = this;
    const received = counters[SLOT_WORDS + WORD_FROM_PLANE] as number;
    const waiting = ((counters[0] as number) - received) | 0;
    counters[SLOT_WORDS + WORD_FROM_PLANE] = received + Math.min(bytes, waiting);
    counters[WORD_STABLE] = counters[SLOT_WORDS + WORD_FROM_PLANE] as number;
    counters[WORD_FROM_PLANE] = (counters[SLOT_WORDS] as number) + this.ring.length;
  }

  drain(budget = Number.POSITIVE_INFINITY): number {
    return this.reader.drain(this.collector, this.message, Math.min(budget, this.ring.length));
  }

  /** Publishes, carries, drains: all that was written is handed over. */
  run(): void {
    this.writer.publish();
    this.carry();
    while (this.drain() > 0);
    this.carry(0);
  }

  /** Makes the first `bytes` of the ring arrive, whatever they are. */
  arrive(bytes: number): void {
    this.counters[SLOT_WORDS + WORD_FROM_PLANE] = bytes;
  }

  /** Writes a record as only a broken or hostile member would. */
  forge(offset: number, length: number, flags: number, payload: readonly number[] = []): number {
    this.words[offset >> 2] = length;
    this.words[(offset >> 2) + 1] = flags;
    for (const [i, word] of payload.entries()) this.words[(offset >> 2) + 2 + i] = word;
    return offset + 8 + ((length + 7) & ~7);
  }
}

/** Bytes that differ from message to message and from place to place. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (seed * 31 + i * 7 + (i >> 8)) & 0xff;
  return bytes;
}
