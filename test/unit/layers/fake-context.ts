// What a layer gets, without a stack around it: all that it says is kept, time goes on when the test says so, and positions are numbers that
// the test sets.
import type { Endpoint } from '../../../ts/base/endpoint.js';
import type { ServicePort } from '../../../ts/groupd/messages.js';
import { ByteReader, type ByteWriter } from '../../../ts/stack/codec.js';
import type { Environment } from '../../../ts/stack/environment.js';
import type { Rank, StackEvent } from '../../../ts/stack/event.js';
import type {
  ApplicationPort,
  JoinAnswer,
  Layer,
  LayerContext,
  OutsidePort,
  PlanePort,
} from '../../../ts/stack/layer.js';
import { Params } from '../../../ts/stack/params.js';
import type { ViewState } from '../../../ts/stack/view-state.js';
import { bytesOf, viewOf } from '../stack/views.js';

/** Time that goes on only by `advance`. */
export class FakeEnvironment implements Environment {
  private time = 1000;
  private order = 0;
  private timers: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  /** What `random` gives; below every bound that it is asked for. */
  nextRandom = 0;

  now(): number {
    return this.time;
  }

  setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    const timer = { at: this.time + milliseconds, order: this.order++, run: callback };
    this.timers.push(timer);
    return { cancel: () => this.remove(timer) };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  random(bound: number): number {
    return Math.min(this.nextRandom, bound - 1);
  }

  get pendingTimers(): number {
    return this.timers.length;
  }

  /** Lets time go on, and runs what is due on the way. */
  advance(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (;;) {
      this.timers.sort((a, b) => a.at - b.at || a.order - b.order);
      const [next] = this.timers;
      if (next === undefined || next.at > until) break;
      this.remove(next);
      this.time = next.at;
      next.run();
    }
    this.time = until;
  }

  private remove(timer: { readonly order: number }): void {
    this.timers = this.timers.filter(({ order }) => order !== timer.order);
  }
}

export class FakePlane implements PlanePort {
  /** Of casts, by rank. */
  readonly positions: number[];
  readonly toOthers: [to: Rank, position: number][] = [];
  readonly fromOthers = new Map<Rank, number>();
  readonly signs: number[];
  deliveredAll = false;
  watched: readonly Rank[] = [];
  /** `exclude 1`, `cut 1 800 from 2`, in the order of the calls. */
  readonly calls: string[] = [];

  constructor(members: number) {
    this.positions = new Array<number>(members).fill(0);
    this.signs = new Array<number>(members).fill(0);
  }

  received(): number[] {
    return [...this.positions];
  }

  sent(): readonly (readonly [to: Rank, position: number])[] {
    return this.toOthers;
  }

  receivedSends(from: Rank): number {
    return this.fromOthers.get(from) ?? 0;
  }

  hasDeliveredAll(): boolean {
    return this.deliveredAll;
  }

  heard(rank: Rank): number {
    return this.signs[rank] as number;
  }

  /** A sign of life of each. */
  hear(...ranks: Rank[]): void {
    for (const rank of ranks) this.signs[rank] = this.heard(rank) + 1;
  }

  watch(ranks: readonly Rank[]): void {
    this.watched = [...ranks];
  }

  exclude(rank: Rank): void {
    this.calls.push(`exclude ${rank}`);
  }

  cut(origin: Rank, cut: number, holder: Rank): void {
    this.calls.push(`cut ${origin} ${cut} from ${holder}`);
  }
}

export class FakeApplication implements ApplicationPort {
  /** Set to false, the application takes its time: then `ready` is what it calls. */
  readyAtOnce = true;
  ready: (() => void) | undefined;
  says = '';
  /** What it was told, in order. */
  readonly calls: string[] = [];
  readonly reports: Error[] = [];
  letsIn = true;
  readonly answers: JoinAnswer[] = [];
  readonly views: { readonly next: ViewState; readonly stateMessages: ReadonlyMap<Rank, Uint8Array> }[] = [];

  block(ready: () => void): void {
    this.calls.push('block');
    if (this.readyAtOnce) ready();
    else this.ready = ready;
  }

  stopSending(): void {
    this.calls.push('stopSending');
  }

  stateMessage(): Uint8Array {
    this.calls.push('stateMessage');
    return bytesOf(this.says);
  }

