// One who gets a state and those who have it, with links between them that carry a record when the test says so, and have room for so many bytes.
import type { Endpoint } from '../../../ts/base/endpoint.js';
import {
  type Pulled,
  StateProvider,
  type StateQuestion,
  type StateSource,
} from '../../../ts/client-server/state-provider.js';
import { type StateRequest, StateRequester, type StateSink } from '../../../ts/client-server/state-requester.js';
import { FakeEnvironment } from '../layers/fake-context.js';
import { member } from '../stack/views.js';

export const TIMEOUT_MS = 1000;

/** The one who gets the state. */
export const ASKER = member(0);

export class TransferCrew {
  readonly environment = new FakeEnvironment();
  readonly requester: StateRequester;
  readonly providers = new Map<string, TestProvider>();
  /** Records to servers, by their names, in order; and from them. */
  readonly asks = new Map<string, Uint8Array[]>();
  readonly answers = new Map<string, Uint8Array[]>();
  first = 0;

  /** @param servers their numbers */
  constructor(
    public servers: Endpoint[],
    readonly roomBytes = Number.POSITIVE_INFINITY,
    mostDirect = 1000,
  ) {
    const crew = this;
    this.requester = new StateRequester({
      servers: () => this.servers,
      get first() {
        return crew.first;
      },
      ask: (server, bytes) => this.link(this.asks, server).push(bytes),
      setTimer: (milliseconds, callback) => this.environment.setTimer(milliseconds, callback),
      timeoutMs: TIMEOUT_MS,
    });
    for (const server of servers) this.providers.set(server.name, new TestProvider(this, server, mostDirect));
  }

  get(sink: StateSink, request: Uint8Array = new Uint8Array(0)): StateRequest {
    return this.requester.request(7, request, sink);
  }

  provider(server: Endpoint): TestProvider {
    return this.providers.get(server.name) as TestProvider;
  }

  link(of: Map<string, Uint8Array[]>, { name }: Endpoint): Uint8Array[] {
    const link = of.get(name) ?? [];
    of.set(name, link);
    return link;
  }

  /** Brings the oldest record that is on its way to a server, or from it. False: there is none. */
  carry(server: Endpoint, toServer: boolean): boolean {
    const record = this.link(toServer ? this.asks : this.answers, server).shift();
    if (record === undefined) return false;
    const { provider } = this.provider(server);
    if (toServer) provider.receive(ASKER, record);
    else {
      this.requester.receive(server, record);
      provider.progress();
    }
    return true;
  }

  /** Until nothing is on its way. */
  run(): void {
    while (this.servers.some((server) => this.carry(server, true) || this.carry(server, false)));
  }

  /** The next view has these servers. What is on its way between two who stay arrives. */
  view(servers: Endpoint[]): void {
    for (const server of this.servers) {
      if (servers.some((each) => each.equals(server))) continue;
      this.link(this.asks, server).length = 0;
      this.link(this.answers, server).length = 0;
      this.provider(server).provider.viewChanged(undefined);
    }
    this.servers = servers;
    for (const server of servers) this.provider(server).provider.viewChanged([ASKER]);
    this.requester.viewChanged();
  }
}

export class TestProvider {
  readonly provider: StateProvider;
  readonly questions: StateQuestion[] = [];
  /** Answers at once with this, where there is something. */
  state: (() => StateSource) | undefined;

  constructor(crew: TransferCrew, server: Endpoint, mostDirect: number) {
    const link = () => crew.link(crew.answers, server);
    this.provider = new StateProvider({
      answer: (_, bytes) => link().push(bytes),
      mostDirect: () => mostDirect,
      sendPart: (_, head, part) => {
        const record = new Uint8Array(Buffer.concat([head, part]));
        if (link().reduce((sum, { length }) => sum + length, record.length) > crew.roomBytes) return false;
        link().push(record);
        return true;
      },
      asked: (question) => {
        this.questions.push(question);
        if (this.state !== undefined) question.answer(this.state());
      },
    });
  }
}

/** A source that gives what the test says, when it says so. */
export class TestSource implements StateSource {
  cancelled = 0;
  pulls = 0;
  private next: ((pulled: Pulled) => void) | undefined;

  constructor(readonly total: number | undefined = undefined) {}

  pull(next: (pulled: Pulled) => void): void {
    this.pulls++;
    this.next = next;
  }

  cancel(): void {
    this.cancelled++;
  }

  give(pulled: Pulled): void {
    const { next } = this;
    if (next === undefined) throw new Error('nobody has pulled');
    this.next = undefined;
    next(pulled);
  }
}

/** A state in parts of these lengths, which gives each at once. The bytes tell where they are. */
export function partsOf(lengths: readonly number[], total?: number, fails = false): StateSource {
  let index = 0;
  let at = 0;
  return {
    total,
    pull: (next) => {
      const length = lengths[index++];
      if (length === undefined) return next(fails ? { type: 'failed', reason: 'on purpose' } : { type: 'end' });
      next({ type: 'part', part: stateBytes(at, at + length) });
      at += length;
    },
    cancel: () => {},
  };
}

export function stateBytes(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, index) => ((from + index) * 37) >> 3);
}

/** Keeps what comes, and takes it in when the test says so, or at once. */
export class TestSink implements StateSink {
  request: StateRequest | undefined;
  bytes: number[] = [];
  untaken = 0;
  mostUntaken = 0;
  readonly ends: string[] = [];
  restarts = 0;
  /** What `restart` says: so many bytes stay, or none at all. */
  stays: 'nothing' | 'taken' | 'refused' = 'nothing';

  constructor(private readonly eager = true) {}

  part(part: Uint8Array): void {
    for (const byte of part) this.bytes.push(byte);
    this.untaken += part.length;
    this.mostUntaken = Math.max(this.mostUntaken, this.untaken);
    if (this.eager) this.take();
  }

  take(bytes = this.untaken): void {
    const taken = Math.min(bytes, this.untaken);
    this.untaken -= taken;
    this.request?.taken(taken);
  }

  restart(): number | undefined {
    this.restarts++;
    if (this.stays === 'refused') return undefined;
    const stays = this.stays === 'taken' ? this.bytes.length - this.untaken : 0;
    this.bytes.length = stays;
    this.untaken = 0;
    return stays;
  }

  end(): void {
    this.ends.push('end');
  }

  fail(error: Error): void {
    this.ends.push((error as Error & { code: string }).code);
  }
}
