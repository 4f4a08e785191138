// 'static' and 'dns': announcements from my plane's socket to a list of addresses.
import { describe, expect, it } from 'vitest';
import { ConsortArgumentError } from '../../../ts/base/errors.js';
import { parseDiscovery } from '../../../ts/discovery/choose.js';
import type { DiscoveryContext } from '../../../ts/discovery/discovery.js';
import {
  LOOKUP_INTERVAL_MS,
  LOOKUP_RETRY_MS,
  MAX_ANNOUNCEMENT_BYTES,
  MAX_PEERS,
} from '../../../ts/discovery/limits.js';
import { openDiscovery } from '../../../ts/discovery/open.js';
import { bytesOf, FakeEnvironment, makeContext, settled } from './fake-environment.js';

async function open(option: unknown, changes: Partial<DiscoveryContext> = {}, environment = new FakeEnvironment()) {
  const heard = makeContext(changes);
  const discovery = await openDiscovery(parseDiscovery(option), heard.context, environment);
  await settled();
  return { ...heard, discovery, environment, targets: () => heard.sent.map(({ to }) => `${to.host}:${to.port}`) };
}

describe('static', () => {
  it('sends to each listed address, once, and not to my own', async () => {
    const list = 'static:127.0.0.1:4000,127.0.0.1:4001,127.0.0.2:4000,127.0.0.1:4001';
    const { discovery, sent, environment } = await open(list);
    discovery.announce(bytesOf('hello'));
    expect(sent).toEqual([
      { to: { host: '127.0.0.1', port: 4001 }, text: 'hello' },
      { to: { host: '127.0.0.2', port: 4000 }, text: 'hello' },
    ]);
    // Nothing to look up.
    expect(environment.timers.size).toBe(0);
  });

  it('knows its own address when it is bound to all', async () => {
    // Which addresses this machine has is asked of the system, where loopback is sure to be.
    const { discovery, targets } = await open('static:127.0.0.1:4000,192.0.2.9:4000', {
      address: { host: '0.0.0.0', port: 4000 },
    });
    discovery.announce(bytesOf('hello'));
    expect(targets()).toEqual(['192.0.2.9:4000']);
  });

  it('sends the last announcement to whoever is found later, and looks names up again', async () => {
    const environment = new FakeEnvironment();
    const { discovery, sent, targets } = await open('static:node-1:4001,node-2:4002', {}, environment);
    discovery.announce(bytesOf('first'));
    expect(sent).toEqual([]);
    environment.hosts.set('node-1', ['127.0.0.11', '127.0.0.12']);
    await environment.pass(LOOKUP_RETRY_MS);
    expect(sent.map(({ text }) => text)).toEqual(['first', 'first']);
    environment.hosts.set('node-1', ['127.0.0.13']);
    await environment.pass(LOOKUP_INTERVAL_MS);
    discovery.announce(bytesOf('second'));
    expect(targets()).toEqual(['127.0.0.11:4001', '127.0.0.12:4001', '127.0.0.13:4001', '127.0.0.13:4001']);
  });

  it('keeps what it knows while names are not found, and tells it once', async () => {
    const environment = new FakeEnvironment();
    environment.hosts.set('node-1', ['127.0.0.11']);
    const { discovery, errors, targets } = await open('static:node-1:4001', {}, environment);
    environment.hosts.clear();
    await environment.pass(10 * LOOKUP_INTERVAL_MS);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ERR_RESOLVE', message: expect.stringContaining("'node-1'") }),
    ]);
    discovery.announce(bytesOf('hello'));
    expect(targets()).toEqual(['127.0.0.11:4001']);
    // Over, and then again.
    environment.hosts.set('node-1', ['127.0.0.11']);
    await environment.pass(LOOKUP_INTERVAL_MS);
    environment.hosts.clear();
    await environment.pass(2 * LOOKUP_INTERVAL_MS);
    expect(errors).toHaveLength(2);
  });

  it('drops addresses of the other family, and bounds those of one name', async () => {
    const environment = new FakeEnvironment();
    const many = Array.from({ length: 300 }, (_, i) => `127.1.${i >> 8}.${i & 255}`);
    environment.hosts.set('node-1', ['::1', 'nonsense', ...many]);
    const { discovery, sent } = await open('static:node-1:4001', {}, environment);
    discovery.announce(bytesOf('hello'));
    expect(sent).toHaveLength(MAX_PEERS);
    expect(sent[0]?.to.host).toBe('127.1.0.0');
  });

  it('refuses an address in numbers that my socket cannot reach', async () => {
    await expect(open('static:127.0.0.1:4001,[::1]:4001')).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: "options.discovery.hosts[1]: got '::1' (string), want an IPv4 address, as the member's own is",
    });
  });

  it('refuses what is too long, and takes what is not', async () => {
    const { discovery, sent } = await open('static:127.0.0.1:4001');
    discovery.announce(new Uint8Array(MAX_ANNOUNCEMENT_BYTES));
    expect(() => discovery.announce(new Uint8Array(MAX_ANNOUNCEMENT_BYTES + 1))).toThrow(ConsortArgumentError);
    expect(sent).toHaveLength(1);
  });

  it('reports a sendTo() that throws', async () => {
    const sendTo = () => {
      throw new Error('the plane is gone');
    };
    const { discovery, errors } = await open('static:127.0.0.1:4001', { sendTo });
    for (let i = 0; i < 3; i++) discovery.announce(bytesOf('hello'));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_DISCOVERY' })]);
  });

  it('is silent after close(), even when a look-up ends later', async () => {
    const environment = new FakeEnvironment();
    let answer!: (addresses: string[]) => void;
    environment.resolver.addresses = () => new Promise((resolve) => (answer = resolve));
    const { discovery, sent, errors } = await open('static:node-1:4001', {}, environment);
    discovery.announce(bytesOf('hello'));
    await discovery.close();
    await discovery.close();
    answer(['127.0.0.11']);
    await settled();
    discovery.announce(bytesOf('hello'));
    expect({ sent, errors, timers: environment.timers.size }).toEqual({ sent: [], errors: [], timers: 0 });
  });
});

