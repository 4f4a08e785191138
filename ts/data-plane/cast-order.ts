/**
 * The seam between a view's casts and the policy that orders them. A policy never touches a message: it moves the gates of readers, and decides
 * which of them walks next. What it has to tell the others it writes into the stream of casts itself, as records of a kind of its own: so what
 * members know of the order is cut with the stream at the end of a view, the same for all who go on (invariants 3, 8 and 9).
 */
import type { Message } from '../base/message.js';
import type { RecordReader, RecordReceiver } from './record-reader.js';
import type { RecordWriter } from './record-writer.js';

/**
 * Kinds of the records in streams of casts, and of the application's in streams of sends: `ask` and `state` are found in the latter only. Those of
 * the application have in bits 4 and 5 how safe they are during a state transfer (ts/api/message-kind.ts).
 */
export const CastKind = {
  message: 0,
  order: 1,
  dependencies: 2,
  subcast: 3,
  scast: 4,
  lsend: 5,
  ask: 6,
  state: 7,
} as const;

/** The casts of one view at one member. */
export interface CastStreams {
  readonly myRank: number;
  /** By rank. Mine is there where I deliver my own casts. */
  readonly readers: readonly (RecordReader | undefined)[];
  /** Of my casts. */
  readonly writer: RecordWriter;
  readonly receiver: RecordReceiver;
}

/** What a view is ordered by. */
export interface CastOrder {
  /** Members deliver their own casts, too. */
  readonly local: boolean;
  /** It waits for what is stable: the plane is to tell of it at once. */
  readonly safe: boolean;
  begin(streams: CastStreams): CastDelivery;
}

/** The policy at work in one view. */
export interface CastDelivery {
  /** Hands over what may be, in turns of about `budget` bytes. Returns the bytes walked over: 0 when there is nothing to hand over now. */
  drain(message: Message, budget: number): number;
  /** After each batch, also while nothing is handed over: says what others need to know. */
  announce(): void;
  /** Nothing may be written in this view any more. */
  stopSending(): void;
  /** The view has ended, and all is here that belongs to it: what is left is handed over by a rule that needs no more news. */
  finish(): void;
}
