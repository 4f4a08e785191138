/** One view of a group at one member: its layers over its streams. */
import type { Endpoint } from '../base/endpoint.js';
import type { Message } from '../base/message.js';
import { StreamKind } from '../data-plane/data-plane.js';
import type { Plane } from '../data-plane/plane.js';
import type { RecordReceiver } from '../data-plane/record-reader.js';
import { viewConfig } from '../data-plane/view-config.js';
import type { ViewPlane } from '../data-plane/view-plane.js';
import { DeliveryLog } from '../ordering/delivery-log.js';
import { orderOf } from '../ordering/order.js';
import { subcastHeaderBytes } from '../ordering/subcast.js';
import { ControlOutbox } from './control-outbox.js';
import type { Rank, StackEvent } from './event.js';
import type { PlanePort } from './layer.js';
import { parseProtocol } from './protocol.js';
import { Stack, type StackHost } from './stack.js';
import { rankIn, type ViewState } from './view-state.js';

/** Rank 0 coordinates, and rank 1 when 0 leaves or fails. */
const COORDINATORS = 2;

export interface GroupSettings {
  readonly groupName: string;
  readonly key: string;
  /** Bytes for the rings of a view. */
  readonly memory: number;
  readonly maxMessageSize: number;
  readonly checksum: boolean;
  /** Most bytes of a frame. */
  readonly frameBytes: number;
  /** Whether members are clients and servers: all of them, or none. */
  readonly clientServer: boolean;
  /** Whether this member hears nothing of that one, on purpose; undefined: it hears all. */
  readonly isCutOff?: (member: Endpoint) => boolean;
}

export interface AppReceivers {
  readonly casts: RecordReceiver;
  readonly sends: RecordReceiver;
}

/** What a view needs of its group. */
export type GroupViewHost = Pick<
  StackHost,
  | 'me'
  | 'compatibility'
  | 'maxMembers'
  | 'contacts'
  | 'joinMessage'
  | 'service'
  | 'announce'
  | 'sendOutside'
  | 'environment'
> & {
  readonly settings: GroupSettings;
  readonly plane: Plane;
  receivers(state: ViewState): AppReceivers;
  application(view: GroupView): StackHost['application'];
  onTop(view: GroupView, event: StackEvent): void;
};

export class GroupView implements PlanePort {
  readonly myRank: Rank;
  /** Subcast: sends are in the stream of casts. */
  readonly sendsGoWithCasts: boolean;
  readonly streams: ViewPlane;
  readonly deliveries: DeliveryLog;
  readonly stack: Stack;
  /** The application was told that the view ends. */
  blocked = false;
  /** Nothing is sent in it any more. */
  closed = false;
  /** It has ended: what comes after it, or nothing, when this member leaves with it. */
  end: { readonly next: ViewState | undefined } | undefined;
  /** Nobody needs anything of it. */
  over = false;
  private readonly outbox = new ControlOutbox();

  constructor(
    readonly state: ViewState,
    private readonly host: GroupViewHost,
  ) {
    const { settings, plane, environment } = host;
    this.myRank = rankIn(state.members, host.me);
    const { ordering, checksOrder } = parseProtocol(state.protocol);
    const order = orderOf(ordering);
    this.sendsGoWithCasts = ordering.includes('Subcast');
    const { config, sizes } = viewConfig({
      ...settings,
      viewTime: state.id.time,
      endpoints: state.members,
      myRank: this.myRank,
      seed: environment.random(2 ** 32),
      prompt: order.safe,
    });
    const application = host.receivers(state);
    const control = this.controlReceiver();
    this.deliveries = new DeliveryLog(state.members.length, (rank) => this.streams.consumed(rank));
    const receivers = {
      [StreamKind.cast]: checksOrder ? this.deliveries.over(application.casts) : application.casts,
      [StreamKind.controlCast]: control,
      [StreamKind.pt2pt]: application.sends,
      [StreamKind.controlPt2pt]: control,
    };
    const lists = this.sendsGoWithCasts || settings.clientServer;
    const most = settings.maxMessageSize + (lists ? subcastHeaderBytes(state.members.length) : 0);
    this.streams = plane.install(config, sizes, most, receivers, order);
    this.streams.paused = true;
    if (this.myRank < COORDINATORS) this.openAnswers();
    try {
      this.stack = new Stack(this.stackHost());
    } catch (error) {
      plane.retire(this.streams);
      throw error;
    }
  }

