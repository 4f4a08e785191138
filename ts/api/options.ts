/** The options of a GroupMember, checked: what comes out of `checkOptions` is complete, right and frozen. */
import { randomInt } from 'node:crypto';
import { invalid, record } from '../base/checks.js';
import { ConsortArgumentError } from '../base/errors.js';
import type { Address, DropOptions, ThreadMode } from '../data-plane/data-plane.js';
import { PORT_SET_WORDS } from '../data-plane/typescript/port-set.js';
import { type DiscoveryChoice, parseDiscovery } from '../discovery/choose.js';
import type { Directory } from '../discovery/directory.js';
import { MAX_GROUPD_HOSTS } from '../groupd/limits.js';
import { Params } from '../stack/params.js';
import { type HostAndPort, isMulticast, parseAddress } from '../transport/address.js';
import { OPTION_NAMES, OPTIONS, type OptionDeclaration, type OptionKind, wanted } from './option-table.js';
import { chooseStack, type StackChoice } from './stack-choice.js';
import { withDefaults } from './start.js';
import { parseTransports, type TransportName } from './transports.js';

/** The options after the check: every default filled in. */
export interface CheckedOptions {
  readonly groupName: string;
  /** Which stack, with or without views. */
  readonly stack: StackChoice;
  readonly viewMessages: boolean;
  readonly mode: 'auto' | 'native' | 'ts';
  readonly threadMode: ThreadMode;
  /** Where to bind; the host may be a name. */
  readonly address: HostAndPort;
  readonly transport: TransportName;
  readonly multicastGroup: Address | undefined;
  readonly discovery: DiscoveryChoice;
  readonly memory: number;
  readonly maxMessageSize: number;
  readonly highWaterMark: number;
  readonly maxQueuedBytes: number;
  readonly eventBufferBytes: number;
  /** Bytes; undefined: what the interface allows. */
  readonly mtu: number | undefined;
  readonly checksum: boolean;
  readonly offload: boolean;
  readonly heartbeatRate: number;
  readonly lingerMs: number;
  readonly errorHandler: ((error: Error) => void) | undefined;
  readonly key: string;
  readonly drop: DropOptions | undefined;
  /** Undefined: a random one. */
  readonly seed: number | undefined;
  readonly directory: Directory | undefined;
  /** The host may be a name. */
  readonly groupAddress: HostAndPort | undefined;
  /** Whether a membership service decides about views. */
  readonly groupd: boolean;
  /** Where there is one, by preference; a host may be a name. */
  readonly groupdHosts: readonly HostAndPort[];
}

const MIN_MTU = 1200;
const MAX_MTU = 65504;
// Half a character, which has no form in UTF-8.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Checks what a caller gave. Throws a ConsortArgumentError for the first thing that is wrong. */
export function checkOptions(given: unknown): CheckedOptions {
  const values = withDefaults(record(given, 'options', OPTION_NAMES));
  for (const name of OPTION_NAMES) {
    const declaration: OptionDeclaration = OPTIONS[name];
    if (values[name] === undefined && declaration.required !== true) {
      values[name] = declaration.default;
    } else {
      checkKind(`options.${name}`, values[name], declaration.kind);
    }
  }
  // From here on each value has the type that its declaration says; those with a check of their own follow.
  const { transports, properties, protocol, params, argv: _, ...rest } = values;
  const simple = rest as unknown as Omit<
    CheckedOptions,
    'stack' | 'directory' | 'groupAddress' | 'address' | 'mtu' | 'transport' | 'discovery' | 'drop' | 'groupdHosts'
  >;
  const transport = parseTransports(text('options.transports', transports), 'options.transports');
  const stack = chooseStack(properties, protocol, params, simple.groupd);
  return Object.freeze({
    ...simple,
    stack,
    address: Object.freeze(parseAddress(values.address, 'options.address', 'ERR_INVALID_OPTION', 0)),
    transport,
    multicastGroup: checkMulticastGroup(values.multicastGroup, transport),
    discovery: parseDiscovery(values.discovery),
    mtu: checkMtu(values.mtu),
    drop: values.drop === undefined ? dropOf(stack, simple.seed) : checkDrop(values.drop),
    errorHandler: simple.errorHandler ?? undefined,
    seed: simple.seed ?? undefined,
    directory: checkDirectory(values.directory),
    groupAddress: checkGroupAddress(values.groupAddress),
    groupdHosts: checkGroupdHosts(values.groupdHosts),
  });
}

/**
 * Takes these options out of those given, checked and with what counts where they are not given; the rest is for somebody else.
 * @throws ConsortArgumentError for the first that is wrong
 */
