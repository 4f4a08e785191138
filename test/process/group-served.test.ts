// Groups whose views a membership service decides about: real members, and the real `consort groupd`, which is killed too.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Combination, GroupCrew, SHORT_SUSPICION } from '../helpers/group-crew.js';
import { GroupdProcess } from '../helpers/groupd.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];
/** Long enough for members to make a view that must not. */
const NOTHING_HAPPENS_MS = 1_500;

const NO_SUSPICION = 'suspect_sweep=3600;suspect_verify=3600';

/** By multicast they would find each other too: nobody shall. */
async function served(context: TestContext, combination: Combination, params: string, ...services: GroupdProcess[]) {
  const groupdHosts = (await Promise.all(services.map((service) => service.address()))).join();
  const options = { groupd: true, groupdHosts, discovery: 'none', params };
  return new GroupCrew(context, combination, { options, traits: { talks: true } });
}

async function portOf(service: GroupdProcess): Promise<number> {
  return Number((await service.address()).split(':')[1]);
}

describe.each(COMBINATIONS)('members with a service, in mode %s, %s', (...combination) => {
  it('form a view, lose one who is killed, let one go, and take one in', async (context) => {
    const groupd = await GroupdProcess.start(context);
    // The end of its connection tells of a member that is killed: there is no suspicion.
    const crew = await served(context, combination, NO_SUSPICION, groupd);
    await crew.add(4);
    const view = await crew.areTogether();
    expect(view.protocol).toMatch(/^Groupd:Leave:Intra:Elect:Sync:Suspect:Top_appl:/);
    await crew.talk();
    await crew.load(true);
    const killed = crew.members.find(({ name }) => name === view.members[0]);
    const others = crew.members.filter((member) => member !== killed);
    await killed?.kill();
    await crew.areTogether(others);
    const [leaver, ...stay] = others as [(typeof others)[0], ...typeof others];
    await leaver.call('leave');
    await crew.areTogether(stay);
    const [late] = await crew.add(1);
    const all = [...stay, late as (typeof others)[0]];
    await crew.areTogether(all);
    await crew.hear(50, all);
    await crew.load(false, all);
    await crew.talk(all);
    await crew.close([...all, leaver]);
    crew.check();
  });

  it('stay in their view when the service is killed, and go on with the next one', async (context) => {
    const groupd = await GroupdProcess.start(context);
    const port = await portOf(groupd);
    const crew = await served(context, combination, SHORT_SUSPICION, groupd);
    await crew.add(3);
    const view = await crew.areTogether();
    await groupd.kill('SIGKILL');
    for (const member of crew.members) await member.call('waitForError', 'ERR_GROUPD');
    await crew.talk();
    await GroupdProcess.start(context, port);
    await sleep(NOTHING_HAPPENS_MS);
    // All are there: the new service takes the view up as it is.
    for (const member of crew.members) expect((await member.view()).id).toBe(view.id);
    const [late] = await crew.add(1);
    const four = await crew.areTogether();
    expect(four.members).toEqual([...view.members, late?.name]);
    await crew.talk();
    await crew.close();
    crew.check(['ERR_GROUPD']);
  });

  it('find out what has happened while there was no service', async (context) => {
    const groupd = await GroupdProcess.start(context);
    const port = await portOf(groupd);
    const crew = await served(context, combination, SHORT_SUSPICION, groupd);
    await crew.add(3);
    const view = await crew.areTogether();
    await groupd.kill('SIGTERM');
    await crew.member(1).kill();
    const others = [crew.member(0), crew.member(2)];
    await sleep(NOTHING_HAPPENS_MS);
    for (const member of others) expect((await member.view()).id).toBe(view.id);
    await GroupdProcess.start(context, port);
    await crew.areTogether(others);
    await crew.talk(others);
    await crew.close(others);
    crew.check(['ERR_GROUPD']);
  });

  it('come back after they were stopped for longer than suspicion lasts', async (context) => {
    const groupd = await GroupdProcess.start(context);
    const crew = await served(context, combination, SHORT_SUSPICION, groupd);
    await crew.add(3);
    const view = await crew.areTogether();
    const stopped = crew.member(1);
    const others = [crew.member(0), crew.member(2)];
    stopped.signal('SIGSTOP');
    await crew.areTogether(others);
    stopped.signal('SIGCONT');
    const again = await crew.areTogether();
    expect(again.members.toSorted()).toEqual(view.members.toSorted());
    expect(again.members[2]).toBe(stopped.name);
    await crew.talk();
    await crew.close();
    crew.check();
  });
});

describe('members with two services', () => {
  it('go over to the second when the first is gone, and back', async (context) => {
    const [first, second] = [await GroupdProcess.start(context), await GroupdProcess.start(context)];
    const port = await portOf(first);
    const crew = await served(context, ['mixed', 'mixed'], SHORT_SUSPICION, first, second);
    await crew.add(3);
    await crew.areTogether();
    await first.kill('SIGKILL');
    await crew.add(1);
    await crew.areTogether();
    await crew.talk();
    await GroupdProcess.start(context, port);
    await second.kill('SIGTERM');
    await crew.add(1);
    await crew.areTogether();
    await crew.talk();
    await crew.close();
    crew.check(['ERR_GROUPD']);
  });
});

describe('a member with a service', () => {
  it('waits in join() for one, until it is told to give up', async (context) => {
    const groupd = await GroupdProcess.start(context);
    const crew = await served(context, ['ts', 'single'], SHORT_SUSPICION, groupd);
    await groupd.kill('SIGTERM');
    const member = await crew.start();
    const givenUp = expect(member.join()).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect(await member.call('waitForError', 'ERR_GROUPD')).toMatchObject({
      message: expect.stringContaining('no membership service at 127.0.0.1:'),
    });
    await member.call('leave');
    await givenUp;
    await member.call('close');
  });

  it('and one of another stack stay apart, and both say why', async (context) => {
    const groupd = await GroupdProcess.start(context);
    const crew = await served(context, ['ts', 'single'], SHORT_SUSPICION, groupd);
    await crew.add(1);
    await crew.add(1, { options: { properties: 'Gmp:Sync:Suspect:Frag' } });
    for (const member of crew.members) {
      const error = await member.call<{ message: string }>('waitForError', 'ERR_INCOMPATIBLE');
      expect(error.message).toContain('this one has the stack Groupd:');
      expect((await member.view()).members).toEqual([member.name]);
    }
    await crew.close();
    crew.check(['ERR_INCOMPATIBLE']);
  });
});
