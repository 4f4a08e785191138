/**
 * A member's data plane: one driver, the views that run on it, and the moments at which JavaScript and the plane take turns.
 *
 *   cast() ... cast()  writes records; the first of a turn asks for a flush
 *   end of the turn    publish(), driver.flush(): frames go out
 *   onReady            drain(): records are handed to the handlers, whose own casts are flushed at once
 */
import { Message } from '../base/message.js';
import type { CastOrder } from './cast-order.js';
import type {
  Address,
  DriverEvents,
  DriverOptions,
  PlaneDriver,
  PlaneStats,
  StreamKind,
  ViewConfig,
} from './data-plane.js';
import { RingPool } from './ring-pool.js';
import type { RingSizes } from './ring-sizes.js';
import { type Receivers, ViewPlane } from './view-plane.js';

const WORD_LISTENING = 0;
const WORD_PROGRESS = 17;
const SLOT_WORDS = 32;

/** What the owner of a plane is told, on the event loop. */
export interface PlaneEvents {
  /** After each batch: room may have been made for writers that were refused. */
  onProgress(): void;
  onUnattached(from: Address, bytes: Uint8Array): void;
  /** Nothing is bound to this address any more, it seems: a hint, to be verified. */
  onRefused(address: Address): void;
  onFailure(error: Error): void;
}

export type DriverFactory = (options: DriverOptions, events: DriverEvents) => Promise<PlaneDriver>;

const SCHEDULED = 1;
/** What has arrived is being handed over; a flush follows. */
const DRAINING = 2;

/** Calls soon, when what runs now has returned: setImmediate, or the simulator's. */
export type Defer = (callback: () => void) => void;

export class Plane {
  private readonly views = new Map<number, ViewPlane>();
  private readonly message = new Message();
  private readonly rings: RingPool;
  private nextView = 1;
  /** Why a cast has no flush to schedule; a number, not two booleans: each cast looks, and this costs it one comparison. */
  private flushIsNear = 0;
  private closed = false;
  private progressSeen = 0;

  private constructor(
    readonly driver: PlaneDriver,
    private readonly awake: Int32Array,
    private readonly events: PlaneEvents,
    private readonly defer: Defer,
  ) {
    this.rings = new RingPool(driver.needsSharedRings, driver.makeRing?.bind(driver));
  }

  /** Binds the socket and starts the plane. Rejects, with nothing left open, when the address can't be had. */
  static async open(create: DriverFactory, options: Omit<DriverOptions, 'awake'>, events: PlaneEvents): Promise<Plane> {
    const awake = newAwake();
    const link: Link = { plane: undefined };
    const driver = await create({ ...options, awake }, driverEvents(link, events));
    return Plane.start(link, driver, awake, events, (callback) => setImmediate(callback));
  }

  /** The same over a driver that needs no waiting for, as the simulator's. */
  static over(
    create: (awake: Int32Array, events: DriverEvents) => PlaneDriver,
    events: PlaneEvents,
    defer: Defer,
  ): Plane {
    const awake = newAwake();
    const link: Link = { plane: undefined };
    return Plane.start(link, create(awake, driverEvents(link, events)), awake, events, defer);
  }

  private static start(link: Link, driver: PlaneDriver, awake: Int32Array, events: PlaneEvents, defer: Defer): Plane {
    const plane = new Plane(driver, awake, events, defer);
    link.plane = { ready: plane.ready, wanted: (view, origin, kind) => plane.wanted(view, origin, kind) };
    plane.listen();
    return plane;
  }

  install(
    config: ViewConfig,
    sizes: RingSizes,
    maxMessageSize: number,
    receivers: Receivers,
    order: CastOrder,
  ): ViewPlane {
    const number = this.nextView++;
    let view: ViewPlane;
    try {
      view = new ViewPlane(this.driver, number, config, sizes, maxMessageSize, this.rings, receivers, order);
    } catch (error) {
      this.driver.retire(number, () => {});
      throw error;
    }
    this.views.set(number, view);
    return view;
  }

