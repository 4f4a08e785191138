/**
 * What happens to a simulated group, all of it: made from one seed, and plain data, so that it can be printed, and made smaller when it fails.
 *
 * Each scenario draws first which kinds of faults it has at all: many kinds at once in one, a single kind often in another find more than an
 * even mixture ("swarm testing").
 */
import { servedProtocol } from '../stack/protocol.js';
import type { Action, Scenario, Step } from './actions.js';
import type { Mode } from './cores.js';
import type { Traits } from './member.js';
import { NO_FAULTS } from './network.js';
import { stackWith, withOrder } from './scenario-order.js';
import { withServers } from './scenario-servers.js';
import { Dice } from './seeds.js';

export type { Action, Scenario, Step } from './actions.js';

export interface ScenarioOptions {
  /** False: casts are ordered by nothing more than FIFO, whatever the seed says. The rest of the scenario is the same. */
  readonly ordered?: boolean;
  /** Otherwise 3 to 8, as the seed says. */
  readonly members?: number | undefined;
  /** Whether there is an addon to simulate with. */
  readonly native: boolean;
  /** Whether a membership service decides about views. */
  readonly groupd?: boolean | undefined;
  /** Whether members are clients and servers. Undefined: in part of the seeds; the rest of those scenarios may be another, too. */
  readonly servers?: boolean | undefined;
}

const MS = 1000;
/** Of the scenarios, so many have clients and servers, where nobody says otherwise. */
const SERVERS_SHARE = 0.25;

/** Stacks that a scenario may have: the usual one more often. */
const USUAL = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';
const STACKS = [USUAL, USUAL, `${USUAL}:Slander`];
const PRIMARY_STACK = `${USUAL}:Primary`;
/** What the members themselves check. */
const withChecks = (stack: string) => stack.replace('Top_appl', 'Top_appl:Chk_sync');

/** Quick, so that much happens in little time. */
const QUICK =
  'suspect_sweep=0.1:time;suspect_max_idle=2:int;suspect_probe=0.05:time;suspect_verify=0.02:time;sync_timeout=0.5:time;merge_sweep=0.03:time;' +
  'merge_timeout=0.4:time;heal_sweep=0.2:time;join_wait=0.05:time;leave_timeout=0.6:time';
const PATIENT =
  'suspect_sweep=0.2:time;heal_sweep=0.3:time;sync_timeout=1:time;merge_timeout=1:time;leave_timeout=1:time';

export function makeScenario(seed: number, options: ScenarioOptions): Scenario {
  const scenario = makeUnserved(seed, options);
  return options.groupd === true ? served(scenario) : scenario;
}

/** The same with membership services, which fail too. */
function served(scenario: Scenario): Scenario {
  const { seed, places, end } = scenario;
  const dice = new Dice(seed, 4);
  const services = dice.chance(0.3) ? 2 : 1;
  const steps: Step[] = [];
  const some = (probability: number, most: number, make: () => Action) => {
    if (!dice.chance(probability)) return;
    for (let count = dice.between(1, most); count > 0; count--) steps.push({ ...make(), at: dice.below(end) });
  };
  some(0.4, 3, () => ({ do: 'restart', service: dice.below(services), micros: dice.between(1, 400) * MS }));
  some(0.4, 4, () => ({ do: 'hangUp', place: dice.below(places) }));
  some(0.4, 3, () => ({
    do: 'trap',
    kind: dice.pick(['sync', 'propose', 'view'] as const),
    messages: dice.between(1, 3),
    micros: dice.between(1, 100) * MS,
  }));
  return {
    ...scenario,
    protocol: servedProtocol(scenario.protocol),
    steps: [...scenario.steps, ...steps].sort((a, b) => a.at - b.at),
    services,
  };
}

