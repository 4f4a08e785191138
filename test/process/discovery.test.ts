// Discovery over real sockets of the loopback interface, between processes.
import { createSocket } from 'node:dgram';
import { describe, expect, it, type TestContext, vi } from 'vitest';
import { parseDiscovery } from '../../ts/discovery/choose.js';
import type { Discovery } from '../../ts/discovery/discovery.js';
import { systemEnvironment } from '../../ts/discovery/environment.js';
import { GossipServer } from '../../ts/discovery/gossip-server.js';
import { openDiscovery } from '../../ts/discovery/open.js';
import { Child } from '../helpers/child.js';
import { hasMulticast, randomGroup } from '../helpers/multicast.js';
import { bytesOf, makeContext, textOf } from '../unit/discovery/fake-environment.js';

const PATIENCE = { timeout: 60_000, interval: 20 };

function ownGroup(): string {
  const { host, port } = randomGroup();
  return `multicast:${host}:${port}`;
}

interface HeardThere {
  readonly received: readonly string[];
  readonly errors: readonly { readonly message: string }[];
}

class Program {
  private constructor(private readonly child: Child) {}

  static async start(context: TestContext): Promise<Program> {
    return new Program(await Child.start(context, 'discovery-program.mjs'));
  }

  port = () => this.child.call<number>('port');
  open = (option: unknown, group = 'demo') => this.child.call('open', option, group);
  announce = (text: string) => this.child.call('announce', text);
  heard = () => this.child.call<HeardThere>('heard');
  openDirectory = (option: unknown) => this.child.call('openDirectory', option);
  register = (name: string, address: string) => this.child.call('register', name, address);
  lookup = (name: string) => this.child.call<string | undefined>('lookup', name);
  close = () => this.child.call<string[]>('close');

  has(text: string): Promise<boolean> {
    return this.heard().then(({ received }) => received.includes(text));
  }
}

/** Announces again and again, as Heal does, until all have heard. */
async function announceUntilHeard(sender: Program, text: string, receivers: readonly Program[]): Promise<void> {
  await vi.waitUntil(async () => {
    await sender.announce(text);
    return (await Promise.all(receivers.map((each) => each.has(text)))).every(Boolean);
  }, PATIENCE);
}

async function openHere(context: TestContext, option: unknown, host = '127.0.0.1') {
  const heard = makeContext({ address: { host, port: 4000 } });
  const discovery: Discovery = await openDiscovery(parseDiscovery(option), heard.context);
  context.onTestFinished(() => discovery.close());
  return { ...heard, discovery };
}

async function startServer(context: TestContext, port = 0, host = '127.0.0.1'): Promise<GossipServer> {
  const server = await GossipServer.open({ host, port }, () => {});
  context.onTestFinished(() => server.close());
  return server;
}

describe('multicast on loopback', () => {
  it('connects processes of one group, and only these', async (context) => {
    context.skip(!(await hasMulticast(context)), 'this machine has no multicast on its loopback interface');
    const group = ownGroup();
    const here = await openHere(context, group);
    const [a, b, other] = (await Promise.all([1, 2, 3].map(() => Program.start(context)))) as [
      Program,
      Program,
      Program,
    ];
    await Promise.all([a.open(group), b.open(group), other.open(group, 'other')]);
    await announceUntilHeard(a, 'view of a', [a, b]);
    expect(here.received).toContain('view of a');
    await vi.waitUntil(() => {
      here.discovery.announce(bytesOf('view of this one'));
      return b.has('view of this one');
    }, PATIENCE);
    expect(await other.heard()).toEqual({ received: [], errors: [] });
    expect(await a.close()).toEqual([]);
    await announceUntilHeard(b, 'still there', [b]);
  });

  it('carries the questions and answers of a directory', async (context) => {
    context.skip(!(await hasMulticast(context)), 'this machine has no multicast on its loopback interface');
    const group = ownGroup();
    const [a, b] = (await Promise.all([1, 2].map(() => Program.start(context)))) as [Program, Program];
    await Promise.all([a.openDirectory(group), b.openDirectory(group)]);
    await a.register('demo', '127.0.0.1:4000');
    await vi.waitUntil(async () => (await b.lookup('demo')) === '127.0.0.1:4000', PATIENCE);
    expect(await b.lookup('nobody')).toBeUndefined();
    expect(await b.close()).toEqual([]);
  });
});

