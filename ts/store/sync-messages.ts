/**
 * What the three roles of a full synchronization say to each other, under the names of the seed document (MMonSync):
 *
 *   requester -> leader     start, heartbeat, finish, abort                    leader -> requester    start-reply, heartbeat-reply, finish-reply, abort
 *   requester -> provider   start-chunks, chunk-reply, heartbeat-reply, abort  provider -> requester  chunk, heartbeat, abort
 *
 * `sync` is the requester's number for one attempt, so that what is late from an earlier one is told from it; it is in every message, and comes back in
 * every answer. Where both a leader and a provider could be meant, which may be one replica, `role` says which of them it is that hears or speaks.
 *
 *   START             0x41, sync integer, avoid list of text
 *   START_REPLY       0x42, sync integer, 1 u8, provider text, base integer; or sync integer, 0 u8, retryMs integer, reason text
 *   HEARTBEAT         0x43, sync integer, role u8: 1 leader, 2 provider
 *   HEARTBEAT_REPLY   0x44, sync integer, role u8
 *   START_CHUNKS      0x45, sync integer | after
 *   CHUNK             0x46, sync integer, number integer, version integer, epoch integer, total integer, last u8, before u32,
 *                     entries integer, of each: key block, length of its value u32 | the values, with their seals | checksum u32
 *   CHUNK_REPLY       0x47, sync integer, number integer
 *   FINISH            0x48, sync integer
 *   FINISH_REPLY      0x49, sync integer
 *   ABORT             0x4a, sync integer, role u8, reason text
 *
 * The checksum is of all that is before the values; those have their seals (seals.ts), which say for which key they are, too. It is zlib's CRC-32, not the
 * CRC-32C of datagrams: Node has it in C, four times as fast as ours in TypeScript.
 */
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Entry } from './database.js';
import { isSealed } from './seals.js';
import { MOST_AVOIDED, MOST_REASON_BYTES } from './sync-limits.js';

/** The first byte of every message is from here to below `0x50`: no other message between replicas begins so. */
const FIRST_TAG = 0x40;
const TAGS_END = 0x50;

const START = 0x41;
const START_REPLY = 0x42;
const HEARTBEAT = 0x43;
const HEARTBEAT_REPLY = 0x44;
const START_CHUNKS = 0x45;
const CHUNK = 0x46;
const CHUNK_REPLY = 0x47;
const FINISH = 0x48;
const FINISH_REPLY = 0x49;
const ABORT = 0x4a;

/** Which role of the replica at the other end, not the requester, it is about. */
export type SyncRole = 'leader' | 'provider';

const ROLES: readonly (SyncRole | undefined)[] = [undefined, 'leader', 'provider'];
const CHECKSUM_BYTES = 4;
/** What an entry has besides its key and its value. */
const ENTRY_HEAD_BYTES = 8;

export type StartReply =
  | {
      readonly type: 'start-reply';
      readonly sync: number;
      readonly granted: true;
      /** Name of the provider. */
      readonly provider: string;
      /** The version before the leader's log, which is not trimmed while the synchronization lasts: what is older than this is of no use. */
      readonly base: number;
    }
  | {
      readonly type: 'start-reply';
      readonly sync: number;
      readonly granted: false;
      /** Ask again after so long. */
      readonly retryMs: number;
      readonly reason: string;
    };

export interface Chunk {
  readonly type: 'chunk';
  readonly sync: number;
  /** Counts from 0 since start-chunks. */
  readonly number: number;
  /** Of the provider's snapshot: applied version, and the epoch of the record it is in. */
  readonly version: number;
  readonly epoch: number;
  /** Bytes of the whole store, about; 0: not known. For progress. */
  readonly totalBytes: number;
  readonly last: boolean;
  /** CRC-32 of the checksums of all chunks before this one since start-chunks, each 4 bytes, little-endian: so with its own it is one of the whole. */
  readonly before: number;
  /** Keys as they are in the database, ascending; values too, with their seals. */
  readonly entries: readonly Entry[];
}

export interface StartChunks {
  readonly type: 'start-chunks';
  readonly sync: number;
  /** Go on after this key, as the user knows it; empty: from the beginning. */
  readonly after: Uint8Array;
}

