/**
 * The options of a GroupMember, declared once as data: validation (options.ts), the table in docs/api.md and the command line's help
 * are made from it.
 */
import { formatBytes } from '../base/show.js';
import type { DropOptions, ThreadMode } from '../data-plane/data-plane.js';
import { DISCOVERY_WANT, type DiscoveryOption } from '../discovery/choose.js';
import type { Directory } from '../discovery/directory.js';
import { GROUPD_HOST, GROUPD_PORT } from '../groupd/limits.js';
import type { AddressInput } from '../transport/address.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** What a GroupMember may be given; docs/api.md has a line for each. */
export interface GroupMemberOptions {
  readonly groupName: string;
  readonly properties?: string | undefined;
  readonly protocol?: string | undefined;
  readonly params?: string | undefined;
  readonly viewMessages?: boolean | undefined;
  readonly mode?: 'auto' | 'native' | 'ts' | undefined;
  readonly threadMode?: ThreadMode | undefined;
  readonly address?: AddressInput | undefined;
  readonly transports?: string | undefined;
  readonly multicastGroup?: AddressInput | undefined;
  readonly discovery?: DiscoveryOption | undefined;
  readonly memory?: number | undefined;
  readonly maxMessageSize?: number | undefined;
  readonly highWaterMark?: number | undefined;
  readonly maxQueuedBytes?: number | undefined;
  readonly eventBufferBytes?: number | undefined;
  readonly mtu?: 'auto' | number | undefined;
  readonly checksum?: boolean | undefined;
  readonly offload?: boolean | undefined;
  readonly heartbeatRate?: number | undefined;
  readonly lingerMs?: number | undefined;
  readonly errorHandler?: ((error: Error) => void) | undefined;
  readonly key?: string | undefined;
  readonly drop?: DropOptions | undefined;
  readonly seed?: number | undefined;
  readonly argv?: readonly string[] | undefined;
  readonly groupd?: boolean | undefined;
  readonly groupdHosts?: string | readonly AddressInput[] | undefined;
  readonly directory?: Directory | undefined;
  readonly groupAddress?: AddressInput | undefined;
}

/** What values an option takes. */
export type OptionKind =
  | { readonly type: 'integer'; readonly unit: 'bytes' | 'ms' | 'number'; readonly min: number; readonly max: number }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'boolean' }
  | { readonly type: 'function'; readonly signature: string }
  /** Text; the limits are bytes of UTF-8. */
  | { readonly type: 'text'; readonly minBytes: number; readonly maxBytes: number }
  /** Something with a check of its own; `want` says what it takes. */
  | { readonly type: 'special'; readonly want: string };

export interface OptionDeclaration {
  readonly kind: OptionKind;
  /** What counts when the option is not given; undefined: nothing does, and `defaultText` says what that means. */
  readonly default?: string | number | boolean;
  readonly defaultText?: string;
  /** Must be given. */
  readonly required?: boolean;
  /** What it is for: one sentence. */
  readonly sentence: string;
}

