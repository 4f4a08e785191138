// Another member's stream as it arrives here: bytes go straight to their place in the ring, gaps are found and asked for.
// Twin: native/core/receive_stream.cc
//
//   - consumed ------ received ~~~~ gap ~~~~ [interval) ~~ gap ~~ [interval) ---- seen ---- announced
//     JavaScript        all before this       arrived out of order                 last      told by a HEARTBEAT, or by
//     is here           has arrived                                                byte      the cut of a view change
//
// NAKs. The first time a gap is noticed it is asked for after a short random delay; `frontier` is the position up to which gaps
// were asked for. Each NAK covers a region and stays outstanding until the region is whole. NAK_DONE with its serial means that the resends are
// behind us, so what is still missing was lost again: it is asked for at once, with a new serial. Without an answer the NAK is repeated after a
// time-out with back-off, under the serial it has: the one who is asked sends the bytes once for a serial, and says NAK_DONE again where it has
// done so.

import type { Slot } from './counters.js';
import { WORD_FROM_PLANE, WORD_FROM_SCRIPT, WORD_HEARD, WORD_STABLE } from './counters.js';
import type { StreamKind } from './frame.js';
import type { Micros, Position, Rank } from './limits.js';
import {
  MAX_FRUITLESS_NAKS,
  MAX_INTERVALS,
  MAX_NAK_DOUBLINGS,
  MAX_NAK_RANGES,
  MAX_OUTSTANDING_NAKS,
  MAX_POSITION,
  NAK_DELAY_US,
  NAK_RETRY_MAX_US,
  NEVER,
} from './limits.js';
import type { Random } from './random.js';
import type { Ring } from './ring.js';

/** overrun: beyond what flow control allows, or one gap too many; as if it was lost. */
export const Placed = { fresh: 0, duplicate: 1, overrun: 2 } as const;
export type Placed = (typeof Placed)[keyof typeof Placed];

/** What to ask for; made once and filled again and again. */
export interface Nak {
  serial: number;
  count: number;
  readonly ranges: Float64Array; // position, length, position, length, ...; `count` pairs of them
}

export function newNak(): Nak {
  return { serial: 0, count: 0, ranges: new Float64Array(2 * MAX_NAK_RANGES) };
}

function missingBytes(nak: Nak): number {
  let sum = 0;
  for (let i = 0; i < nak.count; i++) sum += nak.ranges[2 * i + 1] as number;
  return sum;
}

/** A region [from, to) that was asked for and is not whole yet. */
interface Outstanding {
  serial: number;
  done: boolean; // NAK_DONE has come
  answered: boolean; // and was looked at: the next NAK is a new question
  attempt: number; // repeats for want of an answer
  fruitless: number; // answers after which as much was missing as before
  missing: number; // bytes asked for
  from: Position;
  to: Position;
  deadline: Micros;
}

/** Runs of bytes, sorted, apart from each other; at most MAX_INTERVALS. */
class Intervals {
  // start, end, start, end, ...: grows by doubling, so that a stream without loss has next to none. 64 bytes are V8's own memory, the cheapest.
  private bounds = new Float64Array(8);
  count = 0;

  start(index: number): Position {
    return this.bounds[2 * index] as number;
  }

  end(index: number): Position {
    return this.bounds[2 * index + 1] as number;
  }

  set(index: number, start: Position, end: Position): void {
    this.bounds[2 * index] = start;
    this.bounds[2 * index + 1] = end;
  }

