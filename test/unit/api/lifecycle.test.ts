import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GroupMember } from '../../../ts/api/group-member.js';
import { ConsortError } from '../../../ts/base/errors.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { joinAll, quiet, Recorder, type TestMember, until } from './test-member.js';

let network = new FakeNetwork();
const members: GroupMember[] = [];

function recorder(options: ConstructorParameters<typeof TestMember>[1] = {}): Recorder {
  const member = new Recorder(network, options);
  members.push(member);
  return member;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConsortError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
  network = new FakeNetwork();
});

describe('open', () => {
  it('binds, and makes the address known', async () => {
    const a = recorder();
    expect([a.address, a.myEndpoint, a.mode]).toEqual([undefined, undefined, undefined]);
    await a.open();
    await a.open();
    expect(a.address).toEqual({ host: '127.0.0.1', port: 40_000 });
    expect(String(a.myEndpoint)).toBe('127.0.0.1:40000');
    expect(a.mode).toBe('ts');
  });

  it('rejects with ERR_BIND and the cause when the address is taken, and may be called again', async () => {
    const a = recorder();
    await a.open();
    const b = recorder({ address: String(a.myEndpoint) });
    const error = await rejection(b.open());
    expect(error).toMatchObject({ code: 'ERR_BIND', cause: { code: 'EADDRINUSE' } });
    expect(String(error)).toContain('127.0.0.1:40000');
    await a.close();
    await b.open();
    expect(b.address).toEqual({ host: '127.0.0.1', port: 40_000 });
  });

  it('rejects with ERR_RESOLVE for a host that does not exist', async () => {
    expect(await rejection(recorder({ address: 'no-such-host.invalid:0' }).open())).toMatchObject({
      code: 'ERR_RESOLVE',
    });
  });

  it('hands on what the choice of the driver says', async () => {
    const a = recorder();
    a.beforeOpen = async () => {
      throw new ConsortError('ERR_NATIVE_UNAVAILABLE', 'no addon');
    };
    expect(await rejection(a.open())).toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' });
  });

  it('passes the options on to the driver', async () => {
    const a = recorder({ threadMode: 'single', mtu: 1400, offload: false, drop: { rate: 0.5, seed: 3 } });
    await a.open();
    expect(a.driver.options).toMatchObject({
      threadMode: 'single',
      frameBytes: 1400,
      offload: false,
      drop: { rate: 0.5, seed: 3 },
      multicast: undefined,
      socketBufferBytes: 4 * 1024 * 1024,
    });
  });
});

