// Drivers without sockets: a network in memory that carries positions and bytes between the rings of its members, at once and without
// loss. It keeps the contract of PlaneDriver, so that planes and members can be tested alone.
import {
  type Address,
  ALL_RANKS,
  type DriverEvents,
  type DriverOptions,
  type PlaneDriver,
  type PlaneStats,
  StreamKind,
  type ViewConfig,
} from '../../../ts/data-plane/data-plane.js';
import type { DriverFactory } from '../../../ts/data-plane/plane.js';
import { planeStats } from '../../../ts/data-plane/typescript/stats.js';

const SLOT_WORDS = 32;
const WORD_FROM_SCRIPT = 0;
const WORD_FROM_PLANE = 16;
const WORD_STABLE = 17;
const WORD_SAFE = 18;

interface FakeStream {
  readonly kind: StreamKind;
  /** Of a stream that goes out: to whom; of one that comes in: from whom. */
  readonly peer: number;
  readonly ring: Uint8Array;
  readonly slot: number;
}

interface FakeView {
  readonly config: ViewConfig;
  readonly counters: Int32Array;
  readonly sends: FakeStream[];
  readonly receives: FakeStream[];
  readonly excluded: Set<number>;
  readonly wanted: Set<string>;
}

export class FakeNetwork {
  readonly drivers = new Map<string, FakeDriver>();
  /** Set to stop all traffic. */
  cut = false;
  /** Set to let nothing of a kind of streams come from one member to another; `pump()` when it may again. */
  holds: (from: Address, to: Address, kind: StreamKind) => boolean = () => false;
  private nextPort = 40_000;
  private pumping = false;

  readonly factory: DriverFactory = (options, events) => this.open(options, events);

  private async open(options: DriverOptions, events: DriverEvents): Promise<FakeDriver> {
    const { host } = options.address;
    const port = options.address.port === 0 ? this.nextPort++ : options.address.port;
    const name = `${host}:${port}`;
    if (this.drivers.has(name)) {
      throw Object.assign(new Error(`bind EADDRINUSE ${name}`), { code: 'EADDRINUSE' });
    }
    const driver = new FakeDriver(this, { host, port }, options, events);
    this.drivers.set(name, driver);
    return driver;
  }

  pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      if (!this.cut) for (const driver of [...this.drivers.values()]) driver.carry();
    });
  }

  find(address: Address): FakeDriver | undefined {
    return this.drivers.get(`${address.host}:${address.port}`);
  }
}

export class FakeDriver implements PlaneDriver {
  readonly mode = 'ts';
  readonly needsSharedRings = false;
  readonly frameBytes: number;
  readonly views = new Map<number, FakeView>();
  /** What was called, for tests of the order of things. */
  readonly calls: string[] = [];
  flushes = 0;
  closed = false;
  /** Where it is a list, views are released when the test says so, as by a thread of the driver's own. */
  held: (() => void)[] | undefined;

  constructor(
    private readonly network: FakeNetwork,
    readonly address: Address,
    readonly options: DriverOptions,
    readonly events: DriverEvents,
  ) {
    this.frameBytes = options.frameBytes ?? 1472;
  }

  install(view: number, config: ViewConfig, counters: Int32Array): void {
    this.calls.push('install');
    this.views.set(view, { config, counters, sends: [], receives: [], excluded: new Set(), wanted: new Set() });
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    const { counters, sends } = this.view(view);
    sends.push({ kind, peer: to, ring, slot });
    Atomics.store(counters, slot * SLOT_WORDS + WORD_FROM_PLANE, ring.length);
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.view(view).receives.push({ kind, peer: origin, ring, slot });
    this.network.pump();
  }

  watch(_view: number, ranks: readonly number[], intervalMs: number): void {
    this.calls.push(`watch ${ranks.join()} ${intervalMs}`);
  }

  exclude(view: number, rank: number): void {
    this.view(view).excluded.add(rank);
  }

  setHolder(_view: number, origin: number, holder: number, upTo: number): void {
    this.calls.push(`setHolder ${origin} ${holder} ${upTo}`);
  }

  stopAt(_view: number, origin: number, cut: number): void {
    this.calls.push(`stopAt ${origin} ${cut}`);
  }

  retire(view: number, onReleased: () => void): void {
    this.calls.push('retire');
    this.views.delete(view);
    if (this.held === undefined) onReleased();
    else this.held.push(onReleased);
  }

  flush(): void {
    this.flushes++;
    this.network.pump();
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    this.network.find(to)?.events.onUnattached(this.address, bytes);
  }

  stats(): PlaneStats {
    return planeStats([], []);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.network.drivers.delete(`${this.address.host}:${this.address.port}`);
  }

