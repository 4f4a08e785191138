/**
 * What replicas say to each other besides full synchronizations (sync-messages.ts). All but `hello` carry the epoch they belong to: what is late from
 * another epoch, or was sent when a view had ended already, is dropped. `hello` carries the name of its view for the same reason.
 *
 *   to all         hello, record, committed, confirm
 *   to the leader  promised, accepted, catch-up, submit, read-index, confirmed
 *   of the leader  replay, replayed, must-sync, refused, read-at
 */
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import { pooled } from './pooled.js';
import { bytesOfEffects, MOST_INTEGER_BYTES, readEffects, writeEffects } from './record.js';
import type { Compare, Transaction } from './transaction.js';

/** Whether a replica's log may count for a majority: `blank` is one that may have lost what it had acknowledged, or never had any. */
export type Standing = 'intact' | 'blank' | 'half';
const STANDINGS: readonly Standing[] = ['intact', 'blank', 'half'];

export interface Hello {
  readonly view: string;
  readonly name: string;
  /** Of this run of the replica. */
  readonly incarnation: number;
  /** Of the configured names. */
  readonly members: number;
  /** Made when the store was founded; empty: this replica is not part of one yet. */
  readonly storeId: string;
  /** What the store is called if this replica founds it: so all know it who have its first record. */
  readonly newStoreId: string;
  readonly standing: Standing;
  /** The highest epoch it has promised. */
  readonly promised: number;
  /** Of the last record it has durably. */
  readonly lastEpoch: number;
  readonly lastVersion: number;
}

/** Versions that one epoch has written, as far as a log knows; both included. */
export interface EpochRun {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
}

export type StoreMessage =
  | ({ readonly type: 'hello' } & Hello)
  | { readonly type: 'promised'; readonly epoch: number }
  | {
      /** `replay`: the same, to one that catches up. */
      readonly type: 'record' | 'replay';
      readonly epoch: number;
      readonly committed: number;
      /** Of the version before the record. */
      readonly previousEpoch: number;
      /** Valid during the call only. */
      readonly record: Uint8Array;
    }
  | {
      readonly type: 'accepted';
      readonly epoch: number;
      readonly version: number;
      /** Only for the pace of a replay: the replica is in a synchronization, and does not count. */
      readonly counts: boolean;
    }
  | {
      readonly type: 'committed';
      readonly epoch: number;
      readonly committed: number;
      /** The log may be trimmed up to here. */
      readonly trim: number;
      /** Of the leader's first entry. */
      readonly first: number;
    }
  | { readonly type: 'catch-up'; readonly epoch: number; readonly runs: readonly EpochRun[] }
  | {
      /** To one that catches up: it has all, and records that are cast go on from there. Or there is nothing in common, and it has to synchronize. */
      readonly type: 'replayed' | 'must-sync';
      readonly epoch: number;
    }
  | { readonly type: 'submit'; readonly epoch: number; readonly number: number; readonly transaction: Transaction }
  | { readonly type: 'refused'; readonly epoch: number; readonly number: number; readonly version: number }
  | { readonly type: 'read-index'; readonly epoch: number; readonly number: number }
  | { readonly type: 'read-at'; readonly epoch: number; readonly number: number; readonly version: number }
  | { readonly type: 'confirm'; readonly epoch: number; readonly round: number }
  | { readonly type: 'confirmed'; readonly epoch: number; readonly round: number };

const TYPES = [
  'hello',
  'promised',
  'record',
  'replay',
  'replayed',
  'accepted',
  'committed',
  'catch-up',
  'must-sync',
  'submit',
  'refused',
  'read-index',
  'read-at',
  'confirm',
  'confirmed',
] as const satisfies readonly StoreMessage['type'][];

/** Of a type and four integers, and of a compare beside its key and value: at most. */
const HEAD_BYTES = 1 + 4 * MOST_INTEGER_BYTES;
const COMPARE_BYTES = 9 + MOST_INTEGER_BYTES;

const SUBMIT = TYPES.indexOf('submit');

/** Whether it would be read as one. */
export function isSubmit(bytes: Uint8Array): boolean {
  return bytes[0] === SUBMIT;
}

/** For a moment: it may lie beside others. */
export function writeMessage(message: StoreMessage): Uint8Array {
  const to = new ByteWriter(pooled(bytesOf(message))).u8(TYPES.indexOf(message.type));
  if (message.type === 'hello') {
    writeHello(to, message);
    return to.finishInPlace();
  }
  to.integer(message.epoch);
  switch (message.type) {
    case 'promised':
    case 'replayed':
    case 'must-sync':
      break;
    case 'record':
    case 'replay':
      to.integer(message.committed).integer(message.previousEpoch).raw(message.record);
      break;
    case 'accepted':
      to.integer(message.version).u8(message.counts ? 1 : 0);
      break;
    case 'committed':
      to.integer(message.committed).integer(message.trim).integer(message.first);
      break;
    case 'catch-up':
      to.list(message.runs, ({ epoch, first, last }) => to.integer(epoch).integer(first).integer(last));
      break;
    case 'submit':
      to.integer(message.number);
      writeTransaction(to, message.transaction);
      break;
    case 'refused':
    case 'read-at':
      to.integer(message.number).integer(message.version);
      break;
    case 'read-index':
      to.integer(message.number);
      break;
    case 'confirm':
    case 'confirmed':
      to.integer(message.round);
      break;
  }
  return to.finishInPlace();
}

