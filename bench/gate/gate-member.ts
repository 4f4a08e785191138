/** A member of the gate's group: a whole session over a data plane of either language, without a socket, in a time of its own. */
import { type GroupApplication, Session, type SessionReports, type SessionSettings } from '../../ts/api/session.js';
import type { ViewData } from '../../ts/api/view.js';
import { Endpoint } from '../../ts/base/endpoint.js';
import type { Message } from '../../ts/base/message.js';
import { Plane } from '../../ts/data-plane/plane.js';
import { Random } from '../../ts/data-plane/typescript/random.js';
import type { SimClock } from '../../ts/sim/clock.js';
import type { Mode } from '../../ts/sim/cores.js';
import { SimDriver } from '../../ts/sim/driver.js';
import type { DirectNetwork } from './direct-network.js';

const FIRST_PORT = 4000;

export class GateMember implements GroupApplication {
  readonly session: Session;
  /** Messages that it was handed. */
  received = 0;
  /** Of what they hold, and of its views, in their order. */
  checksum = 0;

  constructor(
    place: number,
    mode: Mode,
    settings: SessionSettings,
    private readonly clock: SimClock,
    network: DirectNetwork,
  ) {
    const me = new Endpoint('10.0.0.1', FIRST_PORT + place, place + 1);
    const address = { host: me.host, port: me.port };
    const random = new Random(place + 1);
    const plane = Plane.over(
      (awake, events) => {
        const driver = new SimDriver(address, mode, clock, network, awake, events, settings.frameBytes);
        driver.onAnnounced = (bytes) => this.session.group.receiveOutside(bytes);
        return driver;
      },
      {
        onProgress: () => this.session.progress(),
        onUnattached: (_, bytes) => this.session.group.receiveOutside(bytes),
        onFailure: fail,
        onRefused: ({ host, port }) => this.session.group.refused(host, port),
      },
      (callback) => void clock.schedule(1, callback),
    );
    const environment = {
      now: () => clock.now / 1000,
      setTimer: (milliseconds: number, callback: () => void) => clock.schedule(milliseconds * 1000, callback),
      defer: (callback: () => void) => void this.clock.schedule(1, callback),
      random: (bound: number) => random.below(bound),
    };
    const events = {
      onView: () => {},
      onExited: () => {},
      onJoinAnswer: () => {},
      announce: (bytes: Uint8Array) => network.broadcast(address, bytes),
    };
    this.session = new Session(me, settings, plane, environment, this, REPORTS, events);
  }

  get view(): ViewData | undefined {
    return this.session.view?.data;
  }

  cast(payload: Uint8Array): void {
    const { outbox } = this.session;
    outbox.post(outbox.casts, payload);
  }

  onAcceptedView(view: ViewData): void {
    this.take(view.nmembers + view.viewId.time);
  }

  onReceiveCast(_origin: Endpoint, message: Message): void {
    this.received++;
    this.take(message.length + message.at(0) + message.at(message.length - 1));
  }

  private take(what: number): void {
    this.checksum = (Math.imul(this.checksum, 31) + what) | 0;
  }

  onReceiveSend(): void {}

  onBlock(): void {}

  onJoinRequest(): boolean {
    return true;
  }

  onChangingView(): undefined {}

  onProposeView(): undefined {}
}

/** Nothing may go wrong here: what does ends the benchmark. */
function fail(error: unknown): never {
  throw error;
}

const REPORTS: SessionReports = {
  report: fail,
  callbackFailed: (_, cause) => fail(cause),
  watch: () => {},
  guard: (_, run) => void run(),
};
