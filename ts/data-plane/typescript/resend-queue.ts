// Ranges that NAKs asked for and that wait to go out again, first come, first served. Twin: native/core/resend_queue.h
import { StreamKind } from './frame.js';
import type { Position, Rank } from './limits.js';
import { MAX_RESENDS } from './limits.js';

export interface Resend {
  kind: StreamKind;
  origin: Rank;
  to: Rank; // who asked
  done: boolean; // no bytes: say NAK_DONE, all before this have gone out
  serial: number;
  from: Position;
  end: Position;
}

export function newResend(): Resend {
  return { kind: StreamKind.cast, origin: 0, to: 0, done: false, serial: 0, from: 0, end: 0 };
}

/** A ring of MAX_RESENDS entries. When it is full what comes is dropped: the requester asks again. */
export class ResendQueue {
  // An entry is made when its place is first used, and used again ever after.
  private readonly entries: Resend[] = [];
  private first = 0;
  private count = 0;

  /** Keeps a copy. */
  push(resend: Readonly<Resend>): boolean {
    if (this.count === MAX_RESENDS) return false;
    const place = (this.first + this.count) % MAX_RESENDS;
    // Places are first used in order, so the array never has holes.
    if (place === this.entries.length) this.entries.push(newResend());
    const entry = this.entries[place] as Resend;
    entry.kind = resend.kind;
    entry.origin = resend.origin;
    entry.to = resend.to;
    entry.done = resend.done;
    entry.serial = resend.serial;
    entry.from = resend.from;
    entry.end = resend.end;
    this.count++;
    return true;
  }

  get size(): number {
    return this.count;
  }

  /** index < size. Valid until the next push after it was dropped. */
  at(index: number): Resend {
    return this.entries[(this.first + index) % MAX_RESENDS] as Resend;
  }

  drop(count: number): void {
    this.first = (this.first + count) % MAX_RESENDS;
    this.count -= count;
  }
}
