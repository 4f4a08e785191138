// How far a stream may run ahead: of its slowest consumer (flow control) and of the network (congestion).
// Twin: native/core/flow.cc
//
// Flow: limit = slowest consumed + ring. Nothing is ever dropped for want of room at a receiver.
// Congestion: bytes on their way <= window. A round is one window's worth of sending; a round that was asked to resend more than
// LOSS_TOLERANCE_PERCENT of what it sent shrinks the window by three tenths, any other lets it grow by a quarter. Random loss below the
// tolerance therefore costs no speed, and a bottleneck that overflows is found within a few rounds.

import type { Position } from './limits.js';
import { LOSS_TOLERANCE_PERCENT, MIN_WINDOW_BYTES } from './limits.js';

export class Flow {
  private readonly ringBytes: number;
  private readonly maxWindow: number;
  private _window: number;
  private roundStart: Position = 0;
  private roundEnd: Position = 0;

  /** maxWindow: bytes that may be on their way at most; chosen so that the receivers' socket buffers hold them. */
  constructor(ringBytes: number, maxWindow: number) {
    this.ringBytes = ringBytes;
    this.maxWindow = Math.max(Math.min(maxWindow, ringBytes), Math.min(MIN_WINDOW_BYTES, ringBytes));
    this._window = this.maxWindow;
  }

  limit(slowestConsumed: Position): Position {
    return slowestConsumed + this.ringBytes;
  }

  get window(): number {
    return this._window;
  }

  /** Whether a round is over when the slowest live receiver has seen this much. */
  roundIsOver(seen: Position): boolean {
    return seen >= this.roundEnd;
  }

  roundIsEmpty(): boolean {
    return this.roundStart === this.roundEnd;
  }

  /**
   * Ends a round: `lost` bytes of it at most were asked for again by any one receiver. The next one lasts until all that
   * is sent by now is seen.
   */
  endRound(lost: Position, sent: Position): void {
    const round = this.roundEnd - this.roundStart;
    if (lost * 100 > round * LOSS_TOLERANCE_PERCENT && round > 0) {
      this._window = Math.max(Math.floor(this._window / 10) * 7, Math.min(MIN_WINDOW_BYTES, this.maxWindow));
    } else {
      this._window = Math.min(this._window + Math.floor(this._window / 4), this.maxWindow);
    }
    this.roundStart = this.roundEnd;
    this.roundEnd = sent;
  }
}
