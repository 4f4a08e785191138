import { afterEach, describe, expect, it } from 'vitest';
import { ClientServer } from '../../../ts/api/client-server.js';
import type { ClientServerOptions } from '../../../ts/api/client-server-options.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { until } from './test-member.js';
import { crash, DEFAULTS, joinInOrder, LowMember, roles } from './test-servers.js';

let network = new FakeNetwork();
const members: LowMember[] = [];

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
  network = new FakeNetwork();
});

function make(options: Partial<ClientServerOptions> = {}): LowMember {
  const member = new LowMember(network, options);
  members.push(member);
  return member;
}

const server = (transfer: ClientServerOptions['transfer'] = 'atomic') => make({ membership: 'server', transfer });
const endpointOf = (member: LowMember) => member.view?.myEndpoint as Endpoint;
const code = (code: string) => expect.objectContaining({ code });

/** A server, one who gets the state from it, and a client. */
async function inTransfer(transfer: ClientServerOptions['transfer'] = 'atomic') {
  const [a, b, c] = [server(), server(transfer), make()] as const;
  await joinInOrder(a, b, c);
  await roles('SX-', a, b, c);
  return [a, b, c] as const;
}

describe('a member of a group of clients and servers', () => {
  it('joins as a client, and is a server when it has asked for it; the first at once', async () => {
    const a = server();
    expect([a.serverState, a.isServer(), a.isClient()]).toEqual(['joining', true, false]);
    await a.join();
    await roles('S', a);
    expect(a.log).toEqual(['view 1 becoming-server', 'view 1 server-normal']);
    expect(a.view).toMatchObject({ state: 'server-normal', oldState: 'becoming-server', myXferType: 'atomic' });
  });

  it('gets the state from a server, by messages, and then is one', async () => {
    const [a, b] = [server(), server()];
    b.onStart = () => b.askState((b.view as NonNullable<typeof b.view>).servers[0] as Endpoint, 'all');
    await joinInOrder(a, b);
    await until(() => a.heard.length === 1);
    a.sendState(endpointOf(b), 'one');
    a.sendState(endpointOf(b), 'two');
    await until(() => b.heard.length === 2);
    expect([a.heard, b.heard, b.serverState]).toEqual([['ask all'], ['state one', 'state two'], 'server-xfer']);
    b.transferDone();
    expect(b.serverState).toBe('server-xfer-done');
    await roles('SS', a, b);
    expect(b.log.filter((line) => line.endsWith('start'))).toHaveLength(1);
  });

  it('may say that it has the state within the view in which the transfer begins', async () => {
    const [a, b] = [server(), server()];
    b.onStart = () => b.transferDone();
    await joinInOrder(a, b);
    await roles('SS', a, b);
    expect([a.errors, b.errors]).toEqual([[], []]);
  });

  it('tells listeners where its methods are not overridden', async () => {
    class Plain extends ClientServer {
      protected override async chooseDriver() {
        return { mode: 'ts', create: network.factory } as const;
      }
    }
    const [a, b] = [server(), new Plain({ ...DEFAULTS, membership: 'server', transfer: 'free' })];
    const heard: string[] = [];
    for (const event of ['scast', 'lsend', 'receiveState'] as const)
      b.on(event, (_, message) => heard.push(`${event} ${message.text()}`));
    try {
      await a.join();
      await b.join();
      await until(() => a.view?.xferServers.length === 1);
      a.scast('1');
      a.lsend('2', { destinations: [1] });
      a.sendState(b.view?.myEndpoint as Endpoint, '3');
      await until(() => heard.length === 3);
      expect(heard.sort()).toEqual(['lsend 2', 'receiveState 3', 'scast 1']);
    } finally {
      await b.close();
    }
  });

  it('hears them in a loop, too', async () => {
    const [a, b] = [server(), server('free')];
    await joinInOrder(a, b);
    await roles('SX', a, b);
    b.onReceiveScast = ClientServer.prototype.onReceiveScast;
    b.onReceiveLsend = ClientServer.prototype.onReceiveLsend;
    const loop = b[Symbol.asyncIterator]();
    a.scast('1');
    a.lsend('2', { destinations: endpointOf(b) });
    const events = [await loop.next(), await loop.next(), await loop.next()].map(({ value }) => value);
    expect(events.map((event) => event?.type)).toEqual(['view', 'scast', 'lsend']);
    expect(events.map((event) => event && 'message' in event && event.message.text())).toEqual([false, '1', '2']);
  });

  it('may have fields of any name', async () => {
    class Odd extends LowMember {
      servers = 1;
      owner = 2;
      usual = 3;
      state = 4;
      roles = 5;
      inside = 6;
      standing = 7;
      session = 8;
      room = 9;
      left = 10;
    }
    const a = new Odd(network, { membership: 'server', transfer: 'atomic' });
    const b = new Odd(network, { membership: 'server', transfer: 'atomic' });
    members.push(a, b);
    b.onStart = () => b.transferDone();
    await joinInOrder(a, b);
    await roles('SS', a, b);
    expect([a.servers, b.left]).toEqual([1, 10]);
  });
});

