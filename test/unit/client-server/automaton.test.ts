import { describe, expect, it } from 'vitest';
import { JOINING, type Standing, standingOf, wantsNewView } from '../../../ts/client-server/automaton.js';
import { CLIENT, type Role, SERVER } from '../../../ts/client-server/roles.js';

const transferring = (since: number): Role => ({ type: 'transferring', transfer: 'atomic', since });
const inTransfer = (since: number): Standing => ({ state: 'server-xfer', since, startTransfer: true });

describe('where a member stands', () => {
  it.each([
    ['client', undefined, CLIENT, -1, 'client-normal'],
    ['client that wants to be a server', 'free', CLIENT, -1, 'becoming-server'],
    ['member that gets the state', 'free', transferring(7), -1, 'server-xfer'],
    ['member that has the state of an earlier transfer only', 'free', transferring(7), 6, 'server-xfer'],
    ['member that has the state', 'free', transferring(7), 7, 'server-xfer-done'],
    ['server', 'free', SERVER, 7, 'server-normal'],
    ['server that wants to be a client', undefined, SERVER, 7, 'server-normal'],
  ] as const)('follows from its role, its wish and whether it has the state: a %s', (_, wants, role, done, state) => {
    expect(standingOf(role, wants, done, JOINING).state).toBe(state);
  });

  it('names the transfer by the view in which it began, and none where there is none', () => {
    expect(standingOf(transferring(7), 'free', -1, JOINING).since).toBe(7);
    expect(standingOf(transferring(7), 'free', 7, JOINING).since).toBe(7);
    for (const role of [CLIENT, SERVER]) expect(standingOf(role, 'free', 7, inTransfer(7)).since).toBe(-1);
  });
});

describe('a transfer', () => {
  it('begins once, and goes on over views', () => {
    const first = standingOf(transferring(7), 'free', -1, JOINING);
    expect(first.startTransfer).toBe(true);
    expect(standingOf(transferring(7), 'free', -1, first).startTransfer).toBe(false);
  });

  it('begins again where it is another one', () => {
    expect(standingOf(transferring(9), 'free', -1, inTransfer(7)).startTransfer).toBe(true);
    expect(standingOf(transferring(9), 'free', 7, inTransfer(7)).startTransfer).toBe(true);
  });

  it('does not begin at who has the state of it already', () => {
    expect(standingOf(transferring(7), 'free', 7, JOINING).startTransfer).toBe(false);
  });

  it('does not begin at who wants to be a client meanwhile', () => {
    expect(standingOf(transferring(7), undefined, -1, JOINING)).toMatchObject({
      state: 'server-xfer',
      startTransfer: false,
    });
  });
});

describe('a member asks for a new view', () => {
  const stands = (state: Standing['state']): Standing => ({ state, since: -1, startTransfer: false });

  it.each([
    ['joining', false, false],
    ['client-normal', false, false],
    ['becoming-server', true, true],
    ['server-xfer', false, true],
    ['server-xfer-done', true, true],
    ['server-normal', false, true],
  ] as const)('in the state %s: %s where it wants to be a server, %s where not', (state, serves, client) => {
    expect([wantsNewView(stands(state), true), wantsNewView(stands(state), false)]).toEqual([serves, client]);
  });
});
