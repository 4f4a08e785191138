// All policies against all that a network, an application and a view change can do: casts of every length, streams that arrive in pieces, news
// that come late, members that fail. What is promised is checked at every cast that is handed over, and at the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CastOrder } from '../../../ts/data-plane/cast-order.js';
import { Fifo } from '../../../ts/ordering/fifo.js';
import { orderOf } from '../../../ts/ordering/order.js';
import { expectAll, expectOneOrder, expectSame, watchCausality, watchSafety } from './order-checks.js';
import { namesOf, OrderCrew, type OrderMember } from './order-crew.js';

const MEMBERS = 3;
const STACKS = [
  'Fifo',
  'Local',
  'Agree',
  'Agree:Local',
  'Causal',
  'Causal:Local',
  'Causal:Agree',
  'Causal:Agree:Local',
  'Total',
  'Total:Agree',
  'Total:Causal:Local',
];

type Step =
  | { readonly type: 'cast'; readonly rank: number; readonly bytes: number }
  | { readonly type: 'carry'; readonly rank: number; readonly to: number; readonly words: number }
  | { readonly type: 'tell'; readonly rank: number }
  | { readonly type: 'turn'; readonly rank: number; readonly budget: number; readonly news: boolean };

const rank = fc.nat(MEMBERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('cast'),
    rank,
    bytes: fc.oneof({ weight: 3, arbitrary: fc.nat(64) }, fc.nat(1100), fc.nat(5000)),
  }),
  fc.record({
    type: fc.constant('carry'),
    rank,
    to: rank,
    words: fc.oneof(fc.nat(16), fc.nat(1024), fc.constant(1e5)),
  }),
  fc.record({ type: fc.constant('tell'), rank }),
  fc.record({
    type: fc.constant('turn'),
    rank,
    budget: fc.oneof(fc.integer({ min: 1, max: 300 }), { weight: 3, arbitrary: fc.constant(1e6) }),
    news: fc.boolean(),
  }),
);
const steps = fc.array(step, { minLength: 20, maxLength: 200, size: 'max' });

interface Case {
  readonly stack: string;
  readonly order: CastOrder;
  readonly total: boolean;
  readonly causal: boolean;
}

const CASES = STACKS.map((stack): Case => {
  const layers = stack.split(':');
  const total = layers.includes('Total');
  return { stack, order: orderOf(layers), total, causal: total || layers.includes('Causal') };
});

function play(crew: OrderCrew, list: readonly Step[]): void {
  for (const each of list) {
    const member = crew.member(each.rank);
    if (each.type === 'cast') member.cast(each.bytes);
    if (each.type === 'carry' && each.to !== each.rank) crew.carry(each.rank, each.to, each.words * 8);
    if (each.type === 'tell') crew.tell(each.rank);
    if (each.type !== 'turn') continue;
    if (each.news) crew.meanwhile = (to) => bringNews(crew, to);
    member.turn(each.budget);
    crew.meanwhile = () => {};
  }
}

/** All that is under way to a member comes, and it hears what is stable. */
function bringNews(crew: OrderCrew, to: number): void {
  for (const { rank: origin } of crew.members) {
    if (origin !== to) crew.carry(origin, to);
    crew.tell(origin);
  }
}

/** Where the sequencer fails together with another, what they alone had delivered may be missing. */
function causalAfter({ order, causal, total }: Case, survivors: readonly number[]): boolean {
  const sequencerAndAnother = !survivors.includes(0) && survivors.length < MEMBERS - 1;
  return causal && !(total && !order.safe && sequencerAndAnother);
}

function crewOf({ order, ...testCase }: Case, causal = testCase.causal): OrderCrew {
  const crew = new OrderCrew(MEMBERS, () => order);
  if (causal) watchCausality(crew);
  return crew;
}

describe.each(CASES)('the policy of $stack', (testCase) => {
  const { order, total } = testCase;
  const checkOrder = (members: readonly OrderMember[]) => total && expectOneOrder(members);

  it('keeps its promises whatever comes when, and hands over everything in the end', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const crew = crewOf(testCase);
        if (order.safe) watchSafety(crew);
        play(crew, list);
        checkOrder(crew.members);
        crew.settle();
        expectAll(crew, order.local);
        checkOrder(crew.members);
      }),
      { numRuns: 300 },
    );
  });

  it('hands over the same at all who go on, when members fail', () => {
    fc.assert(
      fc.property(steps, fc.subarray([0, 1, 2], { minLength: 1 }), (list, survivors) => {
        const crew = crewOf(testCase, causalAfter(testCase, survivors));
        play(crew, list);
        for (const { rank } of crew.members) if (!survivors.includes(rank)) crew.failed.add(rank);
        const written = crew.living.map(({ sent, waits }) => (waits ? undefined : sent.length));
        crew.end();
        if (order.local) expectSame(crew.living, total);
        for (const member of crew.living) {
          for (const [index, { rank }] of crew.living.entries()) {
            const own = member.rank === rank;
            if (written[index] !== undefined && (!own || order.local))
              expect(member.delivered[rank]).toBe(written[index]);
          }
        }
        // Nobody who goes on knows less than those who failed had delivered, where that was safe.
        if (order.safe) {
          const all = new Set(crew.living.flatMap(({ log }) => namesOf(log)));
          for (const { rank, log } of crew.members) {
            const seen = log.filter(
              ({ origin }) => crew.failed.has(rank) && (order.local || !survivors.includes(origin)),
            );
            for (const name of namesOf(seen)) expect(all).toContain(name);
          }
          checkOrder(crew.members);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never comes to a stop when all cast more than their rings hold', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2500), { minLength: 20, maxLength: 60 }), (lengths) => {
        const crew = crewOf(testCase);
        for (const member of crew.members) for (const bytes of lengths) member.cast(bytes);
        crew.settle();
        expectAll(crew, order.local);
        checkOrder(crew.members);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the checks of these tests', () => {
  const fifo = () => new OrderCrew(MEMBERS, () => new Fifo(true));

  it('find casts in another order at another member', () => {
    const crew = fifo();
    for (const member of crew.members) {
      member.cast();
      member.turn();
      member.turn();
    }
    crew.settle();
    expect(() => expectOneOrder(crew.members)).toThrow();
    expect(() => expectSame(crew.members, true)).toThrow();
    expect(() => expectSame(crew.members, false)).not.toThrow();
  });

  it('find casts before those that they depend on', () => {
    const crew = fifo();
    watchCausality(crew);
    send(crew, 0, 1);
    send(crew, 1, 2);
    expect(() => crew.member(2).turn()).toThrow('2 got 1.0 with 0 casts of 0, want 1');
  });

  it('find casts that not all have', () => {
    const crew = fifo();
    watchSafety(crew);
    send(crew, 0, 1);
    expect(() => crew.member(1).turn()).toThrow('1 got 0.0, 2 lacks it');
  });

  /** A cast that arrives at one member. */
  function send(crew: OrderCrew, from: number, to: number): void {
    crew.member(from).turn();
    crew.member(from).cast();
    crew.member(from).writer.publish();
    crew.carry(from, to);
  }
});
