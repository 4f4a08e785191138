/**
 * Membership services of a simulated group, and the connections of its members to them: streams that keep their order, take their time, and end
 * when one of both ends does. A service that goes down forgets all; the one that comes after it knows nothing.
 */
import type { Random } from '../data-plane/typescript/random.js';
import { FIRST_RETRY_MS, MAX_RETRY_MS } from '../groupd/limits.js';
import {
  decodeFromService,
  decodeToService,
  encodeFromService,
  encodeToService,
  type ServiceEvent,
  type ServicePort,
  type ToService,
} from '../groupd/messages.js';
import { Service } from '../groupd/service.js';
import type { SimClock } from './clock.js';

const MS = 1000;
/** A connection whose other end has died with its machine ends after this. Microseconds. */
const NOTICED_AFTER = 2_000 * MS;
/** Who uses the second service looks so often for the first. Microseconds. */
const PREFER = 300 * MS;

/** The process of a member, as far as its connection depends on it. */
export interface LinkOwner {
  readonly dead: boolean;
  /** Runs now, or when the process goes on. */
  whenRunning(run: () => void): void;
}

/** What a service goes down after. */
interface Trap {
  readonly kind: string;
  messages: number;
  readonly micros: number;
}

interface Wire {
  readonly id: number;
  readonly service: Service;
  readonly link: SimLink;
  open: boolean;
  loses: boolean;
  /** When what was sent last arrives: nothing overtakes. */
  toServiceAt: number;
  toMemberAt: number;
}

export class SimServices {
  private readonly up: (Service | undefined)[] = [];
  private readonly wires = new Map<number, Wire>();
  private nextId = 1;
  private readonly traps: Trap[] = [];
  /** What services would not have from any member: there should be nothing. */
  readonly refusals: string[] = [];

  constructor(
    private readonly clock: SimClock,
    private readonly random: Random,
    count: number,
  ) {
    for (let number = 0; number < count; number++) this.up.push(this.make());
  }

  /** Down, and after a while up again, knowing nothing. */
  restart(number: number, micros: number): void {
    const service = this.up[number];
    if (service === undefined) return;
    this.up[number] = undefined;
    for (const wire of [...this.wires.values()]) {
      if (wire.service !== service) continue;
      // What was on its way may come, or be lost with the machine.
      wire.loses = this.random.below(2) === 0;
      this.cut(wire, false);
    }
    this.clock.schedule(micros, () => this.revive(number));
  }

  /** Goes down when it has said something: what waits in its connections then is lost, or not. */
  trap({ kind, messages, micros }: Trap): void {
    this.traps.push({ kind, messages, micros });
  }

  /** All are up, and have noticed who is dead. */
  heal(): void {
    this.traps.length = 0;
    for (const number of this.up.keys()) this.revive(number);
    for (const wire of [...this.wires.values()]) if (wire.link.isDead) this.cut(wire);
  }

  /** A connection to the best service that there is. */
  connect(link: SimLink): void {
    const number = this.best;
    const service = number === undefined ? undefined : this.up[number];
    if (service === undefined) return link.refused();
    const wire: Wire = { id: this.nextId++, service, link, open: true, loses: false, toServiceAt: 0, toMemberAt: 0 };
    this.wires.set(wire.id, wire);
    link.wire = wire;
    service.connected(wire.id);
    link.tell(wire, { kind: 'connected' });
  }

  isBest({ service }: Wire): boolean {
    return this.best === undefined || this.up[this.best] === service;
  }

  toService(wire: Wire, message: ToService): void {
    const bytes = encodeToService(message);
    wire.toServiceAt = Math.max(wire.toServiceAt, this.clock.now + this.delay());
    this.clock.schedule(wire.toServiceAt - this.clock.now, () => {
      if (wire.open && this.up.includes(wire.service)) wire.service.receive(wire.id, decodeToService(bytes));
    });
  }

  /** @param tells whether the service lives to notice; each end does in its own time */
  cut(wire: Wire, tells = true): void {
    if (!wire.open) return;
    wire.open = false;
    this.wires.delete(wire.id);
    if (tells) this.clock.schedule(this.delay(), () => wire.service.disconnected(wire.id));
    this.toMember(wire, { kind: 'disconnected' });
  }

