/** The data plane of one simulated member: the sans-I/O core of the TypeScript twin between simulated time and network. */
import type {
  Address,
  DriverEvents,
  PlaneDriver,
  PlaneStats,
  StreamKind,
  ViewConfig,
} from '../data-plane/data-plane.js';
import type { Burst, Sink } from '../data-plane/typescript/burst.js';
import { SLOT_WORDS, Slot, WORD_LISTENING, WORD_PROGRESS } from '../data-plane/typescript/counters.js';
import { DataPlaneCore } from '../data-plane/typescript/data-plane.js';
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
import { Ring } from '../data-plane/typescript/ring.js';
import {
  type PlaneStats as Counts,
  planeStats,
  rejectDeclarations,
  statDeclarations,
} from '../data-plane/typescript/stats.js';
import type { SimClock } from './clock.js';
import type { SimNetwork } from './network.js';

interface SimView {
  readonly number: number;
  readonly core: DataPlaneCore;
  readonly counters: Int32Array;
  readonly sink: Sink;
}

export class SimDriver implements PlaneDriver {
  readonly mode = 'ts';
  readonly needsSharedRings = false;
  readonly frameBytes: number;
  private readonly views: SimView[] = [];
  private readonly unattached: (readonly [Address, Uint8Array])[] = [];
  private readonly header = newHeader();
  private readonly slot: Slot;
  private alarm: { cancel(): void } | undefined;
  private alarmAt = NEVER;
  private telling = false;
  private owesReady = false;
  /** Nothing happens any more: the process is dead. */
  dead = false;
  onAnnounced: (bytes: Uint8Array) => void = () => {};
  /** Set while the process is stopped: what is to happen when it goes on. */
  private paused: (() => void)[] | undefined;

  constructor(
    readonly address: Address,
    private readonly clock: SimClock,
    private readonly network: SimNetwork,
    awake: Int32Array,
    private readonly events: DriverEvents,
    frameBytes = 1400,
  ) {
    this.slot = new Slot(awake, 0);
    this.frameBytes = frameBytes;
    network.attach({
      address,
      deliver: (bytes, from) => this.whenRunning(() => this.arrived(bytes, from)),
      announced: (bytes) => this.whenRunning(() => this.onAnnounced(bytes)),
      refused: (to) => this.whenRunning(() => this.refused(to)),
    });
  }

  // ---- PlaneDriver ----

  install(number: number, config: ViewConfig, counters: Int32Array): void {
    const { addresses } = config;
    const core = new DataPlaneCore({ ...config, members: addresses.length });
    const sink = { send: (burst: Burst) => this.transmit(burst, addresses) };
    this.views.push({ number, core, counters, sink });
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    const { core, counters } = this.find(view);
    core.openSend(kind, to, new Ring(ring), new Slot(counters, slot * SLOT_WORDS));
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    const { core, counters } = this.find(view);
    core.openReceive(kind, origin, new Ring(ring), new Slot(counters, slot * SLOT_WORDS));
  }

  exclude(view: number, rank: number): void {
    this.find(view).core.exclude(rank);
    this.flush();
  }

  setHolder(view: number, origin: number, holder: number, upTo: number): void {
    this.find(view).core.setHolder(origin, holder, upTo);
    this.flush();
  }

  stopAt(view: number, origin: number, cut: number): void {
    this.find(view).core.stopAt(origin, cut);
    this.flush();
  }

  watch(view: number, ranks: readonly number[], intervalMs: number): void {
    const { core } = this.find(view);
    for (let rank = 0; rank < core.config.members; rank++)
      core.watch(rank, ranks.includes(rank) ? intervalMs * 1000 : 0);
    this.flush();
  }

  retire(number: number): void {
    const index = this.views.findIndex((view) => view.number === number);
    const [view] = index < 0 ? [] : this.views.splice(index, 1);
    if (view === undefined || this.dead) return;
    view.core.answerAll();
    view.core.poll(this.clock.now, view.sink);
  }

  flush(): void {
    if (this.dead) return;
    this.step();
    this.noteProgress();
    if (this.owesReady || this.hasCalls) this.tellSoon();
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    if (this.dead) return;
    const datagram = new Uint8Array(HEADER_BYTES + bytes.length);
    writeHeader(datagram, 0, { ...newHeader(), flags: FLAG_UNATTACHED });
    datagram.set(bytes, HEADER_BYTES);
    this.network.send(this.address, to, datagram);
  }

  stats(): PlaneStats {
    return planeStats(new Float64Array(statDeclarations.length), new Float64Array(rejectDeclarations.length)) as Counts;
  }

  async close(): Promise<void> {
    this.kill();
  }

  // ---- faults ----

  kill(): void {
    this.dead = true;
    this.alarm?.cancel();
    this.network.detach(this.address);
  }

  /** Stops the process, as SIGSTOP does; what arrives waits in the socket. */
  pause(): void {
    this.paused ??= [];
  }

  resume(): void {
    const waiting = this.paused ?? [];
    this.paused = undefined;
    for (const each of waiting) each();
    this.turn();
  }

  /** Runs now, or when the process goes on. */
  whenRunning(run: () => void): void {
    if (this.dead) return;
    if (this.paused !== undefined) this.paused.push(() => this.dead || run());
    else run();
  }

  // ---- in and out ----

  private arrived(bytes: Uint8Array, from: Address): void {
    const { header } = this;
    if (validateHeader(bytes, header) !== Reject.none) return;
    if ((header.flags & FLAG_UNATTACHED) !== 0) {
      this.unattached.push([from, bytes.slice(HEADER_BYTES, partsEnd(bytes, header))]);
    } else {
      const view = this.views.find(
        ({ core: { config } }) =>
          config.connectionLow >>> 0 === header.connectionLow && config.connectionHigh >>> 0 === header.connectionHigh,
      );
      view?.core.handleFrame(bytes, header, this.clock.now);
    }
    this.turn();
  }

  private refused(to: Address): void {
    this.events.onRefused(to);
  }

  private transmit(burst: Burst, addresses: readonly Address[]): boolean {
    for (let frame = 0; frame < burst.frames; frame++) {
      const pieces = burst.pieces.slice(burst.firstPiece(frame), burst.firstPiece(frame + 1));
      const datagram = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        datagram.set(piece, at);
        at += piece.length;
      }
      for (const rank of burst.destinations) this.network.send(this.address, addresses[rank] as Address, datagram);
    }
    return true;
  }

  private turn(): void {
    this.step();
    this.noteProgress();
    this.tell();
  }

  private step(): void {
    let deadline = NEVER;
    for (const { core, sink } of this.views) deadline = Math.min(deadline, core.poll(this.clock.now, sink));
    if (deadline >= this.alarmAt && this.alarmAt > this.clock.now) return;
    this.alarm?.cancel();
    this.alarmAt = deadline;
    if (deadline === NEVER) return;
    this.alarm = this.clock.schedule(Math.max(1, deadline - this.clock.now), () => {
      this.alarmAt = NEVER;
      this.whenRunning(() => this.turn());
    });
  }

  private noteProgress(): void {
    let news = this.unattached.length > 0;
    for (const { core } of this.views) news = core.takeNews() || news;
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
    for (const { number, core } of this.views) {
      for (let wanted = core.takeWanted(); wanted !== undefined; wanted = core.takeWanted()) {
        this.events.onWanted(number, wanted.origin, wanted.kind);
      }
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
    return this.unattached.length > 0 || this.views.some(({ core }) => core.hasWanted);
  }

  private find(number: number): SimView {
    return this.views.find((view) => view.number === number) as SimView;
  }
}
