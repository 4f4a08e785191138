// One member's sockets and the views that live on them: datagrams are told apart by connection id and handed to the view's DataPlaneCore;
// what the views have to send goes to their members' addresses. Twin: native/io/endpoint.cc
//
// Datagrams come by dgram's events, so that step() only sends. Frames go out one by one: Node has neither sendmmsg nor segmentation offload.
import type { RemoteInfo } from 'node:dgram';
import { pathPayloadBytes } from '../../transport/path-mtu.js';
import { isIPv6, UdpSocket } from '../../transport/udp.js';
import type { Address, DropOptions, ViewConfig } from '../data-plane.js';
import type { Burst, Sink } from './burst.js';
import { SLOT_WORDS, Slot } from './counters.js';
import { DataPlaneCore } from './data-plane.js';
import {
  FLAG_UNATTACHED,
  type FrameHeader,
  HEADER_BYTES,
  newHeader,
  partsEnd,
  Reject,
  type StreamKind,
  validateHeader,
  writeHeader,
} from './frame.js';
import { nowMicros } from './io-clock.js';
import { Knocks } from './io-knocks.js';
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES, type Micros, NEVER, type Position, type Rank } from './limits.js';
import { hasPort } from './port-set.js';
import { Random } from './random.js';
import type { Wanted } from './receiver.js';
import { Ring } from './ring.js';
import { type PlaneStats, planeStats, rejectDeclarations, Stat, Stats, statDeclarations } from './stats.js';

/** Datagrams of no view that wait for JavaScript; more are dropped. */
const MAX_UNATTACHED = 256;
/** Addresses where nothing is bound that wait for JavaScript; more are forgotten, as later knocks tell of them again. */
const MAX_REFUSED = 64;
const MAX_UNATTACHED_BYTES = MAX_FRAME_BYTES - HEADER_BYTES;

/** How many numbers readStats() writes. */
export const STATS_LENGTH = statDeclarations.length + rejectDeclarations.length;

/** Names what readStats() has written. */
export function statsOf(values: Float64Array): PlaneStats {
  return planeStats(values.subarray(0, statDeclarations.length), values.subarray(statDeclarations.length));
}

export interface EndpointOptions {
  readonly address: Address;
  /** Where casts go; undefined: to each member. */
  readonly multicast: Address | undefined;
  readonly socketBufferBytes: number;
  /** Undefined: what the interface's MTU allows. */
  readonly frameBytes: number | undefined;
  readonly drop: DropOptions;
}

export interface EndpointEvents {
  /** A datagram of this many bytes was handled: step() soon. */
  onArrival(bytes: number): void;
  /** How many that were taken from here have not reached JavaScript's handlers yet. */
  countUntaken(): number;
  onFailure(error: Error): void;
}

export interface Unattached {
  readonly from: Address;
  readonly bytes: Uint8Array;
}

export interface WantedStream extends Wanted {
  readonly view: number;
}

class View implements Sink {
  readonly core: DataPlaneCore;

  constructor(
    readonly number: number,
    private readonly endpoint: Endpoint,
    config: ViewConfig,
    readonly counters: Int32Array,
  ) {
    this.addresses = config.addresses;
    this.core = new DataPlaneCore({ ...config, members: config.addresses.length });
    this.knocks = new Knocks(config.addresses, config.myRank, this.core, (address) => endpoint.keepRefused(address));
  }

  readonly knocks: Knocks;

  private readonly addresses: readonly Address[];

  send(burst: Burst): boolean {
    return this.endpoint.send(burst, this.addresses);
  }
}

export class Endpoint {
  readonly address: Address;
  readonly frameBytes: number;
  private readonly views: View[] = [];
  private readonly unattached: Unattached[] = [];
  /** No two are the same. */
  private readonly refused: Address[] = [];
  /** What belongs to no view, and what retired views counted. */
  private readonly own = new Stats();
  private readonly header: FrameHeader = newHeader();
  /** Whether any frame may be dropped. */
  private readonly lossy: boolean;
  private readonly dropRandom: Random;
  /** A frame is dropped when the next random number is below this. */
  private readonly dropBelow: number;
  private news = false;
  private _blocked = false;

  private constructor(
    private readonly options: EndpointOptions,
    private readonly events: EndpointEvents,
    private readonly socket: UdpSocket,
    private readonly groupSocket: UdpSocket | undefined,
  ) {
    this.address = socket.address;
    this.frameBytes = options.frameBytes ?? pathFrameBytes(options.address.host);
    this.lossy = options.drop.rate > 0 || options.drop.ports !== undefined;
    this.dropRandom = new Random(options.drop.seed);
    this.dropBelow = Math.floor(Math.min(Math.max(options.drop.rate, 0), 1) * 0xffffffff);
  }

