/** The data plane of one simulated member: the sans-I/O cores of its views between simulated time and network. */
import type {
  Address,
  DriverEvents,
  PlaneDriver,
  PlaneStats,
  StreamKind,
  ViewConfig,
} from '../data-plane/data-plane.js';
import { Slot, WORD_LISTENING, WORD_PROGRESS } from '../data-plane/typescript/counters.js';
import {
  FLAG_UNATTACHED,
  HEADER_BYTES,
  newHeader,
  partsEnd,
  Reject,
  validateHeader,
  writeHeader,
} from '../data-plane/typescript/frame.js';
import { NEVER } from '../data-plane/typescript/limits.js';
import { planeStats, rejectDeclarations, statDeclarations } from '../data-plane/typescript/stats.js';
import type { Clock } from './clock.js';
import type { Mode } from './cores.js';
import type { SimHost, SimNetwork } from './network.js';
import { giveRing, takeRing } from './ring-pool.js';
import { SimView } from './sim-view.js';

/** Datagrams that a stopped process finds in its socket at most; what comes after them is lost. */
const SOCKET_DATAGRAMS = 1000;

export class SimDriver implements PlaneDriver {
  readonly needsSharedRings = false;
  private readonly views: SimView[] = [];
  private readonly unattached: (readonly [Address, Uint8Array])[] = [];
  private readonly header = newHeader();
  private readonly slot: Slot;
  private readonly host: SimHost;
  /** Of views that are gone. Not given away before the run is over: whoever walks over one now may go on for a moment. */
  private readonly rings: Uint8Array[] = [];
  private alarm: { cancel(): void } | undefined;
  private alarmAt = NEVER;
  private telling = false;
  private owesReady = false;
  /** Nothing happens any more: the process is dead. */
  dead = false;
  onAnnounced: (bytes: Uint8Array) => void = () => {};
  /** Before each datagram that goes out: faults that hit in the middle of things. */
  onTransmit: (() => void) | undefined;
  /** Set while the process is stopped: what is to happen when it goes on. */
  private paused: (() => void)[] | undefined;
  private waitingDatagrams = 0;

  constructor(
    readonly address: Address,
    readonly mode: Mode,
    private readonly clock: Clock,
    private readonly network: SimNetwork,
    awake: Int32Array,
    private readonly events: DriverEvents,
    readonly frameBytes: number,
  ) {
    this.slot = new Slot(awake, 0);
    this.host = {
      address,
      deliver: (bytes, from) => {
        // Nearly always it runs: then no closure is made.
        if (this.isRunning) this.arrived(bytes, from);
        else this.fromSocket(() => this.arrived(bytes, from));
      },
      announced: (bytes) => this.fromSocket(() => this.onAnnounced(bytes)),
      refused: (to) => this.fromSocket(() => this.events.onRefused(to)),
    };
    network.attach(this.host);
  }

  // ---- PlaneDriver ----

  install(number: number, config: ViewConfig, counters: Int32Array): void {
    const { addresses } = config;
    const transmit = (ranks: readonly number[], datagram: Uint8Array) => {
      for (const rank of ranks) this.transmit(addresses[rank] as Address, datagram);
    };
    this.views.push(new SimView(number, addresses.length, this.mode, config, counters, transmit));
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.find(view)?.openSend(kind, to, ring, slot);
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.find(view)?.openReceive(kind, origin, ring, slot);
  }

  exclude(view: number, rank: number): void {
    this.find(view)?.change().exclude(rank, this.clock.now);
    this.flush();
  }

  setHolder(view: number, origin: number, holder: number, upTo: number): void {
    this.find(view)?.change().setHolder(origin, holder, upTo, this.clock.now);
    this.flush();
  }

  stopAt(view: number, origin: number, cut: number): void {
    this.find(view)?.change().stopAt(origin, cut, this.clock.now);
    this.flush();
  }

  watch(view: number, ranks: readonly number[], intervalMs: number): void {
    const installed = this.find(view);
    const watched = new Set(ranks);
    for (let rank = 0; rank < (installed?.members ?? 0); rank++)
      installed?.change().watch(rank, watched.has(rank) ? intervalMs * 1000 : 0, this.clock.now);
    this.flush();
  }

  retire(number: number, onReleased: () => void): void {
    const index = this.views.findIndex((view) => view.number === number);
    const [view] = index < 0 ? [] : this.views.splice(index, 1);
    if (view !== undefined && !this.dead) {
      view.change().answerAll();
      view.poll(this.clock.now);
    }
    onReleased();
  }

  makeRing(bytes: number): Uint8Array {
    const ring = takeRing(bytes);
    this.rings.push(ring);
    return ring;
  }

  /** The run is over, and nothing will be called any more: another may have the rings. */
  release(): void {
    this.kill();
    this.views.length = 0;
    for (const ring of this.rings.splice(0)) giveRing(ring);
  }

