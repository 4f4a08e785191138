/**
 * Whoever gets the state: asks a server for it, takes the parts in as fast as the application does, and asks another server when one fails, says that
 * it can't, or does not answer. A request ends once: with the whole state, or with an error.
 *
 *   asked --part--> receiving --END--> done
 *     |                 |
 *     '--- provider failed, or silent --> asked again, of another server; of none: failed
 *
 * Flow control: the provider sends no further than WINDOW_BYTES beyond what was taken in, so a state of any size needs no more memory than that.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError, TransferTerminated } from '../base/errors.js';
import type { Timer } from '../stack/environment.js';
import { readState, writeAsk } from './state-records.js';

/** So much of a state may be on its way, or wait for the application, at once. Two round trips at 10 GB/s on one machine. */
export const WINDOW_BYTES = 4 * 1024 * 1024;
/** The provider is told each time that so much more was taken in. */
const CREDIT_BYTES = WINDOW_BYTES / 8;

export interface RequesterPort {
  /** Those who have the state, in the order of their ranks. */
  servers(): readonly Endpoint[];
  /** Which of them to ask first: members that get the state at the same time ask different ones. */
  readonly first: number;
  ask(server: Endpoint, bytes: Uint8Array): void;
  setTimer(milliseconds: number, callback: () => void): Timer;
  /** A provider that says nothing for so long while it could is given up. */
  readonly timeoutMs: number;
}

/** Where the state goes. One of `end` and `fail` is called, once. */
export interface StateSink {
  /** @param part it lies where it arrived, and is valid only during the call. The sink calls `taken` for it, now or later. */
  part(part: Uint8Array, total: number | undefined): void;
  end(): void;
  /**
   * Another server is asked. So many bytes from the beginning stay, all of which were taken in; of them the other one is to say nothing. Undefined: what came
   * from the first can't be taken back, and the request fails.
   */
  restart(): number | undefined;
  fail(error: Error): void;
}

export class StateRequester {
  private readonly requests = new Map<number, StateRequest>();
  private nextNumber = 1;

  constructor(private readonly port: RequesterPort) {}

  request(transfer: number, request: Uint8Array, sink: StateSink): StateRequest {
    const made = new StateRequest(this.port, transfer, request, sink, {
      register: (each) => {
        const number = this.nextNumber++;
        this.requests.set(number, each);
        return number;
      },
      forget: (number) => this.requests.delete(number),
    });
    made.askNext();
    return made;
  }

  /** @throws MalformedError */
  receive(from: Endpoint, bytes: Uint8Array): void {
    const record = readState(bytes);
    const request = this.requests.get(record.number);
    // What it does not wait for any more may still come, and nobody answers but who was asked.
    if (request?.provider?.equals(from) !== true) return;
    switch (record.type) {
      case 'part':
        return request.receivePart(record.part, record.total);
      case 'end':
        return request.end();
      case 'failed':
        return request.providerFailed(record.reason);
    }
  }

  /** Who was asked may not be a server any more. */
  viewChanged(): void {
    const servers = this.port.servers();
    for (const request of [...this.requests.values()]) {
      const { provider } = request;
      if (!servers.some((each) => provider?.equals(each))) request.providerFailed('it is no server any more');
    }
  }

  /** The transfer is over, whatever was asked for. */
  terminate(why: string): void {
    for (const request of [...this.requests.values()]) request.abandon(new TransferTerminated(request.transfer, why));
  }
}

interface Registry {
  register(request: StateRequest): number;
  forget(number: number): void;
}

export class StateRequest {
  provider: Endpoint | undefined;
  private number = 0;
  private readonly tried = new Set<string>();
  private receivedBytes = 0;
  /** Of the whole, as the provider says; undefined: it does not. */
  private total: number | undefined;
  private takenBytes = 0;
  private creditedBytes = 0;
  /** Of what is received now, the bytes that came from providers before. */
  private skipped = 0;
  private lastReason = 'there is no server';
  private over = false;
  private patience: Timer | undefined;

  constructor(
    private readonly port: RequesterPort,
    readonly transfer: number,
    private readonly request: Uint8Array,
    private readonly sink: StateSink,
    private readonly registry: Registry,
  ) {}

