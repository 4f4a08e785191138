/** Keys and values of simulated clients: both are numbers, and a value says which operation wrote it. */
import type { Effect } from '../../store/transaction.js';
import type { AppliedVersion, Key } from './history.js';

const ENCODER = new TextEncoder();
const FILLING = 0x2e;
const DIGITS = 0x30;

/** There are few, and they are looked up all the time. */
const knownKeys = new Map<Key, Uint8Array>();

/** Only for reading. */
export function keyBytes(key: Key): Uint8Array {
  let bytes = knownKeys.get(key);
  if (bytes === undefined) {
    bytes = ENCODER.encode(`k${key}`);
    knownKeys.set(key, bytes);
  }
  return bytes;
}

export function keyIn(bytes: Uint8Array): Key {
  return numberAt(bytes, 1);
}

/** The number, and so much filling that the whole has so many bytes. */
export function valueBytes(value: number, bytes: number): Uint8Array {
  const digits = ENCODER.encode(String(value));
  const whole = new Uint8Array(Math.max(bytes, digits.length)).fill(FILLING);
  whole.set(digits);
  return whole;
}

export function valueIn(bytes: Uint8Array): number {
  return numberAt(bytes, 0);
}

export function appliedOf(version: number, effects: readonly Effect[]): AppliedVersion {
  return {
    version,
    effects: effects.map((effect) => ({
      key: keyIn(effect.key),
      value: effect.type === 'put' ? valueIn(effect.value) : 0,
    })),
  };
}

function numberAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; at < bytes.length; at++) {
    const digit = (bytes[at] as number) - DIGITS;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}