/** About; what is more makes it grow. */
function bytesOf(message: StoreMessage): number {
  if (message.type === 'record' || message.type === 'replay') return HEAD_BYTES + message.record.length;
  if (message.type !== 'submit') return HEAD_BYTES;
  let bytes = HEAD_BYTES + bytesOfEffects(message.transaction.effects);
  for (const compare of message.transaction.compares) {
    bytes += COMPARE_BYTES + compare.key.length + (compare.type === 'value' ? (compare.value?.length ?? 0) : 0);
  }
  return bytes;
}

/** What it holds of bytes lies where `bytes` do. @throws MalformedError */
export function readMessage(bytes: Uint8Array): StoreMessage {
  const from = new ByteReader(bytes);
  const message = readFrom(from);
  from.end();
  return message;
}

function readFrom(from: ByteReader): StoreMessage {
  const tag = from.u8();
  const type = TYPES[tag];
  if (type === undefined) throw new MalformedError(`no message of a store: ${tag}`);
  if (type === 'hello') return { type, ...readHello(from) };
  const epoch = from.integer();
  switch (type) {
    case 'promised':
    case 'replayed':
    case 'must-sync':
      return { type, epoch };
    case 'record':
    case 'replay':
      return {
        type,
        epoch,
        committed: from.integer(),
        previousEpoch: from.integer(),
        record: from.restInPlace(),
      };
    case 'accepted':
      return { type, epoch, version: from.integer(), counts: from.u8() !== 0 };
    case 'committed':
      return {
        type,
        epoch,
        committed: from.integer(),
        trim: from.integer(),
        first: from.integer(),
      };
    case 'catch-up':
      return {
        type,
        epoch,
        runs: from.list(() => ({ epoch: from.integer(), first: from.integer(), last: from.integer() })),
      };
    case 'submit':
      return { type, epoch, number: from.integer(), transaction: readTransaction(from) };
    case 'refused':
    case 'read-at':
      return { type, epoch, number: from.integer(), version: from.integer() };
    case 'read-index':
      return { type, epoch, number: from.integer() };
    case 'confirm':
    case 'confirmed':
      return { type, epoch, round: from.integer() };
  }
}

function writeHello(to: ByteWriter, hello: Hello): void {
  to.text(hello.view)
    .text(hello.name)
    .integer(hello.incarnation)
    .u32(hello.members)
    .text(hello.storeId)
    .text(hello.newStoreId)
    .u8(STANDINGS.indexOf(hello.standing));
  to.integer(hello.promised).integer(hello.lastEpoch).integer(hello.lastVersion);
}

function readHello(from: ByteReader): Hello {
  return {
    view: from.text(),
    name: from.text(),
    incarnation: from.integer(),
    members: from.u32(),
    storeId: from.text(),
    newStoreId: from.text(),
    standing: readStanding(from),
    promised: from.integer(),
    lastEpoch: from.integer(),
    lastVersion: from.integer(),
  };
}

function readStanding(from: ByteReader): Standing {
  const standing = STANDINGS[from.u8()];
  if (standing === undefined) throw new MalformedError('no standing');
  return standing;
}

const COMPARES_VALUE = 1;
const COMPARES_ABSENCE = 2;
const COMPARES_VERSION = 3;

function writeTransaction(to: ByteWriter, { compares, effects }: Transaction): void {
  to.integer(compares.length);
  for (const compare of compares) {
    if (compare.type === 'version') {
      to.u8(COMPARES_VERSION).block(compare.key);
      to.integer(compare.version);
    } else if (compare.value === undefined) to.u8(COMPARES_ABSENCE).block(compare.key);
    else {
      to.u8(COMPARES_VALUE).block(compare.key);
      to.block(compare.value);
    }
  }
  writeEffects(to, effects);
}

function readTransaction(from: ByteReader): Transaction {
  const compares: Compare[] = [];
  for (let count = from.integer(); count > 0; count--) compares.push(readCompare(from));
  return { compares, effects: readEffects(from) };
}

function readCompare(from: ByteReader): Compare {
  const tag = from.u8();
  const key = from.blockInPlace();
  switch (tag) {
    case COMPARES_VALUE:
      return { type: 'value', key, value: from.blockInPlace() };
    case COMPARES_ABSENCE:
      return { type: 'value', key, value: undefined };
    case COMPARES_VERSION:
      return { type: 'version', key, version: from.integer() };
    default:
      throw new MalformedError(`no compare: ${tag}`);
  }
}
