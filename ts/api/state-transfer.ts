/** From what applications write, promises and iterables, to the callbacks of the transfer's protocol, and back. */
import { isUint8Array } from 'node:util/types';
import { invalidArgument } from '../base/checks.js';
import { ConsortError } from '../base/errors.js';
import { Message } from '../base/message.js';
import { formatBytes } from '../base/show.js';
import { MOST_RECORD_BYTES, type Pulled, type StateSource, wholeState } from '../client-server/state-provider.js';
import { type StateRequest, type StateSink, WINDOW_BYTES } from '../client-server/state-requester.js';
import { copyOf, PartRing } from './part-ring.js';
import { type Payload, payloadBytes, payloadCopy } from './payload.js';

/** Names one transfer of the state to this member: no two have the same. */
export type TransferId = number;

/** How far a transfer is. */
export interface TransferProgress {
  readonly xferId: TransferId;
  /** Of the state that is asked for now, so many bytes are there. */
  readonly bytes: number;
  /** Bytes of the whole, where the server told. */
  readonly total: number | undefined;
}

/** Parts of a state, in order. */
export type StateParts = Iterable<Payload> | AsyncIterable<Payload>;

/** A state in parts whose length is known: whoever gets it can tell how far it is. */
export interface SizedState {
  /** Bytes of all parts. */
  readonly total: number;
  readonly parts: StateParts;
}

/** What a server answers a request for its state with: the state, or parts of it one after the other. */
export type StateAnswer = Payload | StateParts | SizedState;

/** The most bytes of a part; larger ones are cut anyway. */
const MOST_PART_BYTES = 2 ** 31;

/**
 * @param failed told what the iterator threw
 * @throws ConsortArgumentError for what is no state
 */
export function sourceOf(answer: StateAnswer, failed: (error: unknown) => void = () => {}): StateSource {
  if (typeof answer === 'object' && answer !== null && !isUint8Array(answer) && !(answer instanceof Message)) {
    if ('parts' in answer) return partsSource(partsOf(answer.parts), totalOf(answer.total), failed);
    if (isIterable(answer)) return partsSource(answer, undefined, failed);
  }
  return wholeState(payloadCopy(answer, MOST_PART_BYTES));
}

function isIterable(value: unknown): value is StateParts {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function partsOf(parts: unknown): StateParts {
  if (isIterable(parts)) return parts;
  throw invalidArgument('parts', parts, 'an iterable, or an async one, of payloads');
}

function totalOf(total: unknown): number {
  // As integers go in records.
  if (Number.isSafeInteger(total) && (total as number) >= 0 && (total as number) < Number.MAX_SAFE_INTEGER)
    return total as number;
  throw invalidArgument('total', total, 'the number of bytes of all parts');
}

function partsSource(parts: StateParts, total: number | undefined, failed: (error: unknown) => void): StateSource {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  const pull = async (): Promise<Pulled> => {
    try {
      const { done, value } = await iterator.next();
      return done === true ? { type: 'end' } : { type: 'part', part: payloadBytes(value, MOST_PART_BYTES) };
    } catch (error) {
      failed(error);
      return { type: 'failed', reason: reasonOf(error) };
    }
  };
  // What a generator does when it is left is its own business.
  const leave = async () => iterator.return?.();
  return {
    total,
    pull: (next) => void pull().then(next),
    cancel: () => void leave().catch(() => {}),
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where a transfer tells how far it is. */
export type OnProgress = (bytes: number, total: number | undefined) => void;

/** Whom a state that was collected is for. */
export interface StateTaker {
  resolve(message: Message): void;
  reject(error: Error): void;
}

/** Collects a state. */
export class CollectingSink implements StateSink {
  request: StateRequest | undefined;
  /** Room for as much as the server told. */
  private whole: Uint8Array = NOTHING;
  /** What comes beyond that, or without it. */
  private parts: Uint8Array[] = [];
  private bytes = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly onProgress: OnProgress,
    private readonly taker: StateTaker,
  ) {}

  part(part: Uint8Array, total: number | undefined): void {
    const at = this.bytes;
    this.bytes += part.length;
    const most = Math.max(this.bytes, total ?? 0);
    if (most > this.maxBytes) {
      this.request?.cancel();
      return this.taker.reject(tooLarge(most, this.maxBytes));
    }
    if (at === 0 && total !== undefined) this.whole = new Uint8Array(total);
    if (this.bytes <= this.whole.length) this.whole.set(part, at);
    else this.keepBeyond(part, at);
    this.request?.taken(part.length);
    this.onProgress(this.bytes, total);
  }

  restart(): number {
    this.forget();
    this.bytes = 0;
    return 0;
  }

  end(): void {
    const { whole, parts, bytes } = this;
    this.forget();
    this.taker.resolve(Message.of(bytes === whole.length ? whole : concatenate([whole, ...parts], bytes)));
  }

  fail(error: Error): void {
    this.forget();
    this.taker.reject(error);
  }

  private keepBeyond(part: Uint8Array, at: number): void {
    if (this.parts.length === 0) this.whole = this.whole.subarray(0, at);
    this.parts.push(copyOf(part));
  }

  private forget(): void {
    this.whole = NOTHING;
    this.parts = [];
  }
}

const NOTHING = new Uint8Array(0);

function concatenate(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, bytes - at), at);
    at += part.length;
  }
  return whole;
}