  /** Ends a view: its streams are gone, its rings are for the next one. */
  retire(view: ViewPlane): void {
    for (const [number, installed] of this.views) {
      if (installed !== view) continue;
      this.views.delete(number);
      // Not while a receiver, which may be who retires it, walks over a ring.
      view.retire(() => this.defer(() => this.takeBack(view)));
    }
  }

  /** Neither the driver nor a receiver touches the rings of this view any more. */
  private takeBack(view: ViewPlane): void {
    // Shared memory waits for a view to come, however late: it would not be freed.
    if (this.views.size > 0 || this.driver.needsSharedRings) view.giveRings();
    else this.rings.clear();
  }

  /** Bytes of rings that wait for the next view. */
  get spareBytes(): number {
    return this.rings.bytes;
  }

  /** A view was paused and is no more: hands over what has arrived meanwhile, soon. */
  resume(): void {
    this.defer(this.ready);
  }

  /** Something was written: it goes out at the end of this turn of the event loop, or with the batch that is being handled. */
  scheduleFlush(): void {
    if (this.flushIsNear !== 0) return;
    this.flushIsNear |= SCHEDULED;
    this.defer(this.flushNow);
  }

  /** What has arrived is being handed over: whoever asks is inside of that. */
  get isDraining(): boolean {
    return (this.flushIsNear & DRAINING) !== 0;
  }

  /**
   * A turn without the event loop, while that is blocked: what was written goes out, what has arrived is handed over. Returns whether there may be more at
   * once.
   */
  pump(): boolean {
    if (this.closed) return false;
    const seen = this.progressSeen;
    this.flush();
    this.ready();
    return this.progressSeen !== seen;
  }

  stats(): PlaneStats {
    return this.driver.stats();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.driver.close();
    this.views.clear();
  }

  private readonly flushNow = (): void => {
    this.flushIsNear &= ~SCHEDULED;
    if (!this.closed) this.flush();
  };

  private flush(): void {
    let mine = false;
    for (const view of this.views.values()) mine = view.publish() || mine;
    this.driver.flush();
    if (mine) this.defer(this.ready);
  }

  private readonly ready = (): void => {
    if (this.closed || (this.flushIsNear & DRAINING) !== 0) return;
    this.flushIsNear |= DRAINING;
    this.progressSeen = Atomics.load(this.awake, WORD_PROGRESS);
    // After a receiver that throws there may be more too: nobody would tell of it again.
    let more = true;
    try {
      this.driver.takeCalls?.();
      let left = false;
      for (const view of this.views.values()) left = view.drain(this.message) || left;
      more = left;
      if (!this.closed) this.events.onProgress();
    } finally {
      this.flushIsNear &= ~DRAINING;
      if (!this.closed) {
        this.flush();
        if (more) this.defer(this.ready);
        else this.listen();
      }
    }
  };

  private wanted(number: number, origin: number, kind: StreamKind): void {
    if (!this.closed) this.views.get(number)?.accept(origin, kind);
  }

  /**
   * From here on the plane notifies. What it did since the last look would be told by nobody: the count of its steps shows it, and
   * then we look again.
   */
  private listen(): void {
    Atomics.store(this.awake, WORD_LISTENING, 1);
    if (Atomics.load(this.awake, WORD_PROGRESS) === this.progressSeen) return;
    Atomics.store(this.awake, WORD_LISTENING, 0);
    this.defer(this.ready);
  }
}

/** What a driver calls; it is made before the plane is. */
interface Link {
  plane: { ready(): void; wanted(view: number, origin: number, kind: StreamKind): void } | undefined;
}

function newAwake(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(SLOT_WORDS * 4));
}

function driverEvents(link: Link, events: PlaneEvents): DriverEvents {
  return {
    onReady: () => link.plane?.ready(),
    onWanted: (view, origin, kind) => link.plane?.wanted(view, origin, kind),
    onUnattached: (from, bytes) => events.onUnattached(from, bytes),
    onRefused: (address) => events.onRefused(address),
    onFailure: (error) => events.onFailure(error),
  };
}
