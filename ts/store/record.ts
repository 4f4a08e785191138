/**
 * Records of the log. A leader puts all transactions that wait into one record: one multicast, one write of each disk. (epoch, version) names a record
 * for ever, since an epoch has one leader (invariant S1), and its bytes are the same in the leader's memory, on the wire and on every disk.
 *
 *   record   epoch integer, version of the first entry integer, count integer | entries
 *   entry    origin + 1 u8 (0: nobody; else by the order of the configured names), [incarnation integer, number integer], effects integer | effects
 *   effect   1 put: key, value; 0 delete: key, both as blocks, with their lengths before them
 *
 * Only effects are logged, never compares: so a replay gives the same state whatever it begins with (Ceph's stores are synchronized by the same rule).
 */
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Effect } from './transaction.js';

/** Who submitted a transaction, and as which of its own. */
export interface Origin {
  /** By the order of the configured names. */
  readonly replica: number;
  readonly incarnation: number;
  readonly number: number;
}

/** One version of the store. */
export interface LogEntry {
  /** Undefined: a leader's first entry, which changes nothing. */
  readonly origin: Origin | undefined;
  readonly effects: readonly Effect[];
}

/** Where a record is in the log. */
export interface RecordHead {
  readonly epoch: number;
  /** Of its first entry. */
  readonly version: number;
  readonly count: number;
}

export function lastOf({ version, count }: RecordHead): number {
  return version + count - 1;
}

/** Of one of 2^53. */
export const MOST_INTEGER_BYTES = 8;
/** Of an origin, and of what an effect has beside key and value, at most. */
const ENTRY_BYTES = 1 + 2 * MOST_INTEGER_BYTES;
const EFFECT_BYTES = 9;

const PUT = 1;
const DELETE = 0;

export function writeRecord(epoch: number, version: number, entries: readonly LogEntry[]): Uint8Array {
  const to = new ByteWriter(bytesOf(entries)).integer(epoch).integer(version).integer(entries.length);
  for (const { origin, effects } of entries) {
    if (origin === undefined) to.u8(0);
    else
      to.u8(origin.replica + 1)
        .integer(origin.incarnation)
        .integer(origin.number);
    writeEffects(to, effects);
  }
  return to.finishInPlace();
}

/** At most, and not many more. */
function bytesOf(entries: readonly LogEntry[]): number {
  let bytes = 3 * MOST_INTEGER_BYTES;
  for (const { effects } of entries) bytes += ENTRY_BYTES + bytesOfEffects(effects);
  return bytes;
}

/** At most, and not many more. */
export function bytesOfEffects(effects: readonly Effect[]): number {
  let bytes = MOST_INTEGER_BYTES;
  for (const effect of effects) {
    bytes += EFFECT_BYTES + effect.key.length + (effect.type === 'put' ? effect.value.length : 0);
  }
  return bytes;
}

export function writeEffects(to: ByteWriter, effects: readonly Effect[]): void {
  to.integer(effects.length);
  for (const effect of effects) {
    to.u8(effect.type === 'put' ? PUT : DELETE);
    to.block(effect.key);
    if (effect.type === 'put') to.block(effect.value);
  }
}

/** @throws MalformedError */
export function readHead(bytes: Uint8Array): RecordHead {
  return headFrom(new ByteReader(bytes));
}

/** Keys and values lie where `bytes` do. @throws MalformedError */
export function readEntries(bytes: Uint8Array): LogEntry[] {
  const from = new ByteReader(bytes);
  const { count } = headFrom(from);
  const entries: LogEntry[] = [];
  for (let i = 0; i < count; i++) {
    const replica = from.u8() - 1;
    const origin = replica < 0 ? undefined : { replica, incarnation: from.integer(), number: from.integer() };
    entries.push({ origin, effects: readEffects(from) });
  }
  from.end();
  return entries;
}

export function readEffects(from: ByteReader): Effect[] {
  const effects: Effect[] = [];
  for (let count = from.integer(); count > 0; count--) {
    const type = from.u8();
    if (type > PUT) throw new MalformedError(`no effect: ${type}`);
    const key = from.blockInPlace();
    effects.push(type === PUT ? { type: 'put', key, value: from.blockInPlace() } : { type: 'delete', key });
  }
  return effects;
}

function headFrom(from: ByteReader): RecordHead {
  const head = { epoch: from.integer(), version: from.integer(), count: from.integer() };
  if (head.count === 0 || head.version === 0)
    throw new MalformedError('a record without entries, or before all versions');
  return head;
}