function makeUnserved(seed: number, options: ScenarioOptions): Scenario {
  const dice = new Dice(seed, 0);
  const places = options.members ?? dice.between(3, 8);
  const end = dice.between(600, 3000) * MS;
  const corrupts = dice.chance(0.15);
  const primary = dice.chance(0.2);
  const quorum = primary ? Math.floor(places / 2) + 1 : 0;
  const properties = primary ? PRIMARY_STACK : dice.pick(STACKS);
  const params = dice.chance(0.85) ? QUICK : PATIENT;
  const checks = dice.chance(0.5) ? withChecks : (stack: string) => stack;
  const scenario: Scenario = {
    seed,
    places,
    protocol: checks(stackWith(properties, '')),
    params: primary ? `${params};primary_quorum=${quorum}:int` : params,
    checksum: corrupts || dice.chance(0.3),
    quorum,
    traits: makeTraits(new Dice(seed, 1), places, options.native),
    // A member that comes again remembers no primary view: it is another one of all that there can be.
    steps: new Steps(new Dice(seed, 2), places, end, corrupts, !primary, new Dice(seed, 3).chance(0.25)).all(),
    end,
    settle: (params === QUICK ? 600 : 2000) * MS,
    services: 0,
  };
  // From dice of its own, and after all the rest: a seed goes on meaning what it meant before casts could be ordered.
  const ordering = new Dice(seed, 5);
  const stackOfOrder = (order: string) => checks(stackWith(properties, order));
  const ordered =
    options.ordered !== false && ordering.chance(0.5) ? withOrder(scenario, ordering, stackOfOrder) : scenario;
  // The same goes for clients and servers.
  const serving = new Dice(seed, 6);
  const hasServers = serving.chance(SERVERS_SHARE);
  return (options.servers ?? hasServers) ? withServers(ordered, serving, stackOfOrder) : ordered;
}

function makeTraits(dice: Dice, places: number, native: boolean): Traits[] {
  const skewed = dice.chance(0.5);
  const nativeShare = dice.pick([0, 0, 0.5, 1]);
  const slowToBlock = dice.chance(0.3);
  return Array.from({ length: places }, () => ({
    rate: skewed ? dice.between(900, 1100) / 1000 : 1,
    mode: (dice.chance(nativeShare) && native ? 'native' : 'ts') satisfies Mode,
    blockMs: slowToBlock && dice.chance(0.4) ? dice.between(1, 150) : 0,
    chatty: dice.chance(0.4),
    talks: dice.chance(0.5),
    diesAtExit: dice.chance(0.2),
    answers: false,
  }));
}

class Steps {
  private readonly steps: Step[] = [];

  constructor(
    private readonly dice: Dice,
    private readonly places: number,
    private readonly end: number,
    private readonly corrupts: boolean,
    private readonly comeAgain: boolean,
    private readonly storms: boolean,
  ) {}

  all(): Step[] {
    this.joins();
    this.traffic();
    if (this.dice.chance(0.6)) this.badNetwork();
    const kinds = [
      () => this.partitions(),
      () => this.crashes(),
      () => this.stops(),
      () => this.slowness(),
      () => this.leaves(),
      () => this.requests(),
      () => this.ambushes(),
    ];
    for (const kind of kinds) if (this.dice.chance(0.4)) kind();
    if (this.storms) this.storm();
    return this.steps.sort((a, b) => a.at - b.at);
  }

  private add(at: number, action: Action): void {
    this.steps.push({ ...action, at });
  }

  private some(most: number, each: (at: number) => void): void {
    for (let count = this.dice.between(1, most); count > 0; count--) each(this.anyTime());
  }

  private anyTime(): number {
    return this.dice.below(this.end);
  }

  private place(): number {
    return this.dice.below(this.places);
  }

  private joins(): void {
    const spread = this.dice.pick([0, 20, 200, 1000]) * MS;
    for (let place = 0; place < this.places; place++) {
      const late = this.dice.chance(0.15);
      this.add(late ? this.anyTime() : this.dice.below(spread + 1), { do: 'join', place });
    }
  }

  private traffic(): void {
    const { dice } = this;
    const longest = dice.pick([40, 200, 3000, 100_000]);
    const size = () =>
      dice.chance(0.05) ? 0 : dice.chance(0.1) ? dice.below(longest) : dice.below(Math.min(longest, 300));
    for (let bursts = dice.between(2, 20); bursts > 0; bursts--) {
      const at = this.anyTime();
      const place = this.place();
      const cast = dice.chance(0.7);
      for (let count = dice.between(1, 6); count > 0; count--) {
        const micros = at + dice.below(10 * MS);
        if (cast) this.add(micros, { do: 'cast', place, bytes: size() });
        else this.add(micros, { do: 'send', place, to: this.place(), bytes: size() });
      }
    }
  }

