/**
 * Writes records into the ring of a stream. The loops run for every message: they allocate nothing and call nothing native; the `throughput`
 * benchmark at 16 B watches them.
 */
import {
  FLAG_FIRST,
  FLAG_LAST,
  FLAG_PADDING,
  RECORD_HEADER_BYTES,
  SLOT_WORDS,
  TOTAL_BYTES,
  WHOLE,
  WORD_FROM_PLANE,
  WORD_FROM_SCRIPT,
  WORD_STABLE,
} from './record.js';

/** Copying word by word beats TypedArray.set, which costs some 30 ns a call, up to about this many bytes. */
const SMALL_BYTES = 16;

/** Bytes that are published at a time while a writer keeps writing: one burst of the plane. */
const FLUSH_BYTES = 64 * 1024;

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
  private interposes = false;
  private myConsumedWord = -1;
  /** Writes what has to go before the next record (`interpose`). Returns whether it could. */
  interposer: (() => boolean) | undefined;
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
   * Nothing of it is written until `commit`.
   */
  reserve(length: number): number {
    const need = RECORD_HEADER_BYTES + ((length + 7) & ~7);
    const offset = this.tail & this.mask;
    // The limit is also at the tail while something is to be interposed.
    if (((this.limit - this.tail) | 0) < need || offset + need > this.mask + 1) return this.reserveSlowly(need);
    return offset + RECORD_HEADER_BYTES;
  }

  /** Before the next record is written, whoever writes it, the interposer has to have its say. */
  interpose(): void {
    this.interposes = true;
    this.limit = this.tail;
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

  /** Has a reader of my own stream held the limit back. @param word where it tells what it has consumed */
  limitBy(word: number): void {
    this.myConsumedWord = word;
    this.limit = this.currentLimit();
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
    const limit = this.currentLimit();
    if (!this.interposes) this.limit = limit;
    return (limit - this.tail) | 0;
  }

  /** Whether all that was written has arrived at all to whom it goes. */
  isStable(): boolean {
    return Atomics.load(this.counters, this.stableWord) === this.tail;
  }

  /** The rarer ways: something goes before it, the limit that was read last is reached, or the ring's end is filled. */
  private reserveSlowly(need: number): number {
    if (this.interposes && !this.interposeNow()) return -1;
    const offset = this.tail & this.mask;
    const toEnd = this.mask + 1 - offset;
    if (need <= toEnd) return this.hasRoom(need) ? offset + RECORD_HEADER_BYTES : -1;
    if (!this.hasRoom(toEnd + need)) return -1;
    this.words[offset >> 2] = toEnd - RECORD_HEADER_BYTES;
    this.words[(offset >> 2) + 1] = FLAG_PADDING;
    this.tail = (this.tail + toEnd) | 0;
    return RECORD_HEADER_BYTES;
  }

  /** False: there is no room for what comes first now, so there is none for anything else either. */
  interposeNow(): boolean {
    this.interposes = false;
    if (this.interposer?.() !== false) return true;
    this.interpose();
    return false;
  }

  private hasRoom(need: number): boolean {
    if (((this.limit - this.tail) | 0) >= need || this.room() >= need) return true;
    // What is not published can't make room: let it go, and look once more.
    if (!this.publish()) return false;
    this.onFlush();
    return this.room() >= need;
  }

  /** What is delivered to me, too, must not be overwritten before I had it: the plane knows of the others only. */
  private currentLimit(): number {
    const limit = Atomics.load(this.counters, this.limitWord);
    if (this.myConsumedWord < 0) return limit;
    const mine = (Atomics.load(this.counters, this.myConsumedWord) + this.mask + 1) | 0;
    return ((mine - limit) | 0) < 0 ? mine : limit;
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
