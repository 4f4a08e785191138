// Replicas that come back and have missed much, or everything: from the log where it reaches back, else the whole store from another one.
import { rmSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Dump, type Replica, StoreCrew } from '../helpers/store-crew.js';

/** A log so short that who is away for a moment needs the whole store. */
const SHORT_LOG = { logEntries: 10 };
const KIB = 1024;
/** Longer than several chunks. */
const FILLED = [60, 64 * KIB] as const;

interface Crew {
  readonly crew: StoreCrew;
  readonly away: Replica;
  readonly others: readonly [Replica, ...Replica[]];
}

/** Replicas of which one is killed, while the others fill the store and forget how. */
async function withOneAway(context: TestContext, isLeader = false, names = ['a', 'b', 'c']): Promise<Crew> {
  const crew = new StoreCrew(context, 'native', 'multi', SHORT_LOG, names);
  await crew.startAll();
  await crew.replica('a').put('before', 'x');
  const leader = await crew.areTogether();
  const away = crew.all.find(({ name }) => (name === leader) === isLeader) as Replica;
  const others = crew.all.filter((replica) => replica !== away) as unknown as Crew['others'];
  const { lastCommitted } = await away.status();
  await away.kill();
  await crew.areTogether(others);
  await others[0].call('fill', 'key', ...FILLED);
  await Promise.all(others.map((each) => each.call('waitForFirst', lastCommitted + 2)));
  return { crew, away, others };
}

async function comesBack(crew: StoreCrew, name: string): Promise<Dump> {
  const again = await crew.start(name, { ready: true });
  await crew.areTogether();
  const { syncs, states } = await again.seen();
  expect(syncs.length).toBeGreaterThan(0);
  expect(states).toContain('synchronizing');
  const dump = await crew.check();
  expect(dump.entries).toHaveLength(1 + FILLED[0]);
  return dump;
}

describe('a replica that was away', () => {
  it('takes from the log what it has missed, and nothing more', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi');
    const [a, b, c] = crew.all as [Replica, Replica, Replica];
    await a.call('fill', 'early', 50, 100);
    await c.kill();
    await crew.areTogether([a, b]);
    await b.call('fill', 'late', 200, 1000);
    const again = await crew.start('c', { ready: true });
    await crew.areTogether();
    expect((await again.seen()).syncs).toEqual([]);
    expect((await crew.check()).entries).toHaveLength(250);
    await crew.close();
  });

  it('takes the whole store when the log was trimmed, while others write', async (context) => {
    const { crew, away, others } = await withOneAway(context);
    await crew.load([others[0]], 1);
    const again = await crew.start(away.name, { ready: true });
    await crew.areTogether();
    await crew.write(10, [others[0]]);
    await crew.endLoad([others[0]]);
    expect((await again.seen()).syncs.length).toBeGreaterThan(0);
    await crew.check();
    // It was told that what it had was old.
    expect(await again.get('key0')).toHaveLength(FILLED[1]);
    await crew.close();
  });

  it('begins anew when it is killed in the middle of that', async (context) => {
    const { crew, away } = await withOneAway(context);
    const first = await crew.spawn(away.name);
    await crew.open(first, { killAtSync: 'me', afterBytes: 300 * KIB });
    await first.child.exited;
    expect(crew.lines(away.name)).toEqual([{ killed: 'me' }]);
    await comesBack(crew, away.name);
    await crew.close();
  });

  it('goes on with another when whoever gives it the store is killed in the middle of that', async (context) => {
    // A half store does not count: without the killed one, too, there has to be a majority.
    const { crew, away, others } = await withOneAway(context, false, ['a', 'b', 'c', 'd', 'e']);
    const pids = Object.fromEntries(others.map(({ name, child }) => [name, child.pid]));
    const again = await crew.spawn(away.name);
    await crew.open(again, { killAtSync: pids, afterBytes: 300 * KIB });
    await Promise.race(others.map(({ child }) => child.exited));
    const [line] = crew.lines(away.name) as [{ killed: string }];
    const left = crew.all.filter(({ name }) => name !== line.killed);
    await crew.areTogether(left);
    const providers = new Set((await again.seen()).syncs.map(({ provider }) => provider));
    expect(providers).toContain(line.killed);
    expect(providers.size).toBeGreaterThan(1);
    expect((await crew.check(left)).entries).toHaveLength(1 + FILLED[0]);
    await crew.close(left);
  });

  it('takes everything when its disk was replaced', async (context) => {
    const { crew, away } = await withOneAway(context, true);
    rmSync(crew.directory(away.name), { recursive: true });
    await comesBack(crew, away.name);
    await crew.close();
  });
});