  private badNetwork(): void {
    const { dice } = this;
    for (let count = dice.between(1, 3); count > 0; count--) {
      const minDelay = dice.below(300);
      this.add(count === 1 ? 0 : this.anyTime(), {
        do: 'network',
        faults: {
          loss: dice.chance(0.6) ? dice.below(dice.pick([3, 15, 40])) / 100 : 0,
          duplicate: dice.chance(0.4) ? dice.below(20) / 100 : 0,
          corrupt: this.corrupts ? dice.below(10) / 100 : 0,
          minDelay,
          maxDelay: minDelay + dice.pick([100, 1000, 5000, 40_000]),
        },
      });
    }
    if (dice.chance(0.3)) this.add(this.anyTime(), { do: 'network', faults: NO_FAULTS });
  }

  private partitions(): void {
    this.some(4, (at) => {
      const { dice } = this;
      if (dice.chance(0.3)) this.add(at, { do: 'cut', from: this.place(), to: this.place() });
      else {
        const pieces = dice.between(2, 3);
        this.add(at, { do: 'partition', pieces: Array.from({ length: this.places }, () => dice.below(pieces)) });
      }
      if (dice.chance(0.8)) this.add(at + dice.between(1, 900) * MS, { do: 'heal' });
    });
  }

  private crashes(): void {
    this.some(Math.ceil(this.places / 2), (at) => {
      const place = this.place();
      this.add(at, { do: 'crash', place, refuses: this.dice.chance(0.5) });
      this.comesAgain(at, place);
    });
  }

  private comesAgain(after: number, place: number): void {
    if (this.comeAgain && this.dice.chance(0.5)) this.add(after + this.dice.below(600) * MS, { do: 'join', place });
  }

  private stops(): void {
    this.some(4, (at) => this.add(at, { do: 'stop', place: this.place(), micros: this.dice.between(1, 1200) * MS }));
  }

  private slowness(): void {
    this.some(4, (at) => this.add(at, { do: 'slow', place: this.place(), micros: this.dice.between(1, 1500) * MS }));
  }

  private leaves(): void {
    this.some(3, (at) => {
      const place = this.place();
      this.add(at, { do: 'leave', place });
      this.comesAgain(at, place);
    });
  }

  private requests(): void {
    this.some(5, (at) => {
      const place = this.place();
      const what = this.dice.below(3);
      if (what === 0) this.add(at, { do: 'suspect', place, whom: this.place() });
      else if (what === 1) this.add(at, { do: 'prompt', place });
      else this.add(at, { do: 'protocol', place, protocol: stackWith(this.dice.pick(STACKS), '') });
    });
  }

  /** Much at once: view changes on top of view changes, each of which somebody does not live to see. */
  private storm(): void {
    const { dice } = this;
    const from = this.anyTime();
    for (let count = dice.between(5, 25); count > 0; count--) {
      const at = from + dice.below(300 * MS);
      const place = this.place();
      const what = dice.below(9);
      if (what === 0) this.add(at, { do: 'leave', place });
      else if (what === 1) this.add(at, { do: 'suspect', place, whom: this.place() });
      else if (what === 2) this.add(at, { do: 'stop', place, micros: dice.between(1, 400) * MS });
      else if (what === 3) this.add(at, { do: 'slow', place, micros: dice.between(1, 400) * MS });
      else if (what === 4) this.add(at, { do: 'cut', from: place, to: this.place() });
      else if (what === 5) this.add(at, { do: 'heal' });
      else if (what === 6) this.ambush(at);
      else if (what === 7) this.add(at, { do: 'prompt', place });
      else if (this.comeAgain) {
        this.add(at, { do: 'crash', place, refuses: dice.chance(0.5) });
        this.add(at + dice.below(100 * MS), { do: 'join', place });
      }
    }
    for (let count = dice.below(40); count > 0; count--) {
      const at = from + dice.below(400 * MS);
      // Some longer than the ring: a part of them is sent when the view ends.
      const bytes = dice.below(dice.chance(0.06) ? 200_000 : 3000);
      if (dice.chance(0.7)) this.add(at, { do: 'cast', place: this.place(), bytes });
      else this.add(at, { do: 'send', place: this.place(), to: this.place(), bytes });
    }
  }

  private ambushes(): void {
    this.some(4, (at) => this.ambush(at));
  }

  private ambush(at: number): void {
    const { dice } = this;
    this.add(at, {
      do: 'ambush',
      moment: dice.pick(['block', 'changing', 'propose', 'view'] as const),
      coordinator: dice.chance(0.7),
      datagrams: dice.below(3 * this.places),
      fault: dice.pick(['crash', 'crash', 'stop', 'isolate'] as const),
      micros: dice.between(1, 900) * MS,
    });
  }
}