  /** Index of the first that ends beyond `position`; count if none does. */
  firstEndingAfter(position: Position): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.end(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insertAt(index: number, start: Position, end: Position): void {
    if (2 * this.count === this.bounds.length) this.grow();
    this.bounds.copyWithin(2 * index + 2, 2 * index, 2 * this.count);
    this.set(index, start, end);
    this.count++;
  }

  /** Removes what lies at or beyond `position`. */
  cutAt(position: Position): void {
    while (this.count > 0 && this.start(this.count - 1) >= position) this.count--;
    const back = this.count - 1;
    if (back >= 0) this.set(back, this.start(back), Math.min(this.end(back), position));
  }

  /** Removes those from index `from` up to but not `to`. */
  erase(from: number, to: number): void {
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

export class ReceiveStream {
  readonly kind: StreamKind;
  readonly origin: Rank;
  readonly ring: Ring;
  private readonly slot: Slot;
  private _received: Position = 0;
  private _consumed: Position = 0;
  private _seen: Position = 0;
  private written: Position = 0; // as seen, but not drawn back to the cut: ring bytes before written - ring are gone
  private announced: Position = 0;
  private _stable: Position = 0;
  private cut: Position = MAX_POSITION;
  private readonly intervals = new Intervals(); // all beyond received

  private frontier: Position = 0;
  private firstNakAt: Micros = NEVER;
  private nextSerial = 1;
  private outstanding: Outstanding[] = []; // at most MAX_OUTSTANDING_NAKS, oldest first

  constructor(kind: StreamKind, origin: Rank, ring: Ring, slot: Slot) {
    this.kind = kind;
    this.origin = origin;
    this.ring = ring;
    this.slot = slot;
  }

  get received(): Position {
    return this._received;
  }

  get consumed(): Position {
    return this._consumed;
  }

  get seen(): Position {
    return this._seen;
  }

  /** How much of the stream is known to be everywhere, as the origin told. */
  get stable(): Position {
    return this._stable;
  }

  /** The ring still holds [retained, received): what others may fetch from here when the origin has failed. */
  get retained(): Position {
    return this.written > this.ring.bytes ? this.written - this.ring.bytes : 0;
  }

  /** How many runs of bytes are held beyond a gap. For metrics and tests; at most MAX_INTERVALS. */
  get intervalCount(): number {
    return this.intervals.count;
  }

  /** How many NAKs wait for their region to be whole. For metrics and tests; at most MAX_OUTSTANDING_NAKS. */
  get outstandingCount(): number {
    return this.outstanding.length;
  }

  /** Takes in what JavaScript has consumed since. */
  refresh(): void {
    const before = this._consumed;
    this._consumed = this.slot.extend(WORD_FROM_SCRIPT, this._consumed, this._received - this._consumed);
    // There is room for more of what was announced.
    const more = this._consumed !== before && this.edge() > Math.max(this.frontier, this._received);
    if (more && this.firstNakAt === NEVER) this.firstNakAt = 0;
  }

  /** Lets JavaScript see how many frames have come from the origin. */
  noteHeard(frames: number): void {
    this.slot.note(WORD_HEARD, frames);
  }

  /** DATA: `length` bytes of `frame` from index `payload` on are the stream's at `position`. */
  handleData(
    position: Position,
    frame: Uint8Array,
    payload: number,
    length: number,
    now: Micros,
    random: Random,
  ): Placed {
    let end = position + length;
    if (end > this.cut) end = this.cut;
    if (end <= this._received || position >= end) return Placed.duplicate;
    if (end > this._consumed + this.ring.bytes) return Placed.overrun;
    let start = position;
    let from = payload;
    if (start < this._received) {
      from += this._received - start;
      start = this._received;
    }
    if (start === this._received) {
      this.ring.copyIn(start, frame, from, end - start);
      this._received = end;
      this.noteSeen(end);
      if (this.intervals.count > 0) this.absorb();
      this.slot.store(WORD_FROM_PLANE, this._received);
      return Placed.fresh;
    }
    const placed = this.insert(start, end);
    if (placed !== Placed.fresh) return placed;
    this.ring.copyIn(start, frame, from, end - start);
    this.noteSeen(end);
    this.noteEdge(now, random);
    return Placed.fresh;
  }

  /** The origin's HEARTBEAT, or the cut: the stream reaches up to `sent`. False if that is beyond what flow control allows. */
  handleAnnounced(sent: Position, stable: Position, now: Micros, random: Random): boolean {
    const end = Math.min(sent, this.cut);
    if (end > this._consumed + this.ring.bytes) return false;
    if (stable > this._stable && stable <= this._received) {
      this._stable = stable;
      this.slot.store(WORD_STABLE, this._stable);
    }
    this.announced = Math.max(this.announced, end);
    this.noteEdge(now, random);
    return true;
  }

  /** The stream is to be had up to here, whatever the origin could say of it. */
  expect(upTo: Position): void {
    this.announced = Math.max(this.announced, Math.min(upTo, this.cut));
  }

  /** Resends go out in the order of the NAKs: what answers this one comes after all that answers those before it. */
  handleNakDone(serial: number): void {
    if (((serial - this.nextSerial) | 0) >= 0) return; // of a NAK that was never made
    for (const nak of this.outstanding) {
      if (((nak.serial - serial) | 0) <= 0) nak.done = true;
    }
  }

  /** The stream ends here: what has arrived beyond is forgotten, nothing beyond is taken in or asked for any more. */
  stopAt(cut: Position): void {
    this.cut = Math.max(cut, this._received);
    this.announced = Math.min(this.announced, this.cut);
    this._seen = Math.min(this._seen, this.cut);
    this.frontier = Math.min(this.frontier, this.cut);
    this.intervals.cutAt(this.cut);
    this.outstanding = this.outstanding.filter((nak) => nak.from < this.cut);
    for (const nak of this.outstanding) nak.to = Math.min(nak.to, this.cut);
  }

  /** Asks for what is missing again, at once: the one who is asked has changed. */
  askAgain(): void {
    this.outstanding.length = 0;
    this.frontier = this._received;
    this.firstNakAt = this.edge() > this._received ? 0 : NEVER;
  }

  /** The next NAK that is due, if any. `retryUs`: how long an answer may take at least. */
  pollNak(now: Micros, retryUs: Micros, nak: Nak): boolean {
    return this.pollRepeat(now, retryUs, nak) || this.pollFirst(now, retryUs, nak);
  }

  nakDeadline(): Micros {
    let deadline = this.outstanding.length < MAX_OUTSTANDING_NAKS ? this.firstNakAt : NEVER;
    for (const nak of this.outstanding) deadline = Math.min(deadline, nak.done ? 0 : nak.deadline);
    return deadline;
  }

  private noteSeen(end: Position): void {
    this._seen = Math.max(this._seen, end);
    this.written = Math.max(this.written, end);
  }

  /** Adds [start, end) to the intervals. */
  private insert(start: Position, end: Position): Placed {
    const intervals = this.intervals;
    // Nearly always at the end: new data after a gap.
    const back = intervals.count - 1;
    if (back >= 0 && intervals.end(back) === start) {
      intervals.set(back, intervals.start(back), end);
      return Placed.fresh;
    }
    const first = intervals.firstEndingAfter(start - 1); // one that ends at `start` is joined
    if (first === intervals.count || end < intervals.start(first)) {
      if (intervals.count === MAX_INTERVALS) return Placed.overrun;
      intervals.insertAt(first, start, end);
      return Placed.fresh;
    }
    if (intervals.start(first) <= start && end <= intervals.end(first)) return Placed.duplicate;
    let last = first;
    let joined = end;
    while (last < intervals.count && intervals.start(last) <= joined) {
      joined = Math.max(joined, intervals.end(last));
      last++;
    }
    intervals.set(first, Math.min(intervals.start(first), start), joined);
    intervals.erase(first + 1, last);
    return Placed.fresh;
  }

  /** The intervals that received has reached become part of what is received. */
  private absorb(): void {
    const intervals = this.intervals;
    let reached = 0;
    while (reached < intervals.count && intervals.start(reached) <= this._received) {
      this._received = Math.max(this._received, intervals.end(reached));
      reached++;
    }
    intervals.erase(0, reached);
  }

  /** There may be a gap that was not asked for yet: see that it will be. */
  private noteEdge(now: Micros, random: Random): void {
    if (this.firstNakAt === NEVER && this.edge() > Math.max(this.frontier, this._received)) {
      this.firstNakAt = now + random.below(NAK_DELAY_US + 1);
    }
  }

  /** The end of what can be asked for: what is known to be there, as far as there is room for it. */
  private edge(): Position {
    return Math.min(Math.max(this._seen, this.announced), this._consumed + this.ring.bytes);
  }

  private pollRepeat(now: Micros, retryUs: Micros, nak: Nak): boolean {
    for (let i = 0; i < this.outstanding.length; ) {
      const entry = this.outstanding[i] as Outstanding;
      if (entry.to > this._received && !entry.done && now < entry.deadline) {
        i++;
        continue;
      }
      nak.count = 0;
      this.collectMissing(entry.from, entry.to, nak);
      if (nak.count === 0) {
        this.outstanding.splice(i, 1);
        continue;
      }
      const missing = missingBytes(nak);
      if (entry.done) {
        entry.fruitless = missing < entry.missing ? 0 : entry.fruitless + 1;
        entry.done = false;
        entry.answered = true;
        // Only what comes through at all is asked for at once; else (a path that takes no large frames) it would be sent again and again.
        if (entry.fruitless > MAX_FRUITLESS_NAKS && now < entry.deadline) {
          i++;
          continue;
        }
        // An answer shows that the other side lives: only silence backs off.
        if (entry.fruitless <= MAX_FRUITLESS_NAKS) entry.attempt = 0;
      } else {
        entry.attempt++;
      }
      entry.missing = missing;
      entry.from = nak.ranges[0] as number;
      if (entry.answered) entry.serial = this.takeSerial();
      entry.answered = false;
      entry.deadline = now + Math.min(retryUs * 2 ** Math.min(entry.attempt, MAX_NAK_DOUBLINGS), NAK_RETRY_MAX_US);
      nak.serial = entry.serial;
      return true;
    }
    return false;
  }

  private pollFirst(now: Micros, retryUs: Micros, nak: Nak): boolean {
    if (now < this.firstNakAt || this.outstanding.length === MAX_OUTSTANDING_NAKS) return false;
    const from = Math.max(this.frontier, this._received);
    nak.count = 0;
    const looked = from < this.edge() ? this.collectMissing(from, this.edge(), nak) : from;
    this.frontier = Math.max(this.frontier, looked);
    if (this.frontier >= this.edge()) this.firstNakAt = NEVER;
    if (nak.count === 0) return false;
    nak.serial = this.takeSerial();
    this.outstanding.push({
      serial: nak.serial,
      done: false,
      answered: false,
      attempt: 0,
      fruitless: 0,
      missing: missingBytes(nak),
      from,
      to: looked,
      deadline: now + retryUs,
    });
    return true;
  }

  /** Serials go round modulo 2^32. */
  private takeSerial(): number {
    const serial = this.nextSerial;
    this.nextSerial = (serial + 1) >>> 0;
    return serial;
  }

  /** Collects what is missing in [from, to); returns the end of what was looked at (before `to` if ranges ran out). */
  private collectMissing(from: Position, to: Position, nak: Nak): Position {
    const intervals = this.intervals;
    let at = Math.max(from, this._received);
    let next = intervals.firstEndingAfter(at);
    while (at < to) {
      const none = next === intervals.count;
      const gapEnd = none ? to : Math.min(to, intervals.start(next));
      if (gapEnd > at) {
        if (nak.count === MAX_NAK_RANGES) return at;
        nak.ranges[2 * nak.count] = at;
        nak.ranges[2 * nak.count + 1] = gapEnd - at;
        nak.count++;
      }
      if (none) return to;
      at = Math.max(at, intervals.end(next));
      next++;
    }
    return to;
  }
}
