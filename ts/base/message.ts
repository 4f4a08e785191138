/**
 * What members say to each other: bytes, and values pushed and popped where the application likes types.
 *
 * Source: `Maestro_Message` of the seed documents. There the order of bytes was left open, and types were checked in special builds only.
 */
import { isUint8Array } from 'node:util/types';
import { Endpoint } from './endpoint.js';
import { EndpointList } from './endpoint-list.js';
import { ConsortArgumentError, ConsortError } from './errors.js';
import {
  endpointPayload,
  lastStart,
  lastType,
  lastValue,
  type RawValues,
  trailerBytes,
  type ValueType,
  writeBigInt,
  writeInteger,
  writeNumber,
  writeTrailer,
} from './message-format.js';
import { MessageItems, openValue, type ValueOf } from './message-items.js';
import { formatBytes, show } from './show.js';

/** What `push` takes and `pop` gives. An array of messages is what `pack` makes of it. */
export type MessageValue = ValueOf<Message>;

/** As long as `maxMessageSize` may be. */
const MOST_MESSAGE_BYTES = 2 ** 30;
/** Room in a message that is begun. */
const FIRST_BYTES = 64;

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
// TextDecoder refuses views of shared memory: text() decodes a copy.
const decoder = new TextDecoder();

/**
 * A stack of values: they are pushed, and popped in the reverse order, each with its type. Popping shortens the message: what was not popped yet is
 * its `length`, its `bytes()`, and what `cast` sends of it. So who sends puts a header on whatever there is, and who receives takes it off again.
 *
 * What a handler gets is a message over the bytes where they arrived, in the receiver's ring. One object is used again for each delivery, and
 * what it shows is valid **only during the callback**: `bytes()` is a view of the ring, `copy()` keeps; values that were popped stay.
 */
export class Message {
  /** The memory that holds the message; its bytes are at `offset`, `length` of them. For the fastest reading of single bytes. */
  buffer: Uint8Array = EMPTY;
  /** Where in `buffer` the message begins, in bytes. */
  offset = 0;
  /** How many bytes the message has. */
  length = 0;
  /**
   * Tells who may write, without a step more for each delivery:
   *
   *   the same array as `buffer`   it is this message's own: writable
   *   undefined                    read-only: popped from, aliased, or over given bytes
   *   another array                lent: a stream's reader has put its ring into `buffer`. Read-only, and to stay over that ring
   */
  #own: Uint8Array | undefined = EMPTY;

  /** A message over `bytes`, which must not change while it is in use. Read-only. */
  static of(bytes: Uint8Array): Message {
    const message = new Message();
    message.#own = undefined;
    message.buffer = bytes;
    message.length = bytes.length;
    return message;
  }

  /** The byte at `index`, 0 to length - 1. Outside of that the result means nothing: check `length` first. */
  at(index: number): number {
    return this.buffer[this.offset + index] as number;
  }

  /** A view of the message, without a copy; valid until it is written to, and where it was delivered only during the callback. */
  bytes(): Uint8Array {
    return this.buffer.subarray(this.offset, this.offset + this.length);
  }

  /** A copy of the message that stays. */
  copy(): Uint8Array {
    return this.buffer.slice(this.offset, this.offset + this.length);
  }

  /** The message as text in UTF-8. */
  text(): string {
    return decoder.decode(this.copy());
  }

  /** Whether values may be pushed. */
  get isWritable(): boolean {
    return this.#own === this.buffer;
  }

  /** Whether nothing is left to pop. */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Pushes a value by its type: a number that is a safe integer as an integer, another as a float. */
  push(value: MessageValue): this {
    if (typeof value === 'number')
      return Number.isSafeInteger(value) ? this.pushInteger(value) : this.pushNumber(value);
    if (typeof value === 'bigint') return this.pushBigInt(value);
    if (typeof value === 'boolean') return this.pushBoolean(value);
    if (typeof value === 'string') return this.pushString(value);
    if (value instanceof Endpoint) return this.pushEndpoint(value);
    if (value instanceof EndpointList) return this.pushEndpoints(value);
    if (value instanceof Message) return this.pushMessage(value);
    if (Array.isArray(value)) return this.pack(value);
    if (isUint8Array(value)) return this.pushBytes(value);
    throw refused('push()', value, 'a number, bigint, boolean, string, Uint8Array, Endpoint, EndpointList or Message');
  }

