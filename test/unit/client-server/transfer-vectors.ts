// What test/vectors/transfer.json is made of: what members state of their roles, tables of roles, and records of transfers, each with what it means, read as
// docs/control-records.md says.
import { Endpoint } from '../../../ts/base/endpoint.js';
import { readStatement, readTable, writeStatement, writeTable } from '../../../ts/client-server/envelopes.js';
import { CLIENT, type Role, SERVER, type Statement } from '../../../ts/client-server/roles.js';
import {
  type AskRecord,
  readAsk,
  readState,
  type StateRecord,
  writeAsk,
  writeState,
} from '../../../ts/client-server/state-records.js';
import { MalformedError } from '../../../ts/stack/codec.js';
import { viewName } from '../../../ts/stack/view-state.js';
import { bytesOf } from '../stack/views.js';
import { transferring } from './statements.js';

export interface TransferVector {
  readonly name: string;
  readonly form: 'statement' | 'table' | 'ask' | 'state';
  readonly hex: string;
  /** Of a table: of the view that it is for. */
  readonly members?: number;
  readonly fields?: object;
  readonly refused?: true;
}

const VIEW = { time: 300, coordinator: new Endpoint('10.0.0.1', 4000, 0x1122334455) };
const OTHER = { time: 12, coordinator: new Endpoint('2001:db8::1', 65535, 1) };
const LARGE = 2 ** 40;

const STATEMENTS: readonly [string, Statement, string][] = [
  ['client', { view: VIEW, primary: false, role: CLIENT, wants: undefined, doneSince: -1 }, ''],
  ['newcomer', { view: OTHER, primary: false, role: CLIENT, wants: 'none', doneSince: -1 }, 'hi'],
  ['server', { view: VIEW, primary: true, role: SERVER, wants: 'protected', doneSince: 4 }, ''],
  ['transferring', { view: VIEW, primary: false, role: transferring(300), wants: 'atomic', doneSince: -1 }, ''],
  ['done', { view: VIEW, primary: false, role: transferring(127, 'free'), wants: 'free', doneSince: 127 }, 'hi'],
];

const TABLES: readonly [string, readonly Role[], string][] = [
  ['table-of-one', [SERVER], ''],
  ['table', [SERVER, CLIENT, transferring(300, 'protected'), transferring(5, 'free')], 'of the view'],
];

const ASKS: readonly [string, AskRecord][] = [
  ['request', { type: 'request', number: 1, transfer: 7, skip: 0, request: bytesOf('all') }],
  ['request-skip', { type: 'request', number: 300, transfer: 2, skip: LARGE, request: new Uint8Array(0) }],
  ['credit', { type: 'credit', number: 1, bytes: 524_288 }],
  ['cancel', { type: 'cancel', number: 128 }],
];

const STATES: readonly [string, StateRecord][] = [
  ['part', { type: 'part', number: 1, total: LARGE, part: bytesOf('state') }],
  ['part-of-unknown', { type: 'part', number: 300, total: undefined, part: Uint8Array.of(0, 255) }],
  ['end', { type: 'end', number: 1 }],
  ['failed', { type: 'failed', number: 1, reason: 'größer' }],
];

export function makeTransferVectors(): TransferVector[] {
  const good = [
    ...STATEMENTS.map(([name, statement, said]) =>
      describe(name, 'statement', writeStatement(statement, bytesOf(said))),
    ),
    ...TABLES.map(([name, table, said]) => describe(name, 'table', writeTable(table, bytesOf(said)), table.length)),
    ...ASKS.map(([name, record]) => describe(name, 'ask', writeAsk(record))),
    ...STATES.map(([name, record]) => describe(name, 'state', writeState(record))),
  ];
  const client = Buffer.from((good[0] as TransferVector).hex, 'hex');
  const refused = [
    describe('statement-version', 'statement', Uint8Array.of(2, ...client.subarray(1))),
    describe('statement-short', 'statement', client.subarray(0, -1)),
    describe('table-short', 'table', writeTable([SERVER], new Uint8Array(0)), 2),
    describe('table-role', 'table', Uint8Array.of(1, 3), 1),
    describe('ask-type', 'ask', Uint8Array.of(4, 1)),
    describe('ask-long', 'ask', Uint8Array.of(3, 1, 0)),
    describe('state-type', 'state', Uint8Array.of(0, 1)),
    describe('state-integer', 'state', Uint8Array.of(2, 0x81, 0)),
  ];
  return [...good, ...refused];
}

export function describe(
  name: string,
  form: TransferVector['form'],
  bytes: Uint8Array,
  members?: number,
): TransferVector {
  const base = { name, form, hex: hexOf(bytes), ...(members === undefined ? {} : { members }) };
  const fields = fieldsOf(form, bytes, members ?? 0);
  return fields === undefined ? { ...base, refused: true } : { ...base, fields };
}

/** Undefined: it is malformed. */
function fieldsOf(form: TransferVector['form'], bytes: Uint8Array, members: number): object | undefined {
  switch (form) {
    case 'statement': {
      const stated = readStatement(bytes);
      if (stated === undefined) return undefined;
      const { view, wants = 'client', ...rest } = stated.statement;
      return { view: viewName(view), wants, ...rest, said: hexOf(stated.said) };
    }
    case 'table': {
      const { table, said } = readTable(bytes, members);
      // What cannot be read has clients only.
      return table.every(({ type }) => type === 'client') ? undefined : { table, said: hexOf(said) };
    }
    case 'ask':
      return unlessMalformed(() => readAsk(bytes));
    case 'state':
      return unlessMalformed(() => readState(bytes));
  }
}

function unlessMalformed(read: () => AskRecord | StateRecord): object | undefined {
  try {
    return Object.fromEntries(
      Object.entries(read()).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? hexOf(value) : (value ?? null),
      ]),
    );
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
