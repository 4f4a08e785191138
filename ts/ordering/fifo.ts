/** Casts as they come: each member's in its order. With Local a member hands its own over to itself, too. */
import type { Message } from '../base/message.js';
import type { CastDelivery, CastOrder, CastStreams } from '../data-plane/cast-order.js';

export class Fifo implements CastOrder {
  readonly safe = false;

  constructor(readonly local: boolean) {}

  begin(streams: CastStreams): CastDelivery {
    return new FifoDelivery(streams);
  }
}

export class FifoDelivery implements CastDelivery {
  constructor(protected readonly streams: CastStreams) {}

  drain(message: Message, budget: number): number {
    const { readers, receiver } = this.streams;
    let walked = 0;
    for (let rank = 0; rank < readers.length; rank++) {
      const reader = readers[rank];
      if (reader !== undefined) walked += reader.drain(receiver, message, budget);
    }
    return walked;
  }

  announce(): void {}

  stopSending(): void {}

  finish(): void {}
}
