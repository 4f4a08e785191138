// Clients and servers of gossip on a network without sockets and clocks.
import { describe, expect, it } from 'vitest';
import { parseDiscovery } from '../../../ts/discovery/choose.js';
import { encodeDatagram, groupHash, Kind } from '../../../ts/discovery/datagram.js';
import type { DiscoveryContext } from '../../../ts/discovery/discovery.js';
import type { GossipDiscovery } from '../../../ts/discovery/gossip.js';
import { GossipServer } from '../../../ts/discovery/gossip-server.js';
import { CLIENT_LIFETIME_MS, KEEP_ALIVE_MS, LOOKUP_RETRY_MS, SERVER_LOST_MS } from '../../../ts/discovery/limits.js';
import { openDiscovery } from '../../../ts/discovery/open.js';
import { bytesOf, FakeEnvironment, makeContext } from './fake-environment.js';

const startServer = (environment: FakeEnvironment, port = 6788) =>
  GossipServer.open({ host: '127.0.0.1', port }, () => {}, environment);

async function join(environment: FakeEnvironment, changes: Partial<DiscoveryContext> = {}, servers = '127.0.0.1:6788') {
  const heard = makeContext(changes);
  const discovery = await openDiscovery(parseDiscovery(`gossip:${servers}`), heard.context, environment);
  return { ...heard, discovery: discovery as GossipDiscovery };
}

