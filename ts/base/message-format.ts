/**
 * The bytes of a typed message: values one after the other, each with its type behind it, so that the one pushed last is found first, at the end.
 *
 *   payload | its length u32, where the type does not fix it | tag u8       all little-endian; docs/wire-format.md has it to the byte
 *
 * What is read may come from anybody: no byte outside of the message is touched, and what no writer writes is `ERR_MESSAGE_MALFORMED`.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { Endpoint } from './endpoint.js';
import { EndpointList } from './endpoint-list.js';
import { ConsortError } from './errors.js';
import { formatBytes } from './show.js';

/** What a type of values is written as. */
interface Form {
  /** The last byte of a value. Text in UTF-8 contains none of them, so that it is never taken for values. */
  readonly tag: number;
  /** Of the payload; undefined: the length is written. */
  readonly bytes: number | undefined;
  /** For people. */
  readonly phrase: string;
}

export const FORMS = {
  integer: { tag: 0xf5, bytes: 8, phrase: 'an integer' },
  number: { tag: 0xf6, bytes: 8, phrase: 'a number' },
  bigint: { tag: 0xf7, bytes: 8, phrase: 'a bigint' },
  boolean: { tag: 0xf8, bytes: 1, phrase: 'a boolean' },
  string: { tag: 0xf9, bytes: undefined, phrase: 'a string' },
  bytes: { tag: 0xfa, bytes: undefined, phrase: 'bytes' },
  endpoint: { tag: 0xfb, bytes: undefined, phrase: 'an endpoint' },
  endpoints: { tag: 0xfc, bytes: undefined, phrase: 'a list of endpoints' },
  message: { tag: 0xfd, bytes: undefined, phrase: 'a message' },
  messages: { tag: 0xfe, bytes: undefined, phrase: 'packed messages' },
} as const satisfies Record<string, Form>;

export type ValueType = keyof typeof FORMS;

/** What is read; of messages the bytes. All of it stays when the message is gone. */
export interface RawValues {
  integer: number;
  number: number;
  bigint: bigint;
  boolean: boolean;
  string: string;
  bytes: Uint8Array;
  endpoint: Endpoint;
  endpoints: EndpointList;
  message: Uint8Array;
  messages: Uint8Array[];
}

const LENGTH_BYTES = 4;
const TAG_BYTES = 1;
/** Port and incarnation, before the host. */
const ENDPOINT_BYTES = 10;
/** Addresses in numbers are far shorter. */
export const MOST_HOST_BYTES = 255;

const encoder = new TextEncoder();

const TYPES: readonly (ValueType | undefined)[] = Array.from({ length: 256 }, (_, tag) =>
  (Object.keys(FORMS) as ValueType[]).find((type) => FORMS[type].tag === tag),
);

/** Bytes that a value has behind its payload. */
export function trailerBytes(type: ValueType): number {
  return FORMS[type].bytes === undefined ? LENGTH_BYTES + TAG_BYTES : TAG_BYTES;
}

/** Writes what goes behind a payload of `length` bytes that begins at `at`. */
export function writeTrailer(buffer: Uint8Array, at: number, length: number, type: ValueType): void {
  let end = at + length;
  if (FORMS[type].bytes === undefined) {
    for (let shift = 0; shift < 32; shift += 8) buffer[end++] = length >>> shift;
  }
  buffer[end] = FORMS[type].tag;
}

// Eight bytes on their way in or out: numbers begin anywhere in a message, and a DataView for each message would be an object more.
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

export function writeInteger(buffer: Uint8Array, at: number, value: number): void {
  scratchView.setUint32(0, value >>> 0, true);
  scratchView.setInt32(4, Math.floor(value / 2 ** 32), true);
  buffer.set(scratch, at);
}

export function writeNumber(buffer: Uint8Array, at: number, value: number): void {
  scratchView.setFloat64(0, value, true);
  buffer.set(scratch, at);
}

export function writeBigInt(buffer: Uint8Array, at: number, value: bigint): void {
  scratchView.setBigInt64(0, value, true);
  buffer.set(scratch, at);
}

/** Undefined where nobody can have such an endpoint. */
export function endpointPayload({ host, port, incarnation }: Endpoint): Uint8Array | undefined {
  const name = encoder.encode(host);
  if (name.length === 0 || name.length > MOST_HOST_BYTES || (port & 0xffff) !== port) return undefined;
  if (!Number.isSafeInteger(incarnation) || incarnation < 0) return undefined;
  const bytes = new Uint8Array(ENDPOINT_BYTES + name.length);
  bytes[0] = port;
  bytes[1] = port >>> 8;
  writeInteger(bytes, 2, incarnation);
  bytes.set(name, ENDPOINT_BYTES);
  return bytes;
}

/** The type of the last value of `buffer` from `start` to `end`. `call` is who asks. */
export function lastType(buffer: Uint8Array, start: number, end: number, call: string): ValueType {
  if (end <= start) throw new ConsortError('ERR_MESSAGE_EMPTY', `${call}: the message has no more values`);
  const tag = buffer[end - 1] as number;
  const type = TYPES[tag];
  if (type === undefined) throw malformed(call, `byte 0x${tag.toString(16).padStart(2, '0')} at its end is no type`);
  return type;
}

