// What a member holds under load in both directions: its rings stay inside `memory`, its queue inside what the options say, and after a burst everything
// that was taken for it is given back. And what it holds after many views: no more than after a few.
import { describe, expect, it } from 'vitest';
import { Crew, type Footprint, type Look, MEMBER_COMBINATIONS, messagesOf, type Plan } from '../helpers/crew.js';
import { GroupCrew, type Member } from '../helpers/group-crew.js';

const MIB = 1024 * 1024;
const MEMORY = 8 * MIB;
const LONGEST = 300_000;
const MAX_QUEUED = 32 * MIB;
const HIGH_WATER_MARK = MIB;
const SMALL = 1_024;
/** V8's heap, code and what the allocator keeps. */
const NODE_BYTES = 96 * MIB;
/** Socket buffers, tables, and one message that is put together from each of the others. */
const CONSTANT_BYTES = MIB + 2 * LONGEST;
/** A member goes and comes again so often: first, and then. Each time there are two views; new rings for each of them would be more than 8 MiB. */
const FIRST_ROUNDS = 5;
const ROUNDS = 60;
/** Rings of views that wait side by side for their last words to arrive, a second at most, however many have been; and what is not collected yet. */
const SIDE_BY_SIDE_BYTES = 96 * MIB;

const loadPlan: Plan = [
  [64, 60_000],
  [1_024, 20_000],
  [LONGEST, 150],
];
const burstPlan: Plan = [[SMALL, 1_000_000]];
const child = { execArgv: ['--expose-gc'] };

describe.each(MEMBER_COMBINATIONS)('members in mode %s, %s', (mode, threads) => {
  it('stay inside their memory while all of them send as fast as they can', async (context) => {
    const options = { memory: MEMORY, highWaterMark: HIGH_WATER_MARK };
    const crew = await Crew.join(context, {
      mix: mode,
      threads,
      members: 2,
      castPlan: loadPlan,
      sendPlan: loadPlan,
      options,
      child,
    });
    const before = await Promise.all(crew.ranks.map((rank) => crew.look(rank)));
    const after = await crew.exchange();
    for (const rank of crew.ranks) {
      const [first, last] = [before[rank] as Look, after[rank] as Look];
      // A message of each of the other's two streams may be in the making.
      expect(last.most.memoryBytes).toBeLessThanOrEqual(MEMORY + 2 * LONGEST);
      expect(last.most.queuedBytes).toBeLessThanOrEqual(HIGH_WATER_MARK + 2 * (LONGEST + SMALL));
      const allowed = MEMORY + HIGH_WATER_MARK + CONSTANT_BYTES + NODE_BYTES;
      expect(last.most.rss - first.footprint.rss).toBeLessThanOrEqual(allowed);
    }
    await crew.close();
  });

  it('refuse what is over maxQueuedBytes, and give back what a burst took', async (context) => {
    const options = { memory: MEMORY, maxQueuedBytes: MAX_QUEUED };
    const crew = await Crew.join(context, { mix: mode, threads, members: 2, castPlan: burstPlan, options, child });
    const before = await crew.look(0);
    const burst = await crew
      .child(0)
      .call<{ taken: number; code: string; needDrain: boolean }>('castUntilRefused', SMALL);
    expect(burst).toMatchObject({ code: 'ERR_QUEUE_FULL', needDrain: true });
    expect(burst.taken).toBeGreaterThanOrEqual(Math.floor(MAX_QUEUED / (SMALL + 8)));
    expect(burst.taken).toBeLessThan(messagesOf(burstPlan));
    const received = await crew.child(1).call<Look>('receiveAll', [0], burst.taken, 0);
    expect(received.failed).toBeUndefined();
    const after = await crew.child(0).call<Look>('waitForRoom');
    expect(after.most.queuedBytes).toBeLessThanOrEqual(MAX_QUEUED);
    expect(after.stats).toMatchObject({ queuedBytes: 0, memoryBytes: before.stats.memoryBytes });
    await crew.child(0).call('waitForArrayBuffers', before.footprint.arrayBuffers + MIB);
    await crew.close();
  });

  it('hold no more after many views than after a few', async (context) => {
    // V8 does not see how large shared memory is, and in the life of a process may never come to collect it: here nobody does. Other memory it would collect in time.
    const isShared = mode === 'ts' && threads === 'multi';
    const crew = await GroupCrew.together(context, [mode, threads], 2, isShared ? {} : { child });
    const [stays, comes] = crew.members as [Member, Member];
    const change = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await crew.explain(comes.call('leave'));
        await crew.areTogether([stays]);
        await crew.explain(comes.join());
        await crew.areTogether();
        await crew.talk();
      }
    };
    await change(FIRST_ROUNDS);
    const before = await Promise.all(
      crew.members.map(async (member) => (await member.call<Footprint>('footprint')).arrayBuffers),
    );
    await change(ROUNDS);
    // What gc() finds is freed a little later.
    for (const [index, bytes] of before.entries())
      await crew.explain(crew.member(index).call('waitForArrayBuffers', bytes + SIDE_BY_SIDE_BYTES));
    await crew.close();
    crew.check();
  });
});
