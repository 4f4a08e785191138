// What stacks that order casts promise beyond FIFO, over the logs of real processes: invariants 7, 8 and 9, and sends in order with casts.
import { expect } from 'vitest';
import type { LogEntry, MemberLog } from '../../ts/sim/log.js';
import type { GroupCrew } from './group-crew.js';
import { checkLogs } from './group-invariants.js';

type Received = Extract<LogEntry, { type: 'received' }>;
type Sent = Extract<LogEntry, { type: 'sent' }>;

/** One member's time in one view. */
interface Stay {
  readonly member: string;
  readonly view: string;
  /** The view that came next; undefined: none did. */
  next: string | undefined;
  readonly entries: (Received | Sent)[];
}

function staysOf({ name, log }: MemberLog): Stay[] {
  const stays: Stay[] = [];
  for (const entry of log) {
    const last = stays.at(-1);
    if (entry.type === 'view') {
      if (last !== undefined) last.next = entry.view;
      stays.push({ member: name, view: entry.view, next: undefined, entries: [] });
    }
    if (entry.type === 'received' || entry.type === 'sent') last?.entries.push(entry);
  }
  return stays;
}

function castsIn({ entries }: Stay): Received[] {
  return entries.filter((entry): entry is Received => entry.type === 'received' && entry.cast);
}

/** Invariant 7: who goes on has delivered what it cast in the view. Returns what is missing. */
export function missingOwn(logs: readonly MemberLog[]): string[] {
  return logs.flatMap(staysOf).flatMap((stay) => {
    if (stay.next === undefined) return [];
    const got = new Set(castsIn(stay).map(({ from, id }) => `${from} ${id}`));
    return stay.entries
      .filter((entry): entry is Sent => entry.type === 'sent' && entry.to === undefined && entry.sendView === 'current')
      .filter(({ id }) => !got.has(`${stay.member} ${id}`))
      .map(({ id }) => `${stay.member} did not get its own ${id} in ${stay.view}`);
  });
}

/** Invariant 9: who go on together have delivered one sequence of casts. Returns where they differ, and how many pairs were compared. */
export function differences(logs: readonly MemberLog[]): { readonly found: string[]; readonly compared: number } {
  const stays = logs.flatMap(staysOf).filter(({ next }) => next !== undefined);
  const firsts = new Map<string, Stay>();
  const found: string[] = [];
  let compared = 0;
  for (const stay of stays) {
    const key = `${stay.view} -> ${stay.next}`;
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, stay);
      continue;
    }
    compared++;
    const [one, other] = [first, stay].map((each) => castsIn(each).map(({ from, id }) => `${from} ${id}`));
    const at = (one as string[]).findIndex((cast, index) => cast !== other?.[index]);
    if (at >= 0 || one?.length !== other?.length)
      found.push(`${key}: ${first.member} and ${stay.member} differ at cast ${at}: ${one?.[at]}, ${other?.[at]}`);
  }
  return { found, compared };
}

/** Invariant 8: nothing comes before what its sender had delivered. Casts are counted by sender, which FIFO allows. */
export function outOfCause(logs: readonly MemberLog[]): { readonly found: string[]; readonly compared: number } {
  const stays = logs.flatMap(staysOf);
  const causes = new Map<string, ReadonlyMap<string, number>>();
  for (const stay of stays) {
    follow(stay, (counts, { id }) => {
      if (id !== '') causes.set(`${stay.view} ${id}`, counts);
    });
  }
  const found: string[] = [];
  let compared = 0;
  for (const stay of stays) {
    const counts = new Map<string, number>();
    const local = castsIn(stay).some(({ from }) => from === stay.member);
    for (const { from, id } of castsIn(stay)) {
      for (const [origin, count] of causes.get(`${stay.view} ${id}`) ?? []) {
        if (origin === stay.member && !local) continue;
        compared++;
        if ((counts.get(origin) ?? 0) < count)
          found.push(
            `${stay.member} got ${id} in ${stay.view} after ${counts.get(origin) ?? 0} casts of ${origin}, not ${count}`,
          );
      }
      counts.set(from, (counts.get(from) ?? 0) + 1);
    }
  }
  return { found, compared };
}

/** With Subcast: what one says to another, to all or to it alone, comes in its order. Returns what does not. */
export function mixedUp(logs: readonly MemberLog[]): { readonly found: string[]; readonly compared: number } {
  const places = new Map<string, number>();
  for (const { log } of logs) {
    for (const [place, entry] of log.entries())
      if (entry.type === 'sent' && entry.id !== '') places.set(entry.id, place);
  }
  const found: string[] = [];
  let compared = 0;
  for (const { name, log } of logs) {
    const last = new Map<string, number>();
    for (const entry of log) {
      if (entry.type !== 'received' || entry.id === '') continue;
      const place = places.get(entry.id) ?? -1;
      compared++;
      if (place < (last.get(entry.from) ?? -1))
        found.push(`${name} got ${entry.id} after what ${entry.from} said later`);
      last.set(entry.from, place);
    }
  }
  return { found, compared };
}

/** Calls with each cast that a member sent in a view, and how many of each other's it had delivered by then. */
function follow({ member, entries }: Stay, onSent: (counts: ReadonlyMap<string, number>, sent: Sent) => void): void {
  let counts: ReadonlyMap<string, number> = new Map();
  for (const entry of entries) {
    if (entry.type === 'sent' && entry.to === undefined) onSent(counts, entry);
    if (entry.type === 'received' && entry.cast && entry.from !== member)
      counts = new Map(counts).set(entry.from, (counts.get(entry.from) ?? 0) + 1);
  }
}

/** What holds for every stack, what holds for this one, and no complaint of the layers that check it. */
export function expectOrdered(crew: GroupCrew, stack: string): void {
  const logs = crew.logs();
  expect(checkLogs(logs)).toEqual([]);
  if (/Total|Local/.test(stack)) expect(missingOwn(logs)).toEqual([]);
  if (/Total/.test(stack)) expectNone(differences(logs));
  if (/Total|Causal/.test(stack)) expectNone(outOfCause(logs));
  if (/Subcast/.test(stack)) expectNone(mixedUp(logs));
  expect(crew.members.flatMap((member) => member.lines().filter(({ type }) => type === 'error'))).toEqual([]);
}

function expectNone({ found, compared }: { readonly found: readonly string[]; readonly compared: number }): void {
  expect(found.slice(0, 5)).toEqual([]);
  expect(compared).toBeGreaterThan(0);
}
