import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { CLIENT, composeRoles, type Role, SERVER, type Statement } from '../../../ts/client-server/roles.js';

const members = [7001, 7002, 7003].map((port) => new Endpoint('127.0.0.1', port, 1));

/** What the member of this rank says, of a view of this time that it coordinates. */
function statement(rank: number, time: number, role: Role): Statement {
  const view = { time, coordinator: members[rank] as Endpoint };
  return { view, primary: false, role, wants: 'atomic', doneSince: -1 };
}

describe('of views that merge with as many servers each', () => {
  it('the last that is left of a group keeps its state, not one that was just started', () => {
    const statements = new Map([
      [0, statement(0, 2, SERVER)],
      [1, statement(1, 9, SERVER)],
      [2, statement(2, 2, SERVER)],
    ]);
    expect(composeRoles(members, 10, statements)).toEqual([CLIENT, SERVER, CLIENT]);
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
