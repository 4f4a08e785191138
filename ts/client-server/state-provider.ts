/**
 * Whoever has the state: answers requests for it, each with a source of parts that is pulled as fast as whoever asked takes them in. What a source yields
 * is cut into records that fit into the ring, and written when there is room in it: no part waits in a queue, where it would hold up what the application
 * sends, and nobody needs memory for more than a window.
 */
import type { Endpoint } from '../base/endpoint.js';
import { PART_HEAD_BYTES, readAsk, writePartHead, writeState } from './state-records.js';
import { WINDOW_BYTES } from './state-requester.js';

/** The longest part of a record of the state, in bytes, where the ring takes as much. */
export const MOST_RECORD_BYTES = 128 * 1024;
/** Requests that are answered at once, or wait for their answer. More are refused. */
export const MOST_ANSWERS = 4096;

/** Gives the state, part by part. Each pull is answered by one call of `next`, at once or later. */
export interface StateSource {
  /** Bytes of the whole; undefined: not known. */
  readonly total: number | undefined;
  pull(next: (pulled: Pulled) => void): void;
  /** Nobody pulls any more. */
  cancel(): void;
}

export type Pulled =
  | { readonly type: 'part'; readonly part: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly reason: string };

export interface ProviderPort {
  /** How an answer ends. */
  answer(to: Endpoint, bytes: Uint8Array): void;
  /** Sends a part of the state, with its head before it; or nothing, and false, when there is no room for it now: `progress` when there may be. */
  sendPart(to: Endpoint, head: Uint8Array, part: Uint8Array): boolean;
  /** The longest record that goes to that member in one piece. Bytes. */
  mostDirect(to: Endpoint): number;
  /** Asks the application. It answers by `answer`, now or later. */
  asked(request: StateQuestion): void;
}

/** A request that the application has to answer. */
export interface StateQuestion {
  readonly origin: Endpoint;
  readonly transfer: number;
  readonly request: Uint8Array;
  /** Whether whoever asked still waits for an answer. */
  readonly isOpen: boolean;
  /** With the state; once. */
  answer(source: StateSource): void;
  /** It can't. */
  refuse(reason: string): void;
}

export class StateProvider {
  /** By who asked, and its number. */
  private readonly answers = new Map<string, Answer>();

  constructor(private readonly port: ProviderPort) {}

  /** @throws MalformedError */
  receive(from: Endpoint, bytes: Uint8Array): void {
    const record = readAsk(bytes);
    const key = `${from.name} ${record.number}`;
    switch (record.type) {
      case 'request': {
        // Nobody asks twice with one number; what the first was for is lost.
        this.answers.get(key)?.cancel();
        const answer = new Answer(this.port, from, record.number, record.skip, () => this.answers.delete(key));
        if (this.answers.size >= MOST_ANSWERS) return answer.refuse('it answers too many requests at once');
        this.answers.set(key, answer);
        return this.port.asked(questionOf(answer, record.transfer, record.request));
      }
      case 'credit':
        return this.answers.get(key)?.credit(record.bytes);
      case 'cancel':
        return this.answers.get(key)?.cancel();
    }
  }

  /** There may be room for parts that had none. */
  progress(): void {
    for (const answer of this.answers.values()) answer.pump();
  }

  /** @param getting those who still get the state; undefined: I do not give it any more */
  viewChanged(getting: readonly Endpoint[] | undefined): void {
    for (const answer of [...this.answers.values()]) {
      if (getting?.some((each) => each.equals(answer.to)) === true) answer.pump();
      else answer.cancel();
    }
  }
}

class Answer {
  private source: StateSource | undefined;
  private sentBytes = 0;
  private creditedBytes = 0;
  /** Of what the source has given, those that were skipped included. */
  private pulledBytes = 0;
  /** Of the part that was pulled last, what is not sent yet. */
  private rest: Uint8Array = NOTHING;
  private pulling = false;
  private pumping = false;
  private over = false;

  constructor(
    private readonly port: ProviderPort,
    readonly to: Endpoint,
    private readonly number: number,
    private skip: number,
    private readonly onOver: () => void,
  ) {}

  /** Whether it waits for its source. */
  get isOpen(): boolean {
    return !this.over && this.source === undefined;
  }

  begin(source: StateSource): void {
    if (this.over || this.source !== undefined) return source.cancel();
    this.source = source;
    this.pump();
  }

  refuse(reason: string): void {
    if (this.over) return;
    this.port.answer(this.to, writeState({ type: 'failed', number: this.number, reason }));
    this.cancel();
  }

  credit(bytes: number): void {
    // Nobody can take in what was not sent.
    this.creditedBytes = Math.max(this.creditedBytes, Math.min(bytes, this.sentBytes));
    this.pump();
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.rest = NOTHING;
    this.onOver();
    this.source?.cancel();
  }

  /** Sends what window and ring have room for. A source that answers at once is pulled in a loop, not by recursion. */
  pump(): void {
    if (this.pumping || this.source === undefined) return;
    this.pumping = true;
    while (!this.over && !this.pulling && this.sentBytes - this.creditedBytes < WINDOW_BYTES) {
      if (this.rest.length === 0) this.pull();
      else if (!this.sendSome()) break;
    }
    this.pumping = false;
  }

  private pull(): void {
    this.pulling = true;
    this.source?.pull((pulled) => {
      this.pulling = false;
      if (this.over) return;
      this.take(pulled);
      this.pump();
    });
  }

  private take(pulled: Pulled): void {
    switch (pulled.type) {
      case 'part': {
        const skipped = Math.min(this.skip, pulled.part.length);
        this.skip -= skipped;
        this.rest = pulled.part.subarray(skipped);
        this.pulledBytes += pulled.part.length;
        return;
      }
      case 'end':
        return this.end();
      case 'failed':
        return this.refuse(pulled.reason);
    }
  }

  private end(): void {
    const { pulledBytes, skip, number } = this;
    const total = this.source?.total ?? pulledBytes;
    if (total !== pulledBytes) return this.refuse(`its state has ${pulledBytes} bytes, and was to have ${total}`);
    if (skip > 0) return this.refuse(`its state has only ${pulledBytes} bytes, ${skip} fewer than are there already`);
    this.port.answer(this.to, writeState({ type: 'end', number }));
    this.cancel();
  }

  /** False: there is no room for more now. */
  private sendSome(): boolean {
    const { number, rest, port, to } = this;
    const most = Math.max(1, Math.min(MOST_RECORD_BYTES, port.mostDirect(to) - PART_HEAD_BYTES));
    const window = WINDOW_BYTES - (this.sentBytes - this.creditedBytes);
    const part = rest.subarray(0, Math.min(most, window));
    if (!port.sendPart(to, writePartHead(number, this.source?.total), part)) return false;
    this.rest = rest.subarray(part.length);
    this.sentBytes += part.length;
    return true;
  }
}

const NOTHING = new Uint8Array(0);

function questionOf(answer: Answer, transfer: number, request: Uint8Array): StateQuestion {
  return {
    origin: answer.to,
    transfer,
    request,
    get isOpen() {
      return answer.isOpen;
    },
    answer: (source) => answer.begin(source),
    refuse: (reason) => answer.refuse(reason),
  };
}

/** A state that is there as a whole. */
export function wholeState(bytes: Uint8Array): StateSource {
  let given = false;
  return {
    total: bytes.length,
    pull: (next) => {
      const end = given;
      given = true;
      next(end ? { type: 'end' } : { type: 'part', part: bytes });
    },
    cancel: () => {},
  };
}
