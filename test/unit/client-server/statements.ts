// What members say of their roles, for tests: one line a member.
import fc from 'fast-check';
import { CLIENT, type Role, SERVER, type Statement } from '../../../ts/client-server/roles.js';
import { TRANSFER_TYPES, type TransferType } from '../../../ts/client-server/safety.js';
import { viewId } from '../stack/views.js';

export function transferring(since: number, transfer: TransferType = 'atomic'): Role {
  return { type: 'transferring', transfer, since };
}

/** Of a member of the view of time 5 that member 0 coordinates, which wants to be a server by an atomic transfer and does not have the state. */
export function statement(role: Role, more: Partial<Statement> = {}): Statement {
  return { view: viewId(5), primary: false, role, wants: 'atomic', doneSince: -1, ...more };
}

export const client = statement(CLIENT, { wants: undefined });
export const newcomer = statement(CLIENT);
export const server = statement(SERVER);

export function byRank(...statements: readonly (Statement | undefined)[]): Map<number, Statement> {
  return new Map(statements.flatMap((each, rank) => (each === undefined ? [] : [[rank, each] as const])));
}

const transfer = fc.constantFrom(...TRANSFER_TYPES);
/** Larger than any time of a view that ends here. */
export const NEXT_TIME = 20;

export const roles: fc.Arbitrary<Role> = fc.oneof(
  fc.constant(CLIENT),
  fc.constant(SERVER),
  fc.record({ type: fc.constant('transferring' as const), transfer, since: fc.integer({ min: 0, max: 9 }) }),
);

/** Of members of up to three views, of which the second is primary. */
export const statements: fc.Arbitrary<Statement> = fc
  .record({
    number: fc.nat(2),
    role: roles,
    wants: fc.option(transfer, { nil: undefined }),
    doneSince: fc.integer({ min: -1, max: 9 }),
  })
  .chain(({ number, ...rest }) =>
    fc.boolean().map((primary) => ({
      ...rest,
      view: viewId(number === 2 ? 8 : 9, number),
      primary: number === 1 && primary,
    })),
  );
