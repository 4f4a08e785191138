/**
 * What one who gets the state and one who has it say to each other, as records of the calls `ask` and `state`. A number names a request at whoever asks;
 * when it asks another server, or the same again, that is another number, so that what still comes of the first is told from the second.
 *
 *   to the server      REQUEST u8, number integer, transfer integer, skip integer | the request
 *                      CREDIT u8, number integer, bytes integer: so many of the state were taken in, all in all
 *                      CANCEL u8, number integer
 *   from the server    PART u8, number integer, total + 1 integer, 0 when it is not known | a part of the state
 *                      END u8, number integer
 *                      FAILED u8, number integer | why, in words, at most MOST_REASON_BYTES of them
 *
 * `skip`: so many bytes at the beginning of the state are there already.
 */
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';

const REQUEST = 1;
const CREDIT = 2;
const CANCEL = 3;
const PART = 1;
const END = 2;
const FAILED = 3;

export type AskRecord =
  | {
      readonly type: 'request';
      readonly number: number;
      readonly transfer: number;
      /** Bytes. */
      readonly skip: number;
      readonly request: Uint8Array;
    }
  | { readonly type: 'credit'; readonly number: number; readonly bytes: number }
  | { readonly type: 'cancel'; readonly number: number };

export type StateRecord =
  | {
      readonly type: 'part';
      readonly number: number;
      /** Bytes of the whole state; undefined: not known. */
      readonly total: number | undefined;
      readonly part: Uint8Array;
    }
  | { readonly type: 'end'; readonly number: number }
  | { readonly type: 'failed'; readonly number: number; readonly reason: string };

/** Bytes of the reason of a failure. What is beyond is cut off, by whoever writes and by whoever reads it. */
export const MOST_REASON_BYTES = 1024;

/** Most bytes that a record has besides the part of the state. */
export const PART_HEAD_BYTES = 20;

export function writeAsk(record: AskRecord): Uint8Array {
  const to = new ByteWriter();
  switch (record.type) {
    case 'request':
      to.u8(REQUEST).integer(record.number).integer(record.transfer).integer(record.skip).raw(record.request);
      break;
    case 'credit':
      to.u8(CREDIT).integer(record.number).integer(record.bytes);
      break;
    case 'cancel':
      to.u8(CANCEL).integer(record.number);
      break;
  }
  return to.finish();
}

/** @throws MalformedError */
export function readAsk(bytes: Uint8Array): AskRecord {
  const from = new ByteReader(bytes);
  const record = readAskFrom(from);
  from.end();
  return record;
}

function readAskFrom(from: ByteReader): AskRecord {
  const type = from.u8();
  const number = from.integer();
  switch (type) {
    case REQUEST:
      return { type: 'request', number, transfer: from.integer(), skip: from.integer(), request: from.rest() };
    case CREDIT:
      return { type: 'credit', number, bytes: from.integer() };
    case CANCEL:
      return { type: 'cancel', number };
    default:
      throw new MalformedError(`no question about a state: ${type}`);
  }
}

export function writeState(record: StateRecord): Uint8Array {
  switch (record.type) {
    case 'part':
      return new ByteWriter().raw(writePartHead(record.number, record.total)).raw(record.part).finish();
    case 'end':
      return new ByteWriter().u8(END).integer(record.number).finish();
    case 'failed':
      return new ByteWriter().u8(FAILED).integer(record.number).raw(reasonBytes(record.reason)).finish();
  }
}

/** What goes before a part: where the part lies already it need not be copied to be sent. */
export function writePartHead(number: number, total: number | undefined): Uint8Array {
  return new ByteWriter()
    .u8(PART)
    .integer(number)
    .integer(total === undefined ? 0 : total + 1)
    .finish();
}

/** Never cut within a character. */
function reasonBytes(reason: string): Uint8Array {
  const bytes = new Uint8Array(MOST_REASON_BYTES);
  return bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written);
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** The part lies where `bytes` do. @throws MalformedError */
export function readState(bytes: Uint8Array): StateRecord {
  const from = new ByteReader(bytes);
  const record = readStateFrom(from);
  from.end();
  return record;
}

function readStateFrom(from: ByteReader): StateRecord {
  const type = from.u8();
  const number = from.integer();
  switch (type) {
    case PART: {
      const total = from.integer();
      return { type: 'part', number, total: total === 0 ? undefined : total - 1, part: from.restInPlace() };
    }
    case END:
      return { type: 'end', number };
    case FAILED:
      return { type: 'failed', number, reason: DECODER.decode(from.rest().subarray(0, MOST_REASON_BYTES)) };
    default:
      throw new MalformedError(`no part of a state: ${type}`);
  }
}
