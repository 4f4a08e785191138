/**
 * Records in rings: the only code that writes and walks them, for both modes.
 *
 *   ring   ... | header 8 | payload | 0-7 | header 8 | payload | 0-7 | PADDING to the end |
 *   header     length of the payload (4), flags (4): FIRST 1, LAST 2, PADDING 4, kind in bits 8-15
 *
 * A record never crosses the end of the ring. A message longer than `maxPart` is written as parts; the first begins with 8 bytes: the
 * length of the whole message. Positions are 32 bits here and wrap, as in the counters.
 *
 * The loops of this file run for every message. They allocate nothing and call nothing native; the `throughput` benchmark at 16 B watches them.
 */
import type { Message } from '../base/message.js';

export const RECORD_HEADER_BYTES = 8;
export const FLAG_FIRST = 1;
export const FLAG_LAST = 2;
export const FLAG_PADDING = 4;
const WHOLE = FLAG_FIRST | FLAG_LAST;
const TOTAL_BYTES = 8;

const SLOT_WORDS = 32;
const WORD_FROM_SCRIPT = 0;
const WORD_FROM_PLANE = 16;
const WORD_STABLE = 17;
const WORD_HEARD = 18;

/** Copying word by word beats TypedArray.set, which costs some 30 ns a call, up to about this many bytes. */
const SMALL_BYTES = 16;

/** Bytes that are published at a time while a writer keeps writing: one burst of the plane. */
const FLUSH_BYTES = 64 * 1024;

/** The bytes that a payload takes in a ring, header and filling included. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEADER_BYTES + ((payloadBytes + 7) & ~7);
}

const setBytes = Uint8Array.prototype.set;

/** Writes records into the ring of one of my streams. */
export class RecordWriter {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;
  private readonly publishedWord: number;
  private readonly limitWord: number;
  private readonly stableWord: number;
  private tail = 0;
  private limit: number;
  private flushed = 0;
  private publishedTotal = 0;
  /** The longest payload of one record; longer messages are written as parts. */
  readonly maxPart: number;
  /** Where `reserve` put the payload: an offset in `buffer`. */
  readonly buffer: Uint8Array;

  /**
   * @param ring the stream's memory, a power of two of bytes
   * @param counters the words shared with the plane
   * @param slot which of its slots is this stream's
   * @param onFlush called when a burst's worth has been published: the plane may send
   */
  constructor(
    ring: Uint8Array,
    private readonly counters: Int32Array,
    slot: number,
    private readonly onFlush: () => void,
  ) {
    this.words = new Int32Array(ring.buffer, ring.byteOffset, ring.byteLength >> 2);
    this.bytes = ring;
    this.buffer = ring;
    this.mask = ring.byteLength - 1;
    this.publishedWord = slot * SLOT_WORDS + WORD_FROM_SCRIPT;
    this.limitWord = slot * SLOT_WORDS + WORD_FROM_PLANE;
    this.stableWord = slot * SLOT_WORDS + WORD_STABLE;
    this.limit = Atomics.load(counters, this.limitWord);
    this.maxPart = ring.byteLength / 8 - RECORD_HEADER_BYTES;
  }

  /** Writes a message of at most `maxPart` bytes. False, and nothing written, if flow control leaves no room for it now. */
  write(payload: Uint8Array, kind: number): boolean {
    const length = payload.length;
    const at = this.reserve(length);
    if (at < 0) return false;
    this.copy(payload, at, length);
    this.commit(length, WHOLE | (kind << 8));
    return true;
  }

  /**
   * Writes parts of a message longer than `maxPart`, from `done` (bytes that earlier calls wrote) on. Returns how many bytes are
   * written now: call again from there when there is room.
   */
  writeParts(payload: Uint8Array, done: number, kind: number): number {
    while (done < payload.length) {
      const first = done === 0;
      const head = first ? TOTAL_BYTES : 0;
      const length = Math.min(payload.length - done, this.maxPart - head);
      const at = this.reserve(length + head);
      if (at < 0) return done;
      if (first) {
        this.words[at >> 2] = payload.length | 0;
        this.words[(at >> 2) + 1] = Math.floor(payload.length / 2 ** 32);
      }
      this.bytes.set(payload.subarray(done, done + length), at + head);
      done += length;
      this.commit(length + head, (first ? FLAG_FIRST : 0) | (done === payload.length ? FLAG_LAST : 0) | (kind << 8));
    }
    return done;
  }

  /**
   * Makes room for a record of `length` bytes and returns where in `buffer` its payload goes, or -1 if flow control leaves no room now.
   * Nothing is written until `commit`.
   */
  reserve(length: number): number {
    const need = RECORD_HEADER_BYTES + ((length + 7) & ~7);
    const offset = this.tail & this.mask;
    const toEnd = this.mask + 1 - offset;
    if (need > toEnd) return this.pad(offset, toEnd, need) ? RECORD_HEADER_BYTES : -1;
    if (((this.limit - this.tail) | 0) < need && !this.roomAfterAll(need)) return -1;
    return offset + RECORD_HEADER_BYTES;
  }

