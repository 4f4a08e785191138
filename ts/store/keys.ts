/**
 * Where what lies in a replica's database. The first byte of a key says which space it is in, the rest is the space's own:
 *
 *   'd' key        a key of the user; its value is the version that wrote it, 8 bytes, and then the user's value
 *   'l' version    a record of the log, under the first version in it: 8 bytes
 *   'm' name       what the replica knows of itself
 *
 * Versions are big-endian, so that their order is that of their bytes.
 */
import { MalformedError } from '../stack/codec.js';
import { pooled } from './pooled.js';

/** Bytes of a version in a key of the log, and before a value of the user. */
export const VERSION_BYTES = 8;

/** All keys from `from` to below `to`. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

const DATA = 0x64;
const LOG = 0x6c;
const META = 0x6d;

export const DATA_RANGE: KeyRange = rangeOf(DATA);
export const LOG_RANGE: KeyRange = rangeOf(LOG);
export const META_RANGE: KeyRange = rangeOf(META);

const ENCODER = new TextEncoder();

/** In the database, of a key as the user knows it: for a moment. */
export function dataKey(key: Uint8Array): Uint8Array {
  const databaseKey = pooled(1 + key.length);
  databaseKey[0] = DATA;
  databaseKey.set(key, 1);
  return databaseKey;
}

/** As the user knows it, of a key in the database; where that lies. */
export function userKey(databaseKey: Uint8Array): Uint8Array {
  return databaseKey.subarray(1);
}

export function logKey(version: number): Uint8Array {
  const key = new Uint8Array(1 + VERSION_BYTES);
  key[0] = LOG;
  putVersion(key, 1, version);
  return key;
}

/** @throws MalformedError */
export function logVersion(databaseKey: Uint8Array): number {
  if (databaseKey.length !== 1 + VERSION_BYTES || databaseKey[0] !== LOG) throw new MalformedError('no key of the log');
  return versionAt(databaseKey, 1);
}

export function metaKey(name: string): Uint8Array {
  return inSpace(META, ENCODER.encode(name));
}

/** Is there while the data are those of a full synchronization that is not complete: they are no state of the store then. */
export const HALF_KEY: Uint8Array = metaKey('half');

/** The first key after this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** Less than 0, 0, or more: as the database orders them. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function putVersion(bytes: Uint8Array, at: number, version: number): void {
  let rest = version;
  for (let i = at + VERSION_BYTES - 1; i >= at; i--) {
    bytes[i] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
}

/** @throws MalformedError */
export function versionAt(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + VERSION_BYTES) throw new MalformedError('too short for a version');
  let version = 0;
  for (let i = at; i < at + VERSION_BYTES; i++) version = version * 0x100 + (bytes[i] as number);
  if (!Number.isSafeInteger(version)) throw new MalformedError('a version over 2^53');
  return version;
}

function inSpace(space: number, rest: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + rest.length);
  key[0] = space;
  key.set(rest, 1);
  return key;
}

function rangeOf(space: number): KeyRange {
  return { from: Uint8Array.of(space), to: Uint8Array.of(space + 1) };
}
