// View changes in the middle of a message of 20 MB, and while a member's application is slow.
import { describe, expect, it } from 'vitest';
import { GROUP_COMBINATIONS, GroupCrew } from '../helpers/group-crew.js';

const LONG = 20_000_000;
/** Many times what a view change takes, and less than suspicion. */
const BLOCKED_MS = 1_000;

describe.each(GROUP_COMBINATIONS)('a group in mode %s, %s', (...combination) => {
  it('gets a message of 20 MB whole, across a view change that begins in the middle of it', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    const before = await crew.member(0).view();
    const { id } = await crew.member(0).call<{ id: string }>('postAndChange', LONG);
    const [late] = await crew.add(1);
    await crew.explain(Promise.all([crew.member(1), crew.member(2)].map((member) => member.call('waitFor', [id]))));
    const view = await crew.areTogether();
    expect(view.members).toEqual([...before.members, late?.name]);
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('waits for a member whose event loop is blocked while another joins', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    await crew.load(true);
    await crew.hear(50);
    const blocked = crew.member(1).call('sleepOnTheEventLoop', BLOCKED_MS);
    await crew.add(1);
    await crew.explain(blocked);
    await crew.areTogether();
    await crew.hear(50);
    await crew.load(false);
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('goes on to the next view while a member takes no events of the old one, which it then gets in order', async (context) => {
    const crew = await GroupCrew.together(context, combination, 3);
    const [slow] = await crew.add(1, { traits: { loop: true } });
    const before = await crew.areTogether();
    const others = crew.members.filter((member) => member !== slow);
    await slow?.call('holdLoop', true);
    await crew.load(true, others);
    await crew.hear(100, others);
    await others[0]?.call('requestNewView');
    await crew.explain(Promise.all(others.map((member) => member.call('waitForOtherView', before.id))));
    await crew.hear(100, others);
    await slow?.call('holdLoop', false);
    await crew.load(false, others);
    await crew.areTogether();
    await crew.close();
    crew.check();
  });

  it('lets go a member that takes no events any more', async (context) => {
    const crew = await GroupCrew.together(context, combination, 2);
    const options = { eventBufferBytes: 1_000, lingerMs: 100 };
    const [full] = await crew.add(1, { traits: { loop: true }, options });
    await crew.areTogether();
    const others = crew.members.filter((member) => member !== full);
    await full?.call('holdLoop', true);
    await crew.load(true, others);
    await crew.hear(100, others);
    const start = performance.now();
    await crew.explain(full?.call('leave') as Promise<void>);
    // Not as long as a group that does not answer is waited for.
    expect(performance.now() - start).toBeLessThan(9_000);
    await crew.areTogether(others);
    await crew.load(false, others);
    await full?.call('holdLoop', false);
    await crew.close();
    crew.check();
  });
});