  /** Ends the record that `reserve` made room for. */
  commit(length: number, flags: number = WHOLE): void {
    const word = (this.tail & this.mask) >> 2;
    this.words[word] = length;
    this.words[word + 1] = flags;
    this.tail = (this.tail + RECORD_HEADER_BYTES + ((length + 7) & ~7)) | 0;
    if (((this.tail - this.flushed) | 0) >= FLUSH_BYTES) {
      this.publish();
      this.onFlush();
    }
  }

  /** The end of what the plane was let see: bytes in this view, exact beyond 2^32. */
  get published(): number {
    return this.publishedTotal;
  }

  /** Lets the plane see what was written. Returns whether there was anything new. */
  publish(): boolean {
    if (this.flushed === this.tail) return false;
    this.publishedTotal += (this.tail - this.flushed) | 0;
    this.flushed = this.tail;
    Atomics.store(this.counters, this.publishedWord, this.tail);
    return true;
  }

  /** Bytes that may be written now, as far as the plane has told. */
  room(): number {
    this.limit = Atomics.load(this.counters, this.limitWord);
    return (this.limit - this.tail) | 0;
  }

  /** Whether all that was written has arrived at all to whom it goes. */
  isStable(): boolean {
    return Atomics.load(this.counters, this.stableWord) === this.tail;
  }

  private roomAfterAll(need: number): boolean {
    if (this.room() >= need) return true;
    // What is not published can't make room: let it go, and look once more.
    if (!this.publish()) return false;
    this.onFlush();
    return this.room() >= need;
  }

  /** Fills the ring's end, so that a record of `need` bytes begins at its start. */
  private pad(offset: number, toEnd: number, need: number): boolean {
    if (((this.limit - this.tail) | 0) < toEnd + need && !this.roomAfterAll(toEnd + need)) return false;
    this.words[offset >> 2] = toEnd - RECORD_HEADER_BYTES;
    this.words[(offset >> 2) + 1] = FLAG_PADDING;
    this.tail = (this.tail + toEnd) | 0;
    return true;
  }

  private copy(payload: Uint8Array, at: number, length: number): void {
    if (length > SMALL_BYTES) {
      setBytes.call(this.bytes, payload, at); // as a method it costs 5 ns more: its load is not inlined
      return;
    }
    const words = this.words;
    const wholeWords = length - 3;
    let word = at >> 2;
    let i = 0;
    for (; i < wholeWords; i += 4) {
      words[word] =
        (payload[i] as number) |
        ((payload[i + 1] as number) << 8) |
        ((payload[i + 2] as number) << 16) |
        ((payload[i + 3] as number) << 24);
      word++;
    }
    for (; i < length; i++) this.bytes[at + i] = payload[i] as number;
  }
}

/** Gets what a reader walks over. An error that it throws comes out of `drain`; the record counts as handled. */
export interface RecordReceiver {
  /** A whole message that lies in the ring, or was put together from its parts. Valid during the call. */
  onMessage(origin: number, kind: number, message: Message): void;
  /** A message in parts that was refused: it would have `length` bytes. */
  onTooLong(origin: number, length: number): void;
  /** A record that no writer writes. The rest of the stream can't be read: its origin is broken or hostile. */
  onMalformed(origin: number): void;
}

/** Walks the records of another member's stream. */
export class RecordReader {
  private readonly words: Int32Array;
  private readonly mask: number;
  private readonly consumedWord: number;
  private readonly receivedWord: number;
  private readonly report: number;
  private position = 0;
  private told = 0;
  private whole: Uint8Array | undefined;
  private filled = 0;
  private skipping = false;
  private broken = false;
  /** Bytes consumed in this view; exact beyond 2^32. */
  private consumedTotal = 0;
  /** Deliver up to here and no further: a position in bytes. The ordering policies' and the view change's gate. */
  gate = Number.MAX_SAFE_INTEGER;

  constructor(
    readonly origin: number,
    private readonly ring: Uint8Array,
    private readonly counters: Int32Array,
    slot: number,
    private readonly maxMessageSize: number,
  ) {
    this.words = new Int32Array(ring.buffer, ring.byteOffset, ring.byteLength >> 2);
    this.mask = ring.byteLength - 1;
    this.consumedWord = slot * SLOT_WORDS + WORD_FROM_SCRIPT;
    this.receivedWord = slot * SLOT_WORDS + WORD_FROM_PLANE;
    this.report = ring.byteLength / 8;
  }

  /** Bytes of the stream that were handled. */
  get consumed(): number {
    return this.consumedTotal;
  }

