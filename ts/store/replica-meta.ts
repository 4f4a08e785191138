/** What a replica keeps beside its log and its data: who it is, what it has promised, and whether its log may count. */
import { ConsortError } from '../base/errors.js';
import { ByteReader, ByteWriter } from '../stack/codec.js';
import type { DatabaseReads, Operation } from './database.js';
import { metaKey } from './keys.js';
import type { Standing } from './store-messages.js';

export interface ReplicaMeta {
  readonly name: string;
  /** Empty: not part of a store yet. */
  readonly storeId: string;
  readonly standing: Standing;
  readonly promised: number;
}

/** Up to where effects are in the database, and the epoch that wrote that version. */
export interface AppliedMark {
  readonly version: number;
  readonly epoch: number;
}

const META_KEY = metaKey('replica');
const APPLIED_KEY = metaKey('applied');
const FORMAT = 1;
const MAGIC = 'consort store';
const STANDINGS: readonly Standing[] = ['intact', 'blank', 'half'];

export function metaOperation({ name, storeId, standing, promised }: ReplicaMeta): Operation {
  const to = new ByteWriter().text(MAGIC).u16(FORMAT).text(name).text(storeId);
  return { type: 'put', key: META_KEY, value: to.u8(STANDINGS.indexOf(standing)).integer(promised).finish() };
}

export function appliedOperation({ version, epoch }: AppliedMark): Operation {
  return { type: 'put', key: APPLIED_KEY, value: new ByteWriter().integer(version).integer(epoch).finish() };
}

/** @throws MalformedError; ConsortError `ERR_STORE_FOREIGN` when it is the directory of another replica, or written by another version of consort */
export function readMeta(database: DatabaseReads, name: string): ReplicaMeta {
  const bytes = database.get(META_KEY);
  if (bytes === undefined) return { name, storeId: '', standing: 'blank', promised: 0 };
  const from = new ByteReader(bytes);
  if (from.text() !== MAGIC) throw foreign('is not one of a replicated store');
  const format = from.u16();
  if (format !== FORMAT) throw foreign(`has format ${format}, and this version of consort reads ${FORMAT}`);
  const found = from.text();
  if (found !== name) throw foreign(`belongs to the replica '${found}', and this one is '${name}'`);
  const meta = {
    name,
    storeId: from.text(),
    standing: STANDINGS[from.u8()] ?? 'half',
    promised: from.integer(),
  };
  from.end();
  return meta;
}

/** @throws MalformedError */
export function readApplied(database: DatabaseReads): AppliedMark {
  const bytes = database.get(APPLIED_KEY);
  if (bytes === undefined) return { version: 0, epoch: 0 };
  const from = new ByteReader(bytes);
  const mark = { version: from.integer(), epoch: from.integer() };
  from.end();
  return mark;
}

function foreign(what: string): ConsortError {
  return new ConsortError('ERR_STORE_FOREIGN', `the database ${what}; give each replica a directory of its own`);
}
