import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLIENT,
  composeRoles,
  type Role,
  SERVER,
  type Statement,
  viewTypeOf,
} from '../../../ts/client-server/roles.js';
import { viewName } from '../../../ts/stack/view-state.js';
import { members, viewId } from '../stack/views.js';
import { byRank, client, NEXT_TIME, newcomer, server, statement, statements, transferring } from './statements.js';

/** The roles in a view of time 9, in short: `S` server, `X5` transferring since 5, `-` client. */
function composed(...said: readonly (Statement | undefined)[]): string {
  return short(composeRoles(members(...said.keys()), 9, byRank(...said)));
}

function short(table: readonly Role[]): string {
  return table.map((role) => ({ server: 'S', client: '-', transferring: `X${sinceOf(role)}` })[role.type]).join(' ');
}

function sinceOf(role: Role): number {
  return role.type === 'transferring' ? role.since : -1;
}

const other = (role: Role, more: Partial<Statement> = {}) => statement(role, { view: viewId(6, 2), ...more });

describe('in the next view of one group', () => {
  it('clients and servers stay what they are', () => {
    expect(composed(client, server, client, server)).toBe('- S - S');
  });

  it('the first who wants to be a server is one at once, and the others get its state', () => {
    expect(composed(client, newcomer, newcomer)).toBe('- S X9');
  });

  it('whoever wants to be a server where there is one gets the state first', () => {
    expect(composed(newcomer, server)).toBe('X9 S');
  });

  it('who wants to be a server without a transfer is one at once', () => {
    expect(composed(server, statement(CLIENT, { wants: 'none' }))).toBe('S S');
  });

  it('a transfer goes on until the state is there', () => {
    expect(composed(server, statement(transferring(5)))).toBe('S X5');
    expect(composed(server, statement(transferring(5), { doneSince: 3 }))).toBe('S X5');
    expect(composed(server, statement(transferring(5), { doneSince: 5 }))).toBe('S S');
  });

  it('who wants to be a client is one, whatever it was', () => {
    const gone = { wants: undefined };
    expect(composed(server, statement(SERVER, gone), statement(transferring(5), { ...gone, doneSince: 5 }))).toBe(
      'S - -',
    );
  });

  it('who says nothing is a client', () => {
    expect(composed(server, undefined, newcomer)).toBe('S - X9');
    expect(composed(undefined, undefined)).toBe('- -');
  });
});

describe('when no server is left', () => {
  it('those who have the state already are servers, and the others go on getting it', () => {
    expect(composed(statement(transferring(5)), statement(transferring(6), { doneSince: 6 }))).toBe('X5 S');
  });

  it('the first of those who were getting the state goes on with what it has, and the others begin again', () => {
    expect(composed(client, statement(transferring(5)), newcomer, statement(transferring(4)))).toBe('- S X9 X9');
  });
});

describe('when views merge', () => {
  it('the servers of all but one of them are clients, and so are those who get the state there', () => {
    expect(composed(server, server, other(SERVER), other(transferring(4)), other(CLIENT, { wants: undefined }))).toBe(
      'S S - - -',
    );
  });

  it('the primary view keeps its servers, also where it has fewer', () => {
    expect(composed(server, server, other(SERVER, { primary: true }))).toBe('- - S');
  });

  it('of two that are not primary the one with more servers keeps them', () => {
    expect(composed(server, other(SERVER), other(SERVER))).toBe('- S S');
  });

  it('only one of the view that keeps its servers becomes one', () => {
    expect(composed(server, newcomer, other(CLIENT))).toBe('S X9 -');
  });
});

describe('the type of a view', () => {
  it('is the strictest transfer in progress', () => {
    expect(viewTypeOf([SERVER, CLIENT])).toBe('none');
    expect(viewTypeOf([SERVER, transferring(4, 'free'), transferring(4, 'protected')])).toBe('protected');
  });
});

describe('whatever members say', () => {
  const many = fc.array(fc.option(statements, { nil: undefined }), { maxLength: 8 });
  const table = (said: readonly (Statement | undefined)[]) =>
    composeRoles(members(...said.keys()), NEXT_TIME, byRank(...said));

  it('the roles are the same, in whatever order it is heard', () => {
    fc.assert(
      fc.property(many, fc.infiniteStream(fc.nat()), (said, order) => {
        const shuffled = [...byRank(...said)]
          .map((entry) => [order.next().value, entry] as const)
          .sort(([a], [b]) => (a as number) - (b as number))
          .map(([, entry]) => entry);
        expect(composeRoles(members(...said.keys()), NEXT_TIME, new Map(shuffled))).toEqual(table(said));
      }),
    );
  });

  it('each member has one role, and only members of one view are, or become, servers', () => {
    fc.assert(
      fc.property(many, (said) => {
        const roles = table(said);
        expect(roles).toHaveLength(said.length);
        const sides = new Set(
          roles.flatMap((role, rank) => (role.type === 'client' ? [] : [viewName((said[rank] as Statement).view)])),
        );
        expect(sides.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('a server of the view that keeps its servers stays one, unless it wants to be a client', () => {
    fc.assert(
      fc.property(many, (said) => {
        const roles = table(said);
        const kept = said.find((_, rank) => roles[rank]?.type !== 'client');
        for (const [rank, each] of said.entries()) {
          if (kept === undefined || each === undefined || viewName(each.view) !== viewName(kept.view)) continue;
          if (each.role.type === 'server') expect(roles[rank]?.type).toBe(each.wants ? 'server' : 'client');
          if (each.role.type !== 'client' && each.wants !== undefined) expect(roles[rank]?.type).not.toBe('client');
        }
      }),
    );
  });

  it('there is a server while somebody gets the state, and where all come from one view while somebody wants to be one', () => {
    fc.assert(
      fc.property(many, fc.boolean(), (said, alone) => {
        const all = alone ? said.map((each) => each && { ...each, view: viewId(9), primary: false }) : said;
        const roles = table(all);
        const wanted = alone && all.some((each) => each?.wants !== undefined);
        const needed = wanted || roles.some(({ type }) => type === 'transferring');
        expect(roles.some(({ type }) => type === 'server')).toBe(needed || roles.some(({ type }) => type === 'server'));
        if (needed) expect(short(roles)).toContain('S');
      }),
    );
  });

  it('a transfer that goes on is of the view in which it began, and one that begins, or begins again, is of this view', () => {
    fc.assert(
      fc.property(many, (said) => {
        for (const [rank, role] of table(said).entries()) {
          if (role.type !== 'transferring') continue;
          const before = (said[rank] as Statement).role;
          if (role.since !== NEXT_TIME) expect(role).toEqual(before);
          expect(role.since).toBeGreaterThanOrEqual(sinceOf(before));
        }
      }),
    );
  });

  it('nobody has the state who has not said so, but who begins where nobody has it', () => {
    fc.assert(
      fc.property(many, (said) => {
        const roles = table(said);
        const heirs = [...roles.keys()].filter((rank) => {
          const { role, wants, doneSince } = said[rank] ?? client;
          const has = role.type === 'server' || (role.type === 'transferring' && doneSince === role.since);
          return roles[rank]?.type === 'server' && !has && (wants !== 'none' || role.type === 'transferring');
        });
        expect(heirs.length).toBeLessThanOrEqual(1);
        // Then nobody goes on with a transfer of what another had.
        if (heirs.length === 1) for (const role of roles) expect([-1, NEXT_TIME]).toContain(sinceOf(role));
      }),
    );
  });
});
