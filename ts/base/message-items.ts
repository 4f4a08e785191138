import type { Endpoint } from './endpoint.js';
import type { EndpointList } from './endpoint-list.js';
import { ConsortError } from './errors.js';
import { lastStart, lastType, lastValue, type RawValues, type ValueType } from './message-format.js';

/** Values that are read in the order of pushing: where each of them ends has to be remembered. */
const MOST_ITEMS = 2 ** 22;

/** What a value of a message is to its reader; messages in it are of the class M. */
export type ValueOf<M> = number | bigint | boolean | string | Uint8Array | Endpoint | EndpointList | M | M[];

/** Makes messages of the bytes of messages. */
export function openValue<M>(type: ValueType, value: RawValues[ValueType], open: (bytes: Uint8Array) => M): ValueOf<M> {
  if (type === 'message') return open(value as Uint8Array);
  if (type === 'messages') return (value as Uint8Array[]).map(open);
  return value as ValueOf<M>;
}

/**
 * The values of a message from the first that was pushed to the last: an iterator, and the same reads by type as there are pops. Valid as long as
 * the message; what it has read stays.
 */
export class MessageItems<M> implements IterableIterator<ValueOf<M>, undefined> {
  readonly #buffer: Uint8Array;
  readonly #open: (bytes: Uint8Array) => M;
  /** Where the next value begins. */
  #start: number;
  /** Where the values end that were not read yet; that of the next is the last one here. */
  readonly #ends: number[] = [];

  constructor(buffer: Uint8Array, start: number, end: number, open: (bytes: Uint8Array) => M) {
    this.#buffer = buffer;
    this.#open = open;
    this.#start = start;
    for (let rest = end; rest > start; ) {
      if (this.#ends.length === MOST_ITEMS) throw tooMany();
      this.#ends.push(rest);
      rest = lastStart(buffer, start, rest, lastType(buffer, start, rest, 'items()'), 'items()');
    }
  }

  /** How many values were not read yet. */
  get remaining(): number {
    return this.#ends.length;
  }

  readInteger(): number {
    return this.#read('readInteger()', 'integer');
  }

  /** Integers, too. */
  readNumber(): number {
    const call = 'readNumber()';
    return this.#type(call) === 'integer' ? this.#read(call, 'integer') : this.#read(call, 'number');
  }

  readBigInt(): bigint {
    return this.#read('readBigInt()', 'bigint');
  }

  readBoolean(): boolean {
    return this.#read('readBoolean()', 'boolean');
  }

  readString(): string {
    return this.#read('readString()', 'string');
  }

  readBytes(): Uint8Array {
    return this.#read('readBytes()', 'bytes');
  }

  readEndpoint(): Endpoint {
    return this.#read('readEndpoint()', 'endpoint');
  }

  readEndpoints(): EndpointList {
    return this.#read('readEndpoints()', 'endpoints');
  }

  readMessage(): M {
    return this.#open(this.#read('readMessage()', 'message'));
  }

  /** What `pack` has put there. */
  unpack(): M[] {
    return this.#read('unpack()', 'messages').map(this.#open);
  }

  /** The next value, whatever it is. */
  read(): ValueOf<M> {
    const type = this.#type('read()');
    return openValue(type, this.#read('read()', type), this.#open);
  }

  next(): IteratorResult<ValueOf<M>, undefined> {
    return this.remaining === 0 ? { done: true, value: undefined } : { done: false, value: this.read() };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #type(call: string): ValueType {
    return lastType(this.#buffer, this.#start, this.#ends.at(-1) ?? this.#start, call);
  }

  #read<T extends ValueType>(call: string, want: T): RawValues[T] {
    const end = this.#ends.at(-1) ?? this.#start;
    const value = lastValue(this.#buffer, this.#start, end, want, call);
    this.#start = end;
    this.#ends.pop();
    return value;
  }
}

function tooMany(): ConsortError {
  return new ConsortError(
    'ERR_MESSAGE_TOO_LARGE',
    `items(): more than ${MOST_ITEMS} values are too many to read in the order of pushing; pop() has no limit`,
    { details: { max: MOST_ITEMS } },
  );
}
