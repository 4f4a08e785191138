// Members that fail under load: killed, stopped for longer than suspicion lasts, suspected by an application. The others go on, have the same, and take
// in again who comes back.
import { describe, expect, it, type TestContext, vi } from 'vitest';
import {
  type Combination,
  GROUP_COMBINATIONS,
  GroupCrew,
  type Member,
  SHORT_SUSPICION,
} from '../helpers/group-crew.js';

async function underLoad(context: TestContext, combination: Combination, members: number) {
  const crew = await GroupCrew.together(context, combination, members, {
    options: { params: SHORT_SUSPICION },
    traits: { talks: true },
  });
  await crew.load(true);
  await crew.hear(100);
  return crew;
}

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];

/** Of members that are together those of these ranks, and the others. */
async function pick(together: readonly Member[], ranks: readonly number[]): Promise<[Member[], Member[]]> {
  const { members } = await (together[0] as Member).view();
  const picked = ranks.map((rank) => together.find(({ name }) => name === members[rank]) as Member);
  return [picked, together.filter((member) => !picked.includes(member))];
}

/** Whether a member was in a view of these. */
function wasWith(member: Member, members: readonly Member[]): boolean {
  const names = members.map(({ name }) => name).toSorted();
  return member.lines().some((line) => line.type === 'view' && line.members.toSorted().join() === names.join());
}

async function endTogether(crew: GroupCrew, members: readonly Member[] = crew.members): Promise<void> {
  await crew.hear(100, members);
  await crew.load(false, members);
  await crew.areTogether(members);
  await crew.talk(members);
  await crew.close(members);
  crew.check();
}

describe.each(GROUP_COMBINATIONS)('a group under load in mode %s, %s', (...combination) => {
  it('goes on when a member is killed, then its coordinator, then its coordinator and the next', async (context) => {
    const crew = await underLoad(context, combination, 6);
    let left: readonly Member[] = crew.members;
    for (const ranks of [[2], [0], [0, 1]]) {
      const [killed, others] = await pick(left, ranks);
      await Promise.all(killed.map((member) => member.kill()));
      await crew.areTogether(others);
      await crew.hear(100, others);
      left = others;
    }
    await endTogether(crew, left);
  });
});

// What takes time here is suspicion and healing: mixed groups have a member of each kind.
describe.each(COMBINATIONS)('a group under load in mode %s, %s', (...combination) => {
  it('goes on without a member that is stopped, then without its coordinator, and takes them in when they go on', async (context) => {
    const crew = await underLoad(context, combination, 4);
    for (const rank of [2, 0]) {
      const [[stopped], others] = (await pick(crew.members, [rank])) as [[Member], Member[]];
      stopped.signal('SIGSTOP');
      await crew.areTogether(others);
      await crew.hear(100, others);
      stopped.signal('SIGCONT');
      await crew.areTogether();
      expect(wasWith(stopped, [stopped])).toBe(true);
    }
    // One whom an application suspects lives, and is taken in, too.
    const [[suspected], others] = (await pick(crew.members, [1])) as [[Member], Member[]];
    await others[1]?.call('suspect', [suspected.name]);
    await vi.waitUntil(() => others.some((member) => wasWith(member, others)), { timeout: 60_000, interval: 20 });
    await crew.areTogether();
    await endTogether(crew);
  });
});