/** As it arrived, with its own checksum, which is right. */
export interface ReceivedChunk extends Chunk {
  readonly checksum: number;
}

export type SyncStatement =
  | {
      readonly type: 'start';
      readonly sync: number;
      /** Names of those who failed the requester as providers. */
      readonly avoid: readonly string[];
    }
  | StartReply
  | { readonly type: 'heartbeat' | 'heartbeat-reply'; readonly sync: number; readonly role: SyncRole }
  | StartChunks
  | { readonly type: 'chunk-reply'; readonly sync: number; readonly number: number }
  | { readonly type: 'finish' | 'finish-reply'; readonly sync: number }
  | { readonly type: 'abort'; readonly sync: number; readonly role: SyncRole; readonly reason: string };

export type SyncMessage = SyncStatement | ReceivedChunk;

/** Whether the bytes are of one of these messages, and not of another one between replicas. */
export function isSyncMessage(bytes: Uint8Array): boolean {
  const tag = bytes[0];
  return tag !== undefined && tag >= FIRST_TAG && tag < TAGS_END;
}

export function writeSync(message: SyncStatement): Uint8Array {
  const to = new ByteWriter();
  switch (message.type) {
    case 'start':
      to.u8(START)
        .integer(message.sync)
        .list(message.avoid.slice(0, MOST_AVOIDED), (name) => to.text(name));
      break;
    case 'start-reply':
      to.u8(START_REPLY).integer(message.sync);
      if (message.granted) to.u8(1).text(message.provider).integer(message.base);
      else to.u8(0).integer(message.retryMs).block(reasonBytes(message.reason));
      break;
    case 'heartbeat':
      to.u8(HEARTBEAT).integer(message.sync).u8(ROLES.indexOf(message.role));
      break;
    case 'heartbeat-reply':
      to.u8(HEARTBEAT_REPLY).integer(message.sync).u8(ROLES.indexOf(message.role));
      break;
    case 'start-chunks':
      to.u8(START_CHUNKS).integer(message.sync).raw(message.after);
      break;
    case 'chunk-reply':
      to.u8(CHUNK_REPLY).integer(message.sync).integer(message.number);
      break;
    case 'finish':
      to.u8(FINISH).integer(message.sync);
      break;
    case 'finish-reply':
      to.u8(FINISH_REPLY).integer(message.sync);
      break;
    case 'abort':
      to.u8(ABORT).integer(message.sync).u8(ROLES.indexOf(message.role)).block(reasonBytes(message.reason));
      break;
  }
  return to.finish();
}

/** `checksumOf` says what its checksum is. `memory`: where it is put, if there is room. */
export function writeChunk(chunk: Chunk, memory?: Uint8Array): Uint8Array {
  const { entries } = chunk;
  const head = writeHead(chunk);
  let length = head.length + CHECKSUM_BYTES;
  for (const [key, value] of entries) length += key.length + value.length + ENTRY_HEAD_BYTES;
  const bytes = memory !== undefined && length <= memory.length ? memory.subarray(0, length) : new Uint8Array(length);
  bytes.set(head);
  let at = head.length;
  for (const [key, value] of entries) {
    putU32(bytes, at, key.length);
    bytes.set(key, at + 4);
    at += 4 + key.length;
    putU32(bytes, at, value.length);
    at += 4;
  }
  const checksum = crc32(bytes.subarray(0, at));
  for (const [, value] of entries) {
    bytes.set(value, at);
    at += value.length;
  }
  putU32(bytes, at, checksum);
  return bytes;
}

