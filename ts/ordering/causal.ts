/**
 * Causal order: a cast is delivered after all that its sender had delivered when it cast it (invariant 8). Before a cast a member writes into
 * its stream what it has delivered since the cast before, if anything: DEPENDENCIES, so many bytes more of that member's stream. Whoever walks
 * over that record waits there until it has delivered as much.
 *
 * What depends on casts that nobody has any more, since their senders failed, is not delivered: the cut of the view is the same at all
 * who go on, and so is what is left out (invariant 3).
 *
 * Source: Ensemble's Causal, which sent a vector with each message.
 */
import type { Message } from '../base/message.js';
import { type CastDelivery, CastKind, type CastOrder, type CastStreams } from '../data-plane/cast-order.js';
import { type RecordReceiver, STOP } from '../data-plane/record-reader.js';
import { type Ceiling, NO_CEILING, STABLE } from './agree.js';
import { type Run, readRuns, writeRuns } from './runs.js';

export class Causal implements CastOrder {
  constructor(
    readonly local: boolean,
    readonly safe: boolean,
  ) {}

  begin(streams: CastStreams): CastDelivery {
    return new CausalDelivery(streams, this.safe ? STABLE : NO_CEILING);
  }
}

class CausalDelivery implements CastDelivery {
  /** By rank: as much of its stream as my casts depend on, as written. */
  private readonly told: number[];
  /** By origin, by rank: as much as its casts depend on, as read. */
  private readonly wanted: number[][];
  /** By origin: whether that is still to be looked at. */
  private readonly waits: boolean[];
  private readonly receiver: RecordReceiver;

  constructor(
    private readonly streams: CastStreams,
    private ceiling: Ceiling,
  ) {
    const { readers, writer, receiver } = streams;
    this.told = readers.map(() => 0);
    this.wanted = readers.map(() => []);
    this.waits = readers.map(() => false);
    writer.interposer = () => this.writeDependencies();
    this.receiver = {
      onMessage: (origin, kind, message) => {
        if (kind === CastKind.dependencies) return this.readDependencies(origin, message);
        // What is cast from here on, by the handler too, depends on it.
        writer.interpose();
        return receiver.onMessage(origin, kind, message);
      },
      onTooLong: (origin, length) => receiver.onTooLong(origin, length),
      onMalformed: (origin) => receiver.onMalformed(origin),
    };
  }

  drain(message: Message, budget: number): number {
    let walked = 0;
    for (const [origin, reader] of this.streams.readers.entries()) {
      if (reader === undefined || (this.waits[origin] === true && !this.isMet(origin))) continue;
      this.waits[origin] = false;
      reader.gate = this.ceiling(reader);
      walked += reader.drain(this.receiver, message, budget);
    }
    return walked;
  }

  announce(): void {}

  stopSending(): void {
    this.streams.writer.interposer = undefined;
  }

  finish(): void {
    this.ceiling = NO_CEILING;
  }

  private writeDependencies(): boolean {
    const { readers, myRank, writer } = this.streams;
    const runs: Run[] = [];
    for (const [rank, reader] of readers.entries()) {
      if (rank === myRank || reader === undefined) continue;
      const bytes = reader.consumed - (this.told[rank] as number);
      if (bytes > 0) runs.push({ rank, bytes });
    }
    return writeRuns(writer, CastKind.dependencies, runs, ({ rank, bytes }) => {
      (this.told[rank] as number) += bytes;
    });
  }

  private readDependencies(origin: number, message: Message): unknown {
    const { readers, receiver } = this.streams;
    const runs = readRuns(message, readers.length);
    const wanted = this.wanted[origin] as number[];
    if (runs === undefined) {
      receiver.onMalformed(origin);
      return undefined;
    }
    for (const { rank, bytes } of runs) wanted[rank] = (wanted[rank] ?? 0) + bytes;
    this.waits[origin] = true;
    return STOP;
  }

  /** Without Local there is no reader of my own casts: what depends on them may come. */
  private isMet(origin: number): boolean {
    const { readers } = this.streams;
    return (this.wanted[origin] as number[]).every((position, rank) => {
      const reader = readers[rank];
      return reader === undefined || reader.consumed >= position;
    });
  }
}
