/** The options of a ReplicatedStore, declared as data like those of GroupMember (api/option-table.ts), most of which it takes, too. */
import { type GroupMemberOptions, OPTIONS, type OptionDeclaration, wanted } from '../api/option-table.js';
import { takeOptions } from '../api/options.js';
import { invalid, record } from '../base/checks.js';
import { ConsortArgumentError } from '../base/errors.js';
import { quote } from '../base/show.js';
import type { OpenDatabase } from './database.js';
import { MAX_REPLICAS, STORE_LIMITS, type StoreLimits } from './limits.js';

/** What it hands on to the member of the group that it is. */
const GROUP_OPTION_NAMES = [
  'groupName',
  'mode',
  'threadMode',
  'address',
  'transports',
  'multicastGroup',
  'discovery',
  'memory',
  'mtu',
  'checksum',
  'offload',
  'lingerMs',
  'params',
  'key',
  'drop',
  'seed',
  'groupd',
  'groupdHosts',
  'errorHandler',
] as const satisfies readonly (keyof GroupMemberOptions)[];

type GroupOptionName = (typeof GROUP_OPTION_NAMES)[number];

/** What a ReplicatedStore may be given; docs/store.md has a line for each. */
export interface ReplicatedStoreOptions extends Pick<GroupMemberOptions, GroupOptionName> {
  readonly name: string;
  readonly members: readonly string[];
  readonly directory: string;
  readonly durability?: 'disk' | 'memory' | undefined;
  readonly database?: OpenDatabase | undefined;
  readonly logEntries?: number | undefined;
  readonly logBytes?: number | undefined;
  readonly maxPendingTransactions?: number | undefined;
  readonly maxPendingBytes?: number | undefined;
  readonly writeTimeoutMs?: number | undefined;
  readonly outcomeTimeoutMs?: number | undefined;
}

const MIB = 1 << 20;
const GIB = 1 << 30;
const NAME_KIND = { type: 'text', minBytes: 1, maxBytes: 255 } as const;

