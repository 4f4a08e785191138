// Replicas that are cut off from the majority: they refuse what they can't promise, say so, and come back.
import { describe, expect, it } from 'vitest';
import { TestNetwork } from '../helpers/netns.js';
import { type Replica, StoreCrew } from '../helpers/store-crew.js';

const PORT = 7_200;

describe('a replica whose others stand still', () => {
  it('refuses writes, and reads but for stale ones, until they go on', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi', { outcomeTimeoutMs: 200 });
    const [a, b, c] = crew.all as [Replica, Replica, Replica];
    const version = await a.put('key', 'before');
    await b.call('waitForVersion', version);
    for (const each of [a, c]) each.signal('SIGSTOP');
    // Nobody knows yet: it was under way when the majority was lost.
    await expect(b.put('key', 'perhaps')).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_STORE_(OUTCOME_UNKNOWN|NO_QUORUM)$/),
    });
    await b.call('waitForState', 'no-quorum');
    await expect(b.put('key', 'never')).rejects.toMatchObject({ code: 'ERR_STORE_NO_QUORUM' });
    for (const read of ['local', 'linearizable']) {
      await expect(b.get('key', read)).rejects.toMatchObject({ code: 'ERR_STORE_NO_QUORUM' });
    }
    expect(await b.get('key', 'stale')).toBe('before');
    expect(await b.dump('stale')).toMatchObject({ version, stale: true });
    expect(await b.status()).toMatchObject({ stale: true, present: ['b'] });
    for (const each of [a, c]) each.signal('SIGCONT');
    await crew.areTogether();
    const status = await b.status();
    expect(status.stale).toBe(false);
    expect(status).not.toHaveProperty('reason');
    expect(['before', 'perhaps']).toContain(await b.get('key', 'linearizable'));
    await b.put('key', 'after');
    expect(await c.get('key', 'linearizable')).toBe('after');
    await crew.check();
    await crew.close();
  });
});

describe('three hosts, the leader of which is cut off', () => {
  it('go on without it, and it has what they have when it is back', async (context) => {
    const network = TestNetwork.make(context, 3);
    const hosts = [0, 1, 2];
    const discovery = `static:${hosts.map((host) => `${network.address(host)}:${PORT}`).join()}`;
    const crew = new StoreCrew(context, 'native', 'multi', { discovery, outcomeTimeoutMs: 200 });
    const start = (name: string, host: number) =>
      crew.start(name, {
        ready: true,
        options: { address: `${network.address(host)}:${PORT}` },
        child: { through: network.through(host) },
      });
    await Promise.all(crew.names.map(start));
    const leader = await crew.leader();
    const others = crew.all.filter((replica) => replica !== leader);
    const [one] = others as [Replica];
    await leader.put('key', 'before');
    await crew.load();
    await crew.write(20);
    const host = crew.names.indexOf(leader.name);
    network.plug([host], 'right');
    await crew.areTogether(others);
    await leader.call('waitForState', 'no-quorum');
    await crew.write(20, others);
    await one.put('key', 'without it');
    expect(await leader.get('key', 'stale')).toBe('before');
    network.plug([host], 'left');
    await crew.areTogether();
    expect(await leader.get('key', 'linearizable')).toBe('without it');
    await crew.write(20);
    await crew.endLoad();
    await crew.check();
    await crew.close();
  });
});
