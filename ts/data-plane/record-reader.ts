/**
 * Walks the records of a stream. The loops run for every message: they allocate nothing and call nothing native; the `throughput` benchmark at
 * 16 B watches them.
 */
import type { Message } from '../base/message.js';
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
  WORD_HEARD,
  WORD_SAFE,
  WORD_STABLE,
} from './record.js';

export const STOP = true;

/** Where a reader finds its stream's words among the counters: indices. */
export interface ReaderWords {
  readonly consumed: number;
  readonly received: number;
  readonly stable: number;
  readonly heard: number;
}

/** Of a stream that comes in. */
export function incomingWords(slot: number): ReaderWords {
  const base = slot * SLOT_WORDS;
  return {
    consumed: base + WORD_FROM_SCRIPT,
    received: base + WORD_FROM_PLANE,
    stable: base + WORD_STABLE,
    heard: base + WORD_HEARD,
  };
}

/** Of a stream of my own, from which I deliver to myself what I have published. `spare` is a slot that no stream has. */
export function ownWords(slot: number, spare: number): ReaderWords {
  const base = slot * SLOT_WORDS;
  return {
    consumed: spare * SLOT_WORDS,
    received: base + WORD_FROM_SCRIPT,
    stable: base + WORD_SAFE,
    heard: spare * SLOT_WORDS + WORD_HEARD,
  };
}

/** Gets what a reader walks over. An error that it throws comes out of `drain`; the record counts as handled. */
export interface RecordReceiver {
  /**
   * A whole message that lies in the ring, or was put together from its parts. Valid during the call. With `STOP` for a record of another kind than
   * 0 the walk ends after it.
   */
  onMessage(origin: number, kind: number, message: Message): unknown;
  /** A message in parts that was refused: it would have `length` bytes. */
  onTooLong(origin: number, length: number): void;
  /** A record that no writer writes. The rest of the stream can't be read: its origin is broken or hostile. */
  onMalformed(origin: number): void;
}

/** Walks the records of a stream. */
export class RecordReader {
  private readonly words: Int32Array;
  private readonly mask: number;
  private readonly consumedWord: number;
  private readonly receivedWord: number;
  private readonly report: number;
  private position = 0;
  /** Where the walk began that is under way, or the next will. */
  private start = 0;
  private told = 0;
  private whole: Uint8Array | undefined;
  private filled = 0;
  private skipping = false;
  private broken = false;
  /** Bytes consumed before `start` in this view; exact beyond 2^32. */
  private consumedTotal = 0;
  /** Deliver up to here and no further, for now: a position in bytes. The ordering policy's. */
  gate = Number.MAX_SAFE_INTEGER;
  /** Deliver up to here and no further in this view: the view change's. */
  cut = Number.MAX_SAFE_INTEGER;

  constructor(
    readonly origin: number,
    private readonly ring: Uint8Array,
    private readonly counters: Int32Array,
    private readonly at: ReaderWords,
    private readonly maxMessageSize: number,
  ) {
    this.words = new Int32Array(ring.buffer, ring.byteOffset, ring.byteLength >> 2);
    this.mask = ring.byteLength - 1;
    this.consumedWord = at.consumed;
    this.receivedWord = at.received;
    this.report = ring.byteLength / 8;
  }

  /** Bytes of the stream that were handled; a record that is being handled counts. */
  get consumed(): number {
    return this.consumedTotal + ((this.position - this.start) | 0);
  }

  /** Bytes of the stream that have arrived without a gap. */
  received(): number {
    return this.consumedTotal + ((Atomics.load(this.counters, this.receivedWord) - this.start) | 0);
  }

  /** Bytes of the stream that have arrived at all members, those too that somebody takes for failed, as far as is known here. */
  stable(): number {
    return this.consumedTotal + ((Atomics.load(this.counters, this.at.stable) - this.start) | 0);
  }

  /** Frames of the origin that have come, modulo 2^32. The plane counts them for casts only. */
  heard(): number {
    return Atomics.load(this.counters, this.at.heard) >>> 0;
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
    return Math.min(arrived, Math.min(this.gate, this.cut) - this.consumedTotal);
  }

  /**
   * Hands what has arrived to `receiver`, about `budget` bytes of it at most. `message` is the reader that is used again for each.
   * Returns the bytes walked over.
   */
  drain(receiver: RecordReceiver, message: Message, budget: number): number {
    const available = this.available();
    if (available <= 0 || this.broken) return 0;
    const start = this.start;
    const end = (start + (available < budget ? available : budget)) | 0;
    const arrived = (start + available) | 0;
    try {
      this.walk(receiver, message, end, arrived);
    } finally {
      this.consumedTotal += (this.position - start) | 0;
      this.start = this.position;
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
      if (flags === WHOLE) {
        message.offset = offset + RECORD_HEADER_BYTES;
        message.length = length;
        receiver.onMessage(origin, 0, message);
      } else if ((flags & 7) === WHOLE) {
        message.offset = offset + RECORD_HEADER_BYTES;
        message.length = length;
        if (receiver.onMessage(origin, flags >>> 8, message) === STOP) return;
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
