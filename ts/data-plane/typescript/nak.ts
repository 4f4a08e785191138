// What of a stream is to be asked for. Twin: native/core/nak.h
import type { Position } from './limits.js';
import { MAX_NAK_RANGES } from './limits.js';

/** Made once and filled again and again. */
export interface Nak {
  serial: number;
  count: number;
  readonly ranges: Float64Array; // position, length, position, length, ...; `count` pairs of them
}

export function newNak(): Nak {
  return { serial: 0, count: 0, ranges: new Float64Array(2 * MAX_NAK_RANGES) };
}

/** False if it has all the ranges that it can have. */
export function addRange(nak: Nak, position: Position, length: Position): boolean {
  if (nak.count === MAX_NAK_RANGES) return false;
  nak.ranges[2 * nak.count] = position;
  nak.ranges[2 * nak.count + 1] = length;
  nak.count++;
  return true;
}

/** The bytes that it asks for. */
export function missingBytes(nak: Readonly<Nak>): Position {
  let sum = 0;
  for (let i = 0; i < nak.count; i++) sum += nak.ranges[2 * i + 1] as number;
  return sum;
}
