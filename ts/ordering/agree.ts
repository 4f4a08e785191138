/**
 * Safe delivery: a cast is handed over when every member of the view has it, so what anyone has delivered, everyone who goes on delivers
 * (invariant 10). What the view change finds to belong to the view counts as safe: all who go on have it.
 *
 * Source: Agree of the seed document on stacks, glossed "safe"; Ensemble's own code was not.
 */
import type { Message } from '../base/message.js';
import type { CastDelivery, CastOrder, CastStreams } from '../data-plane/cast-order.js';
import type { RecordReader } from '../data-plane/record-reader.js';
import { FifoDelivery } from './fifo.js';

/** How far a stream may be handed over as far as safety goes; a position. */
export type Ceiling = (reader: RecordReader) => number;

export const NO_CEILING: Ceiling = () => Number.MAX_SAFE_INTEGER;
export const STABLE: Ceiling = (reader) => reader.stable();

/** In the order of Fifo. */
export class Agree implements CastOrder {
  readonly safe = true;

  constructor(readonly local: boolean) {}

  begin(streams: CastStreams): CastDelivery {
    return new AgreeDelivery(streams);
  }
}

class AgreeDelivery extends FifoDelivery {
  private ceiling = STABLE;

  override drain(message: Message, budget: number): number {
    for (const reader of this.streams.readers) {
      if (reader !== undefined) reader.gate = this.ceiling(reader);
    }
    return super.drain(message, budget);
  }

  override finish(): void {
    this.ceiling = NO_CEILING;
  }
}
