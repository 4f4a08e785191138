/** Invariant 13, its heart: those who are servers of one view, and end it together, have the same state then. */
import type { Epoch, History, Violation } from './history.js';
import type { LogEntry } from './log.js';
import { transitionsOf } from './message-checks.js';
import { promisesOf } from './promises.js';

type Fail = (violation: Violation) => void;
type StateEntry = Extract<LogEntry, { type: 'state' }>;

/** In the lineage of a state that began without a transfer, beside other servers, since its server wanted none: it has nothing in common with theirs. */
export const WITHOUT_TRANSFER = 'none:';

interface Ended {
  readonly member: string;
  readonly view: string;
  readonly state: StateEntry;
}

/** Without Local a member is not told of its own casts in their place, and nobody can keep a state of them. */
export function checkStates(history: History, fail: Fail): void {
  for (const { epochs } of history.members.values())
    if (epochs.some(({ view }) => !promisesOf(view.protocol).local)) return;
  const states = statesOf(history);
  for (const group of [...transitionsOf(history).values(), lastOf(history)]) {
    const ended = group.flatMap((epoch) => states.get(epoch) ?? []);
    const [first, ...others] = ended;
    for (const other of others) compare(first as Ended, other, fail);
  }
}

/** Those who live are together in the end: their last view ends for all of them. */
function lastOf(history: History): Epoch[] {
  const live = [...history.members.values()].filter(({ result }) => result.end === 'alive');
  const last = live.flatMap(({ epochs }) => epochs.at(-1) ?? []);
  return new Set(last.map(({ view }) => view.view)).size === 1 ? last : [];
}

/** What was written down where a view ended belongs to that view. */
function statesOf(history: History): Map<Epoch, Ended> {
  const states = new Map<Epoch, Ended>();
  for (const { name, epochs, result } of history.members.values()) {
    let index = -1;
    for (const entry of result.log) {
      if (entry.type === 'view') index++;
      const epoch = epochs[index];
      if (entry.type === 'state' && epoch !== undefined)
        states.set(epoch, { member: name, view: epoch.view.view, state: entry });
    }
  }
  return states;
}

/** As sets, or as sequences where all was totally ordered. */
function compare(a: Ended, b: Ended, fail: Fail): void {
  const differ = (text: string) =>
    fail({
      invariant: 'equal states',
      text: `${a.member} and ${b.member}, servers of ${a.view} to its end: ${text}`,
      members: [a.member, b.member],
    });
  const [one, other] = [a.state, b.state];
  if (one.lineage !== other.lineage) {
    if (one.lineage.includes(WITHOUT_TRANSFER) || other.lineage.includes(WITHOUT_TRANSFER)) return;
    return differ(`the one has the state of ${one.lineage}, the other of ${other.lineage}`);
  }
  const { total } = one;
  const [mine, theirs] = [one, other].map(({ applied }) => (total ? applied : [...applied].sort()));
  const length = Math.max(one.applied.length, other.applied.length);
  for (let i = 0; i < length; i++) {
    if (mine?.[i] === theirs?.[i]) continue;
    return differ(
      `number ${i} of what changed it is ${mine?.[i] ?? 'nothing'} for the one, and ${theirs?.[i] ?? 'nothing'} for the other ` +
        `(${one.applied.length} and ${other.applied.length}, ${total ? 'in total order' : 'as a set'})`,
    );
  }
}
