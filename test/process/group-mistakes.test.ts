// What users get wrong with a group: each mistake has its error and changes nothing, and callbacks that throw do not stop the protocol.
import { describe, expect, it } from 'vitest';
import type { GroupMemberOptions } from '../../ts/index.js';
import { GROUP_COMBINATIONS, GroupCrew, type Member } from '../helpers/group-crew.js';

interface Mistake {
  readonly code: string;
  readonly message: string;
}

const IN_A_VIEW: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  'a second join': ['ERR_ALREADY_JOINED', /in a view already/],
  'a send to a stranger': ['ERR_UNKNOWN_MEMBER', /127\.0\.0\.1:9\/5 is not in the view/],
  'a send to an earlier incarnation': ['ERR_UNKNOWN_MEMBER', /is not in the view/],
  'a send to a rank beyond the view': ['ERR_UNKNOWN_MEMBER', /rank 2/],
  'a send to itself': ['ERR_SEND_TO_SELF', /itself/],
  'a suspicion of itself': ['ERR_INVALID_ARGUMENT', /leave\(\)/],
  'a suspicion of no endpoint': ['ERR_INVALID_ARGUMENT', /Endpoint/],
  'a stack without views': ['ERR_INVALID_ARGUMENT', /Gmp/],
  'a stack of unknown layers': ['ERR_INVALID_OPTION', /Sink/i],
  'unknown parameters': ['ERR_INVALID_OPTION', /suspekt_sweep.*suspect_sweep/],
};

const IN_NO_VIEW: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  'a cast': ['ERR_NOT_JOINED', /cast\(\).*join\(\)/],
  'a send': ['ERR_NOT_JOINED', /send\(\).*join\(\)/],
  'a new view': ['ERR_NOT_JOINED', /requestNewView\(\)/],
  'a suspicion': ['ERR_NOT_JOINED', /suspect\(\)/],
  'a change of protocol': ['ERR_NOT_JOINED', /changeProtocol\(\)/],
};

const IMPOSSIBLE: readonly (readonly [options: Partial<GroupMemberOptions>, code: string, says: RegExp])[] = [
  [{ groupName: '' }, 'ERR_INVALID_OPTION', /groupName.*1 to 255 bytes/],
  [{ groupName: 'ä'.repeat(128) }, 'ERR_INVALID_OPTION', /groupName.*1 to 255 bytes/],
  [{ properties: 'Gmp:Sync', protocol: 'Top:Bottom' }, 'ERR_INVALID_OPTION', /one of both/],
  [{ properties: 'Gmp:Hael' }, 'ERR_INVALID_OPTION', /'Hael' is no property.*did you mean 'Heal'/],
  [{ properties: 'Gmp:Privacy' }, 'ERR_NOT_AVAILABLE', /Privacy is not available yet; available: /],
  [{ protocol: 'Top:Elekt:Bottom' }, 'ERR_INVALID_OPTION', /'Elekt' is no layer.*did you mean 'Elect'/],
  [{ protocol: 'Top:Totem:Bottom' }, 'ERR_NOT_AVAILABLE', /Totem is not available yet; available: /],
  [{ protocol: 'Heal:Top:Top_appl:Bottom' }, 'ERR_INVALID_OPTION', /Heal stands above Top, want the order/],
  [{ protocol: 'Top:Bottom:Top_appl' }, 'ERR_INVALID_OPTION', /Bottom is not the last/],
  [{ params: 'suspect_sweeps=1' }, 'ERR_INVALID_OPTION', /suspect_sweeps.*suspect_sweep/],
  [{ properties: 'Gmp:Sync:Heal:Suspect:Primary' }, 'ERR_INVALID_OPTION', /primary_quorum/],
];

const CALLBACKS = [
  'onAcceptedView',
  'onBlock',
  'onBlock, later',
  'onChangingView',
  'onProposeView',
  'onReceiveCast',
  'onReceiveSend',
];

async function expectMistakes(member: Member, expected: typeof IN_A_VIEW): Promise<void> {
  for (const [name, [code, says]] of Object.entries(expected)) {
    const mistake = await member.call<Mistake | undefined>('mistake', name);
    expect({ name, ...mistake }).toEqual({ name, code, message: expect.stringMatching(says) });
  }
}

describe.each(GROUP_COMBINATIONS)('a member in mode %s, %s', (...combination) => {
  it('refuses what makes no sense, and goes on', async (context) => {
    const crew = new GroupCrew(context, combination);
    const first = await crew.start();
    await expectMistakes(first, IN_NO_VIEW);
    await first.join();
    await crew.add(1);
    await crew.areTogether();
    await expectMistakes(first, IN_A_VIEW);
    await crew.talk();
    await first.call('leave');
    await expectMistakes(first, IN_NO_VIEW);
    // To leave where one is not is no mistake.
    await first.call('leave');
    await first.join();
    await crew.areTogether();
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it('is not made with options that make no sense', async (context) => {
    const crew = new GroupCrew(context, combination);
    const member = await crew.start();
    for (const [options, code, says] of IMPOSSIBLE) {
      const outcome = await member.call('make', { groupName: 'g', ...options }).catch((error: unknown) => error);
      expect({ options, outcome }).toMatchObject({ options, outcome: { code, message: expect.stringMatching(says) } });
    }
    await crew.close();
  });

  it('reports callbacks that throw, and goes on as if they had not', async (context) => {
    const crew = new GroupCrew(context, combination);
    const traits = { throws: [...CALLBACKS, 'onExit'], asyncBlock: true, talks: true };
    const [throwing] = (await crew.add(1, { traits })) as [Member];
    const [other] = (await crew.add(1)) as [Member];
    await crew.areTogether();
    await crew.talk();
    // Whoever coordinates: the first to ask, and the first to be asked.
    const before = await throwing.view();
    await throwing.call('requestNewView');
    await crew.explain(Promise.all(crew.members.map((each) => each.call('waitForOtherView', before.id))));
    await crew.areTogether();
    await crew.talk();
    await throwing.call('leave');
    await crew.areTogether([other]);
    const { errors } = await throwing.look();
    const codes = new Set(errors.map(({ code }) => code));
    expect([...codes]).toEqual(['ERR_CALLBACK']);
    const threw = new Set(errors.map(({ message }) => /^\w+/.exec(message)?.[0]));
    expect([...threw]).toEqual(
      expect.arrayContaining([
        'onAcceptedView',
        'onBlock',
        'onChangingView',
        'onReceiveCast',
        'onReceiveSend',
        'onExit',
      ]),
    );
    await crew.close();
    crew.check(['ERR_CALLBACK']);
  });
});
