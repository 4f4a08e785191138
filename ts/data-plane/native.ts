/**
 * The native plane behind the seam. The only file that knows that there is an addon, apart from its loader.
 *
 * The addon shares with JavaScript: the rings (records), the counters (positions) and one slot that says who sleeps. It calls back once
 * per batch, and is called once per flush; never per message.
 */
import type { Addon, AddonPlane } from './addon-loader.js';
import type { Address, DriverEvents, DriverOptions, PlaneDriver, StreamKind, ViewConfig } from './data-plane.js';
import { type PlaneStats, planeStats, statDeclarations } from './typescript/stats.js';

class NativeDriver implements PlaneDriver {
  readonly mode = 'native';
  readonly address: Address;
  readonly frameBytes: number;
  readonly needsSharedRings = false;
  private readonly plane: AddonPlane;

  constructor(
    addon: Addon,
    options: DriverOptions,
    private readonly events: DriverEvents,
  ) {
    this.plane = new addon.Plane(
      {
        host: options.address.host,
        port: options.address.port,
        threaded: options.threadMode === 'multi',
        groupHost: options.multicast?.host ?? '',
        groupPort: options.multicast?.port ?? 0,
        bufferBytes: options.socketBufferBytes,
        frameBytes: options.frameBytes ?? 0,
        offload: options.offload,
        dropRate: options.drop.rate,
        dropSeed: options.drop.seed,
        dropPorts: options.drop.ports,
      },
      options.awake,
      this.ready,
    );
    this.address = { host: this.plane.host, port: this.plane.port };
    this.frameBytes = this.plane.frameBytes;
  }

  install(view: number, config: ViewConfig, counters: Int32Array): void {
    const { connectionLow, connectionHigh, myRank, frameBytes, maxWindow, checked, seed, prompt, addresses } = config;
    const plain = { connectionLow, connectionHigh, myRank, frameBytes, maxWindow, checked, seed, prompt };
    const hosts = addresses.map((address) => address.host);
    const ports = addresses.map((address) => address.port);
    this.plane.install(view, plain, hosts, ports, counters);
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.plane.openStream(view, kind, to, true, ring, slot);
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.plane.openStream(view, kind, origin, false, ring, slot);
  }

  watch(view: number, ranks: readonly number[], intervalMs: number): void {
    this.plane.watch(view, [...ranks], Math.ceil(intervalMs * 1000));
  }

  exclude(view: number, rank: number): void {
    this.plane.change(view, 'exclude', rank, 0, 0);
  }

  setHolder(view: number, origin: number, holder: number, upTo: number): void {
    this.plane.change(view, 'holder', origin, holder, upTo);
  }

  stopAt(view: number, origin: number, cut: number): void {
    this.plane.change(view, 'stop', origin, 0, cut);
  }

  /** The addon's thread holds the plane's lock while it touches rings: with the lock here it is done with them. */
  retire(view: number, onReleased: () => void): void {
    this.plane.change(view, 'retire', 0, 0, 0);
    onReleased();
  }

  flush(): void {
    this.plane.flush();
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    this.plane.sendUnattached(to.host, to.port, bytes);
  }

  stats(): PlaneStats {
    const counts = this.plane.stats();
    return planeStats(counts.subarray(0, statDeclarations.length), counts.subarray(statDeclarations.length));
  }

  close(): Promise<void> {
    return this.plane.close();
  }

  takeCalls(): void {
    for (let wanted = this.plane.takeWanted(); wanted !== undefined; wanted = this.plane.takeWanted()) {
      this.events.onWanted(wanted[0], wanted[1], wanted[2] as StreamKind);
    }
    for (let datagram = this.plane.takeUnattached(); datagram !== undefined; datagram = this.plane.takeUnattached()) {
      this.events.onUnattached({ host: datagram.host, port: datagram.port }, datagram.bytes);
    }
    for (let refused = this.plane.takeRefused(); refused !== undefined; refused = this.plane.takeRefused()) {
      this.events.onRefused(refused);
    }
  }

  private readonly ready = (): void => this.events.onReady();
}

/** Rejects, with nothing left open, when the socket can't be bound. */
export async function createNativeDriver(
  addon: Addon,
  options: DriverOptions,
  events: DriverEvents,
): Promise<PlaneDriver> {
  return new NativeDriver(addon, options, events);
}
