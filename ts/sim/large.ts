/** A large group forms, changes its view, casts, loses members at once and heals: what that costs in messages. */

import { ControlOutbox } from '../stack/control-outbox.js';
import { parseProperties, stackOf } from '../stack/properties.js';
import type { Mode } from './cores.js';
import { PLAIN } from './member.js';
import { Run } from './run.js';
import type { Scenario, Step } from './scenario.js';

const MS = 1000;
const FORMED_WITHIN = 20_000 * MS;
const HEALED_WITHIN = 30_000 * MS;
const WINDOW = 400 * MS;
/** In one window. */
const MESSAGES = 100;
/** Of which the median counts: what timers of an idle group send is not the same in all windows. */
const ROUNDS = 5;

/** Datagrams and control records; a record to all counts once. */
interface Cost {
  readonly datagrams: number;
  readonly records: number;
  /** Simulated, until all were in the new view. */
  readonly milliseconds: number;
}

export interface LargeResult {
  readonly members: number;
  readonly formed: Cost;
  /** One change of the view without any change of its members; what an idle group sends in that time is taken off. */
  readonly changed: Cost;
  /** Members crash at once: from then to the view without them. */
  readonly lost: Cost;
  /** The group was in two halves, and comes together again. */
  readonly healed: Cost;
}

/** What one change of the view costs, and what messages cost that nobody else's keep company. */
export interface ScaleResult {
  readonly members: number;
  readonly changed: Omit<Cost, 'milliseconds'>;
  readonly messages: number;
  /** Of all of them, what an idle group sends in that time taken off. */
  readonly messageDatagrams: number;
}

/** @throws Error when the group is not together in time */
export function runLarge(members: number, lose: number, seed = 1): LargeResult {
  return withMeter((meter) => new LargeGroup(members, 'ts', seed, meter).live(lose));
}

/** @throws Error when the group is not together in time, or a message has not arrived */
export function runScale(members: number, mode: Mode, messageBytes: number, seed = 1): ScaleResult {
  return withMeter((meter) => new LargeGroup(members, mode, seed, meter).scale(messageBytes));
}

function withMeter<Result>(run: (meter: Meter) => Result): Result {
  const meter = new Meter();
  try {
    return run(meter);
  } finally {
    meter.stop();
  }
}

function scenarioOf(members: number, mode: Mode, seed: number): Scenario {
  const steps: Step[] = Array.from({ length: members }, (_, place) => ({ at: place * 50, do: 'join', place }));
  return {
    seed,
    places: members,
    protocol: stackOf(parseProperties('Gmp:Sync:Heal:Switch:Frag:Suspect:Flow')),
    params: '',
    checksum: false,
    quorum: 0,
    traits: Array.from({ length: members }, () => ({ ...PLAIN, mode })),
    steps,
    end: members * 50,
    settle: 0,
    services: 0,
  };
}

class LargeGroup {
  private readonly run: Run;

  constructor(
    private readonly members: number,
    mode: Mode,
    seed: number,
    private readonly meter: Meter,
  ) {
    this.run = new Run(scenarioOf(members, mode, seed));
  }

  live(lose: number): LargeResult {
    const { run, members } = this;
    const { clock, network } = run;
    const formed = this.form();
    const changed = this.change(this.idle());
    const lost = this.cost(() => {
      for (const member of run.members.slice(0, lose)) member.kill(false);
    }, HEALED_WITHIN);
    run.split(2);
    run.advance(clock.now + 6_000 * MS);
    const healed = this.cost(() => network.heal(), HEALED_WITHIN);
    run.dispose();
    return { members, formed, changed, lost, healed };
  }

  scale(messageBytes: number): ScaleResult {
    const { run, members } = this;
    this.form();
    const idle = middle(Array.from({ length: ROUNDS }, () => this.idle()));
    const changes = Array.from({ length: ROUNDS }, () => this.change(idle));
    const changed = {
      datagrams: middle(changes.map(({ datagrams }) => datagrams)),
      records: middle(changes.map(({ records }) => records)),
    };
    const messageDatagrams = this.cast(messageBytes, idle);
    run.dispose();
    return { members, changed, messages: MESSAGES, messageDatagrams };
  }

  private form(): Cost {
    const { run } = this;
    run.schedule();
    run.advance(this.members * 50);
    const formed = this.cost(() => {}, FORMED_WITHIN);
    run.advance(run.clock.now + 2 * WINDOW);
    return formed;
  }

  /** Datagrams of a group that does nothing, in one window. */
  private idle(): number {
    const { run } = this;
    return this.cost(() => run.advance(run.clock.now + WINDOW), 0).datagrams;
  }

  private change(idle: number): Cost {
    const { run } = this;
    const change = this.cost(() => {
      run.members.find(({ view }) => view?.myRank === 0)?.session.group.requestNewView();
      run.advance(run.clock.now + WINDOW);
    }, FORMED_WITHIN);
    return { ...change, datagrams: change.datagrams - idle };
  }

  /** One member casts, now and then; returns the datagrams beyond those of an idle group. */
  private cast(bytes: number, idle: number): number {
    const { run } = this;
    const { clock, network } = run;
    const [caster, ...others] = run.members;
    const received = () =>
      others.map(({ log }) => log.reduce((count, { type }) => count + (type === 'received' ? 1 : 0), 0));
    const [before, datagrams] = [received(), network.datagrams];
    for (let message = 0; message < MESSAGES; message++) {
      caster?.cast(bytes);
      run.advance(clock.now + WINDOW / MESSAGES);
    }
    const sent = network.datagrams - datagrams - idle;
    const missing = received().filter((count, at) => count - (before[at] as number) < MESSAGES - 1).length;
    if (missing > 0) throw new Error(`messages of ${MESSAGES} have not arrived at ${missing} members`);
    return sent;
  }

  private cost(act: () => void, within: number): Cost {
    const { run, meter } = this;
    const { clock, network } = run;
    const begun = { at: clock.now, datagrams: network.datagrams, records: meter.records };
    act();
    const at = run.waitUntil(clock.now + within, () => run.isTogether());
    if (at === undefined) throw new Error(`${this.members} members were not together after ${within / 1e6} s`);
    return {
      datagrams: network.datagrams - begun.datagrams,
      records: meter.records - begun.records,
      milliseconds: (at - begun.at) / 1000,
    };
  }
}

/** The middle one of an odd number of values. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Counts control records of all members of this process. */
class Meter {
  records = 0;
  private readonly original = ControlOutbox.prototype.post;

  constructor() {
    const { original } = this;
    const count = () => this.records++;
    ControlOutbox.prototype.post = function (...args) {
      count();
      original.apply(this, args);
    };
  }

  stop(): void {
    ControlOutbox.prototype.post = this.original;
  }
}