  flush(): void {
    if (this.dead) return;
    this.step();
    this.noteProgress();
    if (this.owesReady || this.hasCalls) this.tellSoon();
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    const datagram = new Uint8Array(HEADER_BYTES + bytes.length);
    writeHeader(datagram, 0, { ...newHeader(), flags: FLAG_UNATTACHED });
    datagram.set(bytes, HEADER_BYTES);
    this.transmit(to, datagram);
  }

  /** Nobody asks in the simulator: what is counted there is counted by the network. */
  stats(): PlaneStats {
    return planeStats(new Float64Array(statDeclarations.length), new Float64Array(rejectDeclarations.length));
  }

  async close(): Promise<void> {
    this.kill();
  }

  // ---- faults ----

  /** @param refuses whether the machine lives on, and says that nothing is bound there any more */
  kill(refuses = true): void {
    if (this.dead) return;
    this.dead = true;
    this.alarm?.cancel();
    this.network.detach(this.host, refuses);
  }

  /** Stops the process, as SIGSTOP does; what arrives waits in the socket. */
  pause(): void {
    this.paused ??= [];
  }

  resume(): void {
    const waiting = this.paused ?? [];
    this.paused = undefined;
    this.waitingDatagrams = 0;
    // It may be stopped again meanwhile: then the rest waits on.
    for (const each of waiting) this.whenRunning(each);
    this.whenRunning(() => this.turn());
  }

  get isPaused(): boolean {
    return this.paused !== undefined;
  }

  private get isRunning(): boolean {
    return !this.dead && this.paused === undefined;
  }

  /** Runs now, or when the process goes on. */
  whenRunning(run: () => void): void {
    if (this.dead) return;
    if (this.paused !== undefined) this.paused.push(run);
    else run();
  }

  // ---- in and out ----

  private fromSocket(run: () => void): void {
    if (this.paused !== undefined && ++this.waitingDatagrams > SOCKET_DATAGRAMS) return;
    this.whenRunning(run);
  }

  private arrived(bytes: Uint8Array, from: Address): void {
    const { header } = this;
    if (validateHeader(bytes, header) !== Reject.none) return;
    if ((header.flags & FLAG_UNATTACHED) !== 0) {
      this.unattached.push([from, bytes.slice(HEADER_BYTES, partsEnd(bytes, header))]);
    } else {
      const { connectionLow, connectionHigh } = header;
      for (const view of this.views) {
        if (view.connectionLow !== connectionLow || view.connectionHigh !== connectionHigh) continue;
        view.receive(bytes, header, this.clock.now);
        break;
      }
    }
    this.turn();
  }

  private transmit(to: Address, datagram: Uint8Array): void {
    if (this.dead) return;
    this.onTransmit?.();
    // In the middle of a burst it may have been hit: then what is left goes out later, or never.
    if (this.isRunning) this.network.send(this.address, to, datagram);
    else this.whenRunning(() => this.network.send(this.address, to, datagram));
  }

  private turn(): void {
    this.step();
    this.noteProgress();
    this.tell();
  }

  private step(): void {
    let deadline = NEVER;
    const { now } = this.clock;
    for (const view of this.views) deadline = Math.min(deadline, view.poll(now));
    if (this.dead || (deadline >= this.alarmAt && this.alarmAt > now)) return;
    this.alarm?.cancel();
    this.alarmAt = deadline;
    if (deadline === NEVER) return;
    this.alarm = this.clock.schedule(Math.max(1, deadline - now), () => {
      this.alarmAt = NEVER;
      this.whenRunning(() => this.turn());
    });
  }

  private noteProgress(): void {
    let news = this.unattached.length > 0;
    for (const view of this.views) news = view.takeNews() || news;
    if (!news) return;
    this.slot.increment(WORD_PROGRESS);
    if (this.slot.exchange(WORD_LISTENING, 0) !== 0) this.owesReady = true;
  }

  private tellSoon(): void {
    if (this.telling) return;
    this.telling = true;
    this.clock.schedule(1, () => {
      this.telling = false;
      this.whenRunning(() => this.tell());
    });
  }

  private tell(): void {
    const wanting = this.views.filter((view) => view.hasWanted);
    for (const view of wanting) {
      for (let wanted = view.takeWanted(); wanted !== undefined; wanted = view.takeWanted())
        this.events.onWanted(view.number, ...wanted);
    }
    for (let next = this.unattached.shift(); next !== undefined; next = this.unattached.shift()) {
      this.events.onUnattached(...next);
      if (this.dead) return;
    }
    if (!this.owesReady) return;
    this.owesReady = false;
    this.events.onReady();
  }

  private get hasCalls(): boolean {
    return this.unattached.length > 0 || this.views.some((view) => view.hasWanted);
  }

  private find(number: number): SimView | undefined {
    return this.views.find((view) => view.number === number);
  }
}