describe('messages', () => {
  it('reach all, the servers and who is listed, or a list', async () => {
    const [a, b, c] = await inTransfer('free');
    a.cast('cast');
    a.send(2, 'send');
    a.scast('servers');
    a.scast('and c', { destinations: endpointOf(c) });
    a.lsend('list', { destinations: [1, endpointOf(c)] });
    a.lsend('set', { destinations: new Set([2]) });
    expect(a.lsend('nobody')).toBe('current');
    await until(() => b.heard.length === 4 && c.heard.length === 5);
    expect(b.heard).toEqual(['cast cast', 'scast servers', 'scast and c', 'lsend list']);
    expect(c.heard.sort()).toEqual(['cast cast', 'lsend list', 'lsend set', 'scast and c', 'send send']);
    expect(a.heard).toEqual([]);
  });

  it('that are not safe enough wait until the transfer is over, in order', async () => {
    const [a, b, c] = await inTransfer('protected');
    expect(a.cast('1')).toBe('next');
    expect(a.cast('2', { safety: 'safe' })).toBe('current');
    expect(a.lsend('3', { destinations: [2] })).toBe('next');
    expect(a.send(2, '4', { safety: 'safe' })).toBe('current');
    expect(c.scast('5')).toBe('next');
    expect(a.cast('6', { safety: 'transfer' })).toBe('current');
    expect(a.cast('7')).toBe('next');
    await until(() => c.heard.length === 3);
    expect(c.heard.sort()).toEqual(['cast 2', 'cast 6', 'send 4']);
    expect(a.stats().queuedBytes).toBeGreaterThan(0);
    b.transferDone();
    await until(() => c.heard.length === 6 && b.heard.length === 5);
    expect(c.heard.slice(3)).toEqual(['cast 1', 'lsend 3', 'cast 7']);
    expect(b.heard.filter((line) => !/[26]/.test(line)).sort()).toEqual(['cast 1', 'cast 7', 'scast 5']);
    expect(a.stats().queuedBytes).toBe(0);
  });

  it('of an atomic transfer wait but for those of the transfer', async () => {
    const [a, b] = await inTransfer('atomic');
    expect(['generic', 'safe', 'transfer'].map((safety) => a.cast(safety, { safety: safety as 'safe' }))).toEqual([
      'next',
      'next',
      'current',
    ]);
    expect(a.view?.viewType).toBe('atomic');
    b.transferDone();
    await until(() => b.heard.length === 3);
    expect(b.heard).toEqual(['cast transfer', 'cast generic', 'cast safe']);
  });

  it('tell those whom back-pressure means: what is held back does not hold back what is safe', async () => {
    const [a, b] = [server(), server('protected')];
    await joinInOrder(a, b);
    await roles('SX', a, b);
    a.cast('.'.repeat(100_000));
    expect([a.writableNeedDrain, a.needsDrain(), a.needsDrain('safe')]).toEqual([true, true, false]);
    let drained = 0;
    a.on('drain', () => drained++);
    b.transferDone();
    await until(() => drained === 1 && b.heard.length === 1);
    expect(a.writableNeedDrain).toBe(false);
  });

  it.each([
    ['a safety that there is not', (a: LowMember) => a.cast('x', { safety: 'sure' as 'safe' }), 'ERR_INVALID_OPTION'],
    ['an option that there is not', (a: LowMember) => a.scast('x', { safe: 1 } as never), 'ERR_INVALID_OPTION'],
    ['options that are none', (a: LowMember) => a.lsend('x', null as never), 'ERR_INVALID_OPTION'],
    ['a list with cast', (a: LowMember) => a.cast('x', { destinations: [1] } as never), 'ERR_INVALID_OPTION'],
    ['a list with send', (a: LowMember) => a.send(1, 'x', { destinations: [1] } as never), 'ERR_INVALID_OPTION'],
    ['a list of who is not there', (a: LowMember) => a.scast('x', { destinations: [7] }), 'ERR_UNKNOWN_MEMBER'],
    ['a list of nobody', (a: LowMember) => a.lsend('x', { destinations: 'b' as never }), 'ERR_INVALID_ARGUMENT'],
    ['a list with oneself', (a: LowMember) => a.lsend('x', { destinations: [0] }), 'ERR_SEND_TO_SELF'],
    ['a payload that is none', (a: LowMember) => a.scast(5 as never), 'ERR_INVALID_ARGUMENT'],
    ['a payload that is none, to nobody', (a: LowMember) => a.lsend(5 as never), 'ERR_INVALID_ARGUMENT'],
    [
      'a payload that is too long',
      (a: LowMember) => a.lsend('x'.repeat(9), { destinations: [1] }),
      'ERR_MESSAGE_TOO_LARGE',
    ],
    ['back-pressure of no safety', (a: LowMember) => a.needsDrain('sure' as 'safe'), 'ERR_INVALID_OPTION'],
  ])('are refused with %s', async (_, call, want) => {
    const [a, b] = [make({ membership: 'server', maxMessageSize: 8 }), make()];
    await joinInOrder(a, b);
    await until(() => a.view?.nmembers === 2);
    expect(() => call(a)).toThrow(code(want));
  });
});

