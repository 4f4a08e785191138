// Runs of bytes that have arrived beyond a gap: sorted, apart from each other, at most MAX_INTERVALS. Twin: native/core/intervals.cc
import type { Position } from './limits.js';
import { MAX_INTERVALS } from './limits.js';
import type { Nak } from './nak.js';
import { addRange } from './nak.js';

/** overrun: beyond what flow control allows, or one gap too many; as if it was lost. */
export const Placed = { fresh: 0, duplicate: 1, overrun: 2 } as const;
export type Placed = (typeof Placed)[keyof typeof Placed];

export class Intervals {
  // start, end, start, end, ...: grows by doubling, so that a stream without loss has next to none. 64 bytes are V8's own memory, the cheapest.
  private bounds = new Float64Array(8);
  count = 0;

  start(index: number): Position {
    return this.bounds[2 * index] as number;
  }

  end(index: number): Position {
    return this.bounds[2 * index + 1] as number;
  }

  /** Adds [start, end). */
  add(start: Position, end: Position): Placed {
    // Nearly always at the end: new data after a gap.
    const back = this.count - 1;
    if (back >= 0 && this.end(back) === start) {
      this.set(back, this.start(back), end);
      return Placed.fresh;
    }
    const first = this.firstEndingAfter(start - 1); // one that ends at `start` is joined
    if (first === this.count || end < this.start(first)) {
      if (this.count === MAX_INTERVALS) return Placed.overrun;
      this.insertAt(first, start, end);
      return Placed.fresh;
    }
    if (this.start(first) <= start && end <= this.end(first)) return Placed.duplicate;
    let last = first;
    let joined = end;
    while (last < this.count && this.start(last) <= joined) {
      joined = Math.max(joined, this.end(last));
      last++;
    }
    this.set(first, Math.min(this.start(first), start), joined);
    this.erase(first + 1, last);
    return Placed.fresh;
  }

  /** All before `received` is there: takes out what it has reached, and returns how far it reaches with that. */
  absorb(received: Position): Position {
    let reached = 0;
    let end = received;
    while (reached < this.count && this.start(reached) <= end) {
      end = Math.max(end, this.end(reached));
      reached++;
    }
    this.erase(0, reached);
    return end;
  }

  /** Removes what lies at or beyond `position`. */
  cutAt(position: Position): void {
    while (this.count > 0 && this.start(this.count - 1) >= position) this.count--;
    const back = this.count - 1;
    if (back >= 0) this.set(back, this.start(back), Math.min(this.end(back), position));
  }

  /** Adds the gaps in [from, to) to `nak`; returns the end of what was looked at: before `to` if it can have no more ranges. */
  collectGaps(from: Position, to: Position, nak: Nak): Position {
    let at = from;
    let next = this.firstEndingAfter(at);
    while (at < to) {
      const none = next === this.count;
      const gapEnd = none ? to : Math.min(to, this.start(next));
      if (gapEnd > at && !addRange(nak, at, gapEnd - at)) return at;
      if (none) return to;
      at = Math.max(at, this.end(next));
      next++;
    }
    return to;
  }

  /** Index of the first that ends beyond `position`; count if none does. */
  private firstEndingAfter(position: Position): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.end(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private set(index: number, start: Position, end: Position): void {
    this.bounds[2 * index] = start;
    this.bounds[2 * index + 1] = end;
  }

  private insertAt(index: number, start: Position, end: Position): void {
    if (2 * this.count === this.bounds.length) this.grow();
    this.bounds.copyWithin(2 * index + 2, 2 * index, 2 * this.count);
    this.set(index, start, end);
    this.count++;
  }

  /** Removes those from index `from` up to but not `to`. */
  private erase(from: number, to: number): void {
    if (from === to) return;
    this.bounds.copyWithin(2 * from, 2 * to, 2 * this.count);
    this.count -= to - from;
  }

  private grow(): void {
    const larger = new Float64Array(Math.min(2 * this.bounds.length, 2 * MAX_INTERVALS));
    larger.set(this.bounds);
    this.bounds = larger;
  }
}
