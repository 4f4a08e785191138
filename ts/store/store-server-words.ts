/** How a store's HTTP server and its clients write keys, values and errors: in paths by percent signs, in JSON as text, or as base64 where it is none. */
import { invalidArgument } from '../base/checks.js';
import { ConsortError, type ErrorCode, isConsortError } from '../base/errors.js';
import { show } from '../base/show.js';
import type { StoreEntry } from './store-snapshot.js';
import type { StoreEvent } from './watch.js';

/** Bytes in JSON. */
export type JsonBytes = string | { readonly base64: string };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PERCENT = 0x25;
const HEX = /^[0-9a-f]{2}$/i;

export function toJson(bytes: Uint8Array): JsonBytes {
  try {
    return UTF8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** @throws ConsortArgumentError */
export function fromJson(given: unknown, path: string): Uint8Array | string {
  if (typeof given === 'string') return given;
  const { base64 } = (given ?? {}) as { base64?: unknown };
  if (typeof base64 === 'string') {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.toString('base64') === base64) return bytes;
  }
  throw invalidArgument(path, given, 'a string, or {"base64": "..."} of standard base64');
}

export function entryJson({ key, value, version }: StoreEntry): string {
  return JSON.stringify({ key: toJson(key), value: toJson(value), version });
}

export function eventJson(event: StoreEvent): string {
  const { type, key, version } = event;
  return JSON.stringify({
    type,
    key: toJson(key),
    ...(type === 'put' ? { value: toJson(event.value) } : {}),
    version,
  });
}

/** The bytes that a part of a URL means: any, not only UTF-8. @throws ConsortArgumentError */
export function percentDecode(text: string, path: string): Uint8Array {
  const from = Buffer.from(text);
  const to = Buffer.alloc(from.length);
  let length = 0;
  for (let i = 0; i < from.length; i++) {
    let byte = from[i] as number;
    if (byte === PERCENT) {
      const digits = from.toString('latin1', i + 1, i + 3);
      if (!HEX.test(digits)) throw invalidArgument(path, text, 'two hexadecimal digits after each %');
      byte = Number.parseInt(digits, 16);
      i += 2;
    }
    to[length++] = byte;
  }
  return to.subarray(0, length);
}

export function percentEncode(key: Uint8Array | string): string {
  let text = '';
  for (const byte of Buffer.from(key as Uint8Array)) {
    const character = String.fromCharCode(byte);
    text += /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** What a response says of an error. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
}

/** Of HTTP; what is not listed is 500. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  ERR_INVALID_ARGUMENT: 400,
  ERR_INVALID_OPTION: 400,
  ERR_STORE_TRIMMED: 410,
  ERR_STORE_TOO_LARGE: 413,
  ERR_QUEUE_FULL: 429,
  ERR_CLOSED: 503,
  ERR_NOT_OPEN: 503,
  ERR_STORE_DISK: 503,
  ERR_STORE_NO_QUORUM: 503,
  ERR_STORE_NOT_READY: 503,
  // It may have happened: not to be sent again as it is.
  ERR_STORE_OUTCOME_UNKNOWN: 504,
};

/** An answer that is none of the store, but of its server. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function statusOf(error: unknown): number {
  if (error instanceof HttpProblem) return error.status;
  return isConsortError(error) ? (STATUSES[error.code] ?? 500) : 500;
}

export function errorJson(error: unknown): ErrorJson {
  if (error instanceof HttpProblem || isConsortError(error)) return { code: error.code, message: error.message };
  return { code: 'ERR_INTERNAL', message: error instanceof Error ? error.message : show(error) };
}

/** The error of a response, again. */
export function errorOf({ code, message }: ErrorJson): Error {
  return Object.assign(new Error(message), { code });
}

export function notOne(what: string, cause: unknown): ConsortError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConsortError('ERR_INVALID_ARGUMENT', `${what}: ${reason}`, { cause });
}
