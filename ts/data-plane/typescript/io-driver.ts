// The TypeScript plane behind the seam. Thread mode `single`: the endpoint lives on the event loop, below. `multi`: in a worker, io-worker-driver.ts.
// Twin of native/addon/plane_host.cc: when JavaScript is told, and when it is not.
import { isIP } from 'node:net';
import type { Address, DriverEvents, DriverOptions, PlaneDriver, StreamKind, ViewConfig } from '../data-plane.js';
import type { DriverFactory } from '../plane.js';
import { Slot, WORD_LISTENING, WORD_PROGRESS } from './counters.js';
import { Endpoint, STATS_LENGTH, statsOf } from './io-endpoint.js';
import { EndpointLoop } from './io-loop.js';
import { ViewBook } from './io-views.js';
import { WorkerDriver } from './io-worker-driver.js';
import type { PlaneStats } from './stats.js';

class EventLoopDriver implements PlaneDriver {
  readonly mode = 'ts';
  readonly needsSharedRings = false;
  readonly address: Address;
  readonly frameBytes: number;
  private readonly book: ViewBook;
  private readonly loop: EndpointLoop;
  private readonly slot: Slot;
  private telling: NodeJS.Immediate | undefined;
  /** JavaScript listened, and has not been told yet what it listened for. */
  private owesReady = false;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly endpoint: Endpoint,
    awake: Int32Array,
    private readonly events: DriverEvents,
  ) {
    this.address = endpoint.address;
    this.frameBytes = endpoint.frameBytes;
    this.book = new ViewBook(isIP(endpoint.address.host));
    this.loop = new EndpointLoop(endpoint, () => {
      this.noteProgress();
      this.tell();
    });
    this.slot = new Slot(awake, 0);
  }

  static async open(options: DriverOptions, events: DriverEvents): Promise<EventLoopDriver> {
    let driver: EventLoopDriver | undefined;
    const endpoint = await Endpoint.open(options, {
      onArrival: (bytes) => driver?.loop.arrived(bytes),
      countUntaken: () => 0,
      onFailure: (error) => events.onFailure(error),
    });
    driver = new EventLoopDriver(endpoint, options.awake, events);
    return driver;
  }

  install(view: number, config: ViewConfig, counters: Int32Array): void {
    this.assertOpen();
    this.book.install(view, config, counters);
    this.endpoint.install(view, config, counters);
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.assertOpen();
    this.book.open(view, kind, to, true, ring, slot);
    this.endpoint.openSend(view, kind, to, ring, slot);
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.assertOpen();
    this.book.open(view, kind, origin, false, ring, slot);
    this.endpoint.openReceive(view, kind, origin, ring, slot);
  }

  watch(view: number, ranks: readonly number[], intervalMs: number): void {
    this.assertOpen();
    this.endpoint.watch(view, ranks, intervalMs);
    this.flush();
  }

  exclude(view: number, rank: number): void {
    this.assertOpen();
    this.endpoint.exclude(view, rank);
    this.flush();
  }

  setHolder(view: number, origin: number, holder: number, upTo: number): void {
    this.assertOpen();
    this.endpoint.setHolder(view, origin, holder, upTo);
    this.flush();
  }

  stopAt(view: number, origin: number, cut: number): void {
    this.assertOpen();
    this.endpoint.stopAt(view, origin, cut);
    this.flush();
  }

  retire(view: number, onReleased: () => void): void {
    this.assertOpen();
    this.endpoint.retire(view);
    this.book.retire(view);
    this.flush();
    onReleased();
  }

  /** JavaScript is on the stack: it is told later, by the loop. */
  flush(): void {
    if (this.closing !== undefined) return;
    this.loop.step();
    this.noteProgress();
    if (this.owesReady || this.endpoint.hasCalls) this.telling ??= setImmediate(this.tellLater);
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    if (this.closing === undefined) this.endpoint.sendUnattached(to, bytes);
  }

  stats(): PlaneStats {
    const values = new Float64Array(STATS_LENGTH);
    this.endpoint.readStats(values);
    return statsOf(values);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.loop.stop();
    clearImmediate(this.telling);
    await this.endpoint.close();
  }

  private assertOpen(): void {
    if (this.closing !== undefined) throw new TypeError('the plane is closed');
  }

  /** Counts a step that JavaScript should look at; where it listens it has to be told. */
  private noteProgress(): void {
    if (!this.endpoint.takeNews()) return;
    this.slot.increment(WORD_PROGRESS);
    if (this.slot.exchange(WORD_LISTENING, 0) !== 0) this.owesReady = true;
  }

  private readonly tellLater = (): void => {
    this.telling = undefined;
    this.tell();
  };

  private tell(): void {
    const { endpoint, events } = this;
    for (let wanted = endpoint.takeWanted(); wanted !== undefined; wanted = endpoint.takeWanted()) {
      events.onWanted(wanted.view, wanted.origin, wanted.kind);
    }
    for (let next = endpoint.takeUnattached(); next !== undefined; next = endpoint.takeUnattached()) {
      events.onUnattached(next.from, next.bytes);
      if (this.closing !== undefined) return;
    }
    for (let refused = endpoint.takeRefused(); refused !== undefined; refused = endpoint.takeRefused()) {
      events.onRefused(refused);
      if (this.closing !== undefined) return;
    }
    if (!this.owesReady) return;
    this.owesReady = false;
    events.onReady();
  }
}

/** Rejects with dgram's error, with nothing left open, when the socket can't be bound. */
export const createTypeScriptDriver: DriverFactory = (options, events) =>
  options.threadMode === 'multi' ? WorkerDriver.open(options, events) : EventLoopDriver.open(options, events);
