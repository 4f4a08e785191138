// Groups on one machine that have nothing to do with each other, and members that can't be in one view.
import { describe, expect, it, type TestContext } from 'vitest';
import { type Combination, GroupCrew, type Member, type MemberSettings, uniqueGroup } from '../helpers/group-crew.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];

describe.each(COMBINATIONS)('members in mode %s, %s', (...combination) => {
  it('hear nobody of another group, nor of a group of the same name with another key', async (context) => {
    const crew = new GroupCrew(context, combination);
    const other = uniqueGroup();
    const kinds = [{ key: 'red' }, { key: 'blue' }, { groupName: other, key: 'red' }];
    const groups = await Promise.all(kinds.map((options) => crew.add(2, { options })));
    for (const members of groups) await crew.areTogether(members);
    for (const members of groups) await crew.talk(members);
    // One that comes later goes where it belongs.
    const [late] = (await crew.add(1, { options: { key: 'blue' } })) as [Member];
    await crew.areTogether([...(groups[1] as Member[]), late]);
    for (const members of groups) {
      const names = members.map(({ name }) => name);
      const allowed = members === groups[1] ? [...names, late.name] : names;
      for (const line of members.flatMap((member) => member.lines())) {
        if (line.type === 'view') expect(allowed).toEqual(expect.arrayContaining([...line.members]));
        if (line.type === 'received') expect(allowed).toContain(line.from);
      }
    }
    await crew.close();
    crew.check();
  });

  it.for([
    ['other stacks', { properties: 'Gmp:Sync:Heal:Frag:Suspect:Flow:Slander' }, /Slander/],
    ['other memory', { memory: 16 * 1024 * 1024 }, /memory 16 MiB/],
    ['checksums', { checksum: true }, /checksum on/],
  ] as const)(
    'with %s than others do not merge with them: both sides say so, and go on',
    async ([, options, says], context) => {
      const [crew, ours, theirs] = await twoSides(context, combination, { options });
      for (const members of [ours, theirs]) {
        await crew.areTogether(members);
        const told = members.map((member) => member.call<{ message: string }>('waitForError', 'ERR_INCOMPATIBLE'));
        // The coordinators hear of each other; each is told once of each.
        const { message } = await crew.explain(Promise.any(told));
        expect(message).toMatch(says);
      }
      for (const members of [ours, theirs]) {
        await crew.areTogether(members);
        await crew.talk(members);
      }
      // Nobody hangs in a change that comes to nothing.
      const ids = await Promise.all([ours, theirs].map(async ([member]) => (await (member as Member).view()).id));
      await Promise.all([ours, theirs].map(([member]) => member?.call('requestNewView')));
      await crew.explain(
        Promise.all([ours, theirs].map(([member], side) => member?.call('waitForOtherView', ids[side]))),
      );
      await crew.areTogether(ours);
      await crew.areTogether(theirs);
      await crew.close();
      crew.check(['ERR_INCOMPATIBLE']);
    },
  );
});

async function twoSides(
  context: TestContext,
  combination: Combination,
  settings: MemberSettings,
): Promise<[GroupCrew, Member[], Member[]]> {
  const crew = new GroupCrew(context, combination);
  const [ours, theirs] = await Promise.all([crew.add(2), crew.add(2, settings)]);
  return [crew, ours, theirs];
}
