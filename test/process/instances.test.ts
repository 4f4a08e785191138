// Many members in one process and in several of its threads, created and closed again and again, and members that nobody closes: nothing is left of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { Child } from '../helpers/child.js';
import { type Footprint, MEMBER_COMBINATIONS, type Mode, skipWithoutAddon } from '../helpers/crew.js';

const GROUPS = 10;
/** Of twenty members each: 200 in all. */
const WARM_UP_ROUNDS = 2;
const ROUNDS = 8;
const WORKERS = 3;
const DEADLINE_MS = 30_000;
/** What the allocator may keep of hundreds of members' memory; each has more than 1 MiB. */
const KEPT_BYTES = 64 * 1024 * 1024;

async function start(context: TestContext, mode: Mode): Promise<Child> {
  skipWithoutAddon(context, mode);
  return Child.start(context, 'instances-program.mjs', { execArgv: ['--expose-gc'] });
}

function held({ fds, resources }: Footprint): string {
  return `${fds} file descriptors, ${[...resources].sort().join(' ')}`;
}

/** What the process holds when it holds the same for a while: what was closed is gone a few turns of the event loop later. */
async function settle(child: Child): Promise<Footprint> {
  let footprint = await child.call<Footprint>('footprint');
  for (let same = 0; same < 10; ) {
    await sleep(20);
    const next = await child.call<Footprint>('footprint');
    same = held(next) === held(footprint) ? same + 1 : 0;
    footprint = next;
  }
  return footprint;
}

/** Waits until the process holds no more than before. */
async function expectNothingLeft(child: Child, before: Footprint): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const now = await child.call<Footprint>('footprint');
    if (held(now) === held(before) && now.rss - before.rss < KEPT_BYTES) return;
    if (Date.now() > deadline) {
      expect(held(now)).toBe(held(before));
      expect(now.rss - before.rss).toBeLessThan(KEPT_BYTES);
    }
    await sleep(20);
  }
}

describe.each(MEMBER_COMBINATIONS)('members in mode %s, %s', { concurrent: true }, (mode, threadMode) => {
  const options = { mode, threadMode };

  it('leave nothing behind when twenty at a time are created and closed, 200 times in all', async (context) => {
    const child = await start(context, mode);
    await child.call('rounds', options, GROUPS, WARM_UP_ROUNDS);
    const before = await settle(child);
    await child.call('rounds', options, GROUPS, ROUNDS);
    await expectNothingLeft(child, before);
  });

  it('leave nothing behind in worker threads', async (context) => {
    const child = await start(context, mode);
    const codes = await child.call<number[]>('workers', options, WORKERS, 2, 2);
    const before = await settle(child);
    codes.push(...(await child.call<number[]>('workers', options, WORKERS, 2, 2)));
    expect(codes.every((code) => code === 0)).toBe(true);
    await expectNothingLeft(child, before);
  });

  it.for([
    ['terminate', 1],
    ['exit', 7],
  ] as const)('do no harm when a worker ends with open members by %s', async ([how, code], context) => {
    const child = await start(context, mode);
    await child.call('rounds', options, 1, 1);
    // The first worker of a process opens its standard error.
    await child.call('workers', options, 1, 1, 1);
    const before = await settle(child);
    // Node's own dgram aborts the process when a datagram comes to a worker that is ending: `v8::FromJust Maybe value is Nothing` in
    // node::UDPWrap::OnRecv, seen with Node 20.20. Nobody but Node can help that.
    const quiet = mode === 'ts';
    for (let i = 0; i < 2; i++) {
      const codes = await child.call<number[]>('abandonWorkers', options, WORKERS, how, quiet);
      expect(codes).toEqual(Array.from({ length: WORKERS }, () => code));
    }
    await expectNothingLeft(child, before);
    await child.call('rounds', options, 1, 1);
  });

  it('do no harm when they are left open to the garbage collector', async (context) => {
    const child = await start(context, mode);
    await child.call('abandon', options, 3);
  });

  it('do not keep process.exit() from ending a process', async (context) => {
    const child = await start(context, mode);
    await child.call('exitWithOpen', options, 5);
    expect(await child.exited).toEqual({ code: 5, signal: null });
  });

  it('refuse every call after close() with ERR_CLOSED, but closing, leaving and counting', async (context) => {
    const child = await start(context, mode);
    const { close, leave, stats, ...refused } = await child.call<Record<string, string>>('callAfterClose', options);
    expect({ close, leave, stats }).toEqual({ close: 'undefined', leave: 'undefined', stats: mode });
    expect(new Set(Object.values(refused))).toEqual(new Set(['ERR_CLOSED']));
  });
});
