// The two stacks that are written out in the documents of Maestro and of Horus, as they stand there, each member in a process of its own, under load.
import { describe, expect, it } from 'vitest';
import { type Combination, GroupCrew, type Member } from '../helpers/group-crew.js';
import { expectOrdered } from '../helpers/order-checks.js';

const MAESTRO = 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom';
const HORUS = 'BUFFER:ORDER:CAUSAL:UNPACK:TOTAL:MERGE(auto=0):VIEWS';
const MEMBERS = 4;
const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];

/** The coordinator is killed, which with total order is the sequencer; the others go on and close. */
async function loseFirst(crew: GroupCrew, members: readonly Member[]): Promise<void> {
  await crew.load(true, members);
  await crew.hear(100, members);
  const { members: names } = await crew.member(0).view();
  const first = members.find(({ name }) => name === names[0]);
  const others = members.filter((member) => member !== first);
  await first?.kill();
  await crew.areTogether(others);
  await crew.hear(100, others);
  await crew.load(false, others);
  await crew.talk(others);
}

describe.each(COMBINATIONS)('a group in mode %s, %s', (...combination) => {
  it("runs the stack of Maestro's documents", async (context) => {
    const crew = await GroupCrew.together(context, combination, MEMBERS, { options: { protocol: MAESTRO } });
    expect((await crew.member(0).view()).protocol).toBe(MAESTRO);
    await loseFirst(crew, crew.members);
    await crew.close(crew.members.filter(({ killed }) => !killed));
    crew.check();
  });

  it("runs the stack of Horus's documents, in causal and total order, and merges only when it is asked to", async (context) => {
    const crew = new GroupCrew(context, combination, { options: { protocol: HORUS } });
    const join = { contactName: `contact of ${crew.groupName}` };
    for (let i = 0; i < MEMBERS; i++) await crew.add(1, { join });
    const members = [...crew.members];
    const view = await crew.areTogether(members);
    expect(view.params).toBe('heal_auto=0:int');
    expect(view.protocol).toContain(':Total:Causal:');
    // It names no contact: with views that merge by themselves it would be among the others.
    const [stranger] = (await crew.add(1)) as [Member];
    await loseFirst(crew, members);
    expect((await stranger.view()).members).toEqual([stranger.name]);
    // Once more a view, so that those who went on together can be compared.
    const rest = members.filter(({ killed }) => !killed) as [Member, ...Member[]];
    const { id } = await rest[0].view();
    await rest[0].call('requestNewView');
    await crew.explain(Promise.all(rest.map((member) => member.call('waitForOtherView', id))));
    await crew.close([...rest, stranger]);
    expect(stranger.count('view')).toBe(1);
    expectOrdered(crew, view.protocol);
  });
});
