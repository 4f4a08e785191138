// One member's part, driven through views by hand: whoever composes them is another keeper, or the same.
import { describe, expect, it } from 'vitest';
import { readStatement, writeTable } from '../../../ts/client-server/envelopes.js';
import { RoleKeeper } from '../../../ts/client-server/role-keeper.js';
import { CLIENT, type Role, SERVER } from '../../../ts/client-server/roles.js';
import type { TransferType } from '../../../ts/client-server/safety.js';
import type { ViewState } from '../../../ts/stack/view-state.js';
import { bytesOf, member, textOf, viewOf } from '../stack/views.js';
import { transferring } from './statements.js';

const nothing = new Uint8Array(0);

/** A view of members 0 and 1 with these roles. */
function view(time: number, ...roles: readonly Role[]): ViewState {
  return viewOf([0, 1], { time, message: writeTable(roles, nothing) });
}

/** Member 1, which has come to these views one after the other. */
function keeper(wants: TransferType | undefined, ...views: readonly ViewState[]): RoleKeeper {
  const made = new RoleKeeper(member(1), wants);
  for (const each of views) comeTo(made, each);
  return made;
}

function comeTo(roles: RoleKeeper, state: ViewState): void {
  roles.enter(roles.standingIn(state, roles.agreed(state).table));
}

function states(roles: RoleKeeper, ending: ViewState) {
  return readStatement(roles.state(ending, nothing))?.statement;
}

describe('a member', () => {
  it('is joining before its first view, and then a client that may want to be a server', () => {
    expect(new RoleKeeper(member(1), 'free').standing.state).toBe('joining');
    expect(keeper('free', viewOf([1])).standing.state).toBe('becoming-server');
    expect(keeper(undefined, viewOf([1])).standing.state).toBe('client-normal');
  });

  it('says what it was in the view that ends, what it wants, and what its application says', () => {
    const roles = keeper('protected', view(5, SERVER, transferring(5, 'protected')));
    const ending = { ...view(5, SERVER, transferring(5, 'protected')), primary: true };
    const message = readStatement(roles.state(ending, bytesOf('more')));
    expect(message?.statement).toEqual({
      view: ending.id,
      primary: true,
      role: transferring(5, 'protected'),
      wants: 'protected',
      doneSince: -1,
    });
    expect(textOf(message?.said)).toBe('more');
  });

  it('says what it is in a view that it has not come to, too', () => {
    const roles = keeper('free', viewOf([1]));
    expect(states(roles, view(6, CLIENT, SERVER))?.role).toEqual(SERVER);
  });

  it('asks for a view until it is what it wants to be', () => {
    const roles = keeper('atomic', viewOf([1]));
    expect(roles.wantsNewView).toBe(true);
    comeTo(roles, view(5, SERVER, transferring(5)));
    expect(roles.wantsNewView).toBe(false);
    expect(roles.done()).toBe(true);
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['server-xfer-done', true]);
    expect(states(roles, view(5, SERVER, transferring(5)))?.doneSince).toBe(5);
    comeTo(roles, view(6, SERVER, transferring(5)));
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['server-xfer-done', true]);
    comeTo(roles, view(7, SERVER, SERVER));
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['server-normal', false]);
  });

  it('has the state once, and only where it is getting it', () => {
    const roles = keeper('atomic', viewOf([1]));
    expect(roles.done()).toBe(false);
    comeTo(roles, view(5, SERVER, transferring(5)));
    expect([roles.done(), roles.done()]).toEqual([true, false]);
    comeTo(roles, view(7, SERVER, SERVER));
    expect(roles.done()).toBe(false);
  });

  it('does not have the state of a transfer that has begun again meanwhile', () => {
    const roles = keeper('atomic', view(5, SERVER, transferring(5)));
    roles.done();
    comeTo(roles, view(6, SERVER, transferring(6)));
    expect(roles.standing).toMatchObject({ state: 'server-xfer', startTransfer: true });
  });
});

describe('a member that wants something else', () => {
  it('says so at once where it is a client', () => {
    const roles = keeper(undefined, viewOf([1]));
    roles.want('free');
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['becoming-server', true]);
    roles.want(undefined);
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['client-normal', false]);
  });

  it.each([
    ['a server', SERVER],
    ['getting the state', transferring(5)],
  ])('asks for views until it is a client, where it is %s', (_, role) => {
    const roles = keeper('atomic', view(5, SERVER, role));
    roles.want(undefined);
    expect(roles.wantsNewView).toBe(true);
    expect(states(roles, view(5, SERVER, role))?.wants).toBeUndefined();
    // The change that was under way did not know yet.
    comeTo(roles, view(6, SERVER, role));
    expect(roles.wantsNewView).toBe(true);
    comeTo(roles, view(7, SERVER, CLIENT));
    expect([roles.standing.state, roles.wantsNewView]).toEqual(['client-normal', false]);
  });

  it('begins no transfer that comes too late', () => {
    const roles = keeper('atomic', viewOf([1]));
    roles.want(undefined);
    comeTo(roles, view(6, SERVER, transferring(6)));
    expect(roles.standing.startTransfer).toBe(false);
  });

  it.each([
    ['before', 5],
    ['after', 6],
  ])('gets the state in another transfer where it changes its mind twice, when it had begun %s', (_, time) => {
    const ending = view(time, SERVER, transferring(time));
    const roles = keeper('atomic', time === 5 ? ending : viewOf([1]));
    roles.want(undefined);
    if (time === 6) comeTo(roles, ending);
    roles.want('atomic');
    expect([states(roles, ending)?.wants, roles.wantsNewView]).toEqual([undefined, true]);
    const client = view(7, SERVER, CLIENT);
    comeTo(roles, client);
    expect([states(roles, client)?.wants, roles.standing.state]).toEqual(['atomic', 'becoming-server']);
    comeTo(roles, view(8, SERVER, transferring(8)));
    expect(roles.standing).toMatchObject({ state: 'server-xfer', startTransfer: true });
    expect(roles.wantsNewView).toBe(false);
  });
});

describe('whoever composes a view', () => {
  const proposed = (...messages: readonly Uint8Array[]) =>
    new RoleKeeper(member(0), undefined).propose(viewOf([0, 1], { time: 9 }), new Map(messages.entries()));
  const ending = view(5, SERVER, CLIENT);

  it('makes the roles of what members have said, and takes what their applications say apart', () => {
    const server = new RoleKeeper(member(0), 'free').state(ending, bytesOf('of 0'));
    const { table, said } = proposed(server, keeper('atomic', ending).state(ending, nothing));
    expect(table).toEqual([SERVER, transferring(9)]);
    expect([...said].map(([rank, bytes]) => [rank, textOf(bytes)])).toEqual([[0, 'of 0']]);
  });

  it('takes for a client whose message cannot be read', () => {
    const server = new RoleKeeper(member(0), 'free').state(ending, nothing);
    expect(proposed(server, bytesOf('hi'))).toEqual({ table: [SERVER, CLIENT], said: new Map() });
  });
});
