// Another member's stream as it arrives here: bytes go straight to their place in the ring, gaps are found and asked for (nak-schedule.ts).
// Twin: native/core/receive_stream.cc
//
//   - consumed ------ received ~~~~ gap ~~~~ [interval) ~~ gap ~~ [interval) ---- seen ---- announced
//     JavaScript        all before this       arrived out of order                 last      told by a HEARTBEAT, or by
//     is here           has arrived                                                byte      the cut of a view change
import type { Slot } from './counters.js';
import { WORD_FROM_PLANE, WORD_FROM_SCRIPT, WORD_HEARD, WORD_STABLE } from './counters.js';
import type { StreamKind } from './frame.js';
import { Intervals, Placed } from './intervals.js';
import type { Micros, Position, Rank } from './limits.js';
import { MAX_POSITION } from './limits.js';
import type { Nak } from './nak.js';
import { NakSchedule } from './nak-schedule.js';
import type { Random } from './random.js';
import type { Ring } from './ring.js';

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
  private readonly naks = new NakSchedule(this.intervals);

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
    return this.naks.outstandingCount;
  }

  /** Takes in what JavaScript has consumed since. */
  refresh(): void {
    const before = this._consumed;
    this._consumed = this.slot.extend(WORD_FROM_SCRIPT, this._consumed, this._received - this._consumed);
    if (this._consumed !== before && this.naks.isIdle) this.naks.noteRoom(this._received, this.edge());
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
      if (this.intervals.count > 0) this._received = this.intervals.absorb(end);
      this.slot.store(WORD_FROM_PLANE, this._received);
      return Placed.fresh;
    }
    const placed = this.intervals.add(start, end);
    if (placed !== Placed.fresh) return placed;
    this.ring.copyIn(start, frame, from, end - start);
    this.noteSeen(end);
    if (this.naks.isIdle) this.naks.noteEdge(this._received, this.edge(), now, random);
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
    if (this.naks.isIdle) this.naks.noteEdge(this._received, this.edge(), now, random);
    return true;
  }

  /** The stream is to be had up to here, whatever the origin could say of it. */
  expect(upTo: Position): void {
    this.announced = Math.max(this.announced, Math.min(upTo, this.cut));
  }

  handleNakDone(serial: number): void {
    this.naks.handleDone(serial);
  }

  /** The stream ends here: what has arrived beyond is forgotten, nothing beyond is taken in or asked for any more. */
  stopAt(cut: Position): void {
    this.cut = Math.max(cut, this._received);
    this.announced = Math.min(this.announced, this.cut);
    this._seen = Math.min(this._seen, this.cut);
    this.intervals.cutAt(this.cut);
    this.naks.cutAt(this.cut);
  }

  /** Asks for what is missing again, at once: the one who is asked has changed. */
  askAgain(): void {
    this.naks.askAgain(this._received, this.edge());
  }

  /** The next NAK that is due, if any. `retryUs`: how long an answer may take at least. */
  pollNak(now: Micros, retryUs: Micros, nak: Nak): boolean {
    return this.naks.poll(this._received, this.edge(), now, retryUs, nak);
  }

  nakDeadline(): Micros {
    return this.naks.deadline();
  }

  private noteSeen(end: Position): void {
    this._seen = Math.max(this._seen, end);
    this.written = Math.max(this.written, end);
  }

  /** The end of what can be asked for: what is known to be there, as far as there is room for it. */
  private edge(): Position {
    return Math.min(Math.max(this._seen, this.announced), this._consumed + this.ring.bytes);
  }
}
