/** A view whose members are those that the caller listed: the data plane's streams, put together for one member. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from '../base/endpoint.js';
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { formatBytes, show } from '../base/show.js';
import { StreamKind } from '../data-plane/data-plane.js';
import type { Plane } from '../data-plane/plane.js';
import { minMemory, ringSizes } from '../data-plane/ring-sizes.js';
import type { ViewPlane } from '../data-plane/view-plane.js';
import { connectionId } from './connection-id.js';
import { type Application, Deliver, Incoming, type Reports } from './incoming.js';
import type { CheckedOptions } from './options.js';
import { Outbox } from './outbox.js';
import { fixedViewData, type ViewData } from './view.js';

/** Bytes that all receivers of a stream together may have on their way to them. */
const MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024;
const MIN_WINDOW_BYTES = 64 * 1024;
/** How often a member that leaves looks whether all has arrived. */
const SETTLE_INTERVAL_MS = 2;
/** What others sent is acknowledged within 2 ms: a member that leaves stays that long, so that they need not wait for it in vain. */
const LAST_STATUS_MS = 6;

export interface FixedViewConfig {
  readonly options: CheckedOptions;
  readonly endpoints: readonly Endpoint[];
  readonly myRank: number;
  readonly viewTime: number;
}

export class FixedView {
  readonly data: ViewData;
  readonly outbox: Outbox;
  /** The ranks of the very objects in `data.members`, for the fast road. */
  readonly ranks: ReadonlyMap<Endpoint, number>;
  private readonly ranksByName: ReadonlyMap<string, number>;
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
    this.data = fixedViewData(options.groupName, viewTime, endpoints, myRank, options.properties);
    this.ranks = new Map(endpoints.map((endpoint, rank) => [endpoint, rank]));
    this.ranksByName = new Map(endpoints.map(({ name }, rank) => [name, rank]));

    const incoming = (deliver: Deliver) => new Incoming(deliver, application, endpoints, reports);
    const receivers = {
      [StreamKind.cast]: incoming(Deliver.casts),
      [StreamKind.controlCast]: incoming(Deliver.nothing),
      [StreamKind.pt2pt]: incoming(Deliver.sends),
      [StreamKind.controlPt2pt]: incoming(Deliver.nothing),
    };
    this.incoming = Object.values(receivers);
    const sizes = ringSizes(options.memory, endpoints.length);
    const id = connectionId({ ...options, ringSizes: sizes, viewTime, addresses: endpoints });
    this.view = plane.install(
      {
        connectionLow: id.low,
        connectionHigh: id.high,
        myRank,
        addresses: endpoints.map(({ host, port }) => ({ host, port })),
        frameBytes: Math.floor(Math.min(options.mtu ?? Number.POSITIVE_INFINITY, plane.driver.frameBytes) / 8) * 8,
        maxWindow: maxWindow(sizes[StreamKind.cast], endpoints.length),
        checked: options.checksum,
        seed: options.seed ?? randomInt(2 ** 32),
      },
      sizes,
      options.maxMessageSize,
      receivers,
    );
    this.outbox = new Outbox(plane, this.view, endpoints.length, options);
  }

  get memoryBytes(): number {
    return this.view.memoryBytes();
  }

  /** The rank that a destination means; throws when it means none, or this member. */
  rankOf(destination: unknown): number {
    const rank = this.findRank(destination);
    if (rank === this.data.myRank) {
      throw new ConsortError('ERR_SEND_TO_SELF', 'a member does not send to itself in a fixed view', {
        details: { rank },
      });
    }
    return rank;
  }

  /** While paused nothing is handed over to the application, and flow control slows the senders. */
  pause(): void {
    this.view.paused = true;
  }

  resume(): void {
    this.view.paused = false;
    this.plane.resume();
  }

  /** Resolves when all that was sent has arrived, or after `lingerMs` at the latest. */
  async settle(lingerMs: number): Promise<void> {
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

  private findRank(destination: unknown): number {
    const { nmembers } = this.data;
    if (typeof destination === 'number') {
      if (Number.isInteger(destination) && destination >= 0 && destination < nmembers) return destination;
      throw unknownMember(`rank ${destination}`, nmembers);
    }
    if (!(destination instanceof Endpoint)) {
      throw new ConsortArgumentError(
        'ERR_INVALID_ARGUMENT',
        `destination: got ${show(destination)}, want an Endpoint of view.members or a rank`,
        { details: { path: 'destination', got: destination } },
      );
    }
    const rank = this.ranksByName.get(destination.name);
    if (rank === undefined) throw unknownMember(destination.name, nmembers);
    return rank;
  }
}

function unknownMember(destination: string, members: number): ConsortError {
  return new ConsortError(
    'ERR_UNKNOWN_MEMBER',
    `${destination} is not in the view, which has ${members} members: take one of view.members, or its rank`,
    { details: { destination, members } },
  );
}

function checkMemory(memory: number, members: number): void {
  const wantedBytes = minMemory(members);
  if (memory >= wantedBytes) return;
  throw new ConsortError(
    'ERR_MEMORY_TOO_SMALL',
    `options.memory: ${formatBytes(memory)} are too small for a view of ${members} members, want at least ` +
      `${formatBytes(wantedBytes)} at each of them`,
    { details: { memory, members, wantedBytes } },
  );
}

function maxWindow(castRing: number, members: number): number {
  return Math.max(MIN_WINDOW_BYTES, Math.min(castRing, Math.floor(MAX_IN_FLIGHT_BYTES / Math.max(1, members - 1))));
}