export const OPTIONS = {
  groupName: {
    kind: { type: 'text', minBytes: 1, maxBytes: 255 },
    required: true,
    sentence: 'Name of the group; members with other names do not hear each other.',
  },
  properties: {
    kind: { type: 'special', want: 'names of properties separated by colons' },
    defaultText: "'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow'; 'Frag:Flow' where `join()` is given members",
    sentence: 'What the group shall have; without Gmp it runs in the fixed view that `join()` is given.',
  },
  protocol: {
    kind: { type: 'special', want: 'names of layers separated by colons' },
    defaultText: 'that of the properties',
    sentence: 'The stack itself, from the top, instead of properties; also in the form of Horus.',
  },
  params: {
    kind: { type: 'special', want: 'name=value:type, separated by semicolons' },
    default: '',
    sentence:
      'Parameters of the layers, as `suspect_sweep=0.5:time;suspect_max_idle=3:int`; docs/groups.md has the list.',
  },
  viewMessages: {
    kind: { type: 'boolean' },
    default: true,
    sentence: 'Whether this member, as coordinator, is asked for a message that goes with each view.',
  },
  mode: {
    kind: { type: 'choice', choices: ['auto', 'native', 'ts'] },
    default: 'auto',
    sentence: "The data plane: the C++ addon, its TypeScript twin, or, with 'auto', the addon where it loads.",
  },
  threadMode: {
    kind: { type: 'choice', choices: ['single', 'multi'] },
    default: 'multi',
    sentence: "Where the data plane runs: on a thread of its own ('multi'), or on the event loop ('single').",
  },
  address: {
    kind: { type: 'special', want: "'host:port', '[ipv6]:port' or {host, port}" },
    default: '127.0.0.1:0',
    sentence: 'Where to bind; port 0 lets the system choose. Names are looked up.',
  },
  transports: {
    kind: { type: 'special', want: 'names of transports separated by colons' },
    default: 'UDP',
    sentence:
      'How datagrams travel: the first name that is known counts. UDP sends to each member, DEERING by IP multicast.',
  },
  multicastGroup: {
    kind: { type: 'special', want: "'host:port' of an IP multicast address in numbers" },
    defaultText: 'none',
    sentence: 'Where casts go with the transport DEERING; the same at all members.',
  },
  discovery: {
    kind: { type: 'special', want: DISCOVERY_WANT },
    default: 'multicast',
    sentence:
      'How views of the group hear of each other; see [discovery.md](discovery.md). A fixed view has no use for it.',
  },
  memory: {
    kind: { type: 'integer', unit: 'bytes', min: MIB, max: 64 * GIB },
    default: 64 * MIB,
    sentence:
      'Memory for the rings of a view; the same at all members. While one view follows another there may be twice as much.',
  },
  maxMessageSize: {
    kind: { type: 'integer', unit: 'bytes', min: 1, max: GIB },
    default: 64 * MIB,
    sentence: 'The longest message to send and to take.',
  },
  highWaterMark: {
    kind: { type: 'integer', unit: 'bytes', min: 0, max: 64 * GIB },
    default: 64 * 1024,
    sentence: 'As soon as this much waits for flow control `writableNeedDrain` is true.',
  },
  maxQueuedBytes: {
    kind: { type: 'integer', unit: 'bytes', min: 0, max: 64 * GIB },
    default: 64 * MIB,
    sentence: 'More than this never waits for flow control: further messages are refused with `ERR_QUEUE_FULL`.',
  },
  eventBufferBytes: {
    kind: { type: 'integer', unit: 'bytes', min: 0, max: 64 * GIB },
    default: MIB,
    sentence:
      'When this much waits for a `for await` loop, nothing more is consumed, and flow control slows the senders.',
  },
  mtu: {
    kind: { type: 'special', want: "'auto' or an integer from 1200 to 65504" },
    default: 'auto',
    sentence: "Most bytes of UDP payload in a frame; 'auto' takes what the MTU of the interface allows.",
  },
  checksum: {
    kind: { type: 'boolean' },
    default: false,
    sentence: 'Whether frames carry a checksum (CRC-32C) beyond that of UDP; the same at all members.',
  },
  offload: {
    kind: { type: 'boolean' },
    default: true,
    sentence: 'Whether UDP segmentation offload (GSO, GRO) is used where the kernel has it.',
  },
  heartbeatRate: {
    kind: { type: 'integer', unit: 'ms', min: 0, max: 86_400_000 },
    default: 5000,
    sentence: 'Time between calls of `onHeartbeat()` while joined; 0: none.',
  },
  lingerMs: {
    kind: { type: 'integer', unit: 'ms', min: 0, max: 3_600_000 },
    default: 1000,
    sentence: 'How long `leave()` and `close()` wait at most for what was sent to arrive everywhere.',
  },
  errorHandler: {
    kind: { type: 'function', signature: '(error: Error) => void' },
    defaultText: "emits 'error', or a process warning if nobody listens",
    sentence: 'Gets what goes wrong outside of any call: callbacks that throw, messages refused, a socket that fails.',
  },
  key: {
    kind: { type: 'text', minBytes: 0, maxBytes: 1024 },
    default: '',
    sentence: 'Separates groups of one name from each other. Not a secret: nothing is encrypted yet.',
  },
  drop: {
    kind: {
      type: 'special',
      want: '{rate, seed, ports}: a rate from 0 to 1, an integer, and, where some members are to be cut off, 2,048 words of shared memory',
    },
    defaultText: 'none',
    sentence:
      'Loses arriving frames on purpose, for tests: with this probability, repeatable by the seed; and all of members at UDP ports whose bits are set in `ports`, at any time.',
  },
  seed: {
    kind: { type: 'integer', unit: 'number', min: 0, max: 2 ** 32 - 1 },
    defaultText: 'random',
    sentence: "Seed of the protocol's random delays, for runs that can be repeated.",
  },
  argv: {
    kind: { type: 'special', want: 'an array of strings' },
    defaultText: 'what `GroupMember.start(argv)` was given',
    sentence: 'Words of a command line, of which the flags that consort knows count for options that are not given.',
  },
  groupd: {
    kind: { type: 'boolean' },
    default: false,
    sentence:
      'Whether a membership service (`consort groupd`) decides about views; see [groups.md](groups.md#a-membership-service).',
  },
  groupdHosts: {
    kind: { type: 'special', want: "'host:port,host:port' or an array of addresses" },
    default: `${GROUPD_HOST}:${GROUPD_PORT}`,
    sentence:
      'Where membership services are, with `groupd`: the first that answers is taken; the same order at all members.',
  },
  directory: {
    kind: { type: 'special', want: 'an object with register(), unregister() and lookup()' },
    defaultText: 'one that asks all members by discovery',
    sentence: 'Where `contactName` of `join()` is looked up and registered.',
  },
  groupAddress: {
    kind: { type: 'special', want: "'host:port' of a member" },
    defaultText: 'none',
    sentence: 'A member to ask for the group when the directory knows none, or when there is no `contactName`.',
  },
} as const satisfies Record<keyof GroupMemberOptions, OptionDeclaration>;

export type OptionName = keyof typeof OPTIONS;

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** What an option takes, as a message says it after `want`. */
export function wanted(kind: OptionKind): string {
  switch (kind.type) {
    case 'integer':
      return `an integer from ${withUnit(kind.min, kind.unit)} to ${withUnit(kind.max, kind.unit)}`;
    case 'choice':
      return `one of ${kind.choices.map((choice) => `'${choice}'`).join(', ')}`;
    case 'boolean':
      return 'true or false';
    case 'function':
      return `a function ${kind.signature}`;
    case 'text':
      return `a string of ${kind.minBytes} to ${kind.maxBytes} bytes of UTF-8`;
    case 'special':
      return kind.want;
  }
}

/** What counts when the option is not given, for people. */
export function defaultText(declaration: OptionDeclaration): string {
  if (declaration.required === true) return 'must be given';
  if (declaration.defaultText !== undefined) return declaration.defaultText;
  const { default: value, kind } = declaration;
  if (typeof value === 'number' && kind.type === 'integer') return withUnit(value, kind.unit);
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function withUnit(value: number, unit: 'bytes' | 'ms' | 'number'): string {
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'ms' ? `${value} ms` : String(value);
}
