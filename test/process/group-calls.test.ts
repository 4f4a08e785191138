// What an application can ask for, and what it is asked, when a view changes.
import { describe, expect, it } from 'vitest';
import { type Combination, GroupCrew, type Member, type Posted } from '../helpers/group-crew.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];

async function byRank(crew: GroupCrew): Promise<Member[]> {
  const { members } = await crew.member(0).view();
  return members.map((name) => crew.members.find((member) => member.name === name) as Member);
}

describe.each(COMBINATIONS)('members in mode %s, %s', (...combination) => {
  it('get a new view of the same members when one asks for it', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    for (const member of await byRank(crew)) {
      const before = await member.view();
      await member.call('requestNewView');
      await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', before.id))));
      const after = await crew.areTogether();
      expect(after.members).toEqual(before.members);
    }
    const last = crew
      .member(0)
      .lines()
      .findLast((line) => line.type === 'view');
    expect(last).toMatchObject({ newMembers: [], departedMembers: [] });
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('change their stack when the coordinator says so, and only then', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    await crew.load(true);
    const [coordinator, other] = (await byRank(crew)) as [Member, Member];
    const before = await other.view();
    const stack = ['Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:Slander', 'suspect_sweep=0.75'];
    expect(await other.call('changeProtocol', ...stack)).toBe(false);
    // Nor does the next view have it, which would be the one to bring it.
    await other.call('requestNewView');
    await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', before.id))));
    const same = await crew.areTogether();
    expect([same.protocol, same.params]).toEqual([before.protocol, before.params]);

    expect(await coordinator.call('changeProtocol', ...stack)).toBe(true);
    await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', same.id))));
    const after = await crew.areTogether();
    expect(after.members).toEqual(before.members);
    expect(after.protocol.split(':')).toContain('Slander');
    expect(after.params).toBe('suspect_sweep=0.75:time');
    await crew.hear(100);
    await crew.load(false);

    // Who wants the new stack comes in, also after the change.
    await crew.add(1, { options: { properties: stack[0], params: stack[1] } });
    await crew.areTogether();
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('tell the coordinator what they have to say about a change, and get with the view what it has to say', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3, { traits: { talks: true } });
    const [coordinator] = (await byRank(crew)) as [Member];
    const before = await coordinator.view();
    await coordinator.call('requestNewView');
    await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', before.id))));
    const view = await crew.areTogether();
    const proposed = coordinator.lines().findLast((line) => line.type === 'propose');
    expect(proposed).toMatchObject({
      members: before.members,
      states: before.members.map((name) => [name, `state ${name} ${before.id}`]),
    });
    for (const member of crew.members) {
      const last = member.lines().findLast((line) => line.type === 'view');
      expect(last).toMatchObject({ view: view.id, message: `message ${coordinator.name} ${view.id}` });
    }
    await crew.close();
    crew.check();
  });

  it('send in the view that ends as long as they are asked, then in the next', async (context) => {
    const traits = { chatty: true, asyncBlock: true };
    const crew = await GroupCrew.together(context, combination, 3, { traits });
    const [, second, third] = (await byRank(crew)) as [Member, Member, Member];
    const blocksBefore = await Promise.all(crew.members.map(async (each) => (await each.look()).blocks));
    const before = await third.view();

    // One member takes its time: nobody goes on without it, and it may still send.
    await third.call('holdBlock', true);
    await second.call('requestNewView');
    await crew.explain(
      Promise.all(crew.members.map((each, i) => each.call('waitForBlock', (blocksBefore[i] as number) + 1))),
    );
    const posted = await third.post();
    expect(posted).toMatchObject({ sendView: 'current' });
    // It comes to the others in the view that they all are still in.
    const others = crew.members.filter((each) => each !== third);
    await crew.explain(Promise.all(others.map((each) => each.call('waitFor', [posted.id]))));
    for (const member of crew.members) expect((await member.view()).id).toBe(before.id);
    // The others are ready, and what they send now waits.
    expect(await second.post()).toMatchObject({ sendView: 'next' });
    await third.call('holdBlock', false);
    await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', before.id))));
    await crew.areTogether();
    for (const member of crew.members) {
      const { marks } = await member.look();
      const last = new Map(marks.map(({ callback, sendView }) => [callback, sendView]));
      expect(Object.fromEntries(last)).toEqual({
        onBlock: 'current',
        'onBlock, later': 'current',
        onChangingView: 'next',
        // Behind what waits for this view since it was asked for.
        onAcceptedView: expect.stringMatching(/current|unspecified/),
      });
    }
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('send what waits for flow control in this view or the next, once', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    const [first, second, third] = (await byRank(crew)) as [Member, Member, Member];
    for (const member of [first, second]) {
      // Nobody can go on while one takes nothing.
      third.signal('SIGSTOP');
      const posted = await member.call<Posted[]>('flood', 100, 100_000);
      third.signal('SIGCONT');
      await third.call('requestNewView');
      expect(posted[0]?.sendView).toBe('current');
      expect(posted.at(-1)?.sendView).toBe('unspecified');
      const ids = posted.map(({ id }) => id);
      const others = crew.members.filter((each) => each !== member);
      await crew.explain(Promise.all(others.map((each) => each.call('waitFor', ids))));
    }
    await crew.close();
    crew.check();
  });
});
