/** From what applications write, promises and iterables, to the callbacks of the transfer's protocol, and back. */
import { isUint8Array } from 'node:util/types';
import { ConsortError } from '../base/errors.js';
import { Message } from '../base/message.js';
import { formatBytes } from '../base/show.js';
import { type Pulled, type StateSource, wholeState } from '../client-server/state-provider.js';
import type { StateRequest, StateSink } from '../client-server/state-requester.js';
import { type Payload, payloadBytes } from './payload.js';

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

/** @throws ConsortArgumentError for what is no state */
export function sourceOf(answer: StateAnswer): StateSource {
  if (typeof answer === 'string' || isUint8Array(answer))
    return wholeState(payloadBytes(answer, MOST_PART_BYTES).slice());
  if (typeof answer === 'object' && answer !== null) {
    if ('parts' in answer) return partsSource(answer.parts, answer.total);
    if (Symbol.asyncIterator in answer || Symbol.iterator in answer) return partsSource(answer, undefined);
  }
  return wholeState(payloadBytes(answer, MOST_PART_BYTES).slice());
}

function partsSource(parts: StateParts, total: number | undefined): StateSource {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  const pull = async (): Promise<Pulled> => {
    const { done, value } = await iterator.next();
    return done === true ? { type: 'end' } : { type: 'part', part: payloadBytes(value, MOST_PART_BYTES) };
  };
  return {
    total,
    pull: (next) => void pull().then(next, (error: unknown) => next({ type: 'failed', reason: reasonOf(error) })),
    // What a generator does when it is left is its own business.
    cancel: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
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
  readonly resumes = false;
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

  restart(): boolean {
    this.forget();
    this.bytes = 0;
    return true;
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

/** In memory that was not filled with zeros before: that would cost half as much as the copy. */
function copyOf(part: Uint8Array): Uint8Array {
  const { buffer } = Buffer.allocUnsafeSlow(part.length);
  const copy = new Uint8Array(buffer);
  copy.set(part);
  return copy;
}

/** Hands a state over part by part, to a `for await` loop: what the loop has not taken holds the provider back. */
export class StreamingSink implements StateSink, AsyncIterableIterator<Uint8Array, undefined> {
  request: StateRequest | undefined;
  private readonly parts: Uint8Array[] = [];
  private bytes = 0;
  private ended = false;
  private failure: Error | undefined;
  private waiting:
    | { resolve(result: IteratorResult<Uint8Array, undefined>): void; reject(error: Error): void }
    | undefined;

  constructor(
    readonly resumes: boolean,
    private readonly onProgress: OnProgress,
  ) {}

  part(part: Uint8Array, total: number | undefined): void {
    this.bytes += part.length;
    this.parts.push(copyOf(part));
    this.onProgress(this.bytes, total);
    this.settle();
  }

  /** What was handed over can't be taken back. */
  restart(): boolean {
    return false;
  }

  end(): void {
    this.ended = true;
    this.settle();
  }

  fail(error: Error): void {
    this.failure = error;
    this.ended = true;
    this.settle();
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.settle();
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.request?.cancel();
    this.parts.length = 0;
    this.failure = undefined;
    this.ended = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settle(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    // A transfer that is over is no use any more, whatever has come.
    const part = this.failure === undefined ? this.parts.shift() : undefined;
    if (part === undefined && !this.ended) return;
    this.waiting = undefined;
    if (part !== undefined) {
      this.request?.taken(part.length);
      return waiting.resolve({ done: false, value: part });
    }
    const { failure } = this;
    this.failure = undefined;
    this.parts.length = 0;
    if (failure === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(failure);
  }
}

function tooLarge(bytes: number, max: number): ConsortError {
  return new ConsortError(
    'ERR_STATE_TOO_LARGE',
    `the state has ${formatBytes(bytes)} or more, and maxStateSize is ${formatBytes(max)}: raise it, or take the state in parts by streamState()`,
    { details: { bytes, max } },
  );
}
