import { describe, expect, it } from 'vitest';
import { randomOf } from '../../../ts/sim/seeds.js';
import { compareBytes, SortedMap, type SortedView } from '../../../ts/store/sorted-map.js';

const KEYS = 50_000;
const ALL = { from: new Uint8Array(0), to: new Uint8Array([255]), limit: 1e9, bytes: 1e9 };

function keyOf(i: number): Uint8Array {
  return new Uint8Array([i >>> 16, i >>> 8, i]);
}

const numberOf = ([a, b, c]: Uint8Array) => ((a as number) << 16) | ((b as number) << 8) | (c as number);

function numbersIn(view: SortedView): number[] {
  return view.range(ALL).map(([key]) => numberOf(key));
}

/** Each number below `count` once, in an order from a seed. */
function shuffled(count: number, seed: number): number[] {
  const random = randomOf(seed, 0);
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [numbers[i], numbers[j]] = [numbers[j] as number, numbers[i] as number];
  }
  return numbers;
}

describe('a SortedMap', () => {
  it('keeps many keys in their order, in whatever order they come and go', () => {
    const map = new SortedMap();
    for (const i of shuffled(KEYS, 1)) map.set(keyOf(i), keyOf(i));
    expect(map.size).toBe(KEYS);
    expect(numbersIn(map)).toEqual(Array.from({ length: KEYS }, (_, i) => i));
    for (const i of shuffled(KEYS, 2)) if (i % 3 !== 0) map.delete(keyOf(i));
    const rest = Array.from({ length: Math.ceil(KEYS / 3) }, (_, i) => 3 * i);
    expect(numbersIn(map)).toEqual(rest);
    expect(map.size).toBe(rest.length);
    expect(map.range({ ...ALL, reverse: true }).map(([key]) => numberOf(key))).toEqual(rest.toReversed());
  });

  it('deletes ranges that begin and end anywhere', () => {
    const random = randomOf(3, 0);
    for (let round = 0; round < 30; round++) {
      const map = new SortedMap();
      for (const i of shuffled(3_000, round)) map.set(keyOf(i), keyOf(i));
      const left = new Set(Array.from({ length: 3_000 }, (_, i) => i));
      for (let each = 0; each < 8; each++) {
        const from = random.below(3_100);
        const to = from + random.below(1_000);
        map.deleteRange(keyOf(from), keyOf(to));
        for (let i = from; i < to; i++) left.delete(i);
        expect(numbersIn(map)).toEqual([...left]);
        expect(map.size).toBe(left.size);
      }
    }
  });

  it('leaves snapshots alone, whatever becomes of it, and of later snapshots', () => {
    const random = randomOf(4, 0);
    const map = new SortedMap();
    const model = new Set<number>();
    const snapshots: [SortedView, number[]][] = [];
    for (let round = 0; round < 40; round++) {
      for (let each = 0; each < 200; each++) {
        const i = random.below(5_000);
        if (random.below(4) === 0) {
          map.delete(keyOf(i));
          model.delete(i);
        } else {
          map.set(keyOf(i), keyOf(i));
          model.add(i);
        }
      }
      const from = random.below(5_000);
      map.deleteRange(keyOf(from), keyOf(from + 50));
      for (let i = from; i < from + 50; i++) model.delete(i);
      snapshots.push([map.snapshot(), [...model].sort((a, b) => a - b)]);
    }
    for (const [snapshot, numbers] of snapshots) {
      expect(numbersIn(snapshot)).toEqual(numbers);
      expect(snapshot.size).toBe(numbers.length);
    }
  });

  it('copies after a snapshot only what it changes', () => {
    const map = new SortedMap();
    for (let i = 0; i < KEYS; i++) map.set(keyOf(i), keyOf(i));
    const before = map.snapshot();
    map.set(keyOf(7), keyOf(0));
    const chunks = (view: object) => (view as { chunks: object[] }).chunks;
    const shared = chunks(map).filter((chunk, i) => chunk === chunks(before)[i]);
    expect(chunks(map).length - shared.length).toBe(1);
    // Keys that come in their order fill their chunks.
    expect(chunks(map).length).toBeLessThan(KEYS / 250);
  });

  it('orders bytes as numbers without signs', () => {
    expect(compareBytes(new Uint8Array([127]), new Uint8Array([128]))).toBeLessThan(0);
    expect(compareBytes(new Uint8Array([1]), new Uint8Array([1, 0]))).toBeLessThan(0);
    expect(compareBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(0);
  });
});
