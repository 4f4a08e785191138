/**
 * Which network interfaces multicast uses.
 *
 *   my plane is bound to    announcements go by and are heard on
 *   127.0.0.1, ::1          loopback only
 *   0.0.0.0, ::             loopback and each LAN interface, or those listed
 *   an address              loopback and the interface that has the address, or those listed
 *
 * Loopback is always IPv4: Linux has no route for IPv6 multicast on `lo`, and what is announced there may as well be an IPv6 address.
 */
import { isIPv6 } from 'node:net';
import type { Address } from '../data-plane/data-plane.js';
import { isLoopback } from '../transport/address.js';
import type { InterfaceAddress } from './environment.js';
import { MAX_INTERFACES } from './limits.js';

/** One way for announcements. */
export interface Channel {
  /** `lo`, `eth0`, ... */
  readonly name: string;
  readonly group: Address;
  /** Where the sending socket is bound: the source address of what it sends. */
  readonly bind: string;
  /** The interface as sockets want it: its IPv4 address, or `::%name`. */
  readonly through: string;
}

export interface ChannelsWanted {
  /** Where my plane is bound. */
  readonly address: Address;
  /** The group on the loopback interface; IPv4. */
  readonly loopbackGroup: Address;
  readonly lanGroup: Address;
  /** Names or addresses of interfaces; undefined: see above. */
  readonly listed: readonly string[] | undefined;
}

export interface Channels {
  readonly channels: readonly Channel[];
  /** Those listed that this machine does not have now. */
  readonly missing: readonly string[];
}

const LOOPBACK = '127.0.0.1';

export function channelsFor(wanted: ChannelsWanted, interfaces: readonly InterfaceAddress[]): Channels {
  const { address, loopbackGroup, lanGroup, listed } = wanted;
  const loopback = { name: 'lo', group: loopbackGroup, bind: LOOPBACK, through: LOOPBACK };
  if (isLoopback(address.host)) return { channels: [loopback], missing: [] };
  const family = isIPv6(lanGroup.host) ? 6 : 4;
  const mine = withoutZone(address.host);
  const bound = interfaces.filter((each) => each.host === mine).map(({ name }) => name);
  const isWanted = (each: InterfaceAddress) =>
    listed === undefined
      ? isWildcard(address.host) || bound.includes(each.name)
      : listed.includes(each.name) || listed.includes(each.host);
  const channels = new Map<string, Channel>();
  for (const each of interfaces) {
    if (each.internal || each.family !== family || channels.has(each.name) || !isWanted(each)) continue;
    // Of several addresses of an interface mine is the one that others know.
    const host = interfaces.find(
      (other) => other.name === each.name && other.host === mine && other.family === family,
    )?.host;
    channels.set(each.name, channelOf({ ...each, host: host ?? each.host }, lanGroup));
  }
  const known = interfaces.flatMap(({ name, host }) => [name, host]);
  return {
    channels: [loopback, ...channels.values()].slice(0, MAX_INTERFACES),
    missing: (listed ?? []).filter((name) => !known.includes(name)),
  };
}

function channelOf({ name, host, family }: InterfaceAddress, group: Address): Channel {
  return family === 4 ? { name, group, bind: host, through: host } : { name, group, bind: '::', through: `::%${name}` };
}

function withoutZone(host: string): string {
  return host.replace(/%.*$/, '');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