  askNext(): void {
    const servers = this.port.servers();
    const { first } = this.port;
    const inTurn = servers.map((_, index) => servers[(index + first) % servers.length] as Endpoint);
    const next = inTurn.find(({ name }) => !this.tried.has(name));
    if (next === undefined) return this.fail(noProvider(this.lastReason, this.tried.size));
    this.tried.add(next.name);
    this.provider = next;
    this.number = this.registry.register(this);
    const { number, transfer, request } = this;
    this.skipped = this.receivedBytes;
    this.creditedBytes = 0;
    this.waitPatiently();
    this.port.ask(next, writeAsk({ type: 'request', number, transfer, skip: this.skipped, request }));
  }

  receivePart(part: Uint8Array, total: number | undefined): void {
    this.receivedBytes += part.length;
    this.total = total;
    this.waitPatiently();
    // No provider sends nothing; of nothing there may be any number.
    if (part.length === 0) return;
    this.sink.part(part, total);
  }

  /** The application has taken so many bytes in. */
  taken(bytes: number): void {
    this.takenBytes += bytes;
    const ofThisOne = this.takenBytes - this.skipped;
    if (this.over || ofThisOne - this.creditedBytes < CREDIT_BYTES) return;
    this.creditedBytes = ofThisOne;
    this.port.ask(this.provider as Endpoint, writeAsk({ type: 'credit', number: this.number, bytes: ofThisOne }));
  }

  end(): void {
    const { receivedBytes, total } = this;
    if (total !== undefined && total !== receivedBytes)
      return this.providerFailed(`it gave ${receivedBytes} of ${total} bytes`);
    if (this.finish()) this.sink.end();
  }

  fail(error: Error): void {
    if (!this.finish()) return;
    this.sink.fail(error);
  }

  /** Nobody wants the state any more: whoever sends it is told. */
  cancel(): void {
    if (this.finish()) this.tellProvider();
  }

  /** The same, and so is whoever asked for it. */
  abandon(error: Error): void {
    if (!this.finish()) return;
    this.tellProvider();
    this.sink.fail(error);
  }

  providerFailed(reason: string): void {
    if (this.over) return;
    this.lastReason = `${this.provider}: ${reason}`;
    this.registry.forget(this.number);
    const stays = this.receivedBytes === 0 ? 0 : this.sink.restart();
    if (stays === undefined) return this.fail(interrupted(this.lastReason, this.receivedBytes));
    this.receivedBytes = stays;
    this.takenBytes = stays;
    this.total = undefined;
    this.askNext();
  }

  private waitPatiently(): void {
    this.patience?.cancel();
    this.patience = this.port.setTimer(this.port.timeoutMs, () => {
      // It waits for the application here, not for the provider.
      if (this.takenBytes < this.receivedBytes) return this.waitPatiently();
      this.tellProvider();
      this.providerFailed(`it said nothing for ${this.port.timeoutMs} ms`);
    });
  }

  /** It need not send any more. */
  private tellProvider(): void {
    const { provider, number, port } = this;
    if (provider !== undefined && port.servers().some((each) => each.equals(provider)))
      port.ask(provider, writeAsk({ type: 'cancel', number }));
  }

  private finish(): boolean {
    if (this.over) return false;
    this.over = true;
    this.patience?.cancel();
    this.registry.forget(this.number);
    return true;
  }
}

function noProvider(reason: string, asked: number): ConsortError {
  return new ConsortError(
    'ERR_STATE_UNAVAILABLE',
    asked === 0
      ? `nobody can give the state: ${reason}`
      : `of ${asked} servers that were asked none gave the state; the last, ${reason}`,
    {
      details: { asked, reason },
    },
  );
}

function interrupted(reason: string, receivedBytes: number): ConsortError {
  return new ConsortError(
    'ERR_STATE_INTERRUPTED',
    `after ${receivedBytes} bytes no more of the state came: ${reason}; ask for it again, from the beginning, or with resume where all servers have the same bytes`,
    { details: { reason, receivedBytes } },
  );
}