describe('join', () => {
  it('opens the member when it is not open', async () => {
    const a = recorder({ address: '127.0.0.1:7001' });
    await a.join({ members: ['127.0.0.1:7001', '127.0.0.1:7002'] });
    expect(a.view?.myRank).toBe(0);
    expect(a.calls).toEqual(['view']);
  });

  it('takes names, parts and endpoints as addresses', async () => {
    const a = recorder({ address: { host: '127.0.0.1', port: 7001 } });
    await a.open();
    await a.join({ members: ['127.0.0.1:7000', a.myEndpoint ?? '', { host: '127.0.0.1', port: 7002 }] });
    expect(a.view?.members.map(String)).toEqual(['127.0.0.1:7000', '127.0.0.1:7001', '127.0.0.1:7002']);
    expect(a.view?.myRank).toBe(1);
  });

  it('gives all members of a view one connection id, and others another', async () => {
    const ids: string[] = [];
    for (const options of [{}, {}, { groupName: 'x' }, { key: 'x' }, { memory: 2 * 1024 * 1024 }]) {
      const a = recorder(options);
      await a.open();
      await a.join({ members: [a.myEndpoint ?? '', '127.0.0.1:9000'] });
      const config = [...a.driver.views.values()][0]?.config;
      ids.push(`${config?.connectionLow} ${config?.connectionHigh}`);
      await a.close();
      network = new FakeNetwork();
    }
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(4);
  });

  it('cuts the frame to what mtu and driver allow, in eights', async () => {
    const a = recorder({ mtu: 1203, checksum: true, seed: 9 });
    await joinAll(a);
    expect([...a.driver.views.values()][0]?.config).toMatchObject({ frameBytes: 1200, checked: true, seed: 9 });
  });

  it('rejects a list without the member itself, and closes what it opened', async () => {
    const a = recorder();
    expect(await rejection(a.join({ members: ['127.0.0.1:1'] }))).toMatchObject({ code: 'ERR_NOT_IN_VIEW' });
    expect(network.drivers.size).toBe(0);
    expect(a.address).toBeUndefined();
  });

  it('leaves open what open() opened', async () => {
    const a = recorder();
    await a.open();
    expect(await rejection(a.join({ members: ['127.0.0.1:1'] }))).toMatchObject({ code: 'ERR_NOT_IN_VIEW' });
    expect(a.address).toBeDefined();
    await a.join({ members: [a.myEndpoint ?? ''] });
    expect(a.view?.nmembers).toBe(1);
  });

  it.each([
    ['two members at one address', ['127.0.0.1:7001', '127.0.0.1:7001'], 'ERR_DUPLICATE_ADDRESS'],
    ['two ways to write one address', ['[::1]:1', '[0:0:0:0:0:0:0:1]:1'], 'ERR_INVALID_ARGUMENT'],
    ['no members', [], 'ERR_INVALID_ARGUMENT'],
    ['something that is no list', 'a:1', 'ERR_INVALID_ARGUMENT'],
    ['an address without a port', ['127.0.0.1'], 'ERR_INVALID_ARGUMENT'],
    ['port 0', ['127.0.0.1:0'], 'ERR_INVALID_ARGUMENT'],
    ['a port too large', ['127.0.0.1:65536'], 'ERR_INVALID_ARGUMENT'],
    ['an IPv6 address at an IPv4 socket', ['127.0.0.1:7001', '[::1]:7002'], 'ERR_INVALID_ARGUMENT'],
    ['an unknown host', ['127.0.0.1:7001', 'no-such-host.invalid:7002'], 'ERR_RESOLVE'],
    ['too many members', Array.from({ length: 1025 }, (_, i) => `127.0.0.1:${i + 1}`), 'ERR_TOO_MANY_MEMBERS'],
    [
      'more members than the memory is for',
      Array.from({ length: 9 }, (_, i) => `127.0.0.1:${7001 + i}`),
      'ERR_MEMORY_TOO_SMALL',
    ],
  ])('rejects %s', async (_, list, code) => {
    const a = recorder({ address: '127.0.0.1:7001' });
    expect(await rejection(a.join({ members: list as string[] }))).toMatchObject({ code });
    await quiet();
    expect(network.drivers.size).toBe(0);
  });

  it('says how much memory the view wants', async () => {
    const a = recorder({ address: '127.0.0.1:7001' });
    const list = Array.from({ length: 9 }, (_, i) => `127.0.0.1:${7001 + i}`);
    const error = (await rejection(a.join({ members: list }))) as ConsortError;
    expect(error.details).toMatchObject({ memory: 1024 * 1024, members: 9, wantedBytes: 9 * 128 * 1024 });
    expect(error.message).toContain('1152 KiB');
  });

  it('finds itself in the list when it is bound to all addresses', async () => {
    const a = recorder({ address: '0.0.0.0:7001' });
    await a.join({ members: ['127.0.0.1:7000', '127.0.0.1:7001'] });
    expect(a.view?.myRank).toBe(1);
    expect(String(a.myEndpoint)).toBe('127.0.0.1:7001');
  });

  it('rejects a second join, also while the first is on its way', async () => {
    const a = recorder();
    await a.open();
    const list = { members: [a.myEndpoint ?? ''] };
    const first = a.join(list);
    expect(await rejection(a.join(list))).toMatchObject({ code: 'ERR_ALREADY_JOINED' });
    await first;
    expect(await rejection(a.join(list))).toMatchObject({ code: 'ERR_ALREADY_JOINED' });
    expect(a.calls).toEqual(['view']);
  });

  it.each([
    [{ members: ['127.0.0.1:1'], signal: 1 }, 'ERR_INVALID_ARGUMENT'],
    [{ members: ['127.0.0.1:1'], viewTime: -1 }, 'ERR_INVALID_ARGUMENT'],
    [{ members: ['127.0.0.1:1'], sginal: undefined }, 'ERR_INVALID_OPTION'],
    [null, 'ERR_INVALID_OPTION'],
    [{ viewTime: 3 }, 'ERR_INVALID_ARGUMENT'],
  ])('rejects the arguments %j', async (argument, code) => {
    expect(await rejection(recorder().join(argument as never))).toMatchObject({ code });
  });
});

