// Servers that join a group under load, each member in a process of its own; and what becomes of transfers when a member fails in the middle of one.
// Which modes of data planes and threads a test has is by turns: all of them together have all.
import { describe, expect, it, type TestContext } from 'vitest';
import type { TransferType } from '../../ts/index.js';
import type { Combination, Member } from '../helpers/group-crew.js';
import { type Heard, ServerCrew } from '../helpers/server-crew.js';

const NATIVE_MULTI: Combination = ['native', 'multi'];
const NATIVE_SINGLE: Combination = ['native', 'single'];
const TS_MULTI: Combination = ['ts', 'multi'];
const TS_SINGLE: Combination = ['ts', 'single'];
const MIXED: Combination = ['mixed', 'mixed'];

const MIB = 1024 * 1024;
const STATE_BYTES = MIB;

describe('servers that join under load', () => {
  it.for([
    ['atomic', NATIVE_MULTI],
    ['atomic', TS_SINGLE],
    ['protected', TS_MULTI],
    ['free', NATIVE_SINGLE],
    ['none', MIXED],
  ] as const satisfies readonly (readonly [TransferType, Combination])[])(
    'have the state that all others have, by a transfer %s in mode %s',
    async ([transfer, combination], context) => {
      const traits = { stateBytes: STATE_BYTES };
      const crew = await ServerCrew.together(context, combination, 2, { transfer, traits });
      await crew.group.load(true);
      await crew.group.hear(100);
      const [first, second] = crew.members as [Member, Member];
      const [[client], joiners] = await Promise.all([crew.add(1, { options: { membership: 'client' } }), crew.add(2)]);
      await crew.areServers([first, second, ...joiners]);
      await crew.group.load(true, [client as Member, ...joiners]);
      await crew.group.hear(200);
      expect(await crew.look(client as Member)).toMatchObject({ serverState: 'client-normal', transfers: [] });
      await client?.call('becomeServer');
      await crew.areServers();
      await crew.end();
    },
  );
});

describe('in the middle of an atomic transfer under load', () => {
  const inTheMiddle = async (context: TestContext, combination: Combination) => {
    const settings = { transfer: 'atomic' as const, traits: { stateBytes: STATE_BYTES } };
    const crew = await ServerCrew.together(context, combination, 3, settings);
    await crew.group.load(true);
    await crew.group.hear(100);
    return { crew, ...(await crew.inTransfer()) };
  };

  it.for([NATIVE_MULTI])('the server that gives the state is killed, mode %s, %s', async (combination, context) => {
    const { crew, joiner, provider } = await inTheMiddle(context, combination);
    await provider.kill();
    const rest = crew.members.filter((member) => member !== provider);
    await crew.group.areTogether(rest);
    await crew.hold(false, rest);
    await crew.areServers(rest, rest);
    // It is still the same transfer: only another server gave the state.
    expect((await crew.look(joiner)).transfers).toEqual([{ xferId: 1, outcome: 'done' }]);
    await crew.end(rest);
  });

  it.for([MIXED])('the coordinator is killed, mode %s, %s', async (combination, context) => {
    const { crew, joiner } = await inTheMiddle(context, combination);
    const { members } = await joiner.view();
    const coordinator = crew.members.find(({ name }) => name === members[0]) as Member;
    await coordinator.kill();
    const rest = crew.members.filter((member) => member !== coordinator);
    await crew.group.areTogether(rest);
    await crew.hold(false, rest);
    await crew.areServers(rest, rest);
    await crew.end(rest);
  });

  it.for([TS_SINGLE])('who gets the state is killed, mode %s, %s', async (combination, context) => {
    const { crew, joiner } = await inTheMiddle(context, combination);
    const rest = crew.members.filter((member) => member !== joiner);
    const before = (await crew.look(rest[0] as Member)).received;
    await joiner.kill();
    await crew.areServers(rest, rest);
    // What waited goes on.
    await rest[0]?.call('waitForCounts', { atLeast: before + 100 });
    await crew.hold(false, rest);
    await crew.end(rest);
  });

  it.for([TS_MULTI])(
    'all servers are killed, and who was getting the state is one, mode %s, %s',
    async (combination, context) => {
      const { crew, joiner } = await inTheMiddle(context, combination);
      const servers = crew.members.filter((member) => member !== joiner);
      await Promise.all(servers.map((server) => server.kill()));
      await crew.areServers([joiner], [joiner]);
      expect((await crew.look(joiner)).transfers).toEqual([{ xferId: 1, outcome: 'terminated' }]);
      const [late] = (await crew.add(1)) as [Member];
      await crew.areServers([joiner, late], [joiner, late]);
      await crew.end([joiner, late]);
    },
  );

  it.for([NATIVE_SINGLE])(
    'a server that was asked for it stops, and another gives it, mode %s, %s',
    async (combination, context) => {
      const traits = { stateBytes: STATE_BYTES };
      // It is silent for longer than a request waits, not for as long as a member is taken for failed.
      const options = { params: 'suspect_sweep=1;suspect_max_idle=100' };
      const crew = await ServerCrew.together(context, combination, 3, { transfer: 'atomic', traits, options });
      const { joiner } = await crew.inTransfer({ options: { stateTimeout: 300 }, traits: { retries: true } });
      // The first of them is asked first, also when all are asked again.
      const { servers } = await crew.look(joiner);
      const stopped = crew.members.find(({ name }) => name === servers[0]) as Member;
      stopped.signal('SIGSTOP');
      const rest = crew.members.filter((member) => member !== stopped);
      await crew.hold(false, rest);
      await crew.group.explain(joiner.call('waitForOutcome', 'done'));
      stopped.signal('SIGCONT');
      await crew.hold(false, [stopped]);
      await crew.areServers();
      expect((await crew.look(stopped)).asked).toContain(joiner.name);
      await crew.end();
    },
  );
});

