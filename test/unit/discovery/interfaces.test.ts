import { describe, expect, it } from 'vitest';
import type { InterfaceAddress } from '../../../ts/discovery/environment.js';
import { channelsFor } from '../../../ts/discovery/interfaces.js';

const interfaces: readonly InterfaceAddress[] = [
  { name: 'lo', host: '127.0.0.1', family: 4, internal: true },
  { name: 'lo', host: '::1', family: 6, internal: true },
  { name: 'eth0', host: '192.0.2.2', family: 4, internal: false },
  { name: 'eth0', host: '192.0.2.3', family: 4, internal: false },
  { name: 'eth0', host: 'fe80::1', family: 6, internal: false },
  { name: 'eth1', host: '198.51.100.2', family: 4, internal: false },
];
const group4 = { host: '239.1.2.3', port: 5000 };
const group6 = { host: 'ff12::1', port: 5000 };

function channels(host: string, listed?: readonly string[]) {
  const lanGroup = host.includes(':') ? group6 : group4;
  const wanted = { address: { host, port: 4000 }, loopbackGroup: group4, lanGroup, listed };
  return channelsFor(wanted, interfaces);
}
const ways = (host: string, listed?: readonly string[]) =>
  channels(host, listed).channels.map(({ name, through }) => `${name} ${through}`);

const loopback = 'lo 127.0.0.1';

describe('multicast uses', () => {
  it.each([
    ['127.0.0.1', undefined, [loopback]],
    ['127.0.0.2', undefined, [loopback]],
    ['::1', undefined, [loopback]],
    // A list does not get a member out of its machine.
    ['127.0.0.1', ['eth0'], [loopback]],
    ['0.0.0.0', undefined, [loopback, 'eth0 192.0.2.2', 'eth1 198.51.100.2']],
    ['192.0.2.3', undefined, [loopback, 'eth0 192.0.2.3']],
    ['0.0.0.0', ['eth1'], [loopback, 'eth1 198.51.100.2']],
    ['0.0.0.0', ['198.51.100.2'], [loopback, 'eth1 198.51.100.2']],
    ['::', undefined, [loopback, 'eth0 ::%eth0']],
    ['fe80::1%eth0', undefined, [loopback, 'eth0 ::%eth0']],
    // An address that this machine does not have (any more).
    ['203.0.113.1', undefined, [loopback]],
  ])('for a plane bound to %s, with %j listed: %j', (host, listed, expected) => {
    expect(ways(host, listed)).toEqual(expected);
  });

  it('IPv4 on loopback, and the family of the LAN elsewhere', () => {
    const { channels: all } = channels('::');
    expect(all.map(({ group, bind }) => [group, bind])).toEqual([
      [group4, '127.0.0.1'],
      [group6, '::'],
    ]);
  });

  it('what is there of a list, and names what is missing', () => {
    expect(channels('0.0.0.0', ['eth0', 'eth7']).missing).toEqual(['eth7']);
  });
});
