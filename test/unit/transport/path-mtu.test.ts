import { describe, expect, it } from 'vitest';
import { pathPayloadBytes } from '../../../ts/transport/path-mtu.js';

const rest = { netmask: '', mac: '', cidr: null };
const v4 = (address: string, internal = false) => ({ ...rest, address, family: 'IPv4' as const, internal });
const v6 = (address: string, internal = false) => ({ ...rest, address, family: 'IPv6' as const, internal, scopeid: 0 });

const interfaces = {
  lo: [v4('127.0.0.1', true), v6('::1', true)],
  eth0: [v4('10.0.0.5'), v6('fe80::1')],
  eth1: [v4('10.1.0.5')],
};
const mtus: Record<string, number> = { lo: 65_536, eth0: 9_000, eth1: 1_400 };
const payload = (host: string, mtuOf = (name: string): number | undefined => mtus[name]) =>
  pathPayloadBytes(host, interfaces, mtuOf);

describe('pathPayloadBytes', () => {
  it('takes the MTU of the interface that owns the address, less what IP and UDP add', () => {
    expect(payload('10.0.0.5')).toBe(9_000 - 28);
    expect(payload('10.1.0.5')).toBe(1_400 - 28);
    expect(payload('::1')).toBe(65_536 - 48);
    expect(payload('fe80::1%eth0')).toBe(9_000 - 48);
  });

  it('counts all of 127.0.0.0/8 to the loopback interface', () => {
    expect(payload('127.0.0.1')).toBe(65_536 - 28);
    expect(payload('127.9.9.9')).toBe(65_536 - 28);
  });

  it('takes the smallest for the unspecified address', () => {
    expect(payload('0.0.0.0')).toBe(1_400 - 28);
    expect(payload('::')).toBe(1_400 - 48);
  });

  it('falls back to an Ethernet where nothing is known', () => {
    expect(payload('192.0.2.1')).toBe(1_500 - 28);
    expect(payload('10.0.0.5', () => undefined)).toBe(1_500 - 28);
    expect(pathPayloadBytes('0.0.0.0', {})).toBe(1_500 - 28);
  });

  it('reads what this system tells', () => {
    expect(pathPayloadBytes('127.0.0.1')).toBeGreaterThanOrEqual(1_500 - 28);
  });
});
