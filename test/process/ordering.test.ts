// Groups that order their casts, each member in a process of its own, under load, while one is killed and another stopped for longer than suspicion
// lasts. What is promised is checked over what their applications have written down.
import { describe, expect, it, onTestFinished, type TestContext, vi } from 'vitest';
import { type Endpoint, GroupMember, type Message } from '../../ts/index.js';
import { type Combination, GroupCrew, type Member, SHORT_SUSPICION } from '../helpers/group-crew.js';
import { expectOrdered } from '../helpers/order-checks.js';

const MEMBERS = 4;
const GROUP = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:Debug';
/** A mixed group has members of each kind, and orders are made above the data plane: groups of one kind have two orders each. */
const KILLED: readonly (readonly [...Combination, properties: string])[] = [
  ...['Total', 'Total:Agree', 'Causal', 'Causal:Local:Agree', 'Subcast:Total'].map(
    (properties) => ['mixed', 'mixed', properties] as const,
  ),
  ['native', 'multi', 'Total:Agree'],
  ['native', 'multi', 'Causal'],
  ['ts', 'single', 'Total'],
  ['ts', 'single', 'Causal:Local:Agree'],
];
const STOPPED: readonly (readonly [...Combination, properties: string, rank: number])[] = [
  ['mixed', 'mixed', 'Total', 2],
  ['mixed', 'mixed', 'Total:Agree', 0],
  ['mixed', 'mixed', 'Causal', 1],
  ['native', 'multi', 'Causal', 1],
  ['ts', 'single', 'Total:Agree', 0],
];
const WAIT = { timeout: 30_000, interval: 5 };

async function underLoad(context: TestContext, combination: Combination, properties: string): Promise<GroupCrew> {
  const crew = await GroupCrew.together(context, combination, MEMBERS, {
    options: { properties: `${GROUP}:${properties}`, params: SHORT_SUSPICION },
  });
  await crew.load(true);
  await crew.hear(100);
  return crew;
}

async function memberOfRank(crew: GroupCrew, rank: number): Promise<Member> {
  const { members } = await crew.member(0).view();
  return crew.members.find(({ name }) => name === members[rank]) as Member;
}

/** Some more load, another view, in which what is left of the load comes, and the end. */
async function endTogether(crew: GroupCrew, members: readonly Member[]): Promise<void> {
  await crew.hear(100, members);
  await crew.load(false, members);
  await crew.areTogether(members);
  await crew.talk(members);
  const [first] = members as [Member];
  const { id } = await first.view();
  await first.call('requestNewView');
  await crew.explain(Promise.all(members.map((member) => member.call('waitForOtherView', id))));
  await crew.close(members);
}

describe('a group under load', () => {
  it.for(KILLED)(
    'in mode %s, %s with %s keeps what it promises when the member of rank 0 is killed',
    async ([mix, threads, properties], context) => {
      const crew = await underLoad(context, [mix, threads], properties);
      const first = await memberOfRank(crew, 0);
      await first.kill();
      const others = crew.members.filter((member) => member !== first);
      await crew.areTogether(others);
      await endTogether(crew, others);
      expectOrdered(crew, properties);
    },
  );

  it.for(STOPPED)(
    'in mode %s, %s with %s keeps what it promises when rank %d is stopped and goes on',
    async ([mix, threads, properties, rank], context) => {
      const crew = await underLoad(context, [mix, threads], properties);
      const stopped = await memberOfRank(crew, rank);
      stopped.signal('SIGSTOP');
      const others = crew.members.filter((member) => member !== stopped);
      await crew.areTogether(others);
      await crew.hear(100, others);
      stopped.signal('SIGCONT');
      await crew.areTogether();
      await endTogether(crew, crew.members);
      expectOrdered(crew, properties);
    },
  );
});

class Recorder extends GroupMember {
  readonly log: string[] = [];

  override onReceiveCast(origin: Endpoint, message: Message): void {
    this.log.push(`cast ${this.view?.members.indexOf(origin)} ${message.text()}`);
  }

  override onReceiveSend(origin: Endpoint, message: Message): void {
    this.log.push(`send ${this.view?.members.indexOf(origin)} ${message.text()}`);
  }
}

let groups = 0;

/** Members of one group in this process, in the order of their ranks. */
async function join(count: number, options: object): Promise<Recorder[]> {
  const groupName = `ordering ${process.pid} ${groups++}`;
  const members: Recorder[] = [];
  for (let rank = 0; rank < count; rank++) {
    const member = new Recorder({ groupName, ...options });
    onTestFinished(() => member.close());
    await member.join();
    members.push(member);
    await vi.waitUntil(() => members.every(({ view }) => view?.nmembers === rank + 1), WAIT);
  }
  return members;
}

describe.each([
  ['native', 'multi'],
  ['ts', 'single'],
] as const)('in mode %s, %s', (mode, threadMode) => {
  it('sends to several go with the casts, to those whom they are for', async () => {
    const [first, second, third, fourth] = (await join(4, { mode, threadMode, properties: `${GROUP}:Subcast` })) as [
      Recorder,
      Recorder,
      Recorder,
      Recorder,
    ];
    first.cast('one');
    first.send([1, third.myEndpoint as Endpoint, 1], 'two');
    first.cast('three');
    first.send(3, 'four');
    first.cast('five');
    await vi.waitUntil(() => [second, third, fourth].every(({ log }) => log.includes('cast 0 five')), WAIT);
    for (const { log } of [second, third])
      expect(log).toEqual(['cast 0 one', 'send 0 two', 'cast 0 three', 'cast 0 five']);
    expect(fourth.log).toEqual(['cast 0 one', 'cast 0 three', 'send 0 four', 'cast 0 five']);
    expect(first.log).toEqual([]);
  });

  it('sends to several without Subcast come to those whom they are for, each once and in order', async () => {
    const [first, second, third, fourth] = (await join(4, { mode, threadMode, properties: GROUP })) as [
      Recorder,
      Recorder,
      Recorder,
      Recorder,
    ];
    first.send([1, third.myEndpoint as Endpoint, 1], 'one');
    first.send([], 'nobody');
    first.send([3, 2], 'two');
    first.cast('three');
    const all = [second, third, fourth];
    const sends = ({ log }: Recorder) => log.filter((line) => line.startsWith('send'));
    const wanted = [['send 0 one'], ['send 0 one', 'send 0 two'], ['send 0 two']];
    const isThere = (each: Recorder, rank: number) => each.log.length > (wanted[rank]?.length ?? 0);
    await vi.waitUntil(() => all.every(isThere), WAIT);
    expect(all.map(sends)).toEqual(wanted);
  });

  it.each(['Total', 'Total:Agree', 'Local', 'Local:Agree', 'Local:Causal'])(
    'who is alone with %s gets what it casts',
    async (properties) => {
      const [alone] = (await join(1, { mode, threadMode, properties: `${GROUP}:${properties}` })) as [Recorder];
      alone.cast('hello');
      await vi.waitUntil(() => alone.log.length > 0, WAIT);
      expect(alone.log).toEqual(['cast 0 hello']);
    },
  );
});
