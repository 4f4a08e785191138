// One of three members stops reading for five seconds while another casts as fast as it can: nothing is lost, the sender is told to wait and later to go
// on, and nobody's memory grows.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Crew, type Look, MEMBER_COMBINATIONS, type Mode, type Plan, type Threads } from '../helpers/crew.js';

const MIB = 1024 * 1024;
const MEMORY = 16 * MIB;
const HIGH_WATER_MARK = MIB;
const LONGEST = 64 * 1024;
/** Many times what rings and queues hold. */
const castPlan: Plan = [
  [100, 30_000],
  [LONGEST, 700],
  [0, 10],
];
/** What Node itself may grow by while it works: V8's heap, and memory that the allocator keeps. */
const NODE_BYTES = 96 * MIB;
const STOP_MS = 5_000;
const [SENDER, SLOW] = [0, 1];

function withSlow(mode: Mode, threads: Threads, loops: readonly number[]) {
  const options = { memory: MEMORY, highWaterMark: HIGH_WATER_MARK };
  return { mix: mode, threads, members: 3, castPlan, options, loops } as const;
}

function expectBounded(before: Look, after: Look): void {
  expect(after.most.memoryBytes).toBeLessThanOrEqual(MEMORY);
  expect(after.most.queuedBytes).toBeLessThanOrEqual(HIGH_WATER_MARK + LONGEST + 8);
  expect(after.most.rss - before.footprint.rss).toBeLessThanOrEqual(MEMORY + HIGH_WATER_MARK + NODE_BYTES);
}

/** Casts while `stop` keeps a member from reading; `stop` resolves when it reads again. */
async function castAgainst(crew: Crew, stop: () => Promise<void>): Promise<void> {
  const before = await Promise.all(crew.ranks.map((rank) => crew.look(rank)));
  const stopped = stop();
  const sent = crew.send([SENDER]);
  const throttled = await crew.child(SENDER).call<Look>('waitForThrottle');
  // It was told to wait when the mark was reached; some of that may have gone out since.
  expect(throttled.most.queuedBytes).toBeGreaterThanOrEqual(HIGH_WATER_MARK);
  expect(throttled.stats.queuedBytes).toBeGreaterThan(0);
  const received = crew.receive([SENDER], [SLOW, 2]);
  await Promise.all([stopped, sent, received]);
  const after = await Promise.all(crew.ranks.map((rank) => crew.look(rank)));
  for (const rank of crew.ranks) expectBounded(before[rank] as Look, after[rank] as Look);
  const sender = after[SENDER] as Look;
  expect(sender.drains).toBeGreaterThan(0);
  expect(sender.stats.queuedBytes).toBe(0);
}

describe.each(MEMBER_COMBINATIONS)('a group in mode %s, %s', { concurrent: true }, (mode, threads) => {
  it('waits for a member whose event loop is blocked for five seconds', async (context) => {
    const crew = await Crew.join(context, withSlow(mode, threads, []));
    await castAgainst(crew, () => crew.child(SLOW).call('block', STOP_MS));
    await crew.close();
  });

  it('waits for a member whose loop takes no events for five seconds', async (context) => {
    const crew = await Crew.join(context, withSlow(mode, threads, [SLOW]));
    await castAgainst(crew, async () => {
      await crew.child(SLOW).call('hold', true);
      await sleep(STOP_MS);
      await crew.child(SLOW).call('hold', false);
    });
    await crew.close();
  });
});