  /** After each batch. */
  progress(): void {
    if (this.outbox.drain()) this.host.plane.scheduleFlush();
    this.stack.progress();
  }

  /** Whether all that was sent in this view has arrived at all to whom it goes. */
  get isStable(): boolean {
    return this.outbox.isEmpty && this.streams.isStable() && this.stack.isSettled;
  }

  retire(): void {
    this.stack.stop();
    this.host.plane.retire(this.streams);
  }

  /** After this `caughtUp` tells whether what belongs to the view has been delivered. */
  look(): void {
    this.streams.caughtUp = false;
    this.host.plane.resume();
  }

  // ---- PlanePort ----

  received(): number[] {
    // What I have sent counts from when the plane may see it.
    this.streams.publish();
    return this.streams.received();
  }

  sent(): readonly (readonly [Rank, number])[] {
    return this.streams.sent();
  }

  receivedSends(from: Rank): number {
    return this.streams.receivedSends(from);
  }

  hasDeliveredAll(): boolean {
    return this.end !== undefined && this.streams.caughtUp;
  }

  heard(rank: Rank): number {
    return this.streams.heard(rank);
  }

  watch(ranks: readonly Rank[], milliseconds: number): void {
    this.streams.watch(ranks, milliseconds);
  }

  exclude(rank: Rank): void {
    this.streams.exclude(rank);
  }

  cut(origin: Rank, cut: number, holder: Rank): void {
    this.streams.stopAt(origin, cut);
    if (holder !== origin && holder !== this.myRank) this.streams.nakTarget(origin, holder, cut);
  }

  // ---- to and from the layers ----

  /**
   * In a view change all answer the coordinator. A stream of records to one member is opened when something of it comes, and that is lost:
   * its sender notices some milliseconds later. Here the streams are there before.
   */
  private openAnswers(): void {
    for (const rank of this.state.members.keys()) {
      if (rank !== this.myRank) this.streams.accept(rank, StreamKind.controlPt2pt);
    }
  }

  private controlReceiver(): RecordReceiver {
    return {
      onMessage: (origin: number, kind: number, message: Message) => this.stack.receive(origin, kind, message),
      onTooLong: (origin, length) => this.stack.suspect([origin], `it sent a control record of ${length} bytes`),
      onMalformed: (origin) => this.stack.suspect([origin], 'it sent a record that no writer writes'),
    };
  }

  private stackHost(): StackHost {
    const { host, streams } = this;
    const post = (writer: ViewPlane['controlCasts'], kind: number, record: Uint8Array) => {
      this.outbox.post(writer, kind, record);
      host.plane.scheduleFlush();
    };
    return {
      view: this.state,
      myRank: this.myRank,
      me: host.me,
      environment: host.environment,
      plane: this,
      application: host.application(this),
      compatibility: host.compatibility,
      maxMembers: host.maxMembers,
      contacts: host.contacts,
      joinMessage: host.joinMessage,
      service: host.service,
      cast: (kind, record) => post(streams.controlCasts, kind, record),
      send: (to, kind, record) => post(streams.pt2pt(to, StreamKind.controlPt2pt), kind, record),
      announce: (kind, body) => host.announce(kind, body),
      sendOutside: (to, kind, body) => host.sendOutside(to, kind, body),
      onTop: (event) => host.onTop(this, event),
    };
  }
}
