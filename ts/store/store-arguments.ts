/** What users give to a store: checked here, and copied, so that what they do with it afterwards is their own business. */
import { isUint8Array } from 'node:util/types';
import { invalidArgument, record } from '../base/checks.js';
import { ConsortError } from '../base/errors.js';
import { formatBytes } from '../base/show.js';
import { MAX_KEY_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_OPERATIONS, MAX_VALUE_BYTES } from './limits.js';
import { pooledCopy, pooledText } from './pooled.js';
import type { Transaction } from './transaction.js';

/** A key, or a value. Text is UTF-8. */
export type StoreBytes = Uint8Array | string;

/**
 * Where a read may look. 'local': at what this replica has, which it may be told of a little later than others; never back in time, and with all that
 * was committed through it. 'linearizable': with all that was committed anywhere before the read began. 'stale': at what this replica has, also when it
 * has been cut off for long.
 */
export type ReadMode = 'local' | 'linearizable' | 'stale';

export interface ReadOptions {
  readonly read?: ReadMode | undefined;
  /** 'utf8': as text, keys and values. */
  readonly encoding?: 'utf8' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}

const READ_MODES: readonly unknown[] = ['local', 'linearizable', 'stale'];
// Half a character has no form in UTF-8: two such texts would be one key.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A copy. @throws ConsortError */
export function keyBytes(key: unknown, path = 'key'): Uint8Array {
  const bytes = bytesOf(key, path);
  if (bytes.length === 0) throw invalidArgument(path, key, `1 to ${MAX_KEY_BYTES} bytes`);
  if (bytes.length > MAX_KEY_BYTES) throw tooLarge('a key', bytes.length, MAX_KEY_BYTES);
  return bytes;
}

/** A copy. @throws ConsortError */
export function valueBytes(value: unknown, path = 'value'): Uint8Array {
  const bytes = bytesOf(value, path);
  if (bytes.length > MAX_VALUE_BYTES) throw tooLarge('a value', bytes.length, MAX_VALUE_BYTES);
  return bytes;
}

/** The beginning of keys, or a bound of them; it may be empty. */
export function boundBytes(bound: unknown, path: string): Uint8Array {
  const bytes = bytesOf(bound, path);
  if (bytes.length > MAX_KEY_BYTES) throw tooLarge('a key', bytes.length, MAX_KEY_BYTES);
  return bytes;
}

export function versionNumber(version: unknown, path: string, min: number): number {
  if (Number.isSafeInteger(version) && (version as number) >= min) return version as number;
  throw invalidArgument(path, version, `an integer from ${min} on`);
}

/** Of the options of a call, checked for names that mean nothing. */
export function checkReadOptions<Name extends string = never>(
  given: unknown,
  more: readonly Name[] = [],
): ReadOptions & Readonly<Record<Name, unknown>> {
  if (given === undefined) return NO_OPTIONS as ReadOptions & Record<Name, unknown>;
  const options = record(given, 'options', ['read', 'encoding', 'signal', ...more]);
  const { read, encoding } = options;
  if (read !== undefined && !READ_MODES.includes(read)) {
    throw invalidArgument('options.read', read, "'local', 'linearizable' or 'stale'");
  }
  if (encoding !== undefined && encoding !== 'utf8') throw invalidArgument('options.encoding', encoding, "'utf8'");
  checkSignal(options.signal);
  return options as ReadOptions & Record<Name, unknown>;
}

/** @returns the signal in the options of a call that takes no others */
export function checkSignalOptions(given: unknown): AbortSignal | undefined {
  if (given === undefined) return undefined;
  const { signal } = record(given, 'options', ['signal']);
  return checkSignal(signal);
}

export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalidArgument('options.signal', signal, 'an AbortSignal');
}

/** @throws ConsortError when it is longer than a transaction may be */
export function checkTransaction({ compares, effects }: Transaction): void {
  const operations = compares.length + effects.length;
  if (operations === 0) {
    throw invalidArgument('transaction', operations, 'one operation or more: compare, compareVersion, put or delete');
  }
  if (operations > MAX_TRANSACTION_OPERATIONS) {
    const text = `a transaction of ${operations} operations is larger than one may be: ${MAX_TRANSACTION_OPERATIONS}`;
    throw new ConsortError('ERR_STORE_TOO_LARGE', text, { details: { operations, max: MAX_TRANSACTION_OPERATIONS } });
  }
  let bytes = 0;
  for (const compare of compares) {
    bytes += compare.key.length + (compare.type === 'value' ? (compare.value?.length ?? 0) : 0);
  }
  for (const effect of effects) bytes += effect.key.length + (effect.type === 'put' ? effect.value.length : 0);
  if (bytes > MAX_TRANSACTION_BYTES) throw tooLarge('a transaction', bytes, MAX_TRANSACTION_BYTES);
}

function bytesOf(given: unknown, path: string): Uint8Array {
  if (typeof given === 'string') {
    const bytes = pooledText(given);
    if (bytes.length === given.length || !LONE_SURROGATE.test(given)) return bytes;
    throw invalidArgument(path, given, 'text without halves of characters (lone surrogates)');
  }
  if (isUint8Array(given)) return pooledCopy(given);
  throw invalidArgument(path, given, 'a Uint8Array, a Buffer or a string');
}

function tooLarge(what: string, bytes: number, max: number): ConsortError {
  return new ConsortError(
    'ERR_STORE_TOO_LARGE',
    `${what} of ${formatBytes(bytes)} is longer than one may be: ${formatBytes(max)}`,
    { details: { bytes, max } },
  );
}

const NO_OPTIONS: ReadOptions = Object.freeze({});