  /** Rejects with dgram's error, with nothing left open, when the address or the group can't be had. */
  static async open(options: EndpointOptions, events: EndpointEvents): Promise<Endpoint> {
    let endpoint: Endpoint | undefined;
    const udpEvents = {
      onDatagram: (bytes: Uint8Array, from: RemoteInfo) => endpoint?.handleDatagram(bytes, from),
      onFailure: events.onFailure,
    };
    const { address, multicast, socketBufferBytes: bufferBytes } = options;
    const socket = await UdpSocket.open({ address, bufferBytes, shared: false }, udpEvents);
    let groupSocket: UdpSocket | undefined;
    try {
      if (multicast !== undefined) {
        socket.sendGroupsThrough(address.host);
        groupSocket = await UdpSocket.open({ address: multicast, bufferBytes, shared: true }, udpEvents);
        groupSocket.joinGroup(multicast.host, address.host);
      }
    } catch (error) {
      await socket.close();
      await groupSocket?.close();
      throw error;
    }
    endpoint = new Endpoint(options, events, socket, groupSocket);
    return endpoint;
  }

  async close(): Promise<void> {
    const views = this.views.splice(0);
    for (const view of views) this.addToOwn(view.core.stats);
    await Promise.all(views.map((view) => view.knocks.close()));
    await this.socket.close();
    await this.groupSocket?.close();
  }

  // ---- views; the caller has checked the arguments (io-views.ts) ----

  install(number: number, config: ViewConfig, counters: Int32Array): void {
    this.views.push(new View(number, this, config, counters));
  }

  openSend(view: number, kind: StreamKind, to: Rank, ring: Uint8Array, slot: number): void {
    const found = this.find(view);
    found?.core.openSend(kind, to, new Ring(ring), new Slot(found.counters, slot * SLOT_WORDS));
  }

  openReceive(view: number, kind: StreamKind, origin: Rank, ring: Uint8Array, slot: number): void {
    const found = this.find(view);
    found?.core.openReceive(kind, origin, new Ring(ring), new Slot(found.counters, slot * SLOT_WORDS));
  }

  /** Exactly these members are watched from now on; each is probed at once. */
  watch(view: number, ranks: readonly Rank[], intervalMs: number): void {
    const found = this.find(view);
    if (found === undefined) return;
    for (let rank = 0; rank < found.core.config.members; rank++) found.core.watch(rank, 0);
    for (const rank of ranks) found.core.watch(rank, Math.ceil(intervalMs * 1000));
    found.knocks.watch(ranks, intervalMs);
  }

  exclude(view: number, rank: Rank): void {
    const found = this.find(view);
    found?.core.exclude(rank);
    found?.knocks.exclude(rank);
  }

  setHolder(view: number, origin: Rank, holder: Rank, upTo: Position): void {
    this.find(view)?.core.setHolder(origin, holder, upTo);
  }

  stopAt(view: number, origin: Rank, cut: Position): void {
    this.find(view)?.core.stopAt(origin, cut);
  }

  /** After this the view's rings are not touched any more. */
  retire(view: number): void {
    const index = this.views.findIndex((each) => each.number === view);
    // Whoever waits until what it sent has arrived shall not wait for one who has gone.
    this.views[index]?.core.answerAll();
    this.views[index]?.core.poll(nowMicros(), this.views[index] as View);
    for (const retired of index < 0 ? [] : this.views.splice(index, 1)) {
      this.addToOwn(retired.core.stats);
      void retired.knocks.close();
    }
  }

  private find(view: number): View | undefined {
    return this.views.find((each) => each.number === view);
  }

  private addToOwn(stats: Stats): void {
    for (const [i, count] of stats.counts.entries()) this.own.counts[i] = (this.own.counts[i] as number) + count;
    for (const [i, count] of stats.rejected.entries()) this.own.rejected[i] = (this.own.rejected[i] as number) + count;
  }

  // ---- datagrams in and out ----

  /** Sends what is due. Returns when to step again at the latest; `blocked` then tells whether the socket had no room. */
  step(): Micros {
    const now = nowMicros();
    let deadline = NEVER;
    this._blocked = false;
    for (const view of this.views) {
      deadline = Math.min(deadline, view.core.poll(now, view));
      if (view.core.blocked) this._blocked = true;
      if (view.core.takeNews() || view.core.hasWanted) this.news = true;
    }
    return deadline;
  }

  get blocked(): boolean {
    return this._blocked;
  }