function writeHead({ sync, number, version, epoch, totalBytes, last, before, entries }: Chunk): Uint8Array {
  const to = new ByteWriter().u8(CHUNK).integer(sync).integer(number).integer(version).integer(epoch);
  return to
    .integer(totalBytes)
    .u8(last ? 1 : 0)
    .u32(before)
    .integer(entries.length)
    .finish();
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Of a chunk as it was written. */
export function checksumOf(chunk: Uint8Array): number {
  return new ByteReader(chunk.subarray(chunk.length - CHECKSUM_BYTES)).u32();
}

/** `before` of the chunk after one of this checksum. */
export function checksumAfter(before: number, checksum: number): number {
  return crc32(new ByteWriter().u32(checksum).finish(), before);
}

/** How a chunk is copied out of memory that is not its own. */
export type CopyOf = (chunk: Uint8Array) => Uint8Array;

/**
 * Nothing of the message lies where the bytes do.
 *
 * @throws MalformedError
 */
export function readSync(bytes: Uint8Array, copyOf: CopyOf = (chunk) => new Uint8Array(chunk)): SyncMessage {
  if (bytes[0] === CHUNK) return readChunk(bytes, copyOf);
  const from = new ByteReader(bytes);
  const message = readFrom(from);
  from.end();
  return message;
}

function readFrom(from: ByteReader): SyncStatement {
  const tag = from.u8();
  const sync = from.integer();
  switch (tag) {
    case START:
      return { type: 'start', sync, avoid: readAvoid(from) };
    case START_REPLY:
      return readStartReply(from, sync);
    case HEARTBEAT:
      return { type: 'heartbeat', sync, role: readRole(from) };
    case HEARTBEAT_REPLY:
      return { type: 'heartbeat-reply', sync, role: readRole(from) };
    case START_CHUNKS:
      return { type: 'start-chunks', sync, after: from.rest() };
    case CHUNK_REPLY:
      return { type: 'chunk-reply', sync, number: from.integer() };
    case FINISH:
      return { type: 'finish', sync };
    case FINISH_REPLY:
      return { type: 'finish-reply', sync };
    case ABORT:
      return { type: 'abort', sync, role: readRole(from), reason: readReason(from) };
    default:
      throw new MalformedError(`no message of a synchronization: ${tag}`);
  }
}

function readAvoid(from: ByteReader): string[] {
  const avoid = from.list(() => from.text());
  if (avoid.length > MOST_AVOIDED) throw new MalformedError(`${avoid.length} names to avoid`);
  return avoid;
}

function readStartReply(from: ByteReader, sync: number): StartReply {
  const type = 'start-reply';
  if (readFlag(from)) return { type, sync, granted: true, provider: from.text(), base: from.integer() };
  return { type, sync, granted: false, retryMs: from.integer(), reason: readReason(from) };
}

/** The entries lie in one copy of the chunk: a copy of each would cost more than all else. */
function readChunk(bytes: Uint8Array, copyOf: CopyOf): ReceivedChunk {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 1) throw new MalformedError('too short');
  const checksum = checksumOf(bytes);
  const chunk = copyOf(bytes);
  const from = new ByteReader(chunk.subarray(1, end));
  const [sync, number, version] = [from.integer(), from.integer(), from.integer()];
  const [epoch, totalBytes, last, before] = [from.integer(), from.integer(), readFlag(from), from.u32()];
  const keys: Uint8Array[] = [];
  const lengths: number[] = [];
  for (let count = from.integer(); count > 0; count--) {
    keys.push(from.blockInPlace());
    lengths.push(from.u32());
  }
  if (checksum !== crc32(chunk.subarray(0, end - from.left))) throw new MalformedError('a chunk with a wrong checksum');
  const entries = keys.map((key, index): Entry => [key, readValue(from, key, lengths[index] as number)]);
  from.end();
  return { type: 'chunk', sync, number, version, epoch, totalBytes, last, before, entries, checksum };
}

function readValue(from: ByteReader, key: Uint8Array, length: number): Uint8Array {
  const value = from.inPlace(length);
  if (!isSealed(key, value)) throw new MalformedError('a value with a wrong seal');
  return value;
}

function readRole(from: ByteReader): SyncRole {
  const role = ROLES[from.u8()];
  if (role === undefined) throw new MalformedError('no role of a synchronization');
  return role;
}

function readFlag(from: ByteReader): boolean {
  const flag = from.u8();
  if (flag > 1) throw new MalformedError(`neither yes nor no: ${flag}`);
  return flag === 1;
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

function readReason(from: ByteReader): string {
  const bytes = from.block();
  if (bytes.length > MOST_REASON_BYTES) throw new MalformedError(`a reason of ${bytes.length} bytes`);
  return DECODER.decode(bytes);
}

/** Never cut within a character. */
function reasonBytes(reason: string): Uint8Array {
  const bytes = new Uint8Array(MOST_REASON_BYTES);
  return bytes.subarray(0, ENCODER.encodeInto(reason, bytes).written);
}
