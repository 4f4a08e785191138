// Whatever comes to the sockets of discovery: nothing throws, nothing is handed up that is not of the group, memory stays bounded.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeDatagram, encodeDatagram, groupHash, Kind } from '../../ts/discovery/datagram.js';
import { openGossip } from '../../ts/discovery/gossip.js';
import { GossipServer } from '../../ts/discovery/gossip-server.js';
import { openMulticast } from '../../ts/discovery/multicast.js';
import { FakeEnvironment, makeContext } from '../unit/discovery/fake-environment.js';

const hash = groupHash('demo', '');
const noise = fc.uint8Array({ maxLength: 1500 });
/** Datagrams that are nearly right. */
const nearly = fc
  .record({
    kind: fc.constantFrom(...Object.values(Kind)),
    group: fc.constantFrom(hash, groupHash('other', '')),
    body: fc.uint8Array({ maxLength: 24 }),
    at: fc.nat(40),
    value: fc.nat(255),
    length: fc.nat(64),
  })
  .map(({ kind, group, body, at, value, length }) => {
    const bytes = encodeDatagram(kind, group, body);
    if (at < bytes.length) bytes[at] = value;
    return bytes.subarray(0, length);
  });
const datagrams = fc.array(fc.oneof(noise, nearly), { maxLength: 20 });
const isForMe = (bytes: Uint8Array) => {
  const datagram = decodeDatagram(bytes);
  return typeof datagram === 'object' && datagram.kind === Kind.announce && datagram.group === hash;
};

it('members take nothing but announcements of their group', async () => {
  await fc.assert(
    fc.asyncProperty(datagrams, async (all) => {
      const environment = new FakeEnvironment();
      const byGroup = makeContext();
      const byServer = makeContext();
      const choice = { group: undefined, interfaces: undefined, ttl: 1 };
      const multicast = await openMulticast({ type: 'multicast', ...choice }, byGroup.context, environment);
      const servers = [{ host: '127.0.0.1', port: 6788 }];
      const gossip = await openGossip({ type: 'gossip', servers }, byServer.context, environment);
      const from = { address: '127.0.0.1', port: 9, family: 'IPv4', size: 0 } as const;
      const [receiver, , client] = environment.sockets;
      for (const bytes of all) {
        receiver?.events.onDatagram(bytes, from);
        client?.events.onDatagram(bytes, from);
      }
      const expected = all.filter(isForMe).length;
      expect([byGroup.received.length, byServer.received.length]).toEqual([expected, expected]);
      expect([multicast.ignored, gossip.ignored]).toEqual([all.length - expected, all.length - expected]);
      expect([...byGroup.errors, ...byServer.errors]).toEqual([]);
      await Promise.all([multicast.close(), gossip.close()]);
    }),
  );
});

it('a gossip server counts each datagram as one thing', async () => {
  await fc.assert(
    fc.asyncProperty(datagrams, fc.nat(3), async (all, clients) => {
      const environment = new FakeEnvironment();
      const server = await GossipServer.open({ host: '127.0.0.1', port: 6788 }, () => {}, environment);
      let goodbyes = 0;
      for (const [index, bytes] of all.entries()) {
        const datagram = decodeDatagram(bytes);
        if (typeof datagram === 'object' && datagram.kind === Kind.goodbye) goodbyes++;
        const from = { address: '127.0.0.1', port: 100 + (index % (clients + 1)), family: 'IPv4', size: 0 } as const;
        environment.sockets[0]?.events.onDatagram(bytes, from);
      }
      const { received, announcements, keepAlives, garbage, wrongVersion, ...counts } = server.counts();
      expect(received).toBe(all.length);
      expect(announcements + keepAlives + garbage + wrongVersion + goodbyes).toBe(all.length);
      expect(counts.clients).toBeLessThanOrEqual(2 * (clients + 1));
      await server.close();
    }),
  );
});