  /** From -(2^53 - 1) to 2^53 - 1; -0 is 0. */
  pushInteger(value: number): this {
    if (!Number.isSafeInteger(value)) throw refused('pushInteger()', value, 'an integer within 2^53 - 1 of 0');
    const at = this.#reserve('pushInteger()', 'integer', 8);
    writeInteger(this.buffer, at, value);
    return this;
  }

  /** Any number, in 64 bits. */
  pushNumber(value: number): this {
    if (typeof value !== 'number') throw refused('pushNumber()', value, 'a number');
    const at = this.#reserve('pushNumber()', 'number', 8);
    writeNumber(this.buffer, at, value);
    return this;
  }

  /** From -2^63 to 2^63 - 1. */
  pushBigInt(value: bigint): this {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw refused('pushBigInt()', value, 'a bigint of 64 bits with its sign');
    }
    const at = this.#reserve('pushBigInt()', 'bigint', 8);
    writeBigInt(this.buffer, at, value);
    return this;
  }

  pushBoolean(value: boolean): this {
    if (typeof value !== 'boolean') throw refused('pushBoolean()', value, 'true or false');
    const at = this.#reserve('pushBoolean()', 'boolean', 1);
    this.buffer[at] = value ? 1 : 0;
    return this;
  }

  /** Text, in UTF-8: half of a surrogate pair becomes U+FFFD. */
  pushString(value: string): this {
    if (typeof value !== 'string') throw refused('pushString()', value, 'a string');
    return this.#append('pushString()', 'string', encoder.encode(value));
  }

  /** A copy of these bytes. */
  pushBytes(value: Uint8Array): this {
    // Not instanceof: arrays of another realm are as good.
    if (!isUint8Array(value)) throw refused('pushBytes()', value, 'a Uint8Array or a Buffer');
    return this.#append('pushBytes()', 'bytes', value);
  }

  pushEndpoint(value: Endpoint): this {
    const payload = value instanceof Endpoint ? endpointPayload(value) : undefined;
    if (payload === undefined) {
      throw refused('pushEndpoint()', value, 'an Endpoint with a host of 1 to 255 bytes and a port of 0 to 65535');
    }
    return this.#append('pushEndpoint()', 'endpoint', payload);
  }

  /** A list of endpoints, each once: an EndpointList, or another iterable as `view.members`. */
  pushEndpoints(value: Iterable<Endpoint>): this {
    const list = new Message();
    for (const endpoint of new EndpointList().union(value)) list.pushEndpoint(endpoint);
    return this.#append('pushEndpoints()', 'endpoints', list.bytes());
  }

  /** What was not popped yet of another message, as one value. */
  pushMessage(value: Message): this {
    if (!(value instanceof Message)) throw refused('pushMessage()', value, 'a Message');
    return this.#append('pushMessage()', 'message', value.bytes());
  }

  /** Several messages as one value; `unpack` gives them back. */
  pack(messages: Iterable<Message>): this {
    const list = new Message();
    for (const message of messages) list.pushMessage(message);
    return this.#append('pack()', 'messages', list.bytes());
  }

  /** The value on top, whatever it is. The first pop makes a message read-only, here and below. */
  pop(): MessageValue {
    const type = this.#type('pop()');
    return openValue(type, this.#pop('pop()', type), Message.of);
  }

  popInteger(): number {
    return this.#pop('popInteger()', 'integer');
  }

  /** Integers, too: `push(1.0)` has pushed one. */
  popNumber(): number {
    const call = 'popNumber()';
    return this.#type(call) === 'integer' ? this.#pop(call, 'integer') : this.#pop(call, 'number');
  }

  popBigInt(): bigint {
    return this.#pop('popBigInt()', 'bigint');
  }

  popBoolean(): boolean {
    return this.#pop('popBoolean()', 'boolean');
  }

  popString(): string {
    return this.#pop('popString()', 'string');
  }

  popBytes(): Uint8Array {
    return this.#pop('popBytes()', 'bytes');
  }

  popEndpoint(): Endpoint {
    return this.#pop('popEndpoint()', 'endpoint');
  }

  popEndpoints(): EndpointList {
    return this.#pop('popEndpoints()', 'endpoints');
  }

  /** A message of its own, read-only. */
  popMessage(): Message {
    return Message.of(this.#pop('popMessage()', 'message'));
  }

  /** What `pack` has put on top, in the order that it was given. */
  unpack(): Message[] {
    return this.#pop('unpack()', 'messages').map(Message.of);
  }

  /** The values in the order of pushing. It pops nothing, and makes the message read-only as a pop does. */
  items(): MessageItems<Message> {
    const { buffer, offset, length } = this;
    this.#seal();
    return new MessageItems(buffer, offset, offset + length, Message.of);
  }

  /** Another message over the same bytes, that is popped for itself. Both are read-only from here on. */
  alias(): Message {
    this.#seal();
    return Message.of(this.bytes());
  }

  /** A message with a copy of what was not popped yet; values may be pushed on it. */
  writableCopy(): Message {
    const message = new Message();
    message.buffer = this.copy();
    message.#own = message.buffer;
    message.length = this.length;
    return message;
  }

  /** Makes the message empty and writable. One that is lent to a callback can't be. */
  reset(): this {
    if (this.#own !== undefined && !this.isWritable) {
      throw new ConsortError(
        'ERR_MESSAGE_READ_ONLY',
        'reset(): a message that was delivered is lent for the time of the callback: take a new one',
      );
    }
    if (!this.isWritable) this.buffer = EMPTY;
    this.#own = this.buffer;
    this.offset = 0;
    this.length = 0;
    return this;
  }

  #type(call: string): ValueType {
    return lastType(this.buffer, this.offset, this.offset + this.length, call);
  }

  #pop<T extends ValueType>(call: string, want: T): RawValues[T] {
    const { buffer, offset } = this;
    const end = offset + this.length;
    const value = lastValue(buffer, offset, end, want, call);
    this.#seal();
    // A reader sets `offset` and `length` for the next delivery anyway: there is no position of pops to put back.
    this.length = lastStart(buffer, offset, end, want, call) - offset;
    return value;
  }

  #seal(): void {
    if (this.isWritable) this.#own = undefined;
  }

  #append(call: string, type: ValueType, payload: Uint8Array): this {
    const at = this.#reserve(call, type, payload.length);
    this.buffer.set(payload, at);
    return this;
  }

  /** Adds a value whose payload of `length` bytes is to be written now, at the place that is returned. */
  #reserve(call: string, type: ValueType, length: number): number {
    if (!this.isWritable) {
      throw new ConsortError(
        'ERR_MESSAGE_READ_ONLY',
        `${call}: this message is read-only: it was popped from, aliased, delivered or made over given bytes; write to a writableCopy()`,
      );
    }
    const at = this.offset + this.length;
    const end = at + length + trailerBytes(type);
    if (end > MOST_MESSAGE_BYTES) throw tooLarge(call, end);
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.min(MOST_MESSAGE_BYTES, Math.max(FIRST_BYTES, 2 * end)));
      larger.set(this.buffer);
      this.buffer = larger;
      this.#own = larger;
    }
    writeTrailer(this.buffer, at, length, type);
    this.length = end - this.offset;
    return at;
  }
}

function refused(call: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${call}: got ${show(got)}, want ${want}`, {
    details: { path: 'value', got },
  });
}

function tooLarge(call: string, length: number): ConsortError {
  return new ConsortError(
    'ERR_MESSAGE_TOO_LARGE',
    `${call}: a message of ${formatBytes(length)} is longer than the longest (${formatBytes(MOST_MESSAGE_BYTES)})`,
    { details: { length, max: MOST_MESSAGE_BYTES } },
  );
}