  viewMessage(next: ViewState, stateMessages: ReadonlyMap<Rank, Uint8Array>): Uint8Array {
    this.views.push({ next, stateMessages });
    return bytesOf(`view of ${next.members.length}`);
  }

  report(error: Error): void {
    this.reports.push(error);
  }

  joinRequest(): boolean {
    return this.letsIn;
  }

  joinAnswer(answer: JoinAnswer): void {
    this.answers.push(answer);
  }
}

export interface FakeSettings {
  readonly myRank?: Rank;
  readonly params?: string;
  readonly compatibility?: string;
  readonly maxMembers?: number;
  readonly contacts?: readonly Endpoint[];
  readonly environment?: FakeEnvironment;
}

export class FakeContext implements LayerContext {
  readonly myRank: Rank;
  readonly me: Endpoint;
  readonly params: Params;
  readonly environment: FakeEnvironment;
  readonly plane: FakePlane;
  readonly application = new FakeApplication();
  readonly outside: OutsidePort;
  service: ServicePort | undefined;
  readonly ups: StackEvent[] = [];
  readonly downs: StackEvent[] = [];
  readonly casts: Uint8Array[] = [];
  readonly sends: { readonly to: Rank; readonly record: Uint8Array }[] = [];
  readonly announced: Uint8Array[] = [];
  readonly told: { readonly to: Endpoint; readonly body: Uint8Array }[] = [];

  constructor(
    readonly view: ViewState,
    settings: FakeSettings = {},
  ) {
    this.myRank = settings.myRank ?? 0;
    this.me = view.members[this.myRank] as Endpoint;
    this.params = Params.parse(settings.params ?? '');
    this.environment = settings.environment ?? new FakeEnvironment();
    this.plane = new FakePlane(view.members.length);
    this.outside = {
      announce: (body) => this.announced.push(body.finish()),
      sendTo: (to, body) => this.told.push({ to, body: body.finish() }),
      compatibility: settings.compatibility ?? 'all the same',
      maxMembers: settings.maxMembers ?? 1024,
      contacts: settings.contacts ?? [],
      joinMessage: bytesOf('please'),
    };
  }

  up(event: StackEvent): void {
    this.ups.push(event);
  }

  down(event: StackEvent): void {
    this.downs.push(event);
  }

  cast(body: ByteWriter): void {
    this.casts.push(body.finish());
  }

  send(to: Rank, body: ByteWriter): void {
    this.sends.push({ to, record: body.finish() });
  }

  /** The types of what went up, and of what went down. */
  get upTypes(): string[] {
    return this.ups.map(({ type }) => type);
  }

  get downTypes(): string[] {
    return this.downs.map(({ type }) => type);
  }

  /** Forgets what was said so far. */
  clear(): void {
    for (const list of [this.ups, this.downs, this.casts, this.sends, this.announced, this.told]) list.length = 0;
  }
}

/** A layer in a view of members 0, 1, 2, ... */
export function layerIn<T extends Layer>(
  layerClass: new (context: LayerContext) => T,
  members: number,
  settings: FakeSettings & { readonly view?: Partial<ViewState> } = {},
): { readonly layer: T; readonly context: FakeContext } {
  const numbers = Array.from({ length: members }, (_, rank) => rank);
  const context = new FakeContext(viewOf(numbers, settings.view), settings);
  return { layer: new layerClass(context), context };
}

/** What a layer's record says, to the layer. */
export function reader(record: ByteWriter | Uint8Array): ByteReader {
  return new ByteReader(record instanceof Uint8Array ? record : record.finish());
}

export function block(
  coordinator: Rank,
  attempt: number,
  failed: readonly Rank[] = [],
  leaving: readonly Rank[] = [],
): Extract<StackEvent, { type: 'block' }> {
  return { type: 'block', coordinator, attempt, failed: new Set(failed), leaving: new Set(leaving) };
}

export function suspicion(...ranks: Rank[]): StackEvent {
  return { type: 'suspect', ranks, reason: 'the test says so' };
}

/** Events that most layers let pass. */
export const PASSING: readonly StackEvent[] = [
  { type: 'prompt' },
  { type: 'leave' },
  { type: 'exit' },
  { type: 'protocol', protocol: 'Top_appl:Bottom', params: '' },
  { type: 'leaving', rank: 1 },
];
