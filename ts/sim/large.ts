/** A large group forms, changes its view, loses members at once and heals: what that costs in messages. */
import { ControlOutbox } from '../stack/control-outbox.js';
import { parseProperties, stackOf } from '../stack/properties.js';
import { PLAIN } from './member.js';
import { Run } from './run.js';
import type { Scenario, Step } from './scenario.js';

const MS = 1000;
const FORMED_WITHIN = 20_000 * MS;
const HEALED_WITHIN = 30_000 * MS;
const WINDOW = 400 * MS;

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

/** @throws Error when the group is not together in time */
export function runLarge(members: number, lose: number, seed = 1): LargeResult {
  const meter = new Meter();
  try {
    return measure(members, lose, seed, meter);
  } finally {
    meter.stop();
  }
}

function measure(members: number, lose: number, seed: number, meter: Meter): LargeResult {
  const steps: Step[] = Array.from({ length: members }, (_, place) => ({ at: place * 50, do: 'join', place }));
  const scenario: Scenario = {
    seed,
    places: members,
    protocol: stackOf(parseProperties('Gmp:Sync:Heal:Switch:Frag:Suspect:Flow')),
    params: '',
    checksum: false,
    quorum: 0,
    traits: Array.from({ length: members }, () => PLAIN),
    steps,
    end: members * 50,
    settle: 0,
    services: 0,
  };
  const run = new Run(scenario);
  const { clock, network } = run;
  const cost = (act: () => void, within: number): Cost => {
    const begun = { at: clock.now, datagrams: network.datagrams, records: meter.records };
    act();
    const at = run.waitUntil(clock.now + within, () => run.isTogether());
    if (at === undefined) throw new Error(`${members} members were not together after ${within / 1e6} s`);
    return {
      datagrams: network.datagrams - begun.datagrams,
      records: meter.records - begun.records,
      milliseconds: (at - begun.at) / 1000,
    };
  };
  run.schedule();
  run.advance(scenario.end);
  const formed = cost(() => {}, FORMED_WITHIN);
  run.advance(clock.now + 2 * WINDOW);
  const idle = cost(() => run.advance(clock.now + WINDOW), 0).datagrams;
  const change = cost(() => {
    run.members.find(({ view }) => view?.myRank === 0)?.session.group.requestNewView();
    run.advance(clock.now + WINDOW);
  }, FORMED_WITHIN);
  const changed = { ...change, datagrams: change.datagrams - idle };
  const lost = cost(() => {
    for (const member of run.members.slice(0, lose)) member.kill(false);
  }, HEALED_WITHIN);
  run.split(2);
  run.advance(clock.now + 6_000 * MS);
  const healed = cost(() => network.heal(), HEALED_WITHIN);
  run.dispose();
  return { members, formed, changed, lost, healed };
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
