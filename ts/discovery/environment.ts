/** What discovery needs of the world: sockets, timers, names, interfaces. Tests give others. */
import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Address } from '../data-plane/data-plane.js';
import type { HostAndPort } from '../transport/address.js';
import { type UdpEvents, type UdpOptions, UdpSocket } from '../transport/udp.js';

export interface Resolver {
  /** All addresses of a host, in numbers. Rejects when there is none. */
  addresses(host: string, family: 4 | 6): Promise<readonly string[]>;
  /** The hosts and ports of the SRV records of a name. Rejects when there is none. */
  services(name: string): Promise<readonly HostAndPort[]>;
}

export interface Timer {
  stop(): void;
}

/** One address of a network interface. */
export interface InterfaceAddress {
  readonly name: string;
  readonly host: string;
  readonly family: 4 | 6;
  readonly internal: boolean;
}

/** What discovery uses of a UdpSocket. */
export interface DiscoverySocket {
  readonly address: Address;
  send(datagram: Uint8Array, host: string, port: number): void;
  joinGroup(group: string, through: string): void;
  sendGroupsThrough(through: string): void;
  setGroupTtl(hops: number): void;
  /** The socket alone does not keep the process alive. */
  unref(): void;
  close(): Promise<void>;
}

export interface DiscoveryEnvironment {
  /** Milliseconds from any origin; never goes back. */
  now(): number;
  /** Calls back again and again; does not keep the process alive, unless it is told to. */
  every(intervalMs: number, callback: () => void, options?: { readonly holdsProcess: boolean }): Timer;
  openSocket(options: UdpOptions, events: UdpEvents): Promise<DiscoverySocket>;
  interfaces(): readonly InterfaceAddress[];
  readonly resolver: Resolver;
}

/** Like other programs on this machine: with its hosts file and search domains. */
const systemResolver: Resolver = {
  async addresses(host, family) {
    if (isIP(host) !== 0) return [host];
    return (await lookup(host, { all: true, family })).map(({ address }) => address);
  },
  async services(name) {
    return (await resolveSrv(name)).map((each) => ({ host: each.name, port: each.port }));
  },
};

export const systemEnvironment: DiscoveryEnvironment = {
  now: () => performance.now(),
  every(intervalMs, callback, options) {
    const timer = setInterval(callback, intervalMs);
    if (options?.holdsProcess !== true) timer.unref();
    return { stop: () => clearInterval(timer) };
  },
  openSocket: (options, events) => UdpSocket.open(options, events),
  interfaces: () =>
    Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).map(({ address, family, internal }) => ({
        name,
        host: address,
        family: family === 'IPv6' ? 6 : 4,
        internal,
      })),
    ),
  resolver: systemResolver,
};
