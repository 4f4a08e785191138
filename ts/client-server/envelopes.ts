/**
 * What members say of their roles at a view change, around what their applications say: statements with the state messages, the table with the
 * view message. Both come from the network: what cannot be read is no statement, and no table.
 *
 *   state message   VERSION u8 | view id | primary u8 | role | wants u8: type + 1, 0 a client | done + 1 integer | the application's
 *   view message    VERSION u8 | roles, one for each rank | the application's
 *   role            type u8: 0 client, 1 server, 2 transferring | transfer u8, since integer: of one who is transferring
 */
import { type ByteReader, ByteWriter, MalformedError, ByteReader as Reader } from '../stack/codec.js';
import { readViewId, writeViewId } from '../stack/view-state.js';
import { CLIENT, type Role, type RoleTable, SERVER, type Statement } from './roles.js';
import { TRANSFER_TYPES, type TransferType } from './safety.js';

const VERSION = 1;

const ROLE_CLIENT = 0;
const ROLE_SERVER = 1;
const ROLE_TRANSFERRING = 2;

export interface Stated {
  readonly statement: Statement;
  /** The application's part. */
  readonly said: Uint8Array;
}

export function writeStatement({ view, primary, role, wants, doneSince }: Statement, said: Uint8Array): Uint8Array {
  const to = new ByteWriter().u8(VERSION);
  writeViewId(to, view);
  to.u8(primary ? 1 : 0);
  writeRole(to, role);
  to.u8(wants === undefined ? 0 : TRANSFER_TYPES.indexOf(wants) + 1).integer(doneSince + 1);
  return to.raw(said).finish();
}

/** Undefined: no statement. */
export function readStatement(bytes: Uint8Array): Stated | undefined {
  return attempt(() => {
    const from = open(bytes);
    const view = readViewId(from);
    const primary = from.u8() === 1;
    const role = readRole(from);
    const wants = from.u8();
    const statement = {
      view,
      primary,
      role,
      wants: wants === 0 ? undefined : transferType(wants - 1),
      doneSince: from.integer() - 1,
    };
    return { statement, said: from.rest() };
  });
}

export function writeTable(table: RoleTable, said: Uint8Array): Uint8Array {
  const to = new ByteWriter().u8(VERSION);
  for (const role of table) writeRole(to, role);
  return to.raw(said).finish();
}

export interface Agreed {
  readonly table: RoleTable;
  /** The application's part of the view message. */
  readonly said: Uint8Array;
}

/** A view that came without a table, as the first of each member does, has clients only. */
export function readTable(message: Uint8Array, members: number): Agreed {
  return (
    attempt(() => {
      const from = open(message);
      const table = Array.from({ length: members }, () => readRole(from));
      return { table, said: from.rest() };
    }) ?? { table: new Array<Role>(members).fill(CLIENT), said: new Uint8Array(0) }
  );
}

function writeRole(to: ByteWriter, role: Role): void {
  if (role.type === 'client') to.u8(ROLE_CLIENT);
  else if (role.type === 'server') to.u8(ROLE_SERVER);
  else to.u8(ROLE_TRANSFERRING).u8(TRANSFER_TYPES.indexOf(role.transfer)).integer(role.since);
}

function readRole(from: ByteReader): Role {
  const type = from.u8();
  if (type === ROLE_CLIENT) return CLIENT;
  if (type === ROLE_SERVER) return SERVER;
  if (type !== ROLE_TRANSFERRING) throw new MalformedError(`no role: ${type}`);
  return { type: 'transferring', transfer: transferType(from.u8()), since: from.integer() };
}

function transferType(index: number): TransferType {
  const type = TRANSFER_TYPES[index];
  if (type === undefined) throw new MalformedError(`no type of transfer: ${index}`);
  return type;
}

function open(bytes: Uint8Array): ByteReader {
  const from = new Reader(bytes);
  if (from.u8() !== VERSION) throw new MalformedError('another version');
  return from;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