  /** Brings what is published to whom it goes, and their news back. */
  carry(): void {
    for (const view of this.views.values()) {
      for (const stream of view.sends) this.carryStream(view, stream);
    }
  }

  /** Tells JavaScript that something happened, as a driver does: once, while it listens. */
  notify(): void {
    const { awake } = this.options;
    Atomics.add(awake, WORD_STABLE, 1);
    if (Atomics.exchange(awake, WORD_FROM_SCRIPT, 0) === 1) setImmediate(() => !this.closed && this.events.onReady());
  }

  private carryStream(view: FakeView, stream: FakeStream): void {
    const { counters, config } = view;
    const base = stream.slot * SLOT_WORDS;
    const published = Atomics.load(counters, base + WORD_FROM_SCRIPT);
    let unstable = 0;
    let unconsumed = 0;
    for (const [rank, address] of config.addresses.entries()) {
      const addressed = stream.peer === ALL_RANKS ? rank !== config.myRank : rank === stream.peer;
      if (!addressed || view.excluded.has(rank)) continue;
      const { received, consumed } = this.bring(view, stream, address, published);
      unstable = Math.max(unstable, (published - received) | 0);
      unconsumed = Math.max(unconsumed, (published - consumed) | 0);
    }
    const stable = (published - unstable) | 0;
    const limit = (published - unconsumed + stream.ring.length) | 0;
    this.tellStable(view, stream, stable);
    const before = Atomics.exchange(counters, base + WORD_STABLE, stable);
    // Nobody is ever excluded here.
    Atomics.store(counters, base + WORD_SAFE, stable);
    if (Atomics.exchange(counters, base + WORD_FROM_PLANE, limit) !== limit || before !== stable) this.notify();
  }

  /** Those whom a stream goes to hear at once what is stable of it. */
  private tellStable({ config }: FakeView, { kind, peer: to }: FakeStream, stable: number): void {
    for (const [rank, address] of config.addresses.entries()) {
      if (rank === config.myRank || (to !== ALL_RANKS && rank !== to)) continue;
      const peer = this.network.find(address);
      const there = [...(peer?.views.values() ?? [])].find((each) => sameConfig(each.config, config));
      const target = there?.receives.find((each) => each.kind === kind && each.peer === config.myRank);
      if (there === undefined || target === undefined) continue;
      if (Atomics.exchange(there.counters, target.slot * SLOT_WORDS + WORD_STABLE, stable) !== stable) peer?.notify();
    }
  }

  private bring(view: FakeView, stream: FakeStream, to: Address, published: number) {
    const nothing = { received: 0, consumed: 0 };
    const peer = this.network.find(to);
    const [number, there] = [...(peer?.views ?? [])].find(([, each]) => sameConfig(each.config, view.config)) ?? [];
    if (peer === undefined || number === undefined || there === undefined) return nothing;
    const { myRank } = view.config;
    const target = there.receives.find((each) => each.kind === stream.kind && each.peer === myRank);
    if (target === undefined) {
      const key = `${myRank} ${stream.kind}`;
      if (stream.kind >= StreamKind.pt2pt && published !== 0 && !there.wanted.has(key)) {
        there.wanted.add(key);
        setImmediate(() => peer.events.onWanted(number, myRank, stream.kind));
      }
      return nothing;
    }
    const base = target.slot * SLOT_WORDS;
    const received = Atomics.load(there.counters, base + WORD_FROM_PLANE);
    if (this.network.holds(this.address, to, stream.kind)) {
      return { received, consumed: Atomics.load(there.counters, base + WORD_FROM_SCRIPT) };
    }
    if (received !== published) {
      copyRing(stream.ring, target.ring, received, published);
      Atomics.store(there.counters, base + WORD_FROM_PLANE, published);
      peer.notify();
    }
    return { received: published, consumed: Atomics.load(there.counters, base + WORD_FROM_SCRIPT) };
  }

  private view(number: number): FakeView {
    const view = this.views.get(number);
    if (view === undefined) throw new Error(`no view ${number}`);
    return view;
  }
}

function sameConfig(one: ViewConfig, other: ViewConfig): boolean {
  return one.connectionLow === other.connectionLow && one.connectionHigh === other.connectionHigh;
}

/** Copies the bytes of positions `from` to `to`; both rings have one size. */
export function copyRing(source: Uint8Array, target: Uint8Array, from: number, to: number): void {
  const mask = source.length - 1;
  let position = from;
  while (position !== to) {
    const offset = position & mask;
    const length = Math.min((to - position) | 0, source.length - offset);
    target.set(source.subarray(offset, offset + length), offset);
    position = (position + length) | 0;
  }
}