describe('messages during a transfer', () => {
  const ofA = (heard: readonly Heard[]) => heard.map(({ call, text, during }) => `${call} ${text} ${during}`);

  it.for([
    ['atomic', NATIVE_MULTI],
    ['protected', MIXED],
  ] as const)(
    '%s reach whom they are for, those that wait in their order afterwards, mode %s',
    async ([transfer, combination], context) => {
      const crew = await ServerCrew.together(context, combination, 2, { transfer });
      const [first, second] = crew.members as [Member, Member];
      const [sender, client, other] = (await crew.add(3, { options: { membership: 'client' } })) as [
        Member,
        Member,
        Member,
      ];
      await crew.areServers([first, second]);
      const { joiner } = await crew.inTransfer();
      await Promise.all(crew.members.map((member) => member.call('waitForLook', { viewType: transfer })));
      const say = (call: string, text: string, options = {}) => sender.call<string>('say', call, text, options);
      const safe = { safety: 'safe' };
      const where = [
        await say('cast', '1'),
        await say('scast', '2', { to: [client.name] }),
        await say('lsend', '3', { to: [first.name, other.name] }),
        await say('cast', '4', safe),
        await say('scast', '5', safe),
        await say('lsend', '6', { to: [joiner.name, client.name], ...safe }),
        await say('cast', '7', { safety: 'transfer' }),
        await say('scast', '8'),
        await say('lsend', '9', { to: [] }),
      ];
      const waits = (isSafe: boolean) => (isSafe && transfer === 'protected' ? 'current' : 'next');
      expect(where).toEqual([false, false, false, true, true, true].map(waits).concat(['current', 'next', 'current']));
      await crew.hold(false);
      await crew.areServers([first, second, joiner]);
      const expected = (texts: readonly string[]) => {
        const now = texts.filter((each) => each.endsWith('7') || (transfer === 'protected' && /[456]$/.test(each)));
        const later = texts.filter((each) => !now.includes(each));
        return [...now.map((each) => `${each} ${transfer}`), ...later.map((each) => `${each} none`)];
      };
      const texts: readonly (readonly [Member, readonly string[]])[] = [
        [first, ['cast 1', 'scast 2', 'lsend 3', 'cast 4', 'scast 5', 'cast 7', 'scast 8']],
        [second, ['cast 1', 'scast 2', 'cast 4', 'scast 5', 'cast 7', 'scast 8']],
        [joiner, ['cast 1', 'scast 2', 'cast 4', 'scast 5', 'lsend 6', 'cast 7', 'scast 8']],
        [client, ['cast 1', 'scast 2', 'cast 4', 'lsend 6', 'cast 7']],
        [other, ['cast 1', 'lsend 3', 'cast 4', 'cast 7']],
      ];
      for (const [member, all] of texts)
        expect(ofA(await member.call<Heard[]>('waitForHeard', all.length))).toEqual(expected(all));
      await crew.end();
    },
  );
});