describe('calls of a transfer', () => {
  it('are refused where there is none', async () => {
    const [a, b, c] = await inTransfer();
    expect(() => b.askState(endpointOf(c), 'x')).toThrow(code('ERR_NOT_A_SERVER'));
    expect(() => b.askState(endpointOf(b), 'x')).toThrow(code('ERR_SEND_TO_SELF'));
    expect(() => c.askState(endpointOf(a), 'x')).toThrow(code('ERR_NOT_TRANSFERRING'));
    expect(() => a.sendState(endpointOf(c), 'x')).toThrow(code('ERR_NOT_TRANSFERRING'));
    expect(() => a.transferDone()).toThrow(code('ERR_NOT_TRANSFERRING'));
    expect(() => b.askState('a' as never, 'x')).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => b.askState(0 as never, 'x')).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => a.sendState([1] as never, 'x')).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => b.askState(endpointOf(a), 5 as never)).toThrow(code('ERR_INVALID_ARGUMENT'));
    b.transferDone();
    expect(() => b.transferDone()).toThrow(code('ERR_NOT_TRANSFERRING'));
    expect(() => b.askState(endpointOf(a), 'x')).toThrow(code('ERR_NOT_TRANSFERRING'));
    await roles('SS-', a, b, c);
  });

  it('are refused in no view', async () => {
    const a = server();
    const other = (await inTransfer())[0].view?.myEndpoint as Endpoint;
    const calls = [
      () => a.cast('x'),
      () => a.cast('x', { safety: 'safe' }),
      () => a.send(1, 'x', { safety: 'safe' }),
      () => a.scast('x'),
      () => a.lsend('x'),
      () => a.askState(other, 'x'),
      () => a.sendState(other, 'x'),
      () => a.transferDone(),
      () => a.becomeServer(),
      () => a.becomeClient(),
    ];
    for (const call of calls) expect(call).toThrow(code('ERR_NOT_JOINED'));
    expect([a.needsDrain(), a.serverState]).toEqual([false, 'joining']);
    await a.close();
    for (const call of calls) expect(call).toThrow(code('ERR_CLOSED'));
  });
});