describe('dns', () => {
  it('follows the addresses of a name', async () => {
    const environment = new FakeEnvironment();
    environment.hosts.set('members.demo', ['127.0.0.1', '127.0.0.11']);
    const { discovery, targets } = await open('dns:members.demo:4000', {}, environment);
    discovery.announce(bytesOf('a'));
    environment.hosts.set('members.demo', ['127.0.0.11', '127.0.0.12']);
    await environment.pass(2 * LOOKUP_RETRY_MS);
    expect(targets()).toEqual(['127.0.0.11:4000', '127.0.0.12:4000']);
    discovery.announce(bytesOf('b'));
    expect(targets().slice(2)).toEqual(['127.0.0.11:4000', '127.0.0.12:4000']);
  });

  it('takes hosts and ports from SRV records when it was given no port', async () => {
    const environment = new FakeEnvironment();
    environment.serviceRecords.set('_consort._udp.demo', [
      { host: 'a', port: 1 },
      { host: 'gone', port: 2 },
      { host: 'b', port: 3 },
    ]);
    environment.hosts.set('a', ['127.0.0.11']).set('b', ['127.0.0.12']);
    const { discovery, targets, errors } = await open('dns:_consort._udp.demo', {}, environment);
    discovery.announce(bytesOf('a'));
    expect({ targets: targets(), errors }).toEqual({ targets: ['127.0.0.11:1', '127.0.0.12:3'], errors: [] });
    environment.hosts.clear();
    await environment.pass(LOOKUP_RETRY_MS);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_RESOLVE' })]);
  });

  it('says once that there is no such name', async () => {
    const { environment, errors } = await open('dns:members.demo:4000');
    await environment.pass(100 * LOOKUP_RETRY_MS);
    expect(errors.map(({ message }) => message)).toEqual([
      "discovery: no address was found for 'members.demo': getaddrinfo ENOTFOUND members.demo",
    ]);
  });
});

describe('none', () => {
  it('does nothing', async () => {
    const { discovery, environment, sent, errors } = await open('none');
    discovery.announce(bytesOf('hello'));
    await discovery.close();
    expect({ sent, errors, sockets: environment.sockets, timers: environment.timers.size }).toEqual({
      sent: [],
      errors: [],
      sockets: [],
      timers: 0,
    });
  });
});
