/**
 * The events of a member as an async iterator. What the loop has not taken yet waits here, and when that is too much the member stops
 * consuming what arrives: then flow control slows the senders down, and nothing is lost and nothing grows.
 */
import type { GroupEvent } from './events.js';

/** What an event takes beside its payload, so that empty messages are bounded too. Bytes, roughly. */
const EVENT_BYTES = 128;

interface Waiting {
  resolve(result: IteratorResult<GroupEvent, undefined>): void;
  reject(error: Error): void;
}

export interface EventStreamOwner {
  /** Too much waits: hand over no more messages until `onRoom`. */
  onFull(): void;
  onRoom(): void;
  /** The loop is over: events are of no use any more. */
  onEnd(): void;
}

export class EventStream implements AsyncIterableIterator<GroupEvent, undefined> {
  private events: (GroupEvent | undefined)[] = [];
  /** Index of the first of `events` that was not taken. */
  private head = 0;
  private bytes = 0;
  private full = false;
  /** Calls of next() that found nothing. */
  private waiting: Waiting[] = [];
  private ended = false;
  private failure: Error | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly owner: EventStreamOwner,
  ) {}

  /** Adds an event; the loop gets it when it has taken those before. */
  push(event: GroupEvent): void {
    if (this.ended) return;
    const waiting = this.waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: event });
      return;
    }
    this.events.push(event);
    this.bytes += bytesOf(event);
    if (!this.full && this.bytes >= this.maxBytes) {
      this.full = true;
      this.owner.onFull();
    }
  }

  /** No more events: the loop ends when it has taken those before, by throwing `failure` if there is one. */
  end(failure?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    const waiting = this.waiting;
    this.waiting = [];
    for (const each of waiting) this.settle(each);
  }

  next(): Promise<IteratorResult<GroupEvent, undefined>> {
    const event = this.events[this.head];
    if (event !== undefined) {
      this.take(event);
      return Promise.resolve({ done: false, value: event });
    }
    return new Promise((resolve, reject) => {
      if (this.ended) this.settle({ resolve, reject });
      else this.waiting.push({ resolve, reject });
    });
  }

  /** Called when the loop is left: what waits is thrown away. */
  return(): Promise<IteratorResult<GroupEvent, undefined>> {
    this.events = [];
    this.head = 0;
    this.bytes = 0;
    this.failure = undefined;
    this.end();
    this.makeRoom();
    this.owner.onEnd();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private take(event: GroupEvent): void {
    this.events[this.head++] = undefined;
    this.bytes -= bytesOf(event);
    if (this.head === this.events.length) {
      this.events = [];
      this.head = 0;
    } else if (this.head >= 1024 && this.head * 2 >= this.events.length) {
      this.events.splice(0, this.head);
      this.head = 0;
    }
    this.makeRoom();
  }

  /** Half empty: worth going on. */
  private makeRoom(): void {
    if (!this.full || this.bytes > this.maxBytes / 2) return;
    this.full = false;
    this.owner.onRoom();
  }

  private settle(waiting: Waiting): void {
    const { failure } = this;
    // A failure is thrown once.
    this.failure = undefined;
    if (failure === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(failure);
  }
}

function bytesOf(event: GroupEvent): number {
  return EVENT_BYTES + ('message' in event ? event.message.length : 0);
}
