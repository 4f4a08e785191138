/**
 * How large a datagram may be to leave in one packet. Node doesn't tell an interface's MTU: Linux shows it in a file, elsewhere the
 * smallest that is in general use must do.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isIPv6 } from './udp.js';

const UDP_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const FALLBACK_MTU = 1500;

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The largest UDP payload that the interface which owns `host` takes in one packet, in bytes; for the unspecified address the smallest over
 * all interfaces.
 */
export function pathPayloadBytes(host: string, interfaces: Interfaces = networkInterfaces(), mtuOf = readMtu): number {
  const names = Object.keys(interfaces).filter((name) => owns(interfaces[name] ?? [], host));
  const mtu = names.length === 0 ? FALLBACK_MTU : Math.min(...names.map((name) => mtuOf(name) ?? FALLBACK_MTU));
  return mtu - UDP_HEADER_BYTES - (isIPv6(host) ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
}

function owns(addresses: NonNullable<Interfaces[string]>, host: string): boolean {
  if (host === '0.0.0.0' || host === '::') return true;
  const [plain] = host.split('%');
  // 127.0.0.2 and the like belong to the loopback interface without being listed.
  const isLoopback = host.startsWith('127.');
  return addresses.some((each) => each.address === plain || (isLoopback && each.internal && each.family === 'IPv4'));
}

/** Undefined where the system doesn't tell. */
function readMtu(name: string): number | undefined {
  try {
    const mtu = Number.parseInt(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8'), 10);
    return mtu > 0 ? mtu : undefined;
  } catch {
    return undefined;
  }
}
