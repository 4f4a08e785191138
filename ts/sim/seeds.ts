/** One seed, many independent streams of randomness: what one part of a run draws does not move what another gets. */
import { Random } from '../data-plane/typescript/random.js';

/** Neighbouring seeds, and streams of one seed, have nothing in common. */
export function randomOf(seed: number, stream: number): Random {
  let mixed = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  // The finalizer of MurmurHash3: each bit changes half of the bits of the result.
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
  return new Random((mixed ^ (mixed >>> 16)) >>> 0);
}

/** Draws of a scenario. */
export class Dice {
  private readonly random: Random;

  constructor(seed: number, stream: number) {
    this.random = randomOf(seed, stream);
  }

  /** From 0 to below `bound`. */
  below(bound: number): number {
    return this.random.below(bound);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.random.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.random.next() < probability * 2 ** 32;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)] as T;
  }
}