  /** Bytes of the stream that have arrived without a gap. */
  received(): number {
    return this.consumedTotal + ((Atomics.load(this.counters, this.receivedWord) - this.position) | 0);
  }

  /** Frames of the origin that have come, modulo 2^32. The plane counts them for casts only. */
  heard(): number {
    return Atomics.load(this.counters, this.receivedWord - WORD_FROM_PLANE + WORD_HEARD) >>> 0;
  }

  /** Bytes held by a message whose last part has not arrived. */
  get pendingBytes(): number {
    return this.whole?.length ?? 0;
  }

  /** Whether `drain` would find something. */
  hasMore(): boolean {
    return !this.broken && this.available() > 0;
  }

  private available(): number {
    const arrived = (Atomics.load(this.counters, this.receivedWord) - this.position) | 0;
    return Math.min(arrived, this.gate - this.consumedTotal);
  }

  /**
   * Hands what has arrived to `receiver`, about `budget` bytes of it at most. `message` is the reader that is used again for each.
   * Returns the bytes walked over.
   */
  drain(receiver: RecordReceiver, message: Message, budget: number): number {
    const available = this.available();
    if (available <= 0 || this.broken) return 0;
    const start = this.position;
    const end = (start + (available < budget ? available : budget)) | 0;
    const arrived = (start + available) | 0;
    try {
      this.walk(receiver, message, end, arrived);
    } finally {
      this.consumedTotal += (this.position - start) | 0;
      this.tell();
    }
    return (this.position - start) | 0;
  }

  /** Walks records that begin before `end` and are wholly before `arrived`. */
  private walk(receiver: RecordReceiver, message: Message, end: number, arrived: number): void {
    const { words, mask, origin } = this;
    message.buffer = this.ring;
    let position = this.position;
    while (((end - position) | 0) > 0) {
      const offset = position & mask;
      const length = words[offset >> 2] as number;
      const flags = words[(offset >> 2) + 1] as number;
      const need = RECORD_HEADER_BYTES + ((length + 7) & ~7);
      // The bytes come from the network: a record must lie inside the ring, whatever its header says.
      if (length < 0 || length > mask || offset + need > mask + 1) return this.fail(receiver);
      if (((arrived - position) | 0) < need) return;
      position = (position + need) | 0;
      this.position = position;
      if ((flags & 7) === WHOLE) {
        message.offset = offset + RECORD_HEADER_BYTES;
        message.length = length;
        receiver.onMessage(origin, flags >>> 8, message);
      } else if ((flags & FLAG_PADDING) === 0) {
        this.takePart(receiver, message, offset + RECORD_HEADER_BYTES, length, flags);
        if (this.broken) return;
        message.buffer = this.ring;
      }
      // A long walk lets the origin go on meanwhile.
      if (((position - this.told) | 0) >= this.report) this.tell();
    }
  }

  private tell(): void {
    if (this.told === this.position) return;
    this.told = this.position;
    Atomics.store(this.counters, this.consumedWord, this.position);
  }

  private fail(receiver: RecordReceiver): void {
    this.broken = true;
    this.whole = undefined;
    receiver.onMalformed(this.origin);
  }

  private takePart(receiver: RecordReceiver, message: Message, offset: number, length: number, flags: number): void {
    if ((flags & FLAG_FIRST) !== 0) {
      if (length < TOTAL_BYTES || this.whole !== undefined || this.skipping) return this.fail(receiver);
      this.beginWhole(receiver, offset);
      offset += TOTAL_BYTES;
      length -= TOTAL_BYTES;
    }
    const last = (flags & FLAG_LAST) !== 0;
    if (this.skipping) {
      this.skipping = !last;
      return;
    }
    const whole = this.whole;
    if (whole === undefined || this.filled + length > whole.length) return this.fail(receiver);
    whole.set(this.ring.subarray(offset, offset + length), this.filled);
    this.filled += length;
    if (!last) return;
    this.whole = undefined;
    if (this.filled !== whole.length) return this.fail(receiver);
    message.buffer = whole;
    message.offset = 0;
    message.length = whole.length;
    receiver.onMessage(this.origin, flags >>> 8, message);
  }

  /** Makes room for a message in parts, whose length lies at `offset`; or it is skipped. */
  private beginWhole(receiver: RecordReceiver, offset: number): void {
    const word = offset >> 2;
    const total = ((this.words[word] as number) >>> 0) + ((this.words[word + 1] as number) >>> 0) * 2 ** 32;
    this.filled = 0;
    if (total <= this.maxMessageSize) {
      try {
        this.whole = new Uint8Array(total);
        return;
      } catch {
        // No memory for it: one message is refused, nobody crashes.
      }
    }
    this.skipping = true;
    receiver.onTooLong(this.origin, total);
  }
}
