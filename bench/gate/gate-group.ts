/** A whole group in one process, in virtual time: no kernel, no thread and no chance is in what it costs. */
import { SimClock } from '../../ts/sim/clock.js';
import { CORE_CLASSES, type Mode, type SimCore } from '../../ts/sim/cores.js';
import { ControlOutbox } from '../../ts/stack/control-outbox.js';
import { parseProperties, stackOf } from '../../ts/stack/properties.js';
import { DirectNetwork } from './direct-network.js';
import { GateMember } from './gate-member.js';

export interface GateGroupOptions {
  readonly members: number;
  readonly mode: Mode;
  readonly properties: string;
  /** For the rings of each. Bytes. */
  readonly memory: number;
}

/** Time that passes at least between two looks at the network. Microseconds. */
const STEP_US = 20;
const FRAME_BYTES = 1400;
/** More steps than this for one thing to happen: it never will. */
const MOST_STEPS = 5_000_000;

export class GateGroup {
  readonly network = new DirectNetwork();
  readonly members: readonly GateMember[];
  private readonly clock = new SimClock();
  /** Undefined: there is nothing native. */
  private readonly crossings: Crossings | undefined;
  private readonly control = new ControlRecords();

  /** Comes together before it returns. */
  constructor({ members, mode, properties, memory }: GateGroupOptions) {
    this.crossings = mode === 'native' ? new Crossings() : undefined;
    const settings = {
      groupName: 'gate',
      key: '',
      protocol: stackOf(parseProperties(properties)),
      params: '',
      memory,
      maxMessageSize: 2 ** 20,
      highWaterMark: 64 * 1024,
      maxQueuedBytes: 2 ** 22,
      checksum: false,
      frameBytes: FRAME_BYTES,
      clientServer: false,
    };
    this.members = Array.from(
      { length: members },
      (_, place) => new GateMember(place, mode, settings, this.clock, this.network),
    );
    for (const member of this.members) member.session.join();
    this.runUntil(() => this.members.every(({ view }) => view?.nmembers === members));
  }

  get coordinator(): GateMember {
    return this.members.find(({ view }) => view?.myRank === 0) as GateMember;
  }

  get checksum(): number {
    return this.members.reduce((sum, member) => (Math.imul(sum, 31) + member.checksum) | 0, 0);
  }

  get counters(): Readonly<Record<string, number>> {
    const { network, crossings, control } = this;
    const native = crossings === undefined ? {} : { nativeCalls: crossings.count };
    return { datagrams: network.datagrams, bytes: network.bytes, controlRecords: control.count, ...native };
  }

  /** Lets the group go on until something is so. */
  runUntil(isSo: () => boolean): void {
    for (let step = 0; !isSo(); step++) {
      if (step > MOST_STEPS) throw new Error('the group of the gate does not get where it should');
      this.step();
    }
  }

  /** Lets the group go on for so long, of its own time. */
  runFor(micros: number): void {
    for (const end = this.clock.now + micros; this.clock.now < end; ) this.step();
  }

  private step(): void {
    const { now, nextAt = now } = this.clock;
    this.clock.runUntil(Math.max(now + STEP_US, nextAt));
    while (this.network.deliver());
  }
}

/** Counts the calls of native code that views make. */
class Crossings {
  count = 0;

  constructor() {
    const { prototype } = CORE_CLASSES.native;
    const { receive, poll } = prototype;
    const count = () => this.count++;
    prototype.receive = function (this: SimCore, frame, header, now) {
      count();
      receive.call(this, frame, header, now);
    };
    prototype.poll = function (this: SimCore, now) {
      count();
      return poll.call(this, now);
    };
  }
}

/** Counts what layers say to each other; a record to all counts once. */
class ControlRecords {
  count = 0;

  constructor() {
    const original = ControlOutbox.prototype.post;
    const count = () => this.count++;
    ControlOutbox.prototype.post = function (...args) {
      count();
      original.apply(this, args);
    };
  }
}