/** The window, and the longest parts: the one that the loop has, and one that finds the end of the ring too near. Bytes. */
const RING_BYTES = WINDOW_BYTES + 4 * MOST_RECORD_BYTES;
/** So many parts that were handed over leave their places at once. */
const MOST_HANDED = 1024;

interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: Error): void;
}

/** Hands a state over part by part, to a `for await` loop: what the loop has not taken holds the provider back. */
export class StreamingSink implements StateSink, AsyncIterableIterator<Uint8Array, undefined> {
  request: StateRequest | undefined;
  private parts: (Uint8Array | undefined)[] = [];
  /** Index of the first of `parts` that was not handed over. */
  private head = 0;
  private receivedBytes = 0;
  private handedBytes = 0;
  private ended = false;
  private failure: Error | undefined;
  /** Calls of next() that found nothing. */
  private waiting: Waiting[] = [];
  /** Where the parts lie; undefined: each in its own memory. */
  private ring: PartRing | undefined;
  /** Parts that the loop may look at until it asks for another one. */
  private lent: Uint8Array[] = [];

  /**
   * @param resumes whether another server goes on where one has stopped: they all give the same bytes
   * @param reuses whether the memory of a part is used again once the loop asks for the next one
   */
  constructor(
    private readonly resumes: boolean,
    reuses: boolean,
    private readonly onProgress: OnProgress,
  ) {
    this.ring = reuses ? new PartRing(RING_BYTES) : undefined;
  }

  part(part: Uint8Array, total: number | undefined): void {
    this.receivedBytes += part.length;
    this.parts.push(this.ring === undefined ? copyOf(part) : this.ring.add(part));
    this.onProgress(this.receivedBytes, total);
    this.settle();
  }

  /** What was handed over can't be taken back. */
  restart(): number | undefined {
    if (this.handedBytes > 0 && !this.resumes) return undefined;
    this.drop();
    // The loop may still look at what lies in the old one.
    if (this.ring !== undefined) this.ring = new PartRing(RING_BYTES);
    this.receivedBytes = this.handedBytes;
    return this.handedBytes;
  }

  end(): void {
    this.ended = true;
    this.settle();
  }

  /** A transfer that is over is no use any more, whatever has come. */
  fail(error: Error): void {
    this.drop();
    this.failure = error;
    this.end();
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (const part of this.lent.splice(0)) this.ring?.release(part);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.settle();
    });
  }

  /** Called when the loop is left. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.request?.cancel();
    this.drop();
    this.failure = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settle(): void {
    while (this.waiting.length > 0) {
      const part = this.parts[this.head];
      if (part === undefined && !this.ended) return;
      const waiting = this.waiting.shift() as Waiting;
      if (part === undefined) this.finish(waiting);
      else this.hand(part, waiting);
    }
  }

  private hand(part: Uint8Array, waiting: Waiting): void {
    this.parts[this.head++] = undefined;
    if (this.head === this.parts.length) this.drop();
    else if (this.head >= MOST_HANDED) this.head -= this.parts.splice(0, this.head).length;
    this.handedBytes += part.length;
    if (this.ring !== undefined) this.lent.push(part);
    this.request?.taken(part.length);
    waiting.resolve({ done: false, value: part });
  }

  private finish(waiting: Waiting): void {
    const { failure } = this;
    // A failure is thrown once.
    this.failure = undefined;
    if (failure === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(failure);
  }

  private drop(): void {
    this.parts = [];
    this.head = 0;
  }
}

function tooLarge(bytes: number, max: number): ConsortError {
  return new ConsortError(
    'ERR_STATE_TOO_LARGE',
    `the state has ${formatBytes(bytes)} or more, and maxStateSize is ${formatBytes(max)}: raise it, or take the state in parts by streamState()`,
    { details: { bytes, max } },
  );
}
