// Replicas of a store under load, killed without warning, one of them or all: what was acknowledged is there, in the same order.
import { describe, expect, it } from 'vitest';
import type { Mode, Threads } from '../helpers/crew.js';
import { StoreCrew } from '../helpers/store-crew.js';

const COMBINATIONS: readonly (readonly [Mode, Threads])[] = [
  ['native', 'multi'],
  ['ts', 'single'],
];
const WRITES = 100;

describe.each(COMBINATIONS)('three replicas under load in mode %s, %s', (...combination) => {
  it('lose nothing that was acknowledged when one is killed, be it the leader, and when all are at once', async (context) => {
    const crew = await StoreCrew.founded(context, ...combination);
    await crew.load();
    await crew.write(WRITES);
    for (const victim of ['follower', 'leader']) {
      const leader = await crew.areTogether();
      const name = crew.names.find((each) => (each === leader) === (victim === 'leader')) as string;
      await crew.replica(name).kill();
      const others = crew.all.filter((each) => each.name !== name);
      await crew.areTogether(others);
      await crew.write(WRITES, others);
      const again = await crew.start(name, { ready: true });
      await crew.areTogether();
      await crew.load([again]);
      await crew.write(WRITES);
    }
    await Promise.all(crew.all.map((replica) => replica.kill()));
    await crew.startAll();
    const { entries } = await crew.check();
    expect(entries.length).toBeGreaterThan(6 * WRITES);

    // And the store goes on after its last version.
    const last = Math.max(...crew.acknowledged().map(({ version }) => version));
    expect(await crew.replica('a').put('after', 'all')).toBeGreaterThan(last);
    await crew.close();
    expect(await crew.errors()).toEqual([]);
  });
});

describe('three replicas', () => {
  it('tell a watcher of each version once, in order, while the leader is killed', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi');
    const leader = await crew.areTogether();
    const others = crew.all.filter(({ name }) => name !== leader);
    const [watcher] = others as [(typeof others)[0]];
    await watcher.call('watch', '', 1);
    await crew.load(others);
    await crew.write(WRITES, others);
    await crew.replica(leader).kill();
    await crew.areTogether(others);
    await crew.write(WRITES, others);
    await crew.endLoad(others);
    const last = await watcher.put('the', 'end');
    await expect.poll(async () => (await watcher.watched()).at(-1)).toMatchObject({ key: 'the', version: last });
    const events = await watcher.watched();
    const versions = events.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    const seen = new Map(events.map(({ key, version }) => [key, version]));
    expect(crew.acknowledged().filter(({ key, version }) => seen.get(key) !== version)).toEqual([]);
    const { entries } = await watcher.dump();
    expect(entries.map(({ key, version }) => [key, version])).toEqual([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
    await crew.close(others);
  });

  it('with durability in memory go on without the one that was killed, which comes back and has all', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi', { durability: 'memory' });
    await crew.load();
    await crew.write(WRITES);
    const leader = await crew.leader();
    const others = crew.all.filter((each) => each !== leader);
    await leader.kill();
    await crew.areTogether(others);
    await crew.write(WRITES, others);
    await crew.start(leader.name, { ready: true });
    await crew.areTogether();
    await crew.write(WRITES, others);
    await crew.endLoad(others);
    await crew.check();
    // Who is closed has all on its disk.
    await crew.close();
    await Promise.all(crew.all.map((replica) => replica.kill()));
    await crew.startAll();
    await crew.check();
    await crew.close();
  });
});
