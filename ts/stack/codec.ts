/**
 * Bytes of control records and of datagrams outside views: little-endian, every length checked. What a reader is given comes from the
 * network: it throws `MalformedError` where the bytes end too early or say what cannot be, and whoever handles a record drops it then.
 */
import { Endpoint } from '../base/endpoint.js';

export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Bytes of text at most: what is longer is no name of anything. */
const MAX_TEXT_BYTES = 4096;

/** Keeps a byte order mark: a name that begins with one is the same at all members. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Writes byte by byte: a DataView for each record would cost more than its bytes, and would move them out of V8's own memory. */
export class ByteWriter {
  private bytes: Uint8Array;
  private length = 0;

  /** @param capacity bytes, or the room itself; what is longer makes it grow, which costs copies */
  constructor(capacity: number | Uint8Array = 64) {
    this.bytes = typeof capacity === 'number' ? new Uint8Array(capacity) : capacity;
  }

  u8(value: number): this {
    const at = this.grow(1);
    this.bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.grow(2);
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
    return this;
  }

  u32(value: number): this {
    const at = this.grow(4);
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
    this.bytes[at + 2] = value >>> 16;
    this.bytes[at + 3] = value >>> 24;
    return this;
  }

  /**
   * An integer from 0 to 2^53 - 1, in as few bytes as it needs: positions, times, incarnations. Answers in a view change hold a position for each
   * member, and most of those are small: so the datagrams of a change stay few where views are large.
   */
  integer(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.u8((rest % 0x80) | 0x80);
    return this.u8(rest);
  }

  block(bytes: Uint8Array): this {
    const at = this.u32(bytes.length).grow(bytes.length);
    this.bytes.set(bytes, at);
    return this;
  }

  /** Bytes without their length: the last thing written. */
  raw(bytes: Uint8Array): this {
    const at = this.grow(bytes.length);
    this.bytes.set(bytes, at);
    return this;
  }

  text(value: string): this {
    // Nearly all are ASCII: names of hosts, groups and layers.
    const start = this.length;
    const at = this.u32(value.length).grow(value.length);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.length = start;
        return this.block(ENCODER.encode(value));
      }
      this.bytes[at + i] = unit;
    }
    return this;
  }

  endpoint({ host, port, incarnation }: Endpoint): this {
    return this.text(host).u16(port).integer(incarnation);
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u16(items.length);
    for (const item of items) write(item);
    return this;
  }

  integers(values: readonly number[]): this {
    return this.list(values, (value) => this.integer(value));
  }

  /** Ranks, sets of them included. */
  ranks(ranks: Iterable<number>): this {
    return this.list([...ranks], (rank) => this.u16(rank));
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** The same, where it was written: nothing more is written afterwards. It holds on to the whole capacity. */
  finishInPlace(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private grow(by: number): number {
    const at = this.length;
    this.length += by;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return at;
  }
}

export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  u8(): number {
    return this.byte(this.take(1));
  }

  u16(): number {
    const at = this.take(2);
    return this.byte(at) | (this.byte(at + 1) << 8);
  }

  u32(): number {
    const at = this.take(4);
    return (this.byte(at) | (this.byte(at + 1) << 8) | (this.byte(at + 2) << 16) | (this.byte(at + 3) << 24)) >>> 0;
  }

  integer(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * unit;
      if (!Number.isSafeInteger(value)) throw new MalformedError('an integer over 2^53');
      // One value, one way to write it.
      if (byte === 0 && unit > 1) throw new MalformedError('an integer longer than it needs to be');
      if (byte < 0x80) return value;
    }
  }

  /** A copy: records lie in rings that are overwritten. */
  block(): Uint8Array {
    const length = this.u32();
    const at = this.take(length);
    return this.bytes.slice(at, at + length);
  }

  /** The same, where it lies. */
  blockInPlace(): Uint8Array {
    return this.inPlace(this.u32());
  }

  /** So many bytes, where they lie. */
  inPlace(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** All that is left. A copy. */
  rest(): Uint8Array {
    const at = this.take(this.bytes.length - this.at);
    return this.bytes.slice(at);
  }

  /** All that is left, where it lies. */
  restInPlace(): Uint8Array {
    const at = this.take(this.bytes.length - this.at);
    return this.bytes.subarray(at);
  }

  text(): string {
    const bytes = this.block();
    if (bytes.length > MAX_TEXT_BYTES) throw new MalformedError(`a text of ${bytes.length} bytes`);
    return DECODER.decode(bytes);
  }

  endpoint(): Endpoint {
    return new Endpoint(this.text(), this.u16(), this.integer());
  }

  list<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let count = this.u16(); count > 0; count--) items.push(read());
    return items;
  }

  integers(): number[] {
    return this.list(() => this.integer());
  }

  /** Ranks of a view of so many members. */
  ranks(members: number): number[] {
    return this.list(() => this.rank(members));
  }

  rank(members: number): number {
    const rank = this.u16();
    if (rank >= members) throw new MalformedError(`rank ${rank} of ${members}`);
    return rank;
  }

  /** Throws unless all was read. */
  end(): void {
    if (this.at !== this.bytes.length) throw new MalformedError('bytes too many');
  }

  private byte(at: number): number {
    return this.bytes[at] as number;
  }

  private take(count: number): number {
    const at = this.at;
    if (count > this.bytes.length - at) throw new MalformedError('too short');
    this.at = at + count;
    return at;
  }
}
