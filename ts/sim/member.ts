/** One simulated member: a whole session over a simulated plane, and a log of all that its application sent and was told. */

import { type GroupApplication, Session, type SessionSettings } from '../api/session.js';
import type { ViewData } from '../api/view.js';
import { Endpoint } from '../base/endpoint.js';
import type { Message } from '../base/message.js';
import type { Address } from '../data-plane/data-plane.js';
import { Plane } from '../data-plane/plane.js';
import { Random } from '../data-plane/typescript/random.js';
import type { Environment } from '../stack/environment.js';
import type { PropertyName } from '../stack/properties.js';
import { viewName } from '../stack/view-state.js';
import type { SimClock } from './clock.js';
import { SimDriver } from './driver.js';
import type { SimNetwork } from './network.js';

export type SimProperties = readonly PropertyName[];

/** What a member's application has seen and done, in order. Views by name; messages by an id that no two share. */
export type LogEntry =
  | {
      readonly type: 'view';
      readonly at: number;
      readonly view: string;
      readonly members: readonly string[];
      readonly rank: number;
      readonly time: number;
      readonly primary: boolean;
    }
  | {
      readonly type: 'sent';
      readonly at: number;
      readonly id: string;
      readonly to: string | undefined;
      readonly sendView: 'current' | 'next' | 'unspecified';
      readonly view: string;
    }
  | { readonly type: 'cast'; readonly at: number; readonly from: string; readonly id: string }
  | { readonly type: 'send'; readonly at: number; readonly from: string; readonly id: string }
  | { readonly type: 'block'; readonly at: number }
  | { readonly type: 'exit'; readonly at: number }
  | { readonly type: 'error'; readonly at: number; readonly error: Error };

export class SimMember implements GroupApplication {
  readonly endpoint: Endpoint;
  readonly log: LogEntry[] = [];
  readonly session: Session;
  readonly driver: SimDriver;
  private readonly plane: Plane;
  private readonly random: Random;
  private sentCount = 0;
  exited = false;

  constructor(
    address: Address,
    incarnation: number,
    settings: SessionSettings,
    seed: number,
    private readonly clock: SimClock,
    private readonly network: SimNetwork,
  ) {
    this.endpoint = new Endpoint(address.host, address.port, incarnation);
    this.random = new Random(seed);
    let driver: SimDriver | undefined;
    this.plane = Plane.over(
      (awake, events) => {
        driver = new SimDriver(address, clock, network, awake, events, settings.frameBytes);
        driver.onAnnounced = (bytes) => this.session.group.receiveOutside(bytes);
        return driver;
      },
      {
        onProgress: () => this.session.progress(),
        onUnattached: (_, bytes) => this.session.group.receiveOutside(bytes),
        onFailure: (error) => this.record({ type: 'error', at: clock.now, error }),
        onRefused: ({ host, port }) => this.session.group.refused(host, port),
      },
      (callback) => void this.later(1, callback),
    );
    this.driver = driver as unknown as SimDriver;
    this.session = new Session(this.endpoint, settings, this.plane, this.environment(), this, this.reports(), {
      onView: () => {},
      onExited: () => {
        this.exited = true;
        this.record({ type: 'exit', at: clock.now });
      },
      announce: (bytes) => this.announce(bytes),
    });
  }

  get view(): ViewData | undefined {
    return this.session.view?.data;
  }

  cast(bytes = 0): void {
    const { view } = this.session;
    if (view === undefined || this.exited) return;
    const id = `${this.endpoint.name}#${this.sentCount++}`;
    const sendView = view.outbox.post(view.outbox.casts, padded(id, bytes));
    this.record({ type: 'sent', at: this.clock.now, id, to: undefined, sendView, view: viewName(view.data.viewId) });
  }

  send(to: number, bytes = 0): void {
    const { view } = this.session;
    if (view === undefined || this.exited || to === view.data.myRank || to >= view.data.nmembers) return;
    const id = `${this.endpoint.name}>${this.sentCount++}`;
    const sendView = view.outbox.post(view.outbox.sendsTo(to), padded(id, bytes));
    const name = (view.data.members[to] as Endpoint).name;
    this.record({ type: 'sent', at: this.clock.now, id, to: name, sendView, view: viewName(view.data.viewId) });
  }

  leave(): void {
    this.session.group.leave();
  }

  kill(): void {
    this.driver.kill();
  }

  // ---- application ----

  onAcceptedView(view: ViewData): void {
    this.record({
      type: 'view',
      at: this.clock.now,
      view: viewName(view.viewId),
      members: view.members.map(({ name }) => name),
      rank: view.myRank,
      time: view.viewId.time,
      primary: view.primaryFlag,
    });
  }

  onReceiveCast(origin: Endpoint, message: Message): void {
    this.record({ type: 'cast', at: this.clock.now, from: origin.name, id: idOf(message) });
  }

  onReceiveSend(origin: Endpoint, message: Message): void {
    this.record({ type: 'send', at: this.clock.now, from: origin.name, id: idOf(message) });
  }

  onBlock(): void {
    this.record({ type: 'block', at: this.clock.now });
  }

  onChangingView(): undefined {}

  onProposeView(): undefined {}

  private record(entry: LogEntry): void {
    this.log.push(entry);
  }

  private announce(bytes: Uint8Array): void {
    if (this.driver.dead) return;
    const { host, port } = this.endpoint;
    this.network.broadcast({ host, port }, bytes);
  }

  private later(delay: number, callback: () => void): { cancel(): void } {
    return this.clock.schedule(delay, () => this.driver.whenRunning(callback));
  }

  private environment(): Environment {
    return {
      now: () => this.clock.now / 1000,
      setTimer: (milliseconds, callback) => this.later(milliseconds * 1000, callback),
      defer: (callback) => void this.later(1, callback),
      random: (bound) => this.random.below(bound),
    };
  }

  private reports() {
    const failed = (error: unknown) => this.record({ type: 'error', at: this.clock.now, error: error as Error });
    return {
      report: failed,
      callbackFailed: (_: string, cause: unknown) => failed(cause),
      watch: () => {},
      guard: (_: string, run: () => unknown) => {
        run();
      },
    };
  }
}

function padded(id: string, bytes: number): Uint8Array {
  return new TextEncoder().encode(bytes > id.length + 1 ? `${id} ${'.'.repeat(bytes - id.length - 1)}` : id);
}

function idOf(message: Message): string {
  const text = message.text();
  const end = text.indexOf(' ');
  return end < 0 ? text : text.slice(0, end);
}
