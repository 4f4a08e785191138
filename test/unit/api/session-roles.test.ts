// What a session adds to views for clients and servers: the members of one group agree on their roles, and their applications see nothing of how.
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientServerOptions } from '../../../ts/api/client-server-options.js';
import { GroupMember } from '../../../ts/api/group-member.js';
import type { ViewData } from '../../../ts/api/view.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import type { Message } from '../../../ts/base/message.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { until } from './test-member.js';
import { DEFAULTS, HighMember, joinInOrder, LowMember, roles, rolesAt, together } from './test-servers.js';

let network = new FakeNetwork();
const members: GroupMember[] = [];

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
  network = new FakeNetwork();
});

function made<T extends GroupMember>(member: T): T {
  members.push(member);
  return member;
}

const server = (options: Partial<ClientServerOptions> = {}) =>
  made(new LowMember(network, { membership: 'server', transfer: 'free', ...options }));

/** Members find nobody until this is called. */
function apart(): () => void {
  const find = network.find.bind(network);
  network.find = () => undefined;
  return () => {
    network.find = find;
  };
}

describe('the messages of a view change', () => {
  it('reach the applications as they were said, beside the roles', async () => {
    const heard: string[] = [];
    class Talker extends LowMember {
      override onChangingView(view: ViewData): string {
        return `of ${view.nmembers}`;
      }

      override onProposeView(view: ViewData, said: ReadonlyMap<Endpoint, Message>): string {
        const texts = [...said.values()].map((message) => message.text());
        return `${rolesAt({ view } as LowMember)}: ${texts.join(', ')}`;
      }

      override onAcceptedView(view: LowMember['view'] & ViewData, message?: Message): void {
        super.onAcceptedView(view as never);
        heard.push(message?.text() ?? 'nothing');
      }
    }
    const a = made(new Talker(network, { membership: 'server', transfer: 'free' }));
    const b = made(new LowMember(network));
    await joinInOrder(a, b);
    await roles('S-', a, b);
    expect(heard[0]).toBe('nothing');
    expect(heard).toContain('S: of 1');
    expect(heard.at(-1)).toBe('S-: of 1');
  });

  it('are none where the applications say none', async () => {
    const [a, b] = [server(), made(new LowMember(network))];
    const messages: unknown[] = [];
    b.onAcceptedView = (_, message?: Message) => void messages.push(message);
    await joinInOrder(a, b);
    await roles('S-', a, b);
    expect(messages.every((message) => message === undefined)).toBe(true);
  });

  it('do not hang on an application that fails', async () => {
    const a = server();
    a.onChangingView = () => {
      throw new Error('on purpose');
    };
    a.onProposeView = () => {
      throw new Error('on purpose');
    };
    await a.join();
    await roles('S', a);
    expect(a.errors.length).toBeGreaterThan(0);
  });
});

describe('when views merge', () => {
  it('one keeps its servers, and those of the other get the state from them', async () => {
    const meet = apart();
    const [a, b] = [made(new HighMember(network)), made(new HighMember(network))];
    const states = new Map([
      [a, 'of a'],
      [b, 'of b'],
    ]);
    for (const member of [a, b]) {
      member.transfer = async (xferId) => {
        states.set(member, (await member.getState(xferId)).text());
        member.transferDone(xferId);
      };
      member.answer = () => states.get(member) as string;
    }
    await Promise.all([a.join(), b.join()]);
    await roles('S', a, b);
    expect([a.view?.nmembers, b.view?.nmembers]).toEqual([1, 1]);
    meet();
    await together(a, b);
    await roles('SS', a, b);
    expect(new Set(states.values()).size).toBe(1);
    expect([a.codes, b.codes]).toEqual([[], []]);
  });

  it('the one with more servers keeps them', async () => {
    const [a, b] = [server({ transfer: 'none' }), server({ transfer: 'none' })];
    await joinInOrder(a, b);
    await roles('SS', a, b);
    const meet = apart();
    const c = server();
    await c.join();
    await roles('S', c);
    meet();
    await until(() => c.view?.nmembers === 3 && c.serverState === 'server-xfer');
    expect(c.view?.servers).toHaveLength(2);
    expect([a, b].some((member) => member.log.some((line) => line.endsWith('start')))).toBe(false);
  });

  it('members with clients and servers keep apart from those without', async () => {
    class Plain extends GroupMember {
      protected override async chooseDriver() {
        return { mode: 'ts', create: network.factory } as const;
      }
    }
    const errors: string[] = [];
    const a = server();
    const b = made(new Plain({ ...DEFAULTS, errorHandler: (error) => errors.push(error.message) }));
    await Promise.all([a.join(), b.join()]);
    await until(() => a.errors.length + errors.length > 0);
    expect([a.view?.nmembers, b.view?.nmembers]).toEqual([1, 1]);
    expect([...errors, ...a.errors.map(({ message }) => message)].join()).toContain('clients and servers');
  });
});

describe('a group with Subcast', () => {
  it('has clients, servers and held messages, too, and keeps transfers beside the casts', async () => {
    const protocol =
      'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Chk_sync:Subcast:Frag:Pt2pt:Stable:Mnak:Bottom';
    const options = { protocol, transfer: 'protected' } as const;
    const [a, b] = [made(new HighMember(network, options)), made(new HighMember(network, options))];
    const heard: string[] = [];
    b.on('cast', (_, message) => heard.push(`cast ${message.text()}`));
    b.on('send', (_, message) => heard.push(`send ${message.text()}`));
    const waiting: number[] = [];
    b.transfer = async (xferId) => {
      expect((await b.getState(xferId)).text()).toBe('state');
      waiting.push(xferId);
    };
    await joinInOrder(a, b);
    await until(() => waiting.length === 1);
    expect([a.cast('1'), a.send(1, '2'), a.cast('3'), a.send(1, '4', { safety: 'safe' })]).toEqual([
      'next',
      'next',
      'next',
      'current',
    ]);
    b.transferDone(waiting[0] as number);
    await until(() => heard.length === 4);
    expect(heard).toEqual(['send 4', 'cast 1', 'send 2', 'cast 3']);
  });
});
