/** A whole group in one process, in virtual time: no kernel, no thread and no chance is in what it costs. */
import { SimClock } from '../../ts/sim/clock.js';
import { type Mode, nativeCorePrototype } from '../../ts/sim/cores.js';
import { ControlOutbox } from '../../ts/stack/control-outbox.js';
import { parseProperties, stackOf } from '../../ts/stack/properties.js';
import { DirectNetwork } from './direct-network.js';
import { GateMember } from './gate-member.js';

export interface GateGroupOptions {
  readonly members: number;
  readonly mode: Mode;
  readonly properties: string;
}

/** Time that passes between two looks at the network. Microseconds. */
const STEP_US = 20;
const FRAME_BYTES = 1400;
const MEMBER_BYTES = 4 * 2 ** 20;
/** More steps than this for one thing to happen: it never will. */
const MOST_STEPS = 5_000_000;

export class GateGroup {
  readonly network = new DirectNetwork();
  readonly members: readonly GateMember[];
  private readonly clock = new SimClock();
  private readonly crossings: Crossings;
  private readonly control = new ControlRecords();

  /** Comes together before it returns. */
  constructor({ members, mode, properties }: GateGroupOptions) {
    this.crossings = new Crossings(mode);
    const settings = {
      groupName: 'gate',
      key: '',
      protocol: stackOf(parseProperties(properties)),
      params: '',
      memory: MEMBER_BYTES,
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
    const native = crossings.count === undefined ? {} : { nativeCalls: crossings.count };
    return { datagrams: network.datagrams, bytes: network.bytes, controlRecords: control.count, ...native };
  }

  /** Lets the group go on until something is so. */
  runUntil(isSo: () => boolean): void {
    for (let step = 0; !isSo(); step++) {
      if (step > MOST_STEPS) throw new Error('the group of the gate does not get where it should');
      this.clock.runUntil(this.clock.now + STEP_US);
      while (this.network.deliver());
    }
  }
}

/** Counts the calls of native code that a view makes. */
class Crossings {
  /** Undefined: there are none. */
  count: number | undefined;

  constructor(mode: Mode) {
    const prototype = mode === 'native' ? nativeCorePrototype() : undefined;
    if (prototype === undefined) return;
    this.count = 0;
    for (const name of ['receive', 'poll'] as const) {
      const original = prototype[name] as (this: unknown, first: unknown, second: unknown) => unknown;
      const counted = (called: object, first: unknown, second: unknown) => {
        this.count = (this.count ?? 0) + 1;
        return original.call(called, first, second);
      };
      Reflect.set(prototype, name, function (this: object, first: unknown, second: unknown) {
        return counted(this, first, second);
      });
    }
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
