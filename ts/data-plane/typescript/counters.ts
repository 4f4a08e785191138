// The words that JavaScript and the plane share. Twin: native/core/counters.h
//
//   slot = 32 words of 32 bits, 128 bytes          the plane's own slot
//   +-- word 0   written by JavaScript              0  listening: JavaScript sleeps and wants a notification
//   |   ...      (own cache line)
//   +-- word 16  written by the plane               16 asleep: the plane sleeps and wants to be woken
//       17       (own cache line)                   17 progress: counts the plane's steps that JavaScript should look at
//
//   slot of a send stream                           slot of a receive stream
//   0  published  end of what JavaScript wrote      0  consumed  end of what JavaScript handled
//   16 limit      JavaScript may write up to here   16 received  all before this has arrived
//   17 stable     all before this arrived at all     17 stable   what is safe, as the origin told
//                 who have not failed
//   18 safe       the same, failed ones too          18 heard    casts only: counts the frames of that member, of
//                                                                whatever stream
//
// Positions are cut to 32 bits and only grow, modulo 2^32, as TCP's sequence numbers do: the two sides are never
// further apart than a ring.
import type { Position } from './limits.js';

export const SLOT_WORDS = 32;
export const WORD_FROM_SCRIPT = 0;
export const WORD_FROM_PLANE = 16;
export const WORD_STABLE = 17;
export const WORD_SAFE = 18;
export const WORD_HEARD = 18;
export const WORD_LISTENING = 0;
export const WORD_ASLEEP = 16;
export const WORD_PROGRESS = 17;

export class Slot {
  private readonly words: Int32Array;
  private readonly base: number;

  /** `words` may lie on a SharedArrayBuffer; `base` is the index of the slot's first word in it. */
  constructor(words: Int32Array, base: number) {
    this.words = words;
    this.base = base;
  }

  load(word: number): number {
    return Atomics.load(this.words, this.base + word) >>> 0;
  }

  store(word: number, value: Position): void {
    // `| 0` is exact modulo 2^32 for every position.
    Atomics.store(this.words, this.base + word, value | 0);
  }

  /** Orders nothing: for what is counted and only looked at. */
  note(word: number, value: number): void {
    this.words[this.base + word] = value | 0;
  }

  increment(word: number): void {
    Atomics.add(this.words, this.base + word, 1);
  }

  /** Sequentially consistent, as all of Atomics is: for the sleep/wake handshakes. */
  exchange(word: number, value: number): number {
    return Atomics.exchange(this.words, this.base + word, value | 0) >>> 0;
  }

  /**
   * The full position behind the 32 bits in `word`, given the last full position known. A step backwards or beyond
   * `ahead` bytes is a broken caller: it is read as no step.
   */
  extend(word: number, last: Position, ahead: number): Position {
    const step = (this.load(word) - (last >>> 0)) >>> 0;
    return step <= ahead ? last + step : last;
  }
}
