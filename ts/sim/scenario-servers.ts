/** A scenario's clients and servers: who becomes what, with which transfer, what they say to each other meanwhile, and who is hit at which step. */
import { SAFETIES, TRANSFER_TYPES, type TransferType } from '../client-server/safety.js';
import type { Action, Scenario, Step, Victim } from './actions.js';
import type { ServerManner, TransferMoment } from './client-server-member.js';
import { promisesOf } from './promises.js';
import type { Dice } from './seeds.js';

const MS = 1000;

/** Orders in which members are told of their own casts: only so they can keep one state. */
const ORDERS = [
  'Local',
  'Local',
  'Causal:Local',
  'Agree:Local',
  'Total',
  'Total',
  'Total:Agree',
  'Local:Subcast',
  'Total:Subcast',
];

/** Which transfers there are in a scenario: one kind, or a mixture. */
const KINDS: readonly (readonly TransferType[])[] = [
  ['atomic'],
  ['protected'],
  ['free'],
  ['protected', 'atomic'],
  ['free', 'protected', 'atomic'],
  ['free', 'protected', 'atomic'],
  TRANSFER_TYPES,
];

const MOMENTS: readonly TransferMoment[] = ['begun', 'ask', 'asked', 'part', 'whole', 'done'];
const VICTIMS: readonly (Victim | undefined)[] = [
  undefined,
  undefined,
  'coordinator',
  'server',
  'xferServer',
  'client',
];

/** @param stackOfOrder of this scenario's stack, with such an order */
export function withServers(scenario: Scenario, dice: Dice, stackOfOrder: (order: string) => string): Scenario {
  // In some seeds all is as it is without servers: then states are not compared, and the rest is all the same.
  const orders = dice.chance(0.9) ? localOrders(scenario, dice, stackOfOrder) : {};
  const kinds = dice.pick(KINDS);
  const { protocol, steps } = { ...scenario, ...orders };
  const total = [protocol, ...protocolsOf(steps)].every((each) => promisesOf(each).total);
  // A server of another kind has nothing in common with the rest, so where they are, no two have the same bytes.
  const sameBytes = !kinds.includes('none') && !kinds.includes('free');
  const make = new Servers(dice, scenario, kinds);
  return {
    ...scenario,
    protocol,
    servers: Array.from({ length: scenario.places }, () => make.manner(total, sameBytes)),
    steps: [...steps, ...make.steps()].sort((a, b) => a.at - b.at),
  };
}

function localOrders(
  scenario: Scenario,
  dice: Dice,
  stackOfOrder: (order: string) => string,
): Pick<Scenario, 'protocol' | 'steps'> {
  const protocol = stackOfOrder(dice.pick(ORDERS));
  const other = dice.chance(0.5) ? protocol : stackOfOrder(dice.pick(ORDERS));
  const steps = scenario.steps.map((step) =>
    step.do === 'protocol' ? { ...step, protocol: dice.chance(0.5) ? protocol : other } : step,
  );
  return { protocol, steps };
}

function protocolsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.do === 'protocol' ? [step.protocol] : []));
}

class Servers {
  private readonly made: Step[] = [];
  /** Transfers take long, and those who have the state do not see the end of them. */
  private readonly bereaves: boolean;

  constructor(
    private readonly dice: Dice,
    private readonly scenario: Scenario,
    private readonly kinds: readonly TransferType[],
  ) {
    this.bereaves = dice.chance(0.25);
  }

  manner(total: boolean, sameBytes: boolean): ServerManner {
    const { dice } = this;
    const sometimes = (percent: number) => (dice.chance(0.3) ? percent : 0);
    return {
      wants: dice.chance(0.7) ? dice.pick(this.kinds) : undefined,
      takes: dice.pick(sameBytes ? (['collect', 'stream', 'resume'] as const) : (['collect', 'stream'] as const)),
      steps: dice.pick(this.bereaves ? [2, 3] : [1, 1, 2, 3]),
      thinkMs: dice.pick(this.bereaves ? [10, 60] : [0, 0, 5, 60]),
      takeMs: dice.pick([0, 0, 3]),
      giveMs: dice.pick([0, 0, 2, 15]),
      partBytes: dice.pick([40, 300, 5000]),
      refuses: sometimes(30),
      silent: sometimes(20),
      givesUp: sometimes(20),
      drops: sometimes(20),
      stale: dice.chance(0.3),
      total,
    };
  }

  steps(): readonly Step[] {
    const { dice } = this;
    this.traffic();
    if (dice.chance(0.5)) this.some(6, () => this.wish());
    if (dice.chance(0.7)) this.some(5, () => this.ambush());
    if (dice.chance(0.3)) this.some(3, () => this.crash());
    if (this.bereaves) this.some(4, () => this.bereave());
    return this.made;
  }

  private some(most: number, make: () => void): void {
    for (let count = this.dice.between(1, most); count > 0; count--) make();
  }

  private add(at: number, action: Action): void {
    this.made.push({ ...action, at });
  }

  private anyTime(): number {
    return this.dice.below(this.scenario.end);
  }

  private place(): number {
    return this.dice.below(this.scenario.places);
  }

  private traffic(): void {
    const { dice } = this;
    for (let bursts = dice.between(4, 25); bursts > 0; bursts--) {
      const at = this.anyTime();
      const place = this.place();
      for (let count = dice.between(1, 8); count > 0; count--) this.call(at + dice.below(10 * MS), place);
    }
  }

  private call(at: number, place: number): void {
    const { dice } = this;
    const call = dice.pick(['cast', 'cast', 'send', 'scast', 'scast', 'lsend'] as const);
    const ranks = Array.from({ length: this.scenario.places }, (_, rank) => rank).filter(() => dice.chance(0.3));
    // One longer than the ring is sent in parts.
    const bytes = dice.chance(0.02) ? dice.below(100_000) : dice.below(400);
    this.add(at, { do: 'call', place, call, safety: dice.pick(['generic', 'generic', ...SAFETIES]), to: ranks, bytes });
  }

  private wish(): void {
    const { dice } = this;
    this.add(this.anyTime(), {
      do: 'want',
      place: this.place(),
      transfer: dice.chance(0.4) ? undefined : dice.pick(this.kinds),
    });
  }

  private ambush(): void {
    const { dice, scenario } = this;
    const victim = dice.pick(VICTIMS);
    this.add(this.anyTime(), {
      do: 'ambush',
      moment: dice.pick(MOMENTS),
      coordinator: false,
      datagrams: dice.below(dice.pick([2, 3 * scenario.places])),
      fault: dice.pick(['crash', 'crash', 'stop', 'isolate', 'split'] as const),
      micros: dice.between(1, 900) * MS,
      ...(victim && { victim }),
    });
  }

  /** Perhaps the only one that has the state, when it has given a part of it. */
  private bereave(): void {
    const { dice } = this;
    this.add(this.anyTime(), {
      do: 'ambush',
      moment: dice.pick(['part', 'whole'] as const),
      coordinator: false,
      datagrams: dice.below(4),
      fault: dice.pick(['crash', 'crash', 'isolate'] as const),
      micros: dice.between(100, 900) * MS,
      victim: 'server',
    });
  }

  /** Who comes again at the place of one who crashed transfers the state anew. */
  private crash(): void {
    const at = this.anyTime();
    const place = this.place();
    this.add(at, { do: 'crash', place, refuses: this.dice.chance(0.5) });
    // In a primary view only those count who remember it.
    if (this.scenario.quorum === 0) this.add(at + this.dice.below(300 * MS), { do: 'join', place });
  }
}
