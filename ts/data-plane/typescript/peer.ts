// What is known of another member of the view: whether it lives, how fast it answers, who stands in for it. Twin: native/core/peer.h
import type { Micros, Rank } from './limits.js';
import { MAX_WATCH_US, MIN_WATCH_US, NAK_RETRY_MAX_US, NAK_RETRY_MIN_US, NEVER, PROBE_INTERVAL_US } from './limits.js';

export class Peer {
  live = true; // frames of one who has failed are dropped, and it holds nothing back
  heard = 0; // frames that have come from it; 32 bits
  holder: Rank; // whom to ask for this member's casts

  probed = false; // a PROBE to answer is waiting, with this time
  probeTimeLow = 0;
  probeTimeHigh = 0;

  private heardAt: Micros = 0;
  private roundTripUs: Micros = 0;
  private measureAt: Micros = 0;
  private watchUs: Micros = 0; // 0: it is not watched
  private probeSentAt: Micros = 0;
  private probeNow = false;

  constructor(rank: Rank) {
    this.holder = rank;
  }

  /** Whatever the frame holds: its sender lives. */
  noteHeard(now: Micros): void {
    this.heard = (this.heard + 1) | 0;
    this.heardAt = now;
  }

  noteProbe(timeLow: number, timeHigh: number): void {
    this.probed = true;
    this.probeTimeLow = timeLow;
    this.probeTimeHigh = timeHigh;
  }

  /** Silence after which it is probed, the first time at once. 0: it is not watched any more. An interval out of bounds is drawn to them. */
  watch(intervalUs: Micros): void {
    this.watchUs = intervalUs === 0 ? 0 : Math.min(Math.max(intervalUs, MIN_WATCH_US), MAX_WATCH_US);
    this.probeNow = intervalUs !== 0;
  }

  /** When it is probed if it stays silent. */
  watchDeadline(): Micros {
    if (this.watchUs === 0 || !this.live) return NEVER;
    return this.probeNow ? 0 : Math.max(this.heardAt, this.probeSentAt) + this.watchUs;
  }

  /** One PROBE serves both: it asks for the round trip, worth knowing only while there is traffic, and for a sign of life. */
  mustProbe(now: Micros, traffic: boolean): boolean {
    return (traffic && now >= this.measureAt) || now >= this.watchDeadline();
  }

  probeSent(now: Micros): void {
    this.measureAt = now + PROBE_INTERVAL_US;
    this.probeSentAt = now;
    this.probeNow = false;
  }

  noteRoundTrip(us: Micros): void {
    const sample = Math.min(us, NAK_RETRY_MAX_US);
    this.roundTripUs = this.roundTripUs === 0 ? sample : Math.floor((this.roundTripUs * 3 + sample) / 4);
  }

  /** How long an answer may take at least before a NAK to it is repeated. */
  get retryUs(): Micros {
    return Math.min(Math.max(this.roundTripUs * 4, NAK_RETRY_MIN_US), NAK_RETRY_MAX_US);
  }
}
