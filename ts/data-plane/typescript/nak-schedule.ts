// When what of a stream is asked for. Twin: native/core/nak_schedule.cc
//
// The first time a gap is noticed it is asked for after a short random delay; `frontier` is the position up to which gaps were asked for. Each
// NAK covers a region and stays outstanding until the region is whole. NAK_DONE with its serial means that the resends are behind us, so what is
// still missing was lost again: it is asked for at once, with a new serial. Without an answer the NAK is repeated after a time-out with back-off,
// under the serial it has: the one who is asked sends the bytes once for a serial, and says NAK_DONE again where it has done so.
import type { Intervals } from './intervals.js';
import type { Micros, Position } from './limits.js';
import {
  MAX_FRUITLESS_NAKS,
  MAX_NAK_DOUBLINGS,
  MAX_OUTSTANDING_NAKS,
  NAK_DELAY_US,
  NAK_RETRY_MAX_US,
  NEVER,
} from './limits.js';
import type { Nak } from './nak.js';
import { missingBytes } from './nak.js';
import type { Random } from './random.js';

/** A region [from, to) that was asked for and is not whole yet. */
interface Outstanding {
  serial: number;
  done: boolean; // NAK_DONE has come
  answered: boolean; // and was looked at: the next NAK is a new question
  attempt: number; // repeats for want of an answer
  fruitless: number; // answers after which as much was missing as before
  missing: Position; // bytes asked for
  from: Position;
  to: Position;
  deadline: Micros;
}

/** Of the stream: `received` is where its first gap begins, `edge` the end of what can be asked for. */
export class NakSchedule {
  private readonly intervals: Intervals;
  private frontier: Position = 0;
  private firstAt: Micros = NEVER; // when gaps beyond the frontier are asked for
  private nextSerial = 1;
  private outstanding: Outstanding[] = []; // at most MAX_OUTSTANDING_NAKS, oldest first

  constructor(intervals: Intervals) {
    this.intervals = intervals;
  }

  get outstandingCount(): number {
    return this.outstanding.length;
  }

  /** Nothing beyond the frontier is about to be asked for: who sees that there is more says so, by noteEdge or noteRoom. */
  get isIdle(): boolean {
    return this.firstAt === NEVER;
  }

  /** There may be a gap that was not asked for yet: see that it will be. */
  noteEdge(received: Position, edge: Position, now: Micros, random: Random): void {
    if (this.hasUnasked(received, edge)) this.firstAt = now + random.below(NAK_DELAY_US + 1);
  }

  /** There is room for more of what was announced long ago. */
  noteRoom(received: Position, edge: Position): void {
    if (this.hasUnasked(received, edge)) this.firstAt = 0;
  }

  private hasUnasked(received: Position, edge: Position): boolean {
    return this.isIdle && edge > Math.max(this.frontier, received);
  }

  /** Resends go out in the order of the NAKs: what answers this one comes after all that answers those before it. */
  handleDone(serial: number): void {
    if (((serial - this.nextSerial) | 0) >= 0) return; // of a NAK that was never made
    for (const nak of this.outstanding) {
      if (((nak.serial - serial) | 0) <= 0) nak.done = true;
    }
  }

  /** Nothing at or beyond `cut` is asked for any more. */
  cutAt(cut: Position): void {
    this.frontier = Math.min(this.frontier, cut);
    this.outstanding = this.outstanding.filter((nak) => nak.from < cut);
    for (const nak of this.outstanding) nak.to = Math.min(nak.to, cut);
  }

  /** Asks for what is missing again, at once: the one who is asked has changed. */
  askAgain(received: Position, edge: Position): void {
    this.outstanding.length = 0;
    this.frontier = received;
    this.firstAt = edge > received ? 0 : NEVER;
  }

  /** When the next NAK is due. */
  deadline(): Micros {
    return this.outstanding.length === 0 ? this.firstAt : this.nextDeadline();
  }

  private nextDeadline(): Micros {
    let deadline = this.outstanding.length < MAX_OUTSTANDING_NAKS ? this.firstAt : NEVER;
    for (const nak of this.outstanding) deadline = Math.min(deadline, nak.done ? 0 : nak.deadline);
    return deadline;
  }

  /** The next NAK that is due, if any. `retryUs`: how long an answer may take at least. */
  poll(received: Position, edge: Position, now: Micros, retryUs: Micros, nak: Nak): boolean {
    return this.pollRepeat(received, now, retryUs, nak) || this.pollFirst(received, edge, now, retryUs, nak);
  }

  private pollRepeat(received: Position, now: Micros, retryUs: Micros, nak: Nak): boolean {
    for (let i = 0; i < this.outstanding.length; ) {
      const entry = this.outstanding[i] as Outstanding;
      if (entry.to > received && !entry.done && now < entry.deadline) {
        i++;
        continue;
      }
      nak.count = 0;
      this.intervals.collectGaps(Math.max(entry.from, received), entry.to, nak);
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

  private pollFirst(received: Position, edge: Position, now: Micros, retryUs: Micros, nak: Nak): boolean {
    if (now < this.firstAt || this.outstanding.length === MAX_OUTSTANDING_NAKS) return false;
    const from = Math.max(this.frontier, received);
    nak.count = 0;
    const looked = from < edge ? this.intervals.collectGaps(from, edge, nak) : from;
    this.frontier = Math.max(this.frontier, looked);
    if (this.frontier >= edge) this.firstAt = NEVER;
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
}