/** Where the last value begins, which has this type. */
export function lastStart(buffer: Uint8Array, start: number, end: number, type: ValueType, call: string): number {
  const trailer = trailerBytes(type);
  const room = end - start - trailer;
  const length = FORMS[type].bytes ?? (room < 0 ? 0 : load(buffer, end - trailer, LENGTH_BYTES).getUint32(0, true));
  if (length > room) throw malformed(call, `${FORMS[type].phrase} that would begin before the message does`);
  return end - trailer - length;
}

/** The last value, if it is of this type. */
export function lastValue<T extends ValueType>(
  buffer: Uint8Array,
  start: number,
  end: number,
  want: T,
  call: string,
): RawValues[T] {
  const type = lastType(buffer, start, end, call);
  if (type !== want) throw wrongType(call, type, want);
  const read: Reader<T> = READERS[want];
  return read(buffer, lastStart(buffer, start, end, want, call), end - trailerBytes(want), call);
}

/** Reads the payload of a value, from `at` to `end`. */
type Reader<T extends ValueType> = (buffer: Uint8Array, at: number, end: number, call: string) => RawValues[T];

const READERS: { readonly [T in ValueType]: Reader<T> } = {
  integer: readInteger,
  number(buffer, at) {
    return load(buffer, at).getFloat64(0, true);
  },
  bigint(buffer, at) {
    return load(buffer, at).getBigInt64(0, true);
  },
  boolean(buffer, at, _end, call) {
    const byte = buffer[at] as number;
    if (byte > 1) throw malformed(call, `a boolean of ${byte}`);
    return byte === 1;
  },
  string: readText,
  bytes(buffer, at, end) {
    return buffer.slice(at, end);
  },
  endpoint: readEndpoint,
  endpoints(buffer, at, end, call) {
    const list = readAll(buffer, at, end, 'endpoint', call);
    const endpoints = new EndpointList(list);
    if (endpoints.size < list.length) throw malformed(call, 'a list of endpoints with one that is there twice');
    return endpoints;
  },
  message(buffer, at, end) {
    return buffer.slice(at, end);
  },
  messages(buffer, at, end, call) {
    return readAll(buffer, at, end, 'message', call);
  },
};

/** Values of one type and nothing else, in the order of pushing. */
function readAll<T extends ValueType>(
  buffer: Uint8Array,
  start: number,
  end: number,
  type: T,
  call: string,
): RawValues[T][] {
  const values: RawValues[T][] = [];
  for (let rest = end; rest > start; ) {
    const found = lastType(buffer, start, rest, call);
    if (found !== type) throw malformed(call, `${FORMS[found].phrase} where only ${FORMS[type].phrase} can be`);
    values.push(lastValue(buffer, start, rest, type, call));
    rest = lastStart(buffer, start, rest, type, call);
  }
  return values.reverse();
}

function readInteger(buffer: Uint8Array, at: number, _end: number, call: string): number {
  const view = load(buffer, at);
  const value = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (!Number.isSafeInteger(value)) throw malformed(call, 'an integer beyond 2^53 - 1');
  return value;
}

function readText(buffer: Uint8Array, at: number, end: number, call: string): string {
  // Not TextDecoder, which refuses shared memory and eats a byte order mark.
  const bytes = Buffer.from(buffer.buffer, buffer.byteOffset + at, end - at);
  if (!isUtf8(bytes)) throw malformed(call, 'a string that is not UTF-8');
  try {
    return bytes.toString();
  } catch (cause) {
    throw malformed(call, `a string of ${formatBytes(bytes.length)}, more than this engine can have`, cause);
  }
}

function readEndpoint(buffer: Uint8Array, at: number, end: number, call: string): Endpoint {
  const hostAt = at + ENDPOINT_BYTES;
  if (end <= hostAt || end > hostAt + MOST_HOST_BYTES) throw malformed(call, `an endpoint of ${formatBytes(end - at)}`);
  const port = (buffer[at] as number) | ((buffer[at + 1] as number) << 8);
  const incarnation = readInteger(buffer, at + 2, hostAt, call);
  if (incarnation < 0) throw malformed(call, 'an endpoint of a negative incarnation');
  return new Endpoint(readText(buffer, hostAt, end, call), port, incarnation);
}

function load(buffer: Uint8Array, at: number, bytes = 8): DataView {
  for (let index = 0; index < bytes; index++) scratch[index] = buffer[at + index] as number;
  return scratchView;
}

function wrongType(call: string, got: ValueType, want: ValueType): ConsortError {
  return new ConsortError(
    'ERR_MESSAGE_TYPE',
    `${call}: here is ${FORMS[got].phrase}, want ${FORMS[want].phrase}; it was left where it is`,
    { details: { got, want } },
  );
}

function malformed(call: string, what: string, cause?: unknown): ConsortError {
  return new ConsortError(
    'ERR_MESSAGE_MALFORMED',
    `${call}: ${what}: these bytes were not written by push(); bytes() and text() read them as they are`,
    cause === undefined ? {} : { cause },
  );
}
