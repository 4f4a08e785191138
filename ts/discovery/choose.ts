/**
 * The option `discovery`: from what a user wrote, as a string or an object, to a checked choice.
 *
 *   'multicast'  'multicast:239.1.2.3:5000'   {type: 'multicast', group, interfaces, ttl}
 *   'static:a:5001,b:5001'                    {type: 'static', hosts: ['a:5001', 'b:5001']}
 *   'gossip:a:6788'                           {type: 'gossip', servers: ['a:6788']}
 *   'dns:name:5001'  'dns:name'               {type: 'dns', name, port}
 *   'none'                                    {type: 'none'}
 */
import { isIP } from 'node:net';
import { invalid, record } from '../base/checks.js';
import { ConsortArgumentError } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { show } from '../base/show.js';
import { type AddressInput, type HostAndPort, isMulticast, parseAddress } from '../transport/address.js';
import type { DnsChoice } from './dns.js';
import type { GossipChoice } from './gossip.js';
import { MAX_INTERFACES, MAX_LISTED } from './limits.js';
import type { MulticastChoice } from './multicast.js';
import type { StaticChoice } from './static.js';

/** The option as it may be given. */
export type DiscoveryOption =
  | string
  | {
      readonly type: 'multicast';
      /** IP multicast address in numbers, and port. */
      readonly group?: AddressInput | undefined;
      /** Names or addresses of LAN interfaces. */
      readonly interfaces?: readonly string[] | undefined;
      /** 1: the LAN; more: as many routers less one. */
      readonly ttl?: number | undefined;
    }
  | { readonly type: 'static'; readonly hosts: readonly AddressInput[] }
  | { readonly type: 'gossip'; readonly servers: readonly AddressInput[] }
  | { readonly type: 'dns'; readonly name: string; readonly port?: number | undefined }
  | { readonly type: 'none' };

export type DiscoveryChoice =
  | MulticastChoice
  | StaticChoice
  | GossipChoice
  | DnsChoice
  | {
      readonly type: 'none';
    };

export const DISCOVERY_TYPES = ['multicast', 'static', 'gossip', 'dns', 'none'] as const;
type DiscoveryType = (typeof DISCOVERY_TYPES)[number];

/** What the option takes, as a message says it after `want`. */
export const DISCOVERY_WANT =
  "'multicast', 'static:host:port,…', 'gossip:host:port,…', 'dns:name:port', 'none', or an object with one of these as `type`";

const MAX_TTL = 255;
const DEFAULT_TTL = 1;
const MAX_INTERFACE_NAME = 64;
const CODE = 'ERR_INVALID_OPTION';

/** @throws ConsortArgumentError for the first thing that is wrong */
export function parseDiscovery(option: unknown, path = 'options.discovery'): DiscoveryChoice {
  if (typeof option === 'string') return Object.freeze(parseText(option, path));
  if (typeof option !== 'object' || option === null || Array.isArray(option))
    throw invalid(path, option, DISCOVERY_WANT);
  return Object.freeze(parseObject(option, path));
}

function parseText(text: string, path: string): DiscoveryChoice {
  const colon = text.indexOf(':');
  const type = checkType(colon < 0 ? text : text.slice(0, colon), text, path);
  const rest = colon < 0 ? undefined : text.slice(colon + 1);
  switch (type) {
    case 'none':
      if (rest !== undefined) throw invalid(path, text, "'none' with nothing behind it");
      return { type };
    case 'multicast':
      return {
        type,
        group: rest === undefined ? undefined : checkGroup(rest, path),
        interfaces: undefined,
        ttl: DEFAULT_TTL,
      };
    case 'static':
      return { type, hosts: parseList(rest, path, text) };
    case 'gossip':
      return { type, servers: parseList(rest, path, text) };
    case 'dns': {
      if (rest === undefined) throw invalid(path, text, "'dns:name:port', or 'dns:name' with SRV records");
      if (!rest.includes(':')) return { type, name: checkName(rest, path), port: undefined };
      const { host, port } = parseAddress(rest, path, CODE, 1);
      return { type, name: checkName(host, path), port };
    }
  }
}