describe('join', () => {
  it('takes no list of members, for a fixed view has no clients and servers', async () => {
    await expect(make().join({ members: ['127.0.0.1:1'] } as never)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'));
  });

  it.each([
    [{ membership: 'boss' }, 'ERR_INVALID_OPTION'],
    [{ transfer: 'fast' }, 'ERR_INVALID_OPTION'],
    [{ member: 'server' }, 'ERR_INVALID_OPTION'],
    [5, 'ERR_INVALID_OPTION'],
  ])('refuses %o', async (options, want) => {
    await expect(make().join(options as never)).rejects.toEqual(code(want));
  });

  it('may say what the member is to be, this time', async () => {
    const a = make();
    await a.join({ membership: 'server', transfer: 'free' });
    await roles('S', a);
    expect(a.view).toMatchObject({ myMembership: 'server', myXferType: 'free' });
    await a.leave();
    await a.join();
    await roles('-', a);
    expect(a.isClient()).toBe(true);
  });

  it('that is refused, since another is on its way, changes nothing', async () => {
    const a = server();
    const joining = a.join();
    await expect(a.join({ membership: 'client' })).rejects.toEqual(code('ERR_ALREADY_JOINED'));
    await joining;
    await expect(a.join({ membership: 'client' })).rejects.toEqual(code('ERR_ALREADY_JOINED'));
    expect(a.isServer()).toBe(true);
    await roles('S', a);
  });
});

describe('a member that changes its mind', () => {
  it('becomes a server after all, and a client again', async () => {
    const [a, b] = [server(), make()];
    await joinInOrder(a, b);
    await roles('S-', a, b);
    expect(() => b.becomeServer('fast' as 'free')).toThrow(code('ERR_INVALID_OPTION'));
    b.becomeServer('free');
    b.becomeServer('atomic');
    expect([b.serverState, b.isServer()]).toEqual(['becoming-server', true]);
    await roles('SX', a, b);
    expect(b.view?.viewType).toBe('free');
    b.transferDone();
    await roles('SS', a, b);
    b.becomeClient();
    b.becomeClient();
    await roles('S-', a, b);
    expect(b.isClient()).toBe(true);
  });

  it('in a transfer is a client first, and gets the state in another one', async () => {
    const [a, b, c] = await inTransfer();
    const starts = () => b.log.filter((line) => line.endsWith('start')).length;
    expect(starts()).toBe(1);
    b.becomeClient();
    b.becomeServer();
    await until(() => starts() === 2);
    b.transferDone();
    await roles('SS-', a, b, c);
  });
});

describe('when members fail', () => {
  it('and no server is left, the first who was getting the state goes on as one', async () => {
    const [a, b, c] = await inTransfer();
    await crash(a, b);
    await roles('S-', b, c);
    expect(b.log.at(-1)).toBe('view 2 server-normal');
    expect(b.view?.departedServers).toHaveLength(1);
  });

  it('who was the last server among clients leaves none', async () => {
    const [a, b] = [server(), make()];
    await joinInOrder(a, b);
    await roles('S-', a, b);
    await crash(a, b);
    await roles('-', b);
    expect(b.view?.serverCoordinator).toBeUndefined();
    b.becomeServer();
    await roles('S', b);
  });
});