describe('gossip', () => {
  it('connects processes by two servers, of which one is lost and another started again', async (context) => {
    const servers = await Promise.all([startServer(context), startServer(context)]);
    const option = { type: 'gossip', servers: servers.map(({ address }) => address) };
    const [a, b, c] = (await Promise.all([1, 2, 3].map(() => Program.start(context)))) as [Program, Program, Program];
    await Promise.all([a, b, c].map((each) => each.open(option)));
    await announceUntilHeard(a, 'by both', [b, c]);
    expect(await a.has('by both')).toBe(false);

    await servers[0]?.close();
    await announceUntilHeard(b, 'by the second', [a, c]);

    await servers[1]?.close();
    const again = await startServer(context, servers[0]?.address.port);
    await announceUntilHeard(c, 'by the first again', [a, b]);
    expect(again.counts()).toMatchObject({ groups: 1, clients: 3, garbage: 0 });

    expect(await Promise.all([a.close(), b.close(), c.close()])).toEqual([[], [], []]);
    await vi.waitUntil(() => again.counts().clients === 0, PATIENCE);
  });

  it('survives what is not for a gossip server', async (context) => {
    const server = await startServer(context);
    const stranger = createSocket('udp4');
    context.onTestFinished(() => void stranger.close());
    const { port } = server.address;
    await vi.waitUntil(() => {
      stranger.send('GET / HTTP/1.1', port, '127.0.0.1');
      stranger.send(new Uint8Array(1_400), port, '127.0.0.1');
      stranger.send('', port, '127.0.0.1');
      return server.counts().garbage >= 10;
    }, PATIENCE);
    expect(server.counts()).toMatchObject({ clients: 0, groups: 0, reflected: 0 });
  });
});

describe('static and dns', () => {
  it('static sends from my socket to the listed ones', async (context) => {
    const [a, b, c] = (await Promise.all([1, 2, 3].map(() => Program.start(context)))) as [Program, Program, Program];
    const hosts = (await Promise.all([a, b, c].map((each) => each.port()))).map((port) => `localhost:${port}`);
    const numbers = hosts.map((host) => host.replace('localhost', '127.0.0.1'));
    await a.open({ type: 'static', hosts: numbers });
    await b.open(`static:${hosts.join(',')}`);
    await announceUntilHeard(a, 'view of a', [b, c]);
    await announceUntilHeard(b, 'view of b', [a, c]);
    expect(await a.has('view of a')).toBe(false);
    expect(await a.close()).toEqual([]);
  });

  it('dns sends to what the resolver finds, then and later', async (context) => {
    const receiver = createSocket('udp4');
    const received: string[] = [];
    receiver.on('message', (bytes) => received.push(textOf(bytes)));
    await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve));
    const sender = createSocket('udp4');
    context.onTestFinished(() => {
      receiver.close();
      sender.close();
    });
    const records: { host: string; port: number }[] = [];
    const resolver = {
      addresses: async (host: string) => [host === 'node-1' ? '127.0.0.1' : host],
      services: async () => records,
    };
    const { context: heard } = makeContext({ sendTo: (to, bytes) => sender.send(bytes, to.port, to.host) });
    const discovery = await openDiscovery(parseDiscovery('dns:_consort._udp.demo'), heard, {
      ...systemEnvironment,
      resolver,
    });
    context.onTestFinished(() => discovery.close());
    discovery.announce(bytesOf('view'));
    records.push({ host: 'node-1', port: receiver.address().port });
    // Announced before there was anybody: it comes with the next look-up.
    await vi.waitUntil(() => received.includes('view'), PATIENCE);
    expect(new Set(received)).toEqual(new Set(['view']));
  });
});

describe('members with IPv6 addresses on loopback', () => {
  const hasIPv6 = systemEnvironment.interfaces().some(({ host }) => host === '::1');

  it.for(['multicast', 'gossip'])('hear of each other by %s', async (type, context) => {
    context.skip(!hasIPv6, 'this machine has no IPv6 on its loopback interface');
    context.skip(type === 'multicast' && !(await hasMulticast(context)), 'this machine has no multicast on loopback');
    const servers = type === 'gossip' ? [(await startServer(context, 0, '::1')).address] : [];
    const option = type === 'gossip' ? { type, servers } : ownGroup();
    const [a, b] = [await openHere(context, option, '::1'), await openHere(context, option, '::1')];
    await vi.waitUntil(() => {
      a.discovery.announce(bytesOf('view of a'));
      return b.received.includes('view of a');
    }, PATIENCE);
    expect([...a.errors, ...b.errors]).toEqual([]);
  });
});
