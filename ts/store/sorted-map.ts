/**
 * Values by keys of bytes, in the order of the keys: a list of chunks, each a run of keys with their values.
 *
 *   chunks   [ a … f | g … m | n … z ]     found by their first keys; none is empty
 *
 * A snapshot shares chunks and list. Whoever writes afterwards copies the list and the chunks that it changes, once: each says of which
 * edition it is, and a snapshot begins another edition. Bytes are kept, not copied: what is handed in and out must not be written to.
 */
import type { Entry, Range } from './database.js';

/** Keys of a chunk at most: moving so many when one comes between costs about what finding its place costs. */
const CHUNK_KEYS = 256;

class Chunk {
  constructor(
    /** Who may write to it: the map while it is in this edition. */
    readonly edition: number,
    readonly keys: Uint8Array[],
    readonly values: Uint8Array[],
  ) {}
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(keys[middle] as Uint8Array, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What can be read, of a map and of its snapshots. */
export class SortedView {
  constructor(
    protected chunks: Chunk[],
    protected count: number,
  ) {}

  get size(): number {
    return this.count;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const chunk = this.chunks[this.chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    const found = chunk.keys[at];
    return found !== undefined && compareBytes(found, key) === 0 ? chunk.values[at] : undefined;
  }

  range({ from, to, reverse = false, limit, bytes }: Range): Entry[] {
    const entries: Entry[] = [];
    const step = reverse ? -1 : 1;
    let index = this.chunkOf(reverse ? to : from);
    let chunk = this.chunks[index];
    if (chunk === undefined) return entries;
    let at = reverse ? lowerBound(chunk.keys, to) - 1 : lowerBound(chunk.keys, from);
    for (let taken = 0; entries.length < limit && (taken < bytes || entries.length === 0); at += step) {
      if (chunk.keys[at] === undefined) {
        index += step;
        chunk = this.chunks[index];
        if (chunk === undefined) break;
        at = reverse ? chunk.keys.length - 1 : 0;
      }
      const key = chunk.keys[at] as Uint8Array;
      if (reverse ? compareBytes(key, from) < 0 : compareBytes(key, to) >= 0) break;
      const value = chunk.values[at] as Uint8Array;
      entries.push([key, value]);
      taken += key.length + value.length;
    }
    return entries;
  }

  /** Index of the chunk that holds the key if any does: the last one that does not begin after it, or else the first. */
  protected chunkOf(key: Uint8Array): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes((this.chunks[middle] as Chunk).keys[0] as Uint8Array, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

export class SortedMap extends SortedView {
  private edition = 0;
  /** Of the list; as of a chunk. */
  private listEdition = 0;

  constructor() {
    super([], 0);
  }

  /** As it is now, for good. */
  snapshot(): SortedView {
    this.edition++;
    return new SortedView(this.chunks, this.count);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const index = this.chunkOf(key);
    if (this.chunks[index] === undefined) {
      this.list().push(new Chunk(this.edition, [key], [value]));
      this.count++;
      return;
    }
    const { keys, values } = this.writable(index);
    const at = lowerBound(keys, key);
    const found = keys[at];
    if (found !== undefined && compareBytes(found, key) === 0) {
      values[at] = value;
      return;
    }
    this.count++;
    if (keys.length === CHUNK_KEYS && at === CHUNK_KEYS && index === this.chunks.length - 1) {
      // Keys often come in their order: chunks that were cut in halves then would stay halves.
      this.list().push(new Chunk(this.edition, [key], [value]));
      return;
    }
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    if (keys.length > CHUNK_KEYS) this.split(index);
  }

  delete(key: Uint8Array): void {
    const index = this.chunkOf(key);
    const chunk = this.chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk.keys, key);
    const found = chunk.keys[at];
    if (found !== undefined && compareBytes(found, key) === 0) this.cut(index, at, at + 1);
  }

  /** Keys from `from` to below `to`. */
  deleteRange(from: Uint8Array, to: Uint8Array): void {
    if (this.chunks.length === 0 || compareBytes(from, to) >= 0) return;
    const first = this.chunkOf(from);
    const last = this.chunkOf(to);
    const begin = lowerBound((this.chunks[first] as Chunk).keys, from);
    const end = lowerBound((this.chunks[last] as Chunk).keys, to);
    if (first === last) {
      this.cut(first, begin, end);
      return;
    }
    // From behind: a cut may take a chunk out of the list.
    this.cut(last, 0, end);
    const between = this.list().splice(first + 1, last - first - 1);
    for (const { keys } of between) this.count -= keys.length;
    this.cut(first, begin, (this.chunks[first] as Chunk).keys.length);
  }

  /** Takes keys out of a chunk, and the chunk out of the list when none is left. */
  private cut(index: number, begin: number, end: number): void {
    if (begin >= end) return;
    this.count -= end - begin;
    if (end - begin === (this.chunks[index] as Chunk).keys.length) {
      this.list().splice(index, 1);
      return;
    }
    const { keys, values } = this.writable(index);
    keys.splice(begin, end - begin);
    values.splice(begin, end - begin);
  }

  private split(index: number): void {
    const { keys, values } = this.chunks[index] as Chunk;
    const half = keys.length >>> 1;
    this.list().splice(index + 1, 0, new Chunk(this.edition, keys.splice(half), values.splice(half)));
  }

  private writable(index: number): Chunk {
    const chunk = this.chunks[index] as Chunk;
    if (chunk.edition === this.edition) return chunk;
    const copy = new Chunk(this.edition, chunk.keys.slice(), chunk.values.slice());
    this.list()[index] = copy;
    return copy;
  }

  private list(): Chunk[] {
    if (this.listEdition !== this.edition) {
      this.chunks = this.chunks.slice();
      this.listEdition = this.edition;
    }
    return this.chunks;
  }
}