describe('an AbortSignal', () => {
  it('that is aborted before makes join reject at once', async () => {
    const a = recorder();
    const reason = new Error('too late');
    const error = await rejection(a.join({ members: ['127.0.0.1:1'], signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason });
    expect(network.drivers.size).toBe(0);
  });

  it('makes join reject while the socket is being opened, which is closed then', async () => {
    const a = recorder();
    let goOn = () => {};
    a.beforeOpen = () => new Promise((resolve) => (goOn = resolve));
    const controller = new AbortController();
    const joining = rejection(a.join({ members: ['127.0.0.1:40000'], signal: controller.signal }));
    await quiet();
    controller.abort();
    expect(await joining).toMatchObject({ code: 'ABORT_ERR' });
    goOn();
    await quiet();
    expect(network.drivers.size).toBe(0);
    a.beforeOpen = async () => {};
    await a.open();
    expect(a.address).toBeDefined();
  });

  it('keeps no listener when the join is over', async () => {
    const a = recorder();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await a.open();
    await a.join({ members: [a.myEndpoint ?? ''], signal });
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe('leave', () => {
  it('is the end of the view: onExit is the last callback, and messages are refused', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    a.cast('before');
    await until(() => b.casts.length === 1);
    await b.leave();
    a.cast('after');
    await quiet();
    expect(b.casts).toHaveLength(1);
    expect(b.calls).toEqual(['view', 'exit']);
    expect(codeOf(() => b.cast('x'))).toBe('ERR_NOT_JOINED');
    expect(b.driver.calls).toEqual(['install', 'retire']);
  });

  it('waits until what was cast has arrived', async () => {
    const [a, b] = await joinAll(recorder({ lingerMs: 5000 }), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    for (let i = 0; i < 2000; i++) a.cast(new Uint8Array(1000));
    expect(a.stats().queuedBytes).toBeGreaterThan(0);
    const leaving = a.leave();
    expect(codeOf(() => a.cast('too late'))).toBe('ERR_NOT_JOINED');
    await leaving;
    await until(() => b.casts.length === 2000);
  });

  it('waits no longer than lingerMs for a member that does not answer', async () => {
    const a = recorder({ address: '127.0.0.1:7001', lingerMs: 60 });
    await a.join({ members: ['127.0.0.1:7001', '127.0.0.1:7002'] });
    a.cast('to nobody');
    const start = performance.now();
    await a.leave();
    expect(performance.now() - start).toBeGreaterThan(55);
    // Far beyond what a busy machine adds, and below what a group gets that does not answer.
    expect(performance.now() - start).toBeLessThan(9000);
  });

  it('may be called from a callback', async () => {
    class Once extends Recorder {
      override onReceiveCast(...args: Parameters<Recorder['onReceiveCast']>): void {
        super.onReceiveCast(...args);
        if (this.casts.length === 3) void this.leave();
      }
    }
    const [a, b] = [recorder(), new Once(network)];
    members.push(b);
    await joinAll(a, b);
    for (let i = 0; i < 3; i++) a.cast(String(i));
    await until(() => b.calls.includes('exit'));
    a.cast('after');
    await quiet();
    expect(b.casts).toHaveLength(3);
  });

  it('can be followed by another join, with another viewTime', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    a.cast('first view');
    await until(() => b.casts.length === 1);
    await Promise.all([a.leave(), b.leave()]);
    const list = [a.myEndpoint ?? '', b.myEndpoint ?? ''];
    await Promise.all([a, b].map((member) => member.join({ members: list, viewTime: 1 })));
    expect(a.view?.viewId.time).toBe(1);
    a.cast('second view');
    await until(() => b.casts.length === 2);
    expect(b.calls).toEqual(['view', 'exit', 'view']);
  });

  it('does nothing outside of a view, and once when called twice', async () => {
    const a = recorder();
    await a.leave();
    await joinAll(a);
    await Promise.all([a.leave(), a.leave()]);
    await a.leave();
    expect(a.calls).toEqual(['view', 'exit']);
  });

  it('gives up a join on its way', async () => {
    const a = recorder();
    let goOn = () => {};
    a.beforeOpen = () => new Promise((resolve) => (goOn = resolve));
    const joining = rejection(a.join({ members: ['127.0.0.1:1'] }));
    await quiet();
    await a.leave();
    expect(await joining).toMatchObject({ code: 'ABORT_ERR' });
    goOn();
  });
});

describe('close', () => {
  it('leaves, closes the socket, and is final', async () => {
    const [a] = await joinAll(recorder());
    if (a === undefined) throw new Error('no member');
    const { driver } = a;
    await Promise.all([a.close(), a.close()]);
    expect(driver.closed).toBe(true);
    expect(a.calls).toEqual(['view', 'exit']);
    expect(codeOf(() => a.cast('x'))).toBe('ERR_CLOSED');
    expect(codeOf(() => a.send(0, 'x'))).toBe('ERR_CLOSED');
    expect(await rejection(a.open())).toMatchObject({ code: 'ERR_CLOSED' });
    expect(await rejection(a.join({ members: ['127.0.0.1:1'] }))).toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('works on a member that was never opened', async () => {
    const a = recorder();
    await a.close();
    expect(await rejection(a.open())).toMatchObject({ code: 'ERR_CLOSED' });
    expect(codeOf(() => a.stats())).toBe('ERR_NOT_OPEN');
  });

  it('closes a socket that is being opened', async () => {
    const a = recorder();
    const opening = rejection(a.open());
    await a.close();
    expect(await opening).toMatchObject({ code: 'ERR_CLOSED' });
    expect(network.drivers.size).toBe(0);
  });

  it('is what await using does', async () => {
    const a = recorder();
    {
      await using member = a;
      await joinAll(member);
    }
    expect(network.drivers.size).toBe(0);
    expect(codeOf(() => a.cast('x'))).toBe('ERR_CLOSED');
  });
});

describe('a socket that fails', () => {
  it('is reported, and closes the member', async () => {
    const errors: Error[] = [];
    const a = recorder({ errorHandler: (error) => errors.push(error), lingerMs: 5000 });
    await joinAll(a);
    const { driver } = a;
    driver.events.onFailure(new Error('EPERM'));
    await until(() => driver.closed);
    expect(errors).toMatchObject([{ code: 'ERR_TRANSPORT_FAILED', cause: { message: 'EPERM' } }]);
    expect(a.calls).toEqual(['view', 'exit']);
    expect(codeOf(() => a.cast('x'))).toBe('ERR_CLOSED');
  });
});

describe('messages', () => {
  it('are refused before join, and when they are too long or no bytes, or for nobody', async () => {
    const a = recorder({ maxMessageSize: 100 });
    expect(codeOf(() => a.cast('x'))).toBe('ERR_NOT_JOINED');
    expect(codeOf(() => a.send(0, 'x'))).toBe('ERR_NOT_JOINED');
    expect(codeOf(() => a.claim(1))).toBe('ERR_NOT_JOINED');
    expect(codeOf(() => a.claimBuffer)).toBe('ERR_NOT_JOINED');
    const b = recorder();
    await joinAll(a, b);
    expect(codeOf(() => a.cast(new Uint8Array(101)))).toBe('ERR_MESSAGE_TOO_LARGE');
    expect(codeOf(() => a.cast('é'.repeat(51)))).toBe('ERR_MESSAGE_TOO_LARGE');
    for (const wrong of [undefined, null, 7, {}, [1], new Uint16Array(2), new ArrayBuffer(2)]) {
      expect(codeOf(() => a.cast(wrong as never))).toBe('ERR_INVALID_ARGUMENT');
      expect(codeOf(() => a.send(1, wrong as never))).toBe('ERR_INVALID_ARGUMENT');
    }
    for (const nobody of [2, -1, 0.5, Number.NaN]) expect(codeOf(() => a.send(nobody, 'x'))).toBe('ERR_UNKNOWN_MEMBER');
    expect(codeOf(() => a.send('127.0.0.1:1' as never, 'x'))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => a.send(0, 'x'))).toBe('ERR_SEND_TO_SELF');
    for (const wrong of [-1, 1.5, Number.NaN, '1']) {
      expect(codeOf(() => a.claim(wrong as never))).toBe('ERR_INVALID_ARGUMENT');
    }
    expect(codeOf(() => a.claim(101))).toBe('ERR_MESSAGE_TOO_LARGE');
    a.cast(new Uint8Array(100));
    await until(() => b.casts.length === 1);
    await quiet();
    expect(b.casts).toHaveLength(1);
  });

  it('are refused with ERR_QUEUE_FULL beyond maxQueuedBytes, and none of those before is lost', async () => {
    const [a, b] = await joinAll(recorder({ maxQueuedBytes: 100_000, maxMessageSize: 1_000_000 }), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    let sent = 0;
    for (;;) {
      if (codeOf(() => a.cast(new Uint8Array(1000))) === 'ERR_QUEUE_FULL') break;
      sent++;
    }
    expect(a.stats().queuedBytes).toBeLessThanOrEqual(100_000);
    expect(codeOf(() => a.cast(new Uint8Array(500_000)))).toBe('ERR_QUEUE_FULL');
    expect(a.writableNeedDrain).toBe(true);
    await until(() => a.calls.includes('drain') && b.casts.length === sent);
  });

  it('that are claimed and lost are an error', async () => {
    const [a] = await joinAll(recorder(), recorder());
    if (a === undefined) throw new Error('no member');
    expect(codeOf(() => a.publishClaim(1))).toBe('ERR_CLAIM_LOST');
    a.claim(10);
    expect(codeOf(() => a.publishClaim(11))).toBe('ERR_CLAIM_LOST');
    a.claim(10);
    a.cast('in between');
    expect(codeOf(() => a.publishClaim(10))).toBe('ERR_CLAIM_LOST');
    a.claim(10);
    a.publishClaim(10);
    expect(codeOf(() => a.publishClaim(10))).toBe('ERR_CLAIM_LOST');
  });
});
