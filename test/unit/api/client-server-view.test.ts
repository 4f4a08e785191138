import { describe, expect, it } from 'vitest';
import { type ClientServerView, clientServerView } from '../../../ts/api/client-server-view.js';
import { groupViewData } from '../../../ts/api/view.js';
import { type Standing, standingOf } from '../../../ts/client-server/automaton.js';
import { CLIENT, type Role, SERVER } from '../../../ts/client-server/roles.js';
import { transferring } from '../client-server/statements.js';
import { members, viewOf } from '../stack/views.js';

const NOWHERE: Standing = { state: 'client-normal', since: -1, startTransfer: false };

/** The view of these members with these roles, as the one of `myRank` sees it. */
function seen(numbers: readonly number[], roles: readonly Role[], myRank: number, last?: ClientServerView) {
  const standing = standingOf(roles[myRank] as Role, 'atomic', -1, NOWHERE);
  const view = groupViewData(viewOf(numbers), myRank, last);
  return clientServerView(view, roles, { standing, oldState: last?.state ?? 'joining', wants: 'atomic' }, last);
}

const FIRST = [SERVER, transferring(4), CLIENT, SERVER];

describe('the view of a member of clients and servers', () => {
  it('has each member in one list, in the order of ranks', () => {
    const view = seen([0, 1, 2, 3], FIRST, 1);
    expect(view).toMatchObject({
      servers: members(0, 3),
      xferServers: members(1),
      clients: members(2),
      serverCoordinator: members(0)[0],
      nmembers: 4,
    });
    // The very objects of the view: handlers compare with ===.
    for (const each of [...view.servers, ...view.xferServers, ...view.clients])
      expect(view.members.includes(each)).toBe(true);
  });

  it('has all of them new where there was none before', () => {
    const view = seen([0, 1, 2, 3], FIRST, 1);
    expect([view.newServers, view.newXferServers, view.newClients]).toEqual([members(0, 3), members(1), members(2)]);
    expect([view.departedServers, view.departedXferServers, view.departedClients]).toEqual([[], [], []]);
    expect(view).toMatchObject({ oldState: 'joining', myOldServerRank: -1, oldServerCoordinator: undefined });
  });

  it('tells who has come to each list, and who has gone from it, whether out of the view or to another list', () => {
    const last = seen([0, 1, 2, 3], FIRST, 1);
    const view = seen([3, 1, 2, 4], [SERVER, SERVER, transferring(5), CLIENT], 1, last);
    expect(view).toMatchObject({
      servers: members(3, 1),
      newServers: members(1),
      departedServers: members(0),
      xferServers: members(2),
      newXferServers: members(2),
      departedXferServers: members(1),
      clients: members(4),
      newClients: members(4),
      departedClients: members(2),
      serverCoordinator: members(3)[0],
      oldServerCoordinator: members(0)[0],
    });
  });

  it('says where the member itself stands, and stood', () => {
    const last = seen([0, 1, 2, 3], FIRST, 1);
    expect(last).toMatchObject({
      state: 'server-xfer',
      startTransfer: true,
      myServerRank: -1,
      myXferType: 'atomic',
      myMembership: 'server',
      viewType: 'atomic',
    });
    const view = seen([0, 1], [SERVER, SERVER], 1, last);
    expect(view).toMatchObject({
      state: 'server-normal',
      oldState: 'server-xfer',
      myServerRank: 1,
      viewType: 'none',
      startTransfer: false,
    });
    expect(seen([1], [SERVER], 0, view)).toMatchObject({ myServerRank: 0, myOldServerRank: 1 });
  });

  it('is frozen, and so are its lists', () => {
    const view = seen([0, 1], [SERVER, CLIENT], 0, seen([0], [CLIENT], 0));
    for (const each of [view, view.servers, view.newServers, view.departedServers, view.xferServers, view.clients])
      expect(Object.isFrozen(each)).toBe(true);
  });
});
