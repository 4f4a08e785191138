// The life of a group: members come, late too, go, and come back, and so does the coordinator; everybody hears everybody.
import { describe, expect, it } from 'vitest';
import { GROUP_COMBINATIONS, GroupCrew } from '../helpers/group-crew.js';

describe.each(GROUP_COMBINATIONS)('a group in mode %s, %s', (mix, threads) => {
  it('forms by itself, takes in who comes late, lets go who leaves, and takes him in again', async (context) => {
    const crew = new GroupCrew(context, [mix, threads]);
    const [a, b, c] = await crew.add(3);
    const first = await crew.areTogether();
    await crew.talk();

    await crew.load(true);
    const [late] = await crew.add(1);
    const four = await crew.areTogether();
    expect(four.members).toEqual([...first.members, late?.name]);
    await crew.hear(100);

    // Rank 1 goes, under load, and its own load up to then arrives.
    const leaver = crew.members.find(({ name }) => name === four.members[1]);
    const before = leaver?.name;
    await crew.explain(leaver?.call('leave') as Promise<void>);
    const rest = crew.members.filter((member) => member !== leaver);
    const three = await crew.areTogether(rest);
    expect(three.members).toEqual(four.members.filter((name) => name !== before));
    await crew.hear(100, rest);

    // It is another member, at the same address.
    await leaver?.join();
    expect(leaver?.name).not.toBe(before);
    expect(leaver?.name.split('/')[0]).toBe(before?.split('/')[0]);
    const again = await crew.areTogether();
    expect(again.members).toEqual([...three.members, leaver?.name]);
    await crew.hear(100);
    await crew.load(false);
    await crew.talk();
    await crew.close();
    expect([a, b, c].every((member) => member?.count('exit') === (member === leaver ? 2 : 1))).toBe(true);
    crew.check();
  });

  it('goes on when its coordinator leaves, and when all leave at once', async (context) => {
    const crew = await GroupCrew.together(context, [mix, threads], 4);
    await crew.load(true);
    await crew.hear(100);
    const { members } = await crew.member(0).view();
    const coordinator = crew.members.find(({ name }) => name === members[0]);
    await crew.explain(coordinator?.call('leave') as Promise<void>);
    const rest = crew.members.filter((member) => member !== coordinator);
    const view = await crew.areTogether(rest);
    expect(view.members).toEqual(members.slice(1));
    await crew.hear(100, rest);
    await crew.close();
    expect(crew.members.map((member) => member.count('exit'))).toEqual([1, 1, 1, 1]);
    crew.check();
  });
});
