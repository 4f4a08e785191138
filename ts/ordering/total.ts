/**
 * Total order by a sequencer, the member of rank 0: all deliver what its stream holds in the order of that stream. Its own casts are in their
 * place there; for the casts of others it writes ORDER records, "here so many bytes of that member's stream", as soon as it has them. So order
 * costs one short record for all that came in one batch, and nothing where only the sequencer casts.
 *
 *   sequencer's stream    m1 | m2 | ORDER 2: 96, 1: 40 | m3 | ORDER 1: 16 | ...
 *   delivered by all      m1   m2   96 bytes of 2, 40 of 1   m3   16 bytes of 1
 *
 * When the view ends its cut ends the sequencer's stream too, wherever it was: all who go on know the same ORDER records. What none of them
 * names follows by rank, when all is there (invariants 3 and 9). Total order keeps causal order: whoever casts after it has delivered something is
 * ordered after it. Only where the sequencer and another member fail together, what they cast last may be here, and what they alone had delivered
 * before may not; with Agree they have delivered nothing alone.
 *
 * Source: Ensemble's Sequencer; there the order travelled with the messages, which all went by way of the sequencer.
 */
import type { Message } from '../base/message.js';
import { type CastDelivery, CastKind, type CastOrder, type CastStreams } from '../data-plane/cast-order.js';
import { type RecordReader, type RecordReceiver, STOP } from '../data-plane/record-reader.js';
import { type Ceiling, NO_CEILING, STABLE } from './agree.js';
import { type Run, readRuns, writeRuns } from './runs.js';

const SEQUENCER = 0;

export class Total implements CastOrder {
  /** What has a place in the order is delivered there, also at its sender (invariant 7). */
  readonly local = true;

  constructor(readonly safe: boolean) {}

  begin(streams: CastStreams): CastDelivery {
    return new TotalDelivery(streams, this.safe ? STABLE : NO_CEILING);
  }
}

class TotalDelivery implements CastDelivery {
  /** By rank: up to where the order is known; at the sequencer up to where it was written. */
  private readonly ordered: number[];
  private readonly written: number[];
  /** What the last ORDER record named, and was not handed over yet. */
  private runs: readonly Run[] = [];
  private finished = false;
  private readonly sequence: RecordReader;
  private readonly sequenceReceiver: RecordReceiver;

  constructor(
    private readonly streams: CastStreams,
    private ceiling: Ceiling,
  ) {
    const { readers, writer, myRank, receiver } = streams;
    this.ordered = readers.map(() => 0);
    this.written = readers.map(() => 0);
    this.sequence = readers[SEQUENCER] as RecordReader;
    this.sequenceReceiver = {
      onMessage: (origin, kind, message) =>
        kind === CastKind.order ? this.readOrder(origin, message) : receiver.onMessage(origin, kind, message),
      onTooLong: (origin, length) => receiver.onTooLong(origin, length),
      onMalformed: (origin) => receiver.onMalformed(origin),
    };
    if (myRank === SEQUENCER) writer.interposer = () => this.writeOrder();
  }

  drain(message: Message, budget: number): number {
    let walked = 0;
    while (walked < budget) {
      walked += this.walkRuns(message, budget - walked);
      if (this.runs.length > 0) return walked;
      this.sequence.gate = this.ceiling(this.sequence);
      const step = this.sequence.drain(this.sequenceReceiver, message, budget - walked);
      walked += step;
      if (step === 0) return this.finished ? walked + this.walkRest(message, budget - walked) : walked;
    }
    return walked;
  }

  /** What has come from others since gets its place. Where there is no room for the record, nothing else is written before it. */
  announce(): void {
    const { writer } = this.streams;
    if (writer.interposer === undefined || !this.written.some((_, rank) => this.newsOf(rank) > 0)) return;
    writer.interpose();
    writer.interposeNow();
  }

  stopSending(): void {
    this.streams.writer.interposer = undefined;
  }

  finish(): void {
    this.finished = true;
    this.ceiling = NO_CEILING;
  }

  private writeOrder(): boolean {
    const runs = this.written.map((_, rank) => ({ rank, bytes: this.newsOf(rank) })).filter(({ bytes }) => bytes > 0);
    return writeRuns(this.streams.writer, CastKind.order, runs, ({ rank, bytes }) => {
      (this.written[rank] as number) += bytes;
    });
  }

  /** Bytes that have come from a member and have no place in the order yet. */
  private newsOf(rank: number): number {
    const reader = this.streams.readers[rank] as RecordReader;
    return rank === SEQUENCER ? 0 : Math.min(reader.received(), reader.cut) - (this.written[rank] as number);
  }

  private readOrder(origin: number, message: Message): unknown {
    const runs = readRuns(message, this.ordered.length);
    if (runs?.some(({ rank }) => rank === SEQUENCER) !== false) {
      this.streams.receiver.onMalformed(origin);
      return undefined;
    }
    this.runs = runs as readonly Run[];
    for (const { rank, bytes } of this.runs) (this.ordered[rank] as number) += bytes;
    return STOP;
  }

  /** In the order of the record: each is over when all of it is handed over. */
  private walkRuns(message: Message, budget: number): number {
    let walked = 0;
    for (let run = this.runs[0]; run !== undefined; run = this.runs[0]) {
      const reader = this.streams.readers[run.rank] as RecordReader;
      // Asked before the walk: the plane may be on another thread, and what it brings meanwhile was not walked over.
      const isHere = this.isHere(reader, this.endOf(run));
      walked += this.walkTo(reader, this.endOf(run), message, budget - walked);
      if (walked >= budget || !isHere) return walked;
      this.runs = this.runs.slice(1);
    }
    return walked;
  }

  /** A record may name one stream once; so its end is the end of the last that was read. */
  private endOf({ rank }: Run): number {
    return this.ordered[rank] as number;
  }

  private walkTo(reader: RecordReader, end: number, message: Message, budget: number): number {
    reader.gate = Math.min(end, this.ceiling(reader));
    let walked = 0;
    while (walked < budget) {
      const step = reader.drain(this.streams.receiver, message, budget - walked);
      if (step === 0) break;
      walked += step;
    }
    return walked;
  }

  /** All of it may be walked over now; a record that begins before its end and ends beyond it is the next one's. */
  private isHere(reader: RecordReader, end: number): boolean {
    return this.finished || Math.min(reader.received(), reader.cut, this.ceiling(reader)) >= end;
  }

  /** The view has ended, and the sequencer's stream: what it has not named follows by rank. */
  private walkRest(message: Message, budget: number): number {
    let walked = 0;
    for (const reader of this.streams.readers) {
      walked += this.walkTo(reader as RecordReader, Number.MAX_SAFE_INTEGER, message, budget - walked);
      if (walked >= budget) break;
    }
    return walked;
  }
}