/** Those that a GroupMember has not. */
export const STORE_OPTIONS = {
  name: {
    kind: NAME_KIND,
    required: true,
    sentence: 'Name of this replica, one of `members`: it stays the same when the replica is started again.',
  },
  members: {
    kind: { type: 'special', want: `an array of 1 to ${MAX_REPLICAS} different names, 'name' among them` },
    required: true,
    sentence: 'Names of all replicas of the store, the same at all of them; a majority of these is a quorum.',
  },
  directory: {
    kind: { type: 'text', minBytes: 1, maxBytes: 4096 },
    required: true,
    sentence: 'Where the database of this replica is, and of no other; made when it is not there.',
  },
  durability: {
    kind: { type: 'choice', choices: ['disk', 'memory'] },
    default: 'disk',
    sentence:
      "When a replica has a write: when it is on its disk, after an fsync, or with 'memory' when it has received it; the same at all replicas.",
  },
  database: {
    kind: { type: 'function', signature: '(directory: string) => Promise<Database>' },
    defaultText: 'LevelDB, by the package classic-level',
    sentence: 'Opens the database; see [Other databases](#other-databases).',
  },
  logEntries: {
    kind: { type: 'integer', unit: 'number', min: 1, max: 100_000_000 },
    default: 100_000,
    sentence: 'So many versions are kept in the log; who lacks more than the log has is synchronized as a whole.',
  },
  logBytes: {
    kind: { type: 'integer', unit: 'bytes', min: 1, max: 64 * GIB },
    default: 64 * MIB,
    sentence: 'So long the log may be; it is trimmed to the lesser of both bounds.',
  },
  maxPendingTransactions: {
    kind: { type: 'integer', unit: 'number', min: 1, max: 10_000_000 },
    default: STORE_LIMITS.maxPendingTransactions,
    sentence: 'So many transactions of this replica may wait to be committed; more are refused with `ERR_QUEUE_FULL`.',
  },
  maxPendingBytes: {
    kind: { type: 'integer', unit: 'bytes', min: 16 * MIB, max: GIB },
    default: STORE_LIMITS.maxPendingBytes,
    sentence: 'So long may they be together.',
  },
  writeTimeoutMs: {
    kind: { type: 'integer', unit: 'ms', min: 100, max: 3_600_000 },
    default: STORE_LIMITS.writeTimeoutMs,
    sentence: 'A write of the database that takes longer than this is a failure of the disk.',
  },
  outcomeTimeoutMs: {
    kind: { type: 'integer', unit: 'ms', min: 1, max: 3_600_000 },
    default: STORE_LIMITS.outcomeTimeoutMs,
    sentence:
      'A transaction that was under way when the majority was lost waits so long for it to come back, and then rejects with `ERR_STORE_OUTCOME_UNKNOWN`.',
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Those that it has in common with a GroupMember, and what counts here when they are not given. */
export const STORE_GROUP_OPTIONS: Readonly<Record<GroupOptionName, OptionDeclaration>> = Object.freeze({
  ...(Object.fromEntries(GROUP_OPTION_NAMES.map((name) => [name, OPTIONS[name]])) as Record<
    GroupOptionName,
    OptionDeclaration
  >),
  // No more than some windows of records are ever on their way.
  memory: { ...OPTIONS.memory, default: 32 * MIB },
});

export interface CheckedStoreOptions {
  readonly name: string;
  readonly members: readonly string[];
  readonly directory: string;
  readonly durability: 'disk' | 'memory';
  /** Undefined: the default one. */
  readonly database: OpenDatabase | undefined;
  readonly logEntries: number;
  readonly logBytes: number;
  readonly limits: Partial<StoreLimits>;
  /** Of the member; checked by it. */
  readonly group: GroupMemberOptions;
  readonly errorHandler: ((error: Error) => void) | undefined;
}

/** What the casts of replicas need: views, FIFO, and messages longer than a frame. */
const PROPERTIES = 'Gmp:Sync:Heal:Frag:Suspect:Flow';
/** Replicas and other members of a group of that name do not hear each other. */
const KEY_PREFIX = 'consort store ';
/**
 * What waits for flow control is bounded by what the replicas have submitted, and by windows; a message that is refused would be a gap in what others
 * receive, so the group itself refuses none.
 */
const MAX_QUEUED_BYTES = 64 * GIB;

/** @throws ConsortArgumentError for the first that is wrong; what is the group's, its member checks */
export function checkStoreOptions(given: unknown): CheckedStoreOptions {
  const names = [...Object.keys(STORE_OPTIONS), ...GROUP_OPTION_NAMES];
  const { own, rest } = takeOptions(record(given, 'options', names), STORE_OPTIONS);
  for (const [name, declaration] of Object.entries<OptionDeclaration>(STORE_OPTIONS)) {
    if (declaration.required !== true || own[name] !== undefined) continue;
    throw invalid(`options.${name}`, undefined, wanted(declaration.kind));
  }
  const { name, members, maxPendingTransactions, maxPendingBytes, writeTimeoutMs, outcomeTimeoutMs, ...simple } =
    own as unknown as Omit<CheckedStoreOptions, 'limits' | 'group' | 'errorHandler'> & StoreLimits;
  const { key = '', errorHandler, memory, ...group } = rest as unknown as GroupMemberOptions;
  if (typeof key !== 'string') throw invalid('options.key', key, wanted(OPTIONS.key.kind));
  return Object.freeze({
    ...simple,
    name,
    members: checkMembers(members, name),
    limits: Object.freeze({ maxPendingTransactions, maxPendingBytes, writeTimeoutMs, outcomeTimeoutMs }),
    errorHandler: checkHandler(errorHandler),
    group: Object.freeze({
      ...group,
      memory: memory ?? (STORE_GROUP_OPTIONS.memory.default as number),
      key: KEY_PREFIX + key,
      properties: PROPERTIES,
      heartbeatRate: 0,
      viewMessages: false,
      maxQueuedBytes: MAX_QUEUED_BYTES,
    }),
  });
}

function checkMembers(members: unknown, name: string): readonly string[] {
  const path = 'options.members';
  const { want } = STORE_OPTIONS.members.kind;
  if (!Array.isArray(members) || members.length === 0 || members.length > MAX_REPLICAS) {
    throw invalid(path, members, want);
  }
  for (const [index, member] of members.entries()) {
    takeOptions({ [index]: member }, { [index]: { kind: NAME_KIND, sentence: '' } }, path);
    if (members.indexOf(member) < index) throw wrongMembers(`${quote(String(member))} is in it twice`, members);
  }
  if (!members.includes(name)) throw wrongMembers(`${quote(name)}, the name of this replica, is not in it`, members);
  return Object.freeze([...members]);
}

function wrongMembers(what: string, got: unknown): ConsortArgumentError {
  const { want } = STORE_OPTIONS.members.kind;
  return new ConsortArgumentError('ERR_INVALID_OPTION', `options.members: ${what}, want ${want}`, {
    details: { path: 'options.members', got, want },
  });
}

function checkHandler(handler: unknown): ((error: Error) => void) | undefined {
  if (handler === undefined || typeof handler === 'function') return handler as ((error: Error) => void) | undefined;
  throw invalid('options.errorHandler', handler, wanted(OPTIONS.errorHandler.kind));
}
