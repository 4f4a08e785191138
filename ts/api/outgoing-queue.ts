/**
 * Messages that flow control has no room for yet, in the order of their writing. They lie in chunks, in the form that they will have in
 * the ring, so that a small message costs some nanoseconds in and out, and no object of its own:
 *
 *   chunk  | length 4 | kind 4 | payload | 0-7 | length 4 | ...       start: of the first that waits, end: of the last
 *
 * The caller bounds the bytes.
 */
import { recordBytes, WHOLE } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';

const MAX_CHUNK_BYTES = 64 * 1024;
const HEADER_BYTES = 8;
/** Up to here a loop over bytes beats TypedArray.set, which costs some 30 ns a call. */
const FEW_BYTES = 24;
/** Up to here a loop over words beats TypedArray.set and the view that it needs. */
const FEW_WORDS_BYTES = 64;

class Chunk {
  readonly words: Int32Array;
  next: Chunk | undefined;
  start = 0;
  end = 0;

  constructor(readonly bytes: Uint8Array) {
    this.words = new Int32Array(bytes.buffer);
  }
}

export class OutgoingQueue {
  private first: Chunk | undefined;
  private last: Chunk | undefined;
  /** A chunk kept for the next need: a queue that fills and empties allocates nothing. */
  private spare: Chunk | undefined;
  /** Bytes of the first message that are in the ring already; only of one that goes in parts. */
  private firstDone = 0;
  private ringWords: Int32Array;
  private readonly chunkBytes: number;

  /** @param writer of the stream that the messages go to */
  constructor(private writer: RecordWriter) {
    const { buffer } = writer;
    this.ringWords = wordsOf(buffer);
    // Small beside the ring: the spare chunks of many streams must not outweigh their rings.
    this.chunkBytes = Math.min(MAX_CHUNK_BYTES, buffer.byteLength / 4);
  }

  /** What waits goes to another stream: a message of which parts are written already, from its beginning. */
  rebind(writer: RecordWriter): void {
    this.writer = writer;
    this.ringWords = wordsOf(writer.buffer);
    this.firstDone = 0;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  /** Bytes that wait, with the header that each message has. */
  get bytes(): number {
    let sum = 0;
    for (let chunk = this.first; chunk !== undefined; chunk = chunk.next) sum += chunk.end - chunk.start;
    return sum;
  }

  /**
   * Puts a copy of `payload` at the end. `done` bytes of it were written to the ring already, as parts: then the queue must
   * be empty. Returns the bytes that it takes here.
   */
  push(payload: Uint8Array, done = 0, kind = 0): number {
    const { length } = payload;
    const need = recordBytes(length);
    let chunk = this.last;
    if (chunk === undefined || chunk.end + need > chunk.bytes.length) chunk = this.append(need);
    const { bytes, words, end } = chunk;
    words[end >> 2] = length;
    words[(end >> 2) + 1] = kind;
    const at = end + HEADER_BYTES;
    if (length > FEW_BYTES) bytes.set(payload, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = payload[i] as number;
    chunk.end = end + need;
    if (done > 0) this.firstDone = done;
    return need;
  }

  /** Writes what fits into the ring. Returns the bytes of the queue that are free now. */
  drain(): number {
    let written = 0;
    for (let chunk = this.first; chunk !== undefined; chunk = this.first) {
      while (chunk.start < chunk.end) {
        const length = chunk.words[chunk.start >> 2] as number;
        if (!this.write(chunk, length)) return written;
        chunk.start += recordBytes(length);
        written += recordBytes(length);
      }
      this.first = chunk.next;
      this.recycle(chunk);
    }
    this.last = undefined;
    return written;
  }

  /** The messages that wait, in place: who changes their bytes changes what goes out. */
  *waiting(): Generator<{ readonly kind: number; readonly payload: Uint8Array }> {
    for (let chunk = this.first; chunk !== undefined; chunk = chunk.next) {
      for (let at = chunk.start; at < chunk.end; ) {
        const length = chunk.words[at >> 2] as number;
        const from = at + HEADER_BYTES;
        yield { kind: chunk.words[(at >> 2) + 1] as number, payload: chunk.bytes.subarray(from, from + length) };
        at += recordBytes(length);
      }
    }
  }

  clear(): void {
    this.first = undefined;
    this.last = undefined;
    this.spare = undefined;
    this.firstDone = 0;
  }

  /** Writes the first message of a chunk, or some parts of it. Returns whether it is wholly written. */
  private write(chunk: Chunk, length: number): boolean {
    const { writer } = this;
    const from = chunk.start + HEADER_BYTES;
    const kind = chunk.words[(chunk.start >> 2) + 1] as number;
    if (length > writer.maxPart) {
      this.firstDone = writer.writeParts(chunk.bytes.subarray(from, from + length), this.firstDone, kind);
      if (this.firstDone < length) return false;
      this.firstDone = 0;
      return true;
    }
    const to = writer.reserve(length);
    if (to < 0) return false;
    if (length > FEW_WORDS_BYTES) {
      writer.buffer.set(chunk.bytes.subarray(from, from + length), to);
    } else {
      const { words } = chunk;
      const { ringWords } = this;
      // Up to three bytes too many: they are the filling of the record, there as here.
      for (let i = 0, read = from >> 2, put = to >> 2; i < length; i += 4) {
        ringWords[put++] = words[read++] as number;
      }
    }
    writer.commit(length, WHOLE | (kind << 8));
    return true;
  }

  private append(need: number): Chunk {
    let chunk: Chunk;
    if (need <= this.chunkBytes && this.spare !== undefined) {
      chunk = this.spare;
      this.spare = undefined;
    } else {
      chunk = new Chunk(new Uint8Array(Math.max(need, this.chunkBytes)));
    }
    if (this.last === undefined) this.first = chunk;
    else this.last.next = chunk;
    this.last = chunk;
    return chunk;
  }

  private recycle(chunk: Chunk): void {
    chunk.next = undefined;
    chunk.start = 0;
    chunk.end = 0;
    if (chunk.bytes.length === this.chunkBytes) this.spare = chunk;
  }
}

function wordsOf(ring: Uint8Array): Int32Array {
  return new Int32Array(ring.buffer, ring.byteOffset, ring.byteLength >> 2);
}