  /** Called by the views. */
  send(burst: Burst, addresses: readonly Address[]): boolean {
    const { socket, own } = this;
    if (socket.isFull) return false;
    const group = burst.all ? this.options.multicast : undefined;
    for (let frame = 0; frame < burst.frames; frame++) {
      const datagram = socket.gather(burst.pieces, burst.firstPiece(frame), burst.firstPiece(frame + 1));
      if (group !== undefined) {
        socket.send(datagram, group.host, group.port);
        continue;
      }
      for (const rank of burst.destinations) {
        const to = addresses[rank] as Address;
        socket.send(datagram, to.host, to.port);
      }
    }
    const copies = group !== undefined ? 1 : burst.destinations.length;
    own.add(Stat.datagramsSent, burst.frames * copies);
    own.add(Stat.bytesSent, burst.bytes * copies);
    own.add(Stat.systemCalls, burst.frames * copies);
    return true;
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    if (bytes.length > MAX_UNATTACHED_BYTES || isIPv6(to.host) !== isIPv6(this.address.host)) return;
    const header = new Uint8Array(HEADER_BYTES);
    writeHeader(header, 0, { ...newHeader(), flags: FLAG_UNATTACHED });
    this.own.add(Stat.systemCalls);
    this.socket.send(this.socket.gather([header, bytes], 0, 2), to.host, to.port);
  }

  private handleDatagram(bytes: Uint8Array, from: RemoteInfo): void {
    const own = this.own;
    own.add(Stat.datagramsReceived);
    own.add(Stat.bytesReceived, bytes.length);
    own.add(Stat.systemCalls);
    if (this.lossy && this.lose(from)) own.add(Stat.droppedOnPurpose);
    else this.handleFrame(bytes, from);
    this.events.onArrival(bytes.length);
  }

  /** Whether a frame from there is lost on purpose. Asked only where one may be. */
  private lose(from: RemoteInfo): boolean {
    const { ports } = this.options.drop;
    if (ports !== undefined && hasPort(ports, from.port)) return true;
    return this.dropBelow !== 0 && this.dropRandom.next() < this.dropBelow;
  }

  private handleFrame(frame: Uint8Array, from: RemoteInfo): void {
    const header = this.header;
    const reject = validateHeader(frame, header);
    if (reject !== Reject.none) return this.own.reject(reject);
    if ((header.flags & FLAG_UNATTACHED) !== 0) return this.keepUnattached(frame, header, from);
    for (const { core } of this.views) {
      const { connectionLow, connectionHigh, myRank } = core.config;
      if (connectionLow >>> 0 !== header.connectionLow || connectionHigh >>> 0 !== header.connectionHigh) continue;
      // My own casts come back from the multicast group.
      if (this.groupSocket !== undefined && header.sender === myRank) return;
      return core.handleFrame(frame, header, nowMicros());
    }
    this.own.reject(Reject.connection);
  }

  /** Called by the views: nothing is bound to this address any more, it seems. */
  keepRefused(address: Address): void {
    const { refused } = this;
    if (refused.length === MAX_REFUSED) return;
    if (refused.some(({ host, port }) => host === address.host && port === address.port)) return;
    refused.push(address);
    this.news = true;
    this.events.onArrival(0);
  }

  private keepUnattached(frame: Uint8Array, header: FrameHeader, from: RemoteInfo): void {
    // It asks nothing but whether somebody is here, and the kernel answers that.
    if (partsEnd(frame, header) === HEADER_BYTES) return;
    if (this.unattached.length + this.events.countUntaken() >= MAX_UNATTACHED) return this.own.reject(Reject.overrun);
    const bytes = new Uint8Array(frame.subarray(HEADER_BYTES, partsEnd(frame, header)));
    this.unattached.push({ from: { host: from.address, port: from.port }, bytes });
    this.news = true;
  }

  // ---- what JavaScript asks ----

  /** Whether JavaScript has something to look at since the last call. */
  takeNews(): boolean {
    const news = this.news;
    this.news = false;
    return news;
  }

  /** Whether takeWanted(), takeUnattached() or takeRefused() has something. */
  get hasCalls(): boolean {
    return this.unattached.length > 0 || this.refused.length > 0 || this.views.some((view) => view.core.hasWanted);
  }

  takeUnattached(): Unattached | undefined {
    return this.unattached.shift();
  }

  takeRefused(): Address | undefined {
    return this.refused.shift();
  }

  takeWanted(): WantedStream | undefined {
    for (const { core, number: view } of this.views) {
      const wanted = core.takeWanted();
      if (wanted !== undefined) return { view, ...wanted };
    }
    return undefined;
  }

  /** Writes all counters, then the rejections, in the order of stats.ts. */
  readStats(out: Float64Array): void {
    const { counts, rejected } = this.own;
    out.set(counts, 0);
    out.set(rejected, counts.length);
    for (const { core } of this.views) {
      for (let i = 0; i < counts.length; i++) out[i] = (out[i] as number) + (core.stats.counts[i] as number);
      for (let i = 0; i < rejected.length; i++) {
        out[counts.length + i] = (out[counts.length + i] as number) + (core.stats.rejected[i] as number);
      }
    }
  }
}

function pathFrameBytes(host: string): number {
  const payload = pathPayloadBytes(host);
  return Math.min(Math.max(Math.floor(payload / 8) * 8, MIN_FRAME_BYTES), MAX_FRAME_BYTES);
}
