/** The gate's layers: what one part of the data plane costs alone, in TypeScript. What they cost natively shows in the groups. */
import { Message } from '../../ts/base/message.js';
import { SLOT_WORDS, WORD_FROM_PLANE } from '../../ts/data-plane/record.js';
import { incomingWords, RecordReader, type RecordReceiver } from '../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../ts/data-plane/record-writer.js';
import {
  HEADER_BYTES,
  newHeader,
  newPart,
  newProgress,
  readPart,
  StreamKind,
  validateHeader,
  writeData,
  writeHeader,
  writeHeartbeat,
  writeNak,
  writeStatus,
} from '../../ts/data-plane/typescript/frame.js';
import { Stability } from '../../ts/data-plane/typescript/stability.js';
import type { Benchmark, PreparedBenchmark } from '../check/api.js';

const MEMBERS = 16;
/**
 * Small enough to stay in the processor's cache, and so small that no part is of 2 KiB: from there on (4 KiB where this was seen) `memcpy` may take `rep movsb`, which takes
 * up to twenty times longer on some processors where the target lies a little above the source within a page, and where things lie is chance.
 */
const RING_BYTES = 2 ** 14;

export const layerBenchmarks: readonly Benchmark[] = [
  { name: 'layer: frames written and read', setup: frames },
  { name: 'layer: packing messages of 16 B', quick: true, setup: () => records(64, 16) },
  { name: 'layer: a message of 30 KiB in parts', setup: () => records(1, 30 * 1024) },
  { name: 'layer: stability of 16 receivers', setup: stability },
];

/** An iteration: a frame with data, and one with what members tell each other of streams; both are checked and read. */
function frames(): PreparedBenchmark {
  const frame = new Uint8Array(256);
  const header = { ...newHeader(), sender: 3, destination: 5, connectionLow: 0x12345678, connectionHigh: 0x9abcdef0 };
  const [read, part, progress] = [newHeader(), newPart(), newProgress()];
  const ranges = new Float64Array([8, 16, 800, 1600]);
  const dataBytes = 128;
  let sum = 0;
  const readAll = (bytes: number) => {
    const whole = frame.subarray(0, bytes);
    sum = (sum + validateHeader(whole, read) + read.connectionLow) | 0;
    for (let at = HEADER_BYTES; at < bytes; ) {
      at = readPart(whole, at, bytes, MEMBERS, part);
      if (at === 0) throw new Error('a frame that was written can not be read');
      sum = (sum + part.type + part.position + part.consumed + part.serial) | 0;
    }
  };
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        const position = (i & 0xffff) * 8;
        let at = writeHeader(frame, 0, header);
        at += writeData(frame, at, StreamKind.cast, 3, dataBytes, position);
        readAll(at + dataBytes);
        progress.received = progress.consumed = progress.seen = position;
        at = writeHeader(frame, 0, header);
        at += writeStatus(frame, at, StreamKind.cast, 3, progress);
        at += writeHeartbeat(frame, at, StreamKind.cast, 3, true, position, position);
        at += writeNak(frame, at, StreamKind.cast, 3, i & 0xffff, ranges, 2);
        readAll(at);
      }
      return sum;
    },
  };
}

/** An iteration: so many messages go into a ring as records, and come out of it, with a plane between that only copies what there is. */
function records(messages: number, bytes: number): PreparedBenchmark {
  const ring = new Uint8Array(RING_BYTES);
  const counters = new Int32Array(2 * SLOT_WORDS);
  counters[WORD_FROM_PLANE] = RING_BYTES;
  const writer = new RecordWriter(ring, counters, 0, () => {});
  const reader = new RecordReader(0, ring, counters, incomingWords(1), bytes);
  const counter = new CountingReceiver();
  const message = new Message();
  const payload = new Uint8Array(bytes).map((_, at) => at);
  /** What was published has arrived; what was consumed makes room. */
  const carry = () => {
    writer.publish();
    counters[SLOT_WORDS + WORD_FROM_PLANE] = counters[0] as number;
    while (reader.drain(counter, message, RING_BYTES) > 0);
    counters[WORD_FROM_PLANE] = ((counters[SLOT_WORDS] as number) + RING_BYTES) | 0;
  };
  const write = () => {
    if (bytes <= writer.maxPart) {
      while (!writer.write(payload, 0)) carry();
      return;
    }
    for (let done = writer.writeParts(payload, 0, 0); done < bytes; done = writer.writeParts(payload, done, 0)) carry();
  };
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        for (let each = 0; each < messages; each++) {
          payload[0] = each;
          write();
        }
        carry();
      }
      return counter.checksum;
    },
    counters: () => ({ messages: counter.messages }),
  };
}

class CountingReceiver implements RecordReceiver {
  messages = 0;
  checksum = 0;

  onMessage(_origin: number, _kind: number, message: Message): void {
    this.messages++;
    this.checksum = (Math.imul(this.checksum, 31) + message.at(0) + message.at(message.length - 1)) | 0;
  }

  onTooLong(): void {
    throw new Error('a message is too long');
  }

  onMalformed(): void {
    throw new Error('a record is malformed');
  }
}

/** An iteration: each receiver says once how far it has come. */
function stability(): PreparedBenchmark {
  const receivers = Array.from({ length: MEMBERS }, (_, rank) => rank);
  const table = new Stability(receivers);
  const progress = newProgress();
  let position = 0;
  let sum = 0;
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        position += 8;
        for (const rank of receivers) {
          progress.received = progress.consumed = progress.seen = position;
          progress.stableLow = (position - 8) >>> 0;
          if (table.update(rank, progress)) sum++;
        }
        sum = (sum + table.received(0) + table.toldStable(0)) | 0;
      }
      return sum;
    },
  };
}
