/**
 * Who is a server, who is becoming one, who is a client: agreed with each view, since the member that composes a view composes this table with it,
 * and its view message carries it. What it is made of are statements: at each view change every member says what it was in the view that ends, what
 * it wants to be, and whether it has the state. So nothing of it hangs on one member that may fail: whoever composes the view knows all.
 *
 *   client --wants, in the view that keeps its servers--> transferring --has the state--> server
 *     ^                                                       |                             |
 *     '------ gives up; or its view merges into one that keeps its servers instead ---------'
 *
 * Source: `Maestro_ClSv`, where members told the coordinator (BECOME_SERVER, XFER_DONE), and told the next one again when that failed.
 */
import type { Endpoint } from '../base/endpoint.js';
import { compareViewIds, type ViewId, viewName } from '../stack/view-state.js';
import { strictest, type TransferType } from './safety.js';

export type Role =
  | { readonly type: 'client' }
  | { readonly type: 'server' }
  /** It gets the state. `since`: time of the view in which this transfer began; another one is another transfer, from the beginning. */
  | { readonly type: 'transferring'; readonly transfer: TransferType; readonly since: number };

export const CLIENT: Role = Object.freeze({ type: 'client' });
export const SERVER: Role = Object.freeze({ type: 'server' });

/** By rank. */
export type RoleTable = readonly Role[];

/** What a member says of itself when a view ends. */
export interface Statement {
  /** The view that ends. */
  readonly view: ViewId;
  readonly primary: boolean;
  readonly role: Role;
  /** Undefined: it wants to be a client. Else with such a transfer. */
  readonly wants: TransferType | undefined;
  /** The transfer, by its `since`, after which it has the state; -1: none. */
  readonly doneSince: number;
}

/** The members of one view that go on to the next. */
interface Side {
  readonly view: ViewId;
  primary: boolean;
  readonly ranks: number[];
  servers: number;
  /** The least incarnation of its servers: they grow with the clock. */
  oldest: number;
}

/** The strictest transfer that is in progress. */
export function viewTypeOf(table: RoleTable): TransferType {
  return strictest(table.map((role) => (role.type === 'transferring' ? role.transfer : 'none')));
}

/**
 * Composes the table of a view.
 * @param members of the view to be
 * @param time of that view
 * @param statements by rank; whoever says nothing is a client
 */
export function composeRoles(
  members: readonly Endpoint[],
  time: number,
  statements: ReadonlyMap<number, Statement>,
): RoleTable {
  const table = new Array<Role>(members.length).fill(CLIENT);
  const side = keptSide(members, statements);
  if (side === undefined) return table;
  const newcomers: number[] = [];
  for (const rank of side.ranks) {
    const { role, doneSince, wants } = statements.get(rank) as Statement;
    if (wants === undefined) continue;
    if (role.type === 'server') table[rank] = SERVER;
    else if (role.type === 'transferring') table[rank] = doneSince === role.since ? SERVER : role;
    else newcomers.push(rank);
  }
  if (!table.some(isServer)) promote(table, newcomers, time);
  for (const rank of newcomers) {
    const transfer = (statements.get(rank) as Statement).wants as TransferType;
    table[rank] = transfer === 'none' ? SERVER : { type: 'transferring', transfer, since: time };
  }
  return table;
}

function isServer(role: Role): boolean {
  return role.type === 'server';
}

/**
 * Nobody is left who has the state: the first of those who were getting it goes on with what it has, and the others get theirs from it, from the
 * beginning, so that all servers have one state (invariant 13). Where nobody was, the first who wants to be a server begins.
 */
function promote(table: Role[], newcomers: number[], time: number): void {
  const heirs = table.flatMap((role, rank) => (role.type === 'transferring' ? [rank] : []));
  const [first] = heirs.length > 0 ? heirs : newcomers.splice(0, 1);
  if (first === undefined) return;
  for (const rank of heirs) table[rank] = { ...(table[rank] as Role & { type: 'transferring' }), since: time };
  table[first] = SERVER;
}

/**
 * Of views that merge one keeps its servers, and only there somebody becomes one; the others are clients, and transfer again, for states may differ.
 * A primary view before others, then the one with more servers, then the one whose servers were there first, then the later view: the same whoever
 * composes the view. Age is told by incarnations, not by views:
 *   1. a group has run for a year, and one server is left of it
 *   2. two members are started, find each other before they find it, and one of them is a server, of nothing: a young view, and soon one of many views
 *   3. they merge with what is left of the group, whose state must not be lost
 */
function keptSide(members: readonly Endpoint[], statements: ReadonlyMap<number, Statement>): Side | undefined {
  const sides = new Map<string, Side>();
  for (const [rank, { view, primary, role }] of statements) {
    const key = viewName(view);
    const side = sides.get(key) ?? { view, primary, ranks: [], servers: 0, oldest: Number.MAX_SAFE_INTEGER };
    sides.set(key, side);
    // They all say the same; where one does not, the order of hearing must not decide.
    side.primary ||= primary;
    side.ranks.push(rank);
    if (!isServer(role)) continue;
    side.servers++;
    side.oldest = Math.min(side.oldest, (members[rank] as Endpoint).incarnation);
  }
  const [first] = [...sides.values()].sort(
    (a, b) =>
      Number(b.primary) - Number(a.primary) ||
      b.servers - a.servers ||
      a.oldest - b.oldest ||
      b.view.time - a.view.time ||
      compareViewIds(a.view, b.view),
  );
  first?.ranks.sort((a, b) => a - b);
  return first;
}