describe('a large state', () => {
  const BYTES = 384 * MIB;
  /** Buffers that wait to be collected, a window on either side, code. */
  const MOST_MORE = 96 * MIB;

  it.for([NATIVE_MULTI, TS_SINGLE])(
    'is streamed, and neither side needs memory for it, mode %s, %s',
    async (combination, context) => {
      const traits = { stateBytes: BYTES, stream: true };
      const execArgv = ['--expose-gc'];
      const crew = await ServerCrew.together(context, combination, 1, { transfer: 'atomic', traits, execArgv });
      const [provider] = crew.members as [Member];
      const { joiner } = await crew.inTransfer();
      interface Memory {
        readonly rss: number;
        readonly most: number;
      }
      const memory = () => Promise.all([provider, joiner].map((member) => member.call<Memory>('memory')));
      const before = await memory();
      await crew.hold(false);
      await crew.areServers();
      const after = await memory();
      for (const [index, { most }] of after.entries())
        expect(most - (before[index] as Memory).rss).toBeLessThan(MOST_MORE);
      expect((await crew.look(joiner)).progress).toBeGreaterThanOrEqual(BYTES);
      await crew.end();
    },
  );
});

describe('what goes wrong with a transfer', () => {
  it('a server that throws, and one that never answers, are passed over', async (context) => {
    const crew = ServerCrew.make(context, MIXED, { transfer: 'atomic', options: { stateTimeout: 200 } });
    const [throwing] = (await crew.add(1, { traits: { throws: true } })) as [Member];
    await crew.areServers();
    const [silent] = (await crew.add(1, { traits: { silent: true }, options: { transfer: 'none' } })) as [Member];
    await crew.areServers();
    // Neither gives it: the joiner gives up, and says why, and the group goes on.
    const [joiner] = (await crew.add(1)) as [Member];
    const error = await joiner.call<{ message: string }>('waitForError', 'ERR_CALLBACK');
    expect(error.message).toMatch(/onStateTransfer/);
    await crew.areServers([throwing, silent]);
    expect(await crew.look(joiner)).toMatchObject({
      serverState: 'client-normal',
      transfers: [{ xferId: 1, outcome: 'ERR_STATE_UNAVAILABLE' }],
    });
    await crew.add(1, { options: { transfer: 'none' } });
    // With one that answers it can be what it wants to be.
    await joiner.call('becomeServer', true);
    await crew.areServers();
    await crew.end(crew.members, ['ERR_CALLBACK']);
  });

  it('a state that is larger than allowed is refused, and old calls do nothing', async (context) => {
    const settings = { transfer: 'protected' as const, traits: { stateBytes: STATE_BYTES } };
    const crew = await ServerCrew.together(context, MIXED, 2, settings);
    const servers = [...crew.members];
    const [small] = (await crew.add(1, { options: { maxStateSize: STATE_BYTES / 2 } })) as [Member];
    await small.call('waitForOutcome', 'ERR_STATE_TOO_LARGE');
    await crew.areServers(servers);
    const [joiner] = (await crew.add(1)) as [Member];
    await crew.areServers([...servers, joiner]);
    for (const member of crew.members) {
      const codes = await member.call<string[]>('oldCalls');
      expect(new Set(codes)).toEqual(new Set(['ERR_TRANSFER_TERMINATED']));
    }
    await crew.areServers([...servers, joiner]);
    await crew.end(crew.members, ['ERR_CALLBACK']);
  });
});
