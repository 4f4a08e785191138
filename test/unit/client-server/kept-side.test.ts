import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { CLIENT, composeRoles, type Role, SERVER, type Statement } from '../../../ts/client-server/roles.js';

/** By rank; the incarnation says in which order they were started: the second first. */
const members = [30, 10, 20].map((incarnation, rank) => new Endpoint('127.0.0.1', 7001 + rank, incarnation));

/** What the member of this rank says, of a view of this time that the member of rank `coordinator` composed. */
function statement(role: Role, time: number, coordinator: number, primary = false): Statement {
  const view = { time, coordinator: members[coordinator] as Endpoint };
  return { view, primary, role, wants: 'atomic', doneSince: -1 };
}

const getting = (since: number): Role => ({ type: 'transferring', transfer: 'atomic', since });
const rolesOf = (statements: readonly Statement[]) => composeRoles(members, 10, new Map(statements.entries()));

describe('of views that merge with as many servers each', () => {
  it.each([2, 9])('the one whose server was there first keeps it, whatever the views are called (%i)', (time) => {
    const alone = [0, 1, 2].map((rank) => statement(SERVER, rank === 1 ? time : 5, rank));
    expect(rolesOf(alone)).toEqual([CLIENT, SERVER, CLIENT]);
  });

  it('those who are no servers do not make a view older', () => {
    const young = [statement(SERVER, 5, 0), statement(getting(5), 5, 0), statement(SERVER, 2, 2)];
    expect(rolesOf(young)).toEqual([CLIENT, CLIENT, SERVER]);
  });

  it('a primary view comes first all the same', () => {
    const primary = [statement(SERVER, 5, 0, true), statement(SERVER, 5, 1), statement(CLIENT, 5, 1)];
    expect(rolesOf(primary)).toEqual([SERVER, CLIENT, CLIENT]);
  });

  it('of two that have come as far the one that was there first keeps its state, whatever its address', () => {
    const older = new Endpoint('127.0.0.1', 7009, 1);
    const newer = new Endpoint('127.0.0.1', 7001, 2);
    for (const pair of [
      [older, newer],
      [newer, older],
    ]) {
      const alone = (coordinator: Endpoint): Statement => ({
        view: { time: 2, coordinator },
        primary: false,
        role: SERVER,
        wants: 'atomic',
        doneSince: -1,
      });
      const table = composeRoles(pair, 3, new Map(pair.map((member, rank) => [rank, alone(member)])));
      expect(table).toEqual(pair.map((member) => (member === older ? SERVER : CLIENT)));
    }
  });
});
