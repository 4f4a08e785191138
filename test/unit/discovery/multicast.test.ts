import { describe, expect, it } from 'vitest';
import type { DiscoveryContext } from '../../../ts/discovery/discovery.js';
import { INTERFACES_INTERVAL_MS } from '../../../ts/discovery/limits.js';
import {
  MULTICAST_GROUP_4,
  MULTICAST_GROUP_6,
  MULTICAST_PORT,
  type MulticastChoice,
  openMulticast,
} from '../../../ts/discovery/multicast.js';
import { bytesOf, FakeEnvironment, makeContext, settled } from './fake-environment.js';

const eth0 = { name: 'eth0', host: '192.0.2.2', family: 4, internal: false } as const;

async function open(
  environment: FakeEnvironment,
  changes: Partial<DiscoveryContext> = {},
  choice: Partial<MulticastChoice> = {},
) {
  const heard = makeContext(changes);
  const all = { type: 'multicast', group: undefined, interfaces: undefined, ttl: 1, ...choice } as const;
  const discovery = await openMulticast(all, heard.context, environment);
  return { ...heard, discovery };
}

describe('multicast', () => {
  it('reaches all of the group, itself too, and nobody else', async () => {
    const environment = new FakeEnvironment();
    const a = await open(environment);
    const b = await open(environment);
    const others = [await open(environment, { groupName: 'other' }), await open(environment, { key: 'k' })];
    a.discovery.announce(bytesOf('view of a'));
    expect([a.received, b.received]).toEqual([['view of a'], ['view of a']]);
    expect(others.map(({ received }) => received)).toEqual([[], []]);
    expect(others.map(({ discovery }) => discovery.ignored)).toEqual([1, 1]);
  });

  it('stays on loopback when the plane does', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList.push(eth0);
    const { discovery } = await open(environment);
    discovery.announce(bytesOf('hello'));
    expect(environment.sockets.map(({ address, groups, through }) => [address.host, groups, through])).toEqual([
      [MULTICAST_GROUP_4, [[MULTICAST_GROUP_4, '127.0.0.1']], undefined],
      ['127.0.0.1', [], '127.0.0.1'],
    ]);
    expect(environment.sent.map(({ to }) => to)).toEqual([{ host: MULTICAST_GROUP_4, port: MULTICAST_PORT }]);
  });

  it('does not hear the LAN when the plane is bound to loopback', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList.push(eth0);
    const local = await open(environment);
    const wide = await open(environment, { address: { host: '0.0.0.0', port: 4000 } });
    // From loopback and from eth0: as Linux does it, both arrive at both.
    wide.discovery.announce(bytesOf('hello'));
    expect({ wide: wide.received, local: local.received }).toEqual({ wide: ['hello', 'hello'], local: ['hello'] });
    expect(local.discovery.ignored).toBe(1);
  });

  it('uses the group, port, hops and interfaces that it is given', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList.push(eth0, { ...eth0, name: 'eth1', host: '198.51.100.2' });
    const group = { host: '239.1.2.3', port: 5000 };
    const address = { host: '0.0.0.0', port: 4000 };
    const { discovery } = await open(environment, { address }, { group, ttl: 4, interfaces: ['eth1'] });
    discovery.announce(bytesOf('hello'));
    expect(environment.sent.map(({ from, to }) => [from.host, to])).toEqual([
      ['127.0.0.1', group],
      ['198.51.100.2', group],
    ]);
    expect(environment.sockets.map(({ ttl }) => ttl)).toEqual([undefined, 4, 4]);
    expect(environment.sockets.every(({ referenced }) => !referenced)).toBe(true);
  });

  it('goes by IPv6 in the LAN and by IPv4 on loopback when the plane is bound to ::', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList.push({ ...eth0, host: 'fe80::1', family: 6 });
    const { discovery } = await open(environment, { address: { host: '::', port: 4000 } });
    discovery.announce(bytesOf('hello'));
    expect(environment.sent.map(({ to }) => to.host)).toEqual([MULTICAST_GROUP_4, MULTICAST_GROUP_6]);
    expect(environment.sockets.map(({ address, groups, through }) => [address.host, groups, through])).toEqual([
      [MULTICAST_GROUP_4, [[MULTICAST_GROUP_4, '127.0.0.1']], undefined],
      ['127.0.0.1', [], '127.0.0.1'],
      ['::', [[MULTICAST_GROUP_6, '::%eth0']], undefined],
      ['::', [], '::%eth0'],
    ]);
  });

  it('follows interfaces that come and go', async () => {
    const environment = new FakeEnvironment();
    const { discovery, errors } = await open(environment, { address: { host: '0.0.0.0', port: 4000 } });
    const ways = () => {
      environment.sent.length = 0;
      discovery.announce(bytesOf('hello'));
      return environment.sent.map(({ from }) => from.host);
    };
    expect(ways()).toEqual(['127.0.0.1']);
    environment.interfaceList.push(eth0);
    await environment.pass(INTERFACES_INTERVAL_MS);
    expect(ways()).toEqual(['127.0.0.1', '192.0.2.2']);
    environment.interfaceList.pop();
    await environment.pass(INTERFACES_INTERVAL_MS);
    expect(ways()).toEqual(['127.0.0.1']);
    // The receiver is still in the group by this interface.
    environment.interfaceList.push(eth0);
    await environment.pass(INTERFACES_INTERVAL_MS);
    expect(ways()).toEqual(['127.0.0.1', '192.0.2.2']);
    expect(errors).toEqual([]);
    await discovery.close();
    expect(environment.sockets.every(({ closed }) => closed)).toBe(true);
  });

  it('says once that a machine has no multicast, and goes on as soon as it has', async () => {
    const environment = new FakeEnvironment();
    environment.broken.add('127.0.0.1');
    const { discovery, errors, received } = await open(environment);
    await environment.pass(10 * INTERFACES_INTERVAL_MS);
    expect(errors.map(({ message }) => message)).toEqual(["multicast discovery on 'lo': addMembership ENODEV"]);
    environment.broken.clear();
    await environment.pass(INTERFACES_INTERVAL_MS);
    discovery.announce(bytesOf('hello'));
    expect(received).toEqual(['hello']);
  });

  it('is silent about an interface without multicast that nobody asked for, and not about one that was', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList.push(eth0);
    environment.broken.add(eth0.host);
    const address = { host: '0.0.0.0', port: 4000 };
    expect((await open(environment, { address })).errors).toEqual([]);
    const asked = await open(environment, { address }, { interfaces: ['eth0', 'eth7'] });
    expect(asked.errors.map(({ message }) => message)).toEqual([
      "multicast discovery on 'eth7': there is no such interface",
      "multicast discovery on 'eth0': addMembership ENODEV",
    ]);
  });

  it('is left with loopback where nobody may ask for the interfaces', async () => {
    const environment = new FakeEnvironment();
    environment.interfaces = () => {
      throw new Error('uv_interface_addresses');
    };
    const { discovery, errors, received } = await open(environment, { address: { host: '0.0.0.0', port: 4000 } });
    await environment.pass(2 * INTERFACES_INTERVAL_MS);
    discovery.announce(bytesOf('hello'));
    expect({ received, errors: errors.length }).toEqual({ received: ['hello'], errors: 1 });
  });

  it('lives on when the receiver of announcements throws', async () => {
    const environment = new FakeEnvironment();
    const receive = () => {
      throw new Error('a bug');
    };
    const { discovery, errors } = await open(environment, { receive });
    discovery.announce(bytesOf('hello'));
    discovery.announce(bytesOf('hello'));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_DISCOVERY', cause: new Error('a bug') })]);
  });

  it('closes sockets that were being opened, and is silent afterwards', async () => {
    const environment = new FakeEnvironment();
    environment.interfaceList = [...environment.interfaceList];
    const { discovery, received } = await open(environment, { address: { host: '0.0.0.0', port: 4000 } });
    environment.interfaceList.push(eth0);
    for (const timer of environment.timers) timer.callback();
    await Promise.all([discovery.close(), discovery.close()]);
    await settled();
    discovery.announce(bytesOf('hello'));
    expect(environment.sockets.every(({ closed }) => closed)).toBe(true);
    expect({ received, sent: environment.sent, timers: environment.timers.size }).toEqual({
      received: [],
      sent: [],
      timers: 0,
    });
  });
});