describe('gossip', () => {
  it('reaches all others of the group, also those that announce nothing', async () => {
    const environment = new FakeEnvironment();
    const server = await startServer(environment);
    const all = [await join(environment), await join(environment), await join(environment)];
    const others = [await join(environment, { key: 'k' }), await join(environment, { groupName: 'other' })];
    all[0]?.discovery.announce(bytesOf('hello'));
    expect(all.map(({ received }) => received)).toEqual([[], ['hello'], ['hello']]);
    expect(others.map(({ received }) => received)).toEqual([[], []]);
    expect(server.counts()).toMatchObject({
      received: 6,
      announcements: 1,
      reflected: 2,
      keepAlives: 5,
      clients: 5,
      groups: 3,
    });
    expect(environment.sockets.slice(1).every(({ referenced }) => !referenced)).toBe(true);
  });

  it('keeps clients that are silent, and forgets those that have closed or are lost', async () => {
    const environment = new FakeEnvironment();
    const server = await startServer(environment);
    const [a, b, c] = [await join(environment), await join(environment), await join(environment)];
    await environment.pass(10 * CLIENT_LIFETIME_MS);
    expect(server.counts()).toMatchObject({ clients: 3, evicted: 0 });
    await c.discovery.close();
    expect(server.counts().clients).toBe(2);
    // As if its process had been killed.
    await environment.sockets[2]?.close();
    await environment.pass(CLIENT_LIFETIME_MS + 2 * KEEP_ALIVE_MS);
    expect(server.counts()).toMatchObject({ clients: 1, groups: 1 });
    a.discovery.announce(bytesOf('hello'));
    expect([b.received, c.received]).toEqual([[], []]);
    expect(a.errors).toEqual([]);
  });

  it('goes on by the servers that are left', async () => {
    const environment = new FakeEnvironment();
    const first = await startServer(environment);
    await startServer(environment, 6789);
    const servers = '127.0.0.1:6788,127.0.0.1:6789';
    const [a, b] = [await join(environment, {}, servers), await join(environment, {}, servers)];
    a.discovery.announce(bytesOf('both'));
    expect(b.received).toEqual(['both', 'both']);
    await first.close();
    a.discovery.announce(bytesOf('one'));
    expect(b.received).toEqual(['both', 'both', 'one']);
  });

  it('tells once that a server is lost, and is whole again when it comes back', async () => {
    const environment = new FakeEnvironment();
    const server = await startServer(environment);
    const [a, b] = [await join(environment), await join(environment)];
    a.discovery.announce(bytesOf('view'));
    await server.close();
    await environment.pass(10 * SERVER_LOST_MS);
    expect(a.errors.map(({ message }) => message)).toEqual([
      'discovery by gossip: the server 127.0.0.1:6788 does not answer',
    ]);
    const again = await startServer(environment);
    await environment.pass(KEEP_ALIVE_MS);
    // What was announced last comes without being asked for.
    expect([again.counts().clients, b.received.at(-1)]).toEqual([2, 'view']);
    await again.close();
    await environment.pass(2 * SERVER_LOST_MS);
    expect(a.errors).toHaveLength(2);
  });

  it('finds a server by name, also later', async () => {
    const environment = new FakeEnvironment();
    await startServer(environment);
    const a = await join(environment, {}, 'gossip.demo:6788');
    const b = await join(environment);
    a.discovery.announce(bytesOf('hello'));
    environment.hosts.set('gossip.demo', ['127.0.0.1']);
    await environment.pass(LOOKUP_RETRY_MS);
    expect(b.received).toEqual(['hello']);
    expect(a.errors).toEqual([expect.objectContaining({ code: 'ERR_RESOLVE' })]);
  });

  it('takes ALIVE from nobody but who was asked', async () => {
    const environment = new FakeEnvironment();
    const a = await join(environment);
    const client = environment.sockets[0];
    const forged = encodeDatagram(Kind.alive, groupHash('demo', ''), new Uint8Array(8));
    client?.events.onDatagram(forged, { address: '127.0.0.1', port: 6788, family: 'IPv4', size: 0 });
    await environment.pass(SERVER_LOST_MS + KEEP_ALIVE_MS);
    expect([a.discovery.ignored, a.errors.length]).toEqual([1, 1]);
  });

  it('rejects when there is no socket, and when a server is of another family', async () => {
    const environment = new FakeEnvironment();
    await expect(join(environment, {}, '[::1]:6788')).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
    environment.bindError = new Error('bind EADDRNOTAVAIL');
    await expect(join(environment)).rejects.toMatchObject({ code: 'ERR_BIND', cause: environment.bindError });
    await expect(startServer(environment)).rejects.toMatchObject({ code: 'ERR_BIND' });
    expect(environment.timers.size).toBe(0);
  });

  it('leaves nothing behind', async () => {
    const environment = new FakeEnvironment();
    const server = await startServer(environment);
    const a = await join(environment, {}, '127.0.0.1:6788,not-there:1');
    await Promise.all([a.discovery.close(), a.discovery.close(), server.close(), server.close()]);
    const sent = environment.sent.length;
    a.discovery.announce(bytesOf('hello'));
    expect({ sent: environment.sent.length, timers: environment.timers.size }).toEqual({ sent, timers: 0 });
    expect(environment.sockets.every(({ closed }) => closed)).toBe(true);
  });
});

describe('a gossip server', () => {
  it('drops repetitions, floods, garbage and other versions, and counts them', async () => {
    const environment = new FakeEnvironment();
    const server = await startServer(environment);
    const [a, b] = [await join(environment), await join(environment)];
    for (let i = 0; i < 3; i++) a.discovery.announce(bytesOf('same'));
    expect([b.received, server.counts().repeated]).toEqual([['same'], 2]);
    for (let i = 0; i < 100; i++) a.discovery.announce(bytesOf(`${i}`));
    expect([b.received.length, server.counts().tooFast]).toEqual([50, 51]);
    const socket = environment.sockets[0];
    const from = { address: '127.0.0.1', port: 9, family: 'IPv4', size: 0 } as const;
    const newer = encodeDatagram(Kind.announce, groupHash('demo', ''), bytesOf('x'));
    newer[4] = 2;
    socket?.events.onDatagram(newer, from);
    socket?.events.onDatagram(bytesOf('GET / HTTP/1.1'), from);
    expect(server.counts()).toMatchObject({ wrongVersion: 1, garbage: 1, clients: 2 });
  });
});
