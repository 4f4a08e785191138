/** Addresses as users write them, and as sockets want them: an IP address in numbers, in its one canonical form, and a port. */
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ConsortArgumentError, ConsortError, type ErrorCode } from '../base/errors.js';
import { quote, show } from '../base/show.js';
import type { SocketAddress as Address } from './udp.js';

/** An address as it may be given: `'127.0.0.1:5001'`, `'[::1]:5001'`, `'host.example:5001'`, or its parts. */
export type AddressInput = string | { readonly host: string; readonly port: number };

/** A host that may still be a name, and a port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const MOST_PORT = 65535;
// Letters, digits, hyphens and dots, as in DNS, and the underscore that containers' names have.
const HOST_NAME = /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/;
const ALL_DIGITS_AND_DOTS = /^[\d.]+$/;

/**
 * Takes an address apart. `path` says where it was given, for the message of the error; `minPort` is 0 where the system may choose.
 */
export function parseAddress(input: unknown, path: string, code: ErrorCode, minPort: number): HostAndPort {
  const fail = (problem: string) =>
    new ConsortArgumentError(
      code,
      `${path}: ${problem}, want 'host:port', '[ipv6]:port' or {host, port} with a port from ${minPort} to ${MOST_PORT}`,
      { details: { path, got: input } },
    );
  const parts = typeof input === 'string' ? splitAddress(input) : partsOf(input);
  if (parts === undefined) throw fail(`got ${show(input)}`);
  const { host, port } = parts;
  if (!isHost(host)) throw fail(`${quote(host)} is no host`);
  if (!Number.isInteger(port) || port < minPort || port > MOST_PORT) throw fail(`got port ${show(port)}`);
  return { host: canonicalHost(host), port };
}

/** The address in numbers; a name is looked up. `family` 0 takes either. */
export async function resolveAddress(address: HostAndPort, family: 0 | 4 | 6): Promise<Address> {
  if (isIP(address.host) !== 0) return address;
  try {
    const found = await lookup(address.host, { family });
    return { host: canonicalHost(found.address), port: address.port };
  } catch (cause) {
    const kind = family === 0 ? 'address' : `IPv${family} address`;
    throw new ConsortError('ERR_RESOLVE', `no ${kind} was found for the host name ${quote(address.host)}`, {
      cause,
      details: { host: address.host, family },
    });
  }
}

export function familyOf(address: Address): 4 | 6 {
  return isIPv6(address.host) ? 6 : 4;
}

/** Whether a socket bound to `bound` is reached at `listed`: the same, or, bound to all, an address of this machine. */
export function reaches(listed: Address, bound: Address): boolean {
  if (listed.port !== bound.port) return false;
  if (listed.host === bound.host) return true;
  if (bound.host !== '0.0.0.0' && bound.host !== '::') return false;
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((each) => isIP(each.address) !== 0 && canonicalHost(each.address) === listed.host),
  );
}

/** Whether the host, in numbers, is one that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return isIPv6(host) ? host === '::1' || host.startsWith('::ffff:127.') : isIP(host) === 4 && host.startsWith('127.');
}

/** Whether the host, in numbers, is an IP multicast address. */
export function isMulticast(host: string): boolean {
  if (isIPv6(host)) return host.startsWith('ff');
  const first = Number.parseInt(host, 10);
  return isIP(host) === 4 && first >= 224 && first <= 239;
}

function splitAddress(text: string): HostAndPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? '';
  // Brackets are for IPv6 only.
  if (match[1] !== undefined && !isIPv6(match[1])) return undefined;
  return { host, port: Number(match[3]) };
}

function partsOf(input: unknown): HostAndPort | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { host, port } = input as Partial<HostAndPort>;
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined;
}

function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  // '127.1' or '300.0.0.1' would go to the resolver and come back as something else.
  return HOST_NAME.test(host) && !ALL_DIGITS_AND_DOTS.test(host);
}

/** The one way to write an address in numbers: `::1` for `0:0:0:0:0:0:0:1`. Names are left as they are. */
export function canonicalHost(host: string): string {
  if (!isIPv6(host)) return host;
  const zone = host.indexOf('%');
  const { address } = new SocketAddress({ address: host, family: 'ipv6' });
  return zone < 0 ? address : address + host.slice(zone);
}
