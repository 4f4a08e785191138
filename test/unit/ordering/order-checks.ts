// What the ordering policies promise, checked at each cast that is handed over, and over the logs of all members.
import { expect } from 'vitest';
import { namesOf, type OrderCrew, type OrderMember } from './order-crew.js';

/** One is the beginning of the other. */
export function expectOneOrder(members: readonly OrderMember[]): void {
  const longest = members.reduce((a, b) => (b.log.length > a.log.length ? b : a));
  const names = namesOf(longest.log);
  for (const { log } of members) expect(namesOf(log)).toEqual(names.slice(0, log.length));
}

/** All delivered the same; `inOrder`: in the same order. */
export function expectSame(members: readonly OrderMember[], inOrder: boolean): void {
  const [first, ...others] = members.map(({ log }) => (inOrder ? namesOf(log) : namesOf(log).sort()));
  for (const other of others) expect(other).toEqual(first);
}

/** Each has every cast of each; its own, too, where members deliver their own. */
export function expectAll(crew: OrderCrew, local: boolean): void {
  for (const { rank, delivered } of crew.members) {
    const all = crew.members.map(({ sent }, origin) => (origin === rank && !local ? 0 : sent.length));
    expect(delivered).toEqual(all);
  }
}

/** From here on a cast that comes before one that it depends on is an error; and so is one out of its sender's order. */
export function watchCausality(crew: OrderCrew): void {
  watch(crew, ({ rank, delivered, readers }, { origin, number, after }) => {
    if (delivered[origin] !== number + 1) throw new Error(`${rank} got ${origin}.${number} out of order`);
    for (const [other, count] of after.entries()) {
      if (other === origin || (other === rank && readers[rank] === undefined)) continue;
      if ((delivered[other] as number) < count) {
        throw new Error(`${rank} got ${origin}.${number} with ${delivered[other]} casts of ${other}, want ${count}`);
      }
    }
  });
}

/** From here on a cast that is handed over while a living member lacks it is an error. */
export function watchSafety(crew: OrderCrew): void {
  watch(crew, ({ rank }, { origin, number }) => {
    const position = crew.member(rank).consumed(origin);
    for (const other of crew.living) {
      if (other.received(origin) < position) throw new Error(`${rank} got ${origin}.${number}, ${other.rank} lacks it`);
    }
  });
}

function watch(crew: OrderCrew, check: (member: OrderMember, cast: OrderMember['log'][number]) => void): void {
  for (const member of crew.members) {
    const { onCast } = member;
    member.onCast = (cast) => {
      onCast(cast);
      check(member, cast);
    };
  }
}