  /** The machine of a member is gone: nobody says so. */
  abandon(wire: Wire, refuses: boolean): void {
    this.clock.schedule(refuses ? this.delay() : NOTICED_AFTER, () => this.cut(wire));
  }

  private get best(): number | undefined {
    const number = this.up.findIndex((service) => service !== undefined);
    return number < 0 ? undefined : number;
  }

  private revive(number: number): void {
    this.up[number] ??= this.make();
  }

  private make(): Service {
    const service: Service = new Service(
      {
        setTimer: (milliseconds, callback) =>
          this.clock.schedule(milliseconds * MS, () => this.up.includes(service) && callback()),
      },
      {
        send: (id, message) => {
          const wire = this.wires.get(id);
          if (wire !== undefined) this.toMember(wire, decodeFromService(encodeFromService(message)));
          this.spring(service, message.kind);
        },
        close: (id, reason) => {
          const wire = this.wires.get(id);
          if (reason !== 'it does not answer' && reason !== 'it has connected again') this.refusals.push(reason);
          if (wire !== undefined) this.cut(wire, false);
        },
      },
    );
    return service;
  }

  private spring(service: Service, kind: string): void {
    const index = this.traps.findIndex((trap) => trap.kind === kind && --trap.messages <= 0);
    if (index < 0) return;
    const [{ micros }] = this.traps.splice(index, 1) as [Trap];
    // Not within what it does now; some of what it has said has come by then.
    this.clock.schedule(this.random.below(600), () => this.restart(this.up.indexOf(service), micros));
  }

  private toMember(wire: Wire, event: ServiceEvent): void {
    wire.toMemberAt = Math.max(wire.toMemberAt, this.clock.now + this.delay());
    this.clock.schedule(wire.toMemberAt - this.clock.now, () => {
      if (!wire.loses || event.kind === 'disconnected') wire.link.tell(wire, event);
    });
  }

  /** Mostly little; now and then as if a packet of the stream had been lost. */
  private delay(): number {
    return 20 + this.random.below(this.random.below(20) === 0 ? 60 * MS : 400);
  }
}

/** One member's connection, again and again. */
export class SimLink implements ServicePort {
  readonly group = 'simulated';
  isConnected = false;
  wire: Wire | undefined;
  private retryMs = FIRST_RETRY_MS;
  private ended = false;

  constructor(
    private readonly services: SimServices,
    private readonly owner: LinkOwner,
    private readonly clock: SimClock,
    private readonly onEvent: (event: ServiceEvent) => void,
  ) {}

  start(): void {
    this.later(0);
    this.prefer();
  }

  send(message: ToService): void {
    if (this.wire !== undefined && this.isConnected) this.services.toService(this.wire, message);
  }

  refused(): void {
    this.later(this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, MAX_RETRY_MS);
  }

  tell(wire: Wire, event: ServiceEvent): void {
    this.owner.whenRunning(() => {
      if (this.wire !== wire) return;
      if (event.kind === 'connected') {
        this.isConnected = true;
        this.retryMs = FIRST_RETRY_MS;
      }
      if (event.kind === 'disconnected') {
        this.isConnected = false;
        this.wire = undefined;
        this.later(this.retryMs);
      }
      this.onEvent(event);
    });
  }

  /** The connection breaks, for whatever reason. */
  drop(): void {
    if (this.wire !== undefined) this.services.cut(this.wire);
  }

  get isDead(): boolean {
    return this.owner.dead;
  }

  /** The process is gone, or the member has left. */
  end(refuses: boolean): void {
    this.ended = true;
    if (this.wire !== undefined) this.services.abandon(this.wire, refuses);
  }

  private later(milliseconds: number): void {
    this.clock.schedule(milliseconds * MS, () =>
      this.owner.whenRunning(() => {
        if (this.wire === undefined && !this.ended) this.services.connect(this);
      }),
    );
  }

  private prefer(): void {
    this.clock.schedule(PREFER, () => {
      if (this.owner.dead) return;
      const { wire } = this;
      if (wire?.open && !this.services.isBest(wire)) this.drop();
      this.prefer();
    });
  }
}
