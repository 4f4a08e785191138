/**
 * One view of a simulated member's plane. It is polled at each step of the plane, and asks its core only when that may have anything to do:
 *
 *   - something was done to it: a datagram, a change, a stream that was opened, or a round that the poll before has begun by sending something;
 *   - JavaScript has published or consumed something, which its words among the counters show;
 *   - what it wanted to be polled for is due.
 *
 * Any other poll changes nothing, in either language: without this, half of the time of a run would be polls of views with nothing to do.
 */
import type { StreamKind, ViewConfig } from '../data-plane/data-plane.js';
import { SLOT_WORDS, WORD_FROM_SCRIPT } from '../data-plane/typescript/counters.js';
import type { FrameHeader } from '../data-plane/typescript/frame.js';
import { type Mode, makeSimCore, type SimCore, type Transmit } from './cores.js';

export class SimView {
  readonly connectionLow: number;
  readonly connectionHigh: number;
  private readonly core: SimCore;
  /** Something was done to the core since it was polled last, or it has sent something then. */
  private touched = true;
  /** When it wants to be polled again. */
  private deadline = 0;
  private slots = 0;
  /** The sum of what JavaScript has published and consumed in all streams, at the last poll; modulo 2^32. */
  private scriptProgress = 0;

  constructor(
    readonly number: number,
    readonly members: number,
    mode: Mode,
    config: ViewConfig,
    private readonly counters: Int32Array,
    transmit: Transmit,
  ) {
    this.connectionLow = config.connectionLow >>> 0;
    this.connectionHigh = config.connectionHigh >>> 0;
    this.core = makeSimCore(mode, config, counters, (ranks, datagram) => {
      this.touched = true;
      transmit(ranks, datagram);
    });
  }

  openSend(kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.takes(slot);
    this.core.openSend(kind, to, ring, slot);
  }

  openReceive(kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.takes(slot);
    this.core.openReceive(kind, origin, ring, slot);
  }

  receive(frame: Uint8Array, header: FrameHeader, now: number): void {
    this.touched = true;
    this.core.receive(frame, header, now);
  }

  /** Sends what is due. Returns when it wants to be polled again. */
  poll(now: number): number {
    const progress = this.readProgress();
    if (!this.touched && now < this.deadline && progress === this.scriptProgress) return this.deadline;
    this.touched = false;
    this.scriptProgress = progress;
    this.deadline = this.core.poll(now);
    return this.deadline;
  }

  /** What is done to the core by somebody else than the network. */
  change(): SimCore {
    this.touched = true;
    return this.core;
  }

  takeNews(): boolean {
    return this.core.takeNews();
  }

  takeWanted(): readonly [origin: number, kind: StreamKind] | undefined {
    return this.core.takeWanted();
  }

  get hasWanted(): boolean {
    return this.core.hasWanted;
  }

  private takes(slot: number): void {
    this.touched = true;
    this.slots = Math.max(this.slots, slot + 1);
  }

  /** Each of the words only grows, by less than a ring between two polls: the sum is the same only when none has grown. */
  private readProgress(): number {
    const { counters } = this;
    const end = this.slots * SLOT_WORDS;
    let sum = 0;
    for (let word = WORD_FROM_SCRIPT; word < end; word += SLOT_WORDS) sum = (sum + (counters[word] as number)) | 0;
    return sum;
  }
}