function parseObject(given: object, path: string): DiscoveryChoice {
  const { type: name } = given as { readonly type?: unknown };
  const type = checkType(name, name, `${path}.type`);
  switch (type) {
    case 'none':
      record(given, path, ['type']);
      return { type };
    case 'multicast': {
      const { group, interfaces, ttl } = record(given, path, ['type', 'group', 'interfaces', 'ttl']);
      return {
        type,
        group: group === undefined ? undefined : checkGroup(group, `${path}.group`),
        interfaces: interfaces === undefined ? undefined : checkInterfaces(interfaces, `${path}.interfaces`),
        ttl: ttl === undefined ? DEFAULT_TTL : checkInteger(ttl, `${path}.ttl`, 0, MAX_TTL),
      };
    }
    case 'static':
      return { type, hosts: checkList(record(given, path, ['type', 'hosts']).hosts, `${path}.hosts`) };
    case 'gossip':
      return { type, servers: checkList(record(given, path, ['type', 'servers']).servers, `${path}.servers`) };
    case 'dns': {
      const { name, port } = record(given, path, ['type', 'name', 'port']);
      return {
        type,
        name: checkName(name, `${path}.name`),
        port: port === undefined ? undefined : checkInteger(port, `${path}.port`, 1, 65535),
      };
    }
  }
}

function checkType(name: unknown, got: unknown, path: string): DiscoveryType {
  const type = DISCOVERY_TYPES.find((known) => known === name);
  if (type !== undefined) return type;
  const meant = typeof name === 'string' ? didYouMean(name, DISCOVERY_TYPES) : '';
  const want = path.endsWith('.type')
    ? `one of ${DISCOVERY_TYPES.map((known) => `'${known}'`).join(', ')}`
    : DISCOVERY_WANT;
  throw new ConsortArgumentError(CODE, `${path}: got ${show(got)}, want ${want}${meant}`, {
    details: { path, got, want, known: DISCOVERY_TYPES },
  });
}

/** A multicast group. */
function checkGroup(input: unknown, path: string): HostAndPort {
  const address = parseAddress(input, path, CODE, 1);
  if (!isMulticast(address.host)) throw invalid(path, input, "'host:port' of an IP multicast address in numbers");
  return Object.freeze(address);
}

/** `'a:1,b:2'`. */
function parseList(rest: string | undefined, path: string, text: string): readonly HostAndPort[] {
  if (rest === undefined) throw invalid(path, text, `'${text}:host:port,…'`);
  return checkList(
    rest.split(',').map((word) => word.trim()),
    path,
    () => path,
  );
}

function checkList(
  list: unknown,
  path: string,
  pathOf = (index: number) => `${path}[${index}]`,
): readonly HostAndPort[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LISTED) {
    throw invalid(path, list, `an array of 1 to ${MAX_LISTED} addresses`);
  }
  return Object.freeze(Array.from(list, (each, index) => Object.freeze(parseAddress(each, pathOf(index), CODE, 1))));
}

function checkInterfaces(list: unknown, path: string): readonly string[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_INTERFACES) {
    throw invalid(path, list, `an array of 1 to ${MAX_INTERFACES} names or addresses of interfaces`);
  }
  for (const [index, each] of list.entries()) {
    if (typeof each === 'string' && each.length >= 1 && each.length <= MAX_INTERFACE_NAME) continue;
    throw invalid(`${path}[${index}]`, each, "the name or the address of an interface, as 'eth0' or '192.0.2.7'");
  }
  return Object.freeze([...(list as string[])]);
}

function checkName(name: unknown, path: string): string {
  if (typeof name !== 'string') throw invalid(path, name, 'a DNS name');
  // The same rules as for a host of an address.
  const { host } = parseAddress({ host: name, port: 1 }, path, CODE, 1);
  if (isIP(host) !== 0) throw invalid(path, name, "a DNS name; for addresses take 'static'");
  return host;
}

function checkInteger(value: unknown, path: string, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw invalid(path, value, `an integer from ${least} to ${most}`);
}
