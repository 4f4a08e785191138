// Members that fail under load: killed, stopped for longer than suspicion lasts, suspected by an application. The others go on, have the same, and take
// in again who comes back.
import { describe, expect, it, type TestContext } from 'vitest';
import {
  type Combination,
  GROUP_COMBINATIONS,
  GroupCrew,
  type Member,
  SHORT_SUSPICION,
} from '../helpers/group-crew.js';

const MEMBERS = 4;

async function underLoad(context: TestContext, combination: Combination) {
  const crew = await GroupCrew.together(context, combination, MEMBERS, {
    options: { params: SHORT_SUSPICION },
    traits: { talks: true },
  });
  await crew.load(true);
  await crew.hear(100);
  return crew;
}

/** Members by the ranks that they have now; and the others. */
async function pick(crew: GroupCrew, ranks: readonly number[]): Promise<[picked: Member[], others: Member[]]> {
  const { members } = await crew.member(0).view();
  const picked = ranks.map((rank) => crew.members.find(({ name }) => name === members[rank]) as Member);
  return [picked, crew.members.filter((member) => !picked.includes(member))];
}

/** Whether a member was in a view of these. */
function wasWith(member: Member, members: readonly Member[]): boolean {
  const names = members.map(({ name }) => name).toSorted();
  return member.lines().some((line) => line.type === 'view' && line.members.toSorted().join() === names.join());
}

async function endTogether(crew: GroupCrew, members = crew.members): Promise<void> {
  await crew.hear(100, members);
  await crew.load(false, members);
  await crew.areTogether(members);
  await crew.talk(members);
  await crew.close(members);
  crew.check();
}

describe.each(GROUP_COMBINATIONS)('a group under load in mode %s, %s', (...combination) => {
  it.for([
    ['a member', [2]],
    ['its coordinator', [0]],
    ['its coordinator and the next', [0, 1]],
  ] as const)('goes on when %s is killed', async ([, ranks], context) => {
    const crew = await underLoad(context, combination);
    const [killed, others] = await pick(crew, ranks);
    await Promise.all(killed.map((member) => member.kill()));
    await crew.areTogether(others);
    await endTogether(crew, others);
  });

  it.for([
    ['a member', 2],
    ['its coordinator', 0],
  ] as const)('goes on without %s that is stopped, and takes it in when it goes on', async ([, rank], context) => {
    const crew = await underLoad(context, combination);
    const [[stopped], others] = (await pick(crew, [rank])) as [[Member], Member[]];
    stopped.signal('SIGSTOP');
    await crew.areTogether(others);
    await crew.hear(100, others);
    stopped.signal('SIGCONT');
    await crew.areTogether();
    expect(wasWith(stopped, [stopped])).toBe(true);
    await endTogether(crew);
  });

  it('goes on without a member that an application suspects, and takes it in again', async (context) => {
    const crew = await underLoad(context, combination);
    const [[suspected], others] = (await pick(crew, [1])) as [[Member], Member[]];
    await others[1]?.call('suspect', [suspected.name]);
    await expect.poll(() => others.some((member) => wasWith(member, others)), { timeout: 60_000 }).toBe(true);
    await crew.areTogether();
    await endTogether(crew);
  });
});