export function takeOptions(
  given: Readonly<Record<string, unknown>>,
  declarations: Readonly<Record<string, OptionDeclaration>>,
  path = 'options',
): { own: Record<string, unknown>; rest: Record<string, unknown> } {
  const own: Record<string, unknown> = {};
  const rest = { ...given };
  for (const [name, declaration] of Object.entries(declarations)) {
    const value = given[name];
    delete rest[name];
    own[name] = value ?? declaration.default;
    if (value !== undefined) checkKind(`${path}.${name}`, value, declaration.kind);
  }
  return { own, rest };
}

function checkKind(path: string, value: unknown, kind: OptionKind): void {
  if (!fits(value, kind)) throw invalid(path, value, wanted(kind));
}

function fits(value: unknown, kind: OptionKind): boolean {
  switch (kind.type) {
    case 'integer':
      return Number.isInteger(value) && (value as number) >= kind.min && (value as number) <= kind.max;
    case 'choice':
      return kind.choices.includes(value as string);
    case 'boolean':
      return typeof value === 'boolean';
    case 'function':
      return typeof value === 'function';
    case 'text': {
      if (typeof value !== 'string' || LONE_SURROGATE.test(value)) return false;
      const bytes = Buffer.byteLength(value);
      return bytes >= kind.minBytes && bytes <= kind.maxBytes;
    }
    case 'special':
      return true;
  }
}

function text(path: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(path, value, 'a string of names separated by colons');
  return value;
}

function checkMtu(value: unknown): number | undefined {
  if (value === 'auto') return undefined;
  if (Number.isInteger(value) && (value as number) >= MIN_MTU && (value as number) <= MAX_MTU) return value as number;
  throw invalid('options.mtu', value, OPTIONS.mtu.kind.want);
}

function checkDirectory(value: unknown): Directory | undefined {
  if (value === undefined) return undefined;
  const { register, unregister, lookup } = (value ?? {}) as Partial<Record<string, unknown>>;
  if ([register, unregister, lookup].every((method) => typeof method === 'function')) return value as Directory;
  throw invalid('options.directory', value, OPTIONS.directory.kind.want);
}

function checkGroupAddress(value: unknown): HostAndPort | undefined {
  if (value === undefined) return undefined;
  return Object.freeze(parseAddress(value, 'options.groupAddress', 'ERR_INVALID_OPTION', 1));
}

function checkGroupdHosts(value: unknown): readonly HostAndPort[] {
  const path = 'options.groupdHosts';
  const list: unknown = typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_GROUPD_HOSTS) {
    throw invalid(path, value, `${OPTIONS.groupdHosts.kind.want}, 1 to ${MAX_GROUPD_HOSTS}`);
  }
  return Object.freeze(list.map((each) => Object.freeze(parseAddress(each, path, 'ERR_INVALID_OPTION', 1))));
}

/** What the layer Drop loses; the option `drop` counts more. */
function dropOf({ group, fixed, params }: StackChoice, seed: number | undefined): DropOptions | undefined {
  const stack = group ?? fixed ?? '';
  if (!stack.split(':').includes('Drop')) return undefined;
  return Object.freeze({ rate: Params.parse(params).number('drop_rate'), seed: seed ?? randomInt(2 ** 32) });
}

function checkDrop(value: unknown): DropOptions {
  const { rate, seed, ports } = record(value, 'options.drop', ['rate', 'seed', 'ports']);
  if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) {
    throw invalid('options.drop.rate', rate, 'a number from 0 to 1');
  }
  checkKind('options.drop.seed', seed, OPTIONS.seed.kind);
  return Object.freeze({ rate, seed: seed as number, ...(ports === undefined ? {} : { ports: checkPorts(ports) }) });
}

/** Shared, because the thread that looks may be another than that which changes them. */
function checkPorts(value: unknown): Int32Array {
  const isSet =
    value instanceof Int32Array && value.length === PORT_SET_WORDS && value.buffer instanceof SharedArrayBuffer;
  if (!isSet) throw invalid('options.drop.ports', value, `an Int32Array of ${PORT_SET_WORDS} words of shared memory`);
  return value;
}

function checkMulticastGroup(value: unknown, transport: TransportName): Address | undefined {
  const path = 'options.multicastGroup';
  if (value === undefined) {
    if (transport !== 'DEERING') return undefined;
    throw invalid(path, value, `${OPTIONS.multicastGroup.kind.want}, with the transport DEERING`);
  }
  if (transport !== 'DEERING') {
    throw new ConsortArgumentError(
      'ERR_INVALID_OPTION',
      `${path}: means nothing with the transport ${transport}; give transports: 'DEERING', or leave it out`,
      { details: { path, got: value, transport } },
    );
  }
  const address = parseAddress(value, path, 'ERR_INVALID_OPTION', 1);
  if (!isMulticast(address.host)) throw invalid(path, value, OPTIONS.multicastGroup.kind.want);
  return Object.freeze(address);
}
