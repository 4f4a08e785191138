/**
 * Options from a command line, for all members of a process or for one, in the spelling of Ensemble: `-gossip_hosts a:b -transport UDP`.
 *
 * Source: `Maestro_GroupMember::start(argv)` and the option `argv` of the seed documents; Ensemble's appl/arge.ml.
 */
import { ConsortArgumentError } from '../base/errors.js';
import { show } from '../base/show.js';
import { GROUPD_HOST, GROUPD_PORT } from '../groupd/limits.js';
import type { GroupMemberOptions } from './option-table.js';

export type OptionDefaults = Partial<GroupMemberOptions>;

/** Flags that take a value, and the option that each gives. */
const FLAGS = {
  '-group_name': 'groupName',
  '-properties': 'properties',
  '-protocol': 'protocol',
  '-params': 'params',
  '-key': 'key',
  '-transport': 'transports',
  '-transports': 'transports',
  '-modes': 'transports',
} as const satisfies Record<string, keyof GroupMemberOptions>;

/** Flags that take a value, and of which several make one option. */
const OTHER_FLAGS = ['-gossip_hosts', '-gossip_port', '-groupd_hosts', '-groupd_port', '-host_ip', '-udp_port'];

const GOSSIP_PORT = 6788;

/** What stands for options that a member is not given, until the next call of `start`. */
let processDefaults: OptionDefaults = {};

/**
 * Takes the flags that it knows as defaults for all members made from now on, and returns the others. `undefined` takes none, and forgets those
 * of an earlier call.
 * @throws ConsortArgumentError for a flag without its value
 */
export function start(argv?: readonly string[]): string[] {
  const { defaults, rest } = parseArguments(argv ?? [], 'argv');
  processDefaults = defaults;
  return rest;
}

/** Options with what stands for those that were not given. */
export function withDefaults(given: Record<string, unknown>): Record<string, unknown> {
  const { argv, ...options } = given;
  const own = argv === undefined ? {} : parseArguments(argv, 'options.argv').defaults;
  const defaults: Record<string, unknown> = { ...processDefaults, ...own };
  // One of both is wanted: what was given in this form or the other counts.
  if (options.properties !== undefined) delete defaults.protocol;
  if (options.protocol !== undefined) delete defaults.properties;
  for (const [name, value] of Object.entries(options)) if (value !== undefined) defaults[name] = value;
  return defaults;
}

/** The options that known flags give, and the arguments that are none. */
export function parseArguments(argv: unknown, path: string): { defaults: OptionDefaults; rest: string[] } {
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === 'string')) {
    throw new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(argv)}, want an array of strings`, {
      details: { path, got: argv },
    });
  }
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const flag = argv[i] as string;
    if (flag === '-groupd') {
      values.set(flag, '');
      continue;
    }
    if (!isKnown(flag)) {
      rest.push(flag);
      continue;
    }
    const value: string | undefined = argv[++i];
    if (value === undefined) throw withoutValue(flag, path);
    values.set(flag, value);
  }
  return { defaults: optionsOf(values), rest };
}

function isKnown(flag: string): boolean {
  return flag in FLAGS || OTHER_FLAGS.includes(flag);
}

function optionsOf(values: ReadonlyMap<string, string>): OptionDefaults {
  const options: Record<string, unknown> = {};
  for (const [flag, option] of Object.entries(FLAGS)) {
    const value = values.get(flag);
    if (value !== undefined) options[option] = value;
  }
  const hosts = values.get('-gossip_hosts');
  if (hosts !== undefined) {
    options.discovery = { type: 'gossip', servers: serversOf(hosts, values.get('-gossip_port'), GOSSIP_PORT) };
  }
  Object.assign(options, groupdOptions(values));
  const host = values.get('-host_ip');
  const port = values.get('-udp_port');
  if (host !== undefined || port !== undefined) {
    options.address = { host: host ?? '127.0.0.1', port: port === undefined ? 0 : Number(port) };
  }
  return options;
}

function groupdOptions(values: ReadonlyMap<string, string>): OptionDefaults {
  const options: Record<string, unknown> = {};
  if (values.has('-groupd')) options.groupd = true;
  const hosts = values.get('-groupd_hosts');
  const port = values.get('-groupd_port');
  if (hosts !== undefined || port !== undefined)
    options.groupdHosts = serversOf(hosts ?? GROUPD_HOST, port, GROUPD_PORT);
  return options;
}

/** Ensemble separates hosts by colons, and has one port for all; a port of its own may stand behind a host between commas. */
function serversOf(hosts: string, givenPort: string | undefined, usualPort: number): readonly unknown[] {
  const port = Number(givenPort ?? usualPort);
  if (/:\d+(,|$)/.test(hosts)) return hosts.split(',');
  return hosts.split(/[:,]/).map((host) => ({ host, port }));
}

function withoutValue(flag: string, path: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: ${flag} is the last word, want a value behind it`, {
    details: { path, flag },
  });
}
