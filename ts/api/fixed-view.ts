/** A view whose members are those that the caller listed: the data plane's streams, put together for one member. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../base/endpoint.js';
import { StreamKind } from '../data-plane/data-plane.js';
import type { Plane } from '../data-plane/plane.js';
import { checkMemory, viewConfig } from '../data-plane/view-config.js';
import type { ViewPlane } from '../data-plane/view-plane.js';
import { orderOf } from '../ordering/order.js';
import { subcastHeaderBytes } from '../ordering/subcast.js';
import { parseProtocol } from '../stack/protocol.js';
import { type Application, Deliver, Incoming, type Reports } from './incoming.js';
import type { Membership } from './membership.js';
import type { CheckedOptions } from './options.js';
import { Outbox } from './outbox.js';
import { ranksOf } from './rank-of.js';
import { fixedViewData, type ViewData } from './view.js';

/** How often a member that leaves looks whether all has arrived. */
const SETTLE_INTERVAL_MS = 2;
/** What others sent is acknowledged within 2 ms: a member that leaves stays that long, so that they need not wait for it in vain. */
const LAST_STATUS_MS = 6;

export interface FixedViewConfig {
  readonly options: CheckedOptions;
  readonly endpoints: readonly Endpoint[];
  readonly myRank: number;
  readonly viewTime: number;
  /** The stack, for people. */
  readonly protocol: string;
}

export class FixedView implements Membership {
  readonly data: ViewData;
  readonly outbox: Outbox;
  /** The ranks of the very objects in `data.members`, for the fast road. */
  readonly ranks: ReadonlyMap<Endpoint, number>;
  private readonly view: ViewPlane;
  private readonly incoming: readonly Incoming[];

  /** Installs the view: from here on messages come and go. Throws, with nothing installed, when it does not fit into the memory. */
  constructor(
    private readonly plane: Plane,
    config: FixedViewConfig,
    application: Application,
    reports: Reports,
  ) {
    const { options, endpoints, myRank, viewTime } = config;
    checkMemory(options.memory, endpoints.length);
    this.data = fixedViewData(options.groupName, viewTime, endpoints, myRank, config.protocol);
    this.ranks = new Map(endpoints.map((endpoint, rank) => [endpoint, rank]));

    const incoming = (deliver: Deliver) => new Incoming(deliver, application, endpoints, myRank, reports);
    const receivers = {
      [StreamKind.cast]: incoming(Deliver.casts),
      [StreamKind.controlCast]: incoming(Deliver.nothing),
      [StreamKind.pt2pt]: incoming(Deliver.sends),
      [StreamKind.controlPt2pt]: incoming(Deliver.nothing),
    };
    this.incoming = Object.values(receivers);
    const { ordering } = parseProtocol(config.protocol);
    const order = orderOf(ordering);
    const subcast = ordering.includes('Subcast');
    const most = options.maxMessageSize + (subcast ? subcastHeaderBytes(endpoints.length) : 0);
    const { config: installed, sizes } = viewConfig({
      ...options,
      endpoints,
      myRank,
      viewTime,
      frameBytes: Math.min(options.mtu ?? Number.POSITIVE_INFINITY, plane.driver.frameBytes),
      seed: options.seed ?? randomInt(2 ** 32),
      prompt: order.safe,
    });
    this.view = plane.install(installed, sizes, most, receivers, order);
    this.outbox = new Outbox(plane, this.view, endpoints.length, options, true, subcast);
  }

  get memoryBytes(): number {
    return this.view.memoryBytes();
  }

  /** The ranks that a destination means; throws where it means none, or this member. */
  ranksOf(destination: unknown): readonly number[] {
    return ranksOf(destination, this.data);
  }

  /** While paused nothing is handed over to the application, and flow control slows the senders. */
  pause(): void {
    this.view.paused = true;
  }

  resume(): void {
    this.view.paused = false;
    this.plane.resume();
  }

  progress(): boolean {
    return this.outbox.progress();
  }

  /** Resolves when all that was sent has arrived, or after `lingerMs` at the latest. */
  async leave(lingerMs: number): Promise<void> {
    const start = performance.now();
    this.plane.scheduleFlush();
    for (;;) {
      const waited = performance.now() - start;
      if (waited >= lingerMs) return;
      if (waited >= LAST_STATUS_MS && this.outbox.queuedBytes === 0 && this.view.isStable()) return;
      await sleep(Math.min(SETTLE_INTERVAL_MS, lingerMs - waited));
    }
  }

  /** From here on nothing is handed over, not even what is being walked over now. */
  stop(): void {
    for (const each of this.incoming) each.stopped = true;
  }

  /** The view is over; what has not arrived yet is lost. */
  retire(): void {
    this.stop();
    this.outbox.clear();
    this.plane.retire(this.view);
  }
}
