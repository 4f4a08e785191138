import { afterEach, describe, expect, it } from 'vitest';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { joinAll, quiet, Recorder, TestMember, until } from './test-member.js';

let network = new FakeNetwork();
const members: TestMember[] = [];

function recorder(options: ConstructorParameters<typeof TestMember>[1] = {}): Recorder {
  const member = new Recorder(network, options);
  members.push(member);
  return member;
}

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
  network = new FakeNetwork();
});

describe('cast', () => {
  it('delivers bytes and text to the other members, in order, and not to the sender', async () => {
    const [a, b, c] = await joinAll(recorder(), recorder(), recorder());
    expect(a?.cast('one')).toBe('current');
    a?.cast(new Uint8Array([0x74, 0x77, 0x6f]));
    a?.cast(Buffer.from('three'));
    await until(() => b?.casts.length === 3 && c?.casts.length === 3);
    const from = `${a?.myEndpoint}>`;
    expect(b?.casts).toEqual([`${from}one`, `${from}two`, `${from}three`]);
    expect(c?.casts).toEqual(b?.casts);
    expect(a?.casts).toEqual([]);
  });

  it('asks for one flush a turn, whatever the number of messages', async () => {
    const [a] = await joinAll(recorder(), recorder());
    await quiet();
    const before = a?.driver.flushes ?? 0;
    for (let i = 0; i < 100; i++) a?.cast('x');
    await new Promise(setImmediate);
    expect((a?.driver.flushes ?? 0) - before).toBe(1);
  });

  it('carries an empty message', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    a?.cast('');
    a?.cast(new Uint8Array(0));
    await until(() => b?.casts.length === 2);
    expect(b?.casts).toEqual([`${a?.myEndpoint}>`, `${a?.myEndpoint}>`]);
  });

  it('takes a Uint8Array of another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    const [a, b] = await joinAll(recorder(), recorder());
    a?.cast(runInNewContext('new Uint8Array([104, 105])'));
    await until(() => b?.casts.length === 1);
    expect(b?.casts).toEqual([`${a?.myEndpoint}>hi`]);
  });

  it('keeps the order of small, long and empty messages while flow control holds them back', async () => {
    const options = { maxMessageSize: 4 * 1024 * 1024, maxQueuedBytes: 64 * 1024 * 1024 };
    const [a, b] = await joinAll(recorder(options), recorder(options));
    const lengths = [10, 3_000_000, 0, 1, 70_000, 100, 40_000, 500_000, 7, 20_000];
    for (const [i, length] of lengths.entries()) a?.cast(`${i}${'.'.repeat(length)}`);
    expect(a?.stats().queuedBytes).toBeGreaterThan(0);
    await until(() => b?.casts.length === lengths.length);
    const from = `${a?.myEndpoint}>`.length;
    expect(b?.casts.map((text) => [Number(text.charAt(from)), text.length - from - 1])).toEqual([...lengths.entries()]);
    expect(a?.stats().queuedBytes).toBe(0);
  });

  it('copies the payload: the caller may use it again at once, also when it waits', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    const payload = new Uint8Array(1000);
    for (let i = 0; i < 2000; i++) a?.cast(payload.fill(48 + (i % 10)));
    expect(a?.stats().queuedBytes).toBeGreaterThan(0);
    await until(() => b?.casts.length === 2000);
    const digits = b?.casts.map((text) => text.slice(-1)).join('');
    expect(digits).toBe('0123456789'.repeat(200));
  });

  it('carries a message of 100 MB when maxMessageSize allows it', { timeout: 60_000 }, async () => {
    const options = { maxMessageSize: 100_000_000, memory: 64 * 1024 * 1024 };
    const [a, b] = [new TestMember(network, options), new TestMember(network, options)];
    members.push(a, b);
    const got: [number, number][] = [];
    b.on('cast', (_, message) => got.push([message.length, message.at(99_999_999)]));
    await joinAll(a, b);
    const payload = new Uint8Array(100_000_000);
    payload[99_999_999] = 77;
    a.cast(payload);
    await until(() => got.length === 1, 30_000);
    expect(got).toEqual([[100_000_000, 77]]);
  });

  it('does nothing harmful in a view of one', async () => {
    const [a] = await joinAll(recorder());
    a?.cast('alone');
    await quiet();
    expect(a?.casts).toEqual([]);
  });
});

describe('send', () => {
  it('delivers to one member, given by rank or by endpoint', async () => {
    const [a, b, c] = await joinAll(recorder(), recorder(), recorder());
    a?.send(1, 'by rank');
    a?.send(c?.myEndpoint as never, 'by an equal endpoint');
    a?.send(a?.view?.members[2] as never, 'by endpoint');
    await until(() => b?.sends.length === 1 && c?.sends.length === 2);
    expect(b?.sends).toEqual([`${a?.myEndpoint}>by rank`]);
    expect(c?.sends).toEqual([`${a?.myEndpoint}>by an equal endpoint`, `${a?.myEndpoint}>by endpoint`]);
    expect(b?.casts).toEqual([]);
  });

  it('keeps the order for each destination while one of them is slow', async () => {
    const [a, b, c] = await joinAll(recorder(), recorder(), recorder());
    const body = '.'.repeat(1000);
    for (let i = 0; i < 300; i++) {
      a?.send(1, `${i} ${body}`);
      a?.send(2, `${i} ${body}`);
    }
    expect(a?.stats().queuedBytes).toBeGreaterThan(0);
    await until(() => b?.sends.length === 300 && c?.sends.length === 300);
    const numbers = (texts: string[] | undefined) =>
      texts?.map((text) => Number.parseInt(text.split('>')[1] ?? '', 10));
    expect(numbers(b?.sends)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(numbers(c?.sends)).toEqual(numbers(b?.sends));
  });
});

describe('claim', () => {
  it('gives a place in the ring that publishClaim sends', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    if (a === undefined) throw new Error('no member');
    for (const text of ['first', 'second', '']) {
      const at = a.claim(16);
      a.claimBuffer.set(Buffer.from(text), at);
      a.publishClaim(text.length);
    }
    await until(() => b?.casts.length === 3);
    expect(b?.casts).toEqual(['first', 'second', ''].map((text) => `${a.myEndpoint}>${text}`));
  });

  it('returns -1 when there is no room, and drain follows when there is', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    let sent = 0;
    while (sent < 5000) {
      const drains = a.calls.filter((call) => call === 'drain').length;
      while (sent < 5000) {
        const at = a.claim(1000);
        if (at < 0) break;
        a.claimBuffer.fill(48 + (sent++ % 10), at, at + 1000);
        a.publishClaim(1000);
      }
      if (sent === 5000) break;
      expect(a.writableNeedDrain).toBe(true);
      await until(() => a.calls.filter((call) => call === 'drain').length > drains);
      expect(a.writableNeedDrain).toBe(false);
    }
    await until(() => b.casts.length === 5000);
    expect(b.casts.every((text, i) => text.endsWith(String(i % 10).repeat(10)))).toBe(true);
  });

  it('keeps its turn behind messages that wait', async () => {
    const [a] = await joinAll(recorder(), recorder());
    if (a === undefined) throw new Error('no member');
    while (a.stats().queuedBytes === 0) a.cast(new Uint8Array(1000));
    expect(a.claim(0)).toBe(-1);
    expect(a.writableNeedDrain).toBe(true);
  });
});

describe('flow control', () => {
  it('sets writableNeedDrain at the high-water mark, and says drain once when the queue is empty', async () => {
    const [a, b] = await joinAll(recorder({ highWaterMark: 100_000 }), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    let sent = 0;
    while (!a.writableNeedDrain) {
      a.cast(new Uint8Array(1000));
      sent++;
    }
    expect(a.stats().queuedBytes).toBeGreaterThanOrEqual(100_000);
    expect(a.stats().queuedBytes).toBeLessThan(102_000);
    await until(() => a.calls.includes('drain'));
    expect(a.writableNeedDrain).toBe(false);
    await until(() => b.casts.length === sent);
    await quiet();
    expect(a.calls).toEqual(['view', 'drain']);
  });

  it('lets a sender that heeds it go on for ever, in bounded memory', async () => {
    const [a, b] = await joinAll(recorder({ highWaterMark: 10_000 }), recorder());
    if (a === undefined || b === undefined) throw new Error('no member');
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      a.cast(new Uint8Array(500));
      if (!a.writableNeedDrain) continue;
      most = Math.max(most, a.stats().queuedBytes);
      const drains = a.calls.length;
      await until(() => a.calls.length > drains);
    }
    await until(() => b.casts.length === 20_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(11_000);
  });
});

describe('callbacks', () => {
  it('come as events to listeners when they are not overridden', async () => {
    const [a, b] = [new TestMember(network), new TestMember(network)];
    members.push(a, b);
    const seen: string[] = [];
    b.on('view', (view) => seen.push(`view of ${view.nmembers}`));
    b.on('cast', (origin, message) => seen.push(`cast ${origin.equals(a.myEndpoint as never)} ${message.text()}`));
    b.on('send', (_, message) => seen.push(`send ${message.text()}`));
    b.on('exit', () => seen.push('exit'));
    await joinAll(a, b);
    a.cast('1');
    await until(() => seen.length === 2);
    a.send(1, '2');
    await until(() => seen.length === 3);
    await b.leave();
    expect(seen).toEqual(['view of 2', 'cast true 1', 'send 2', 'exit']);
  });

  it('get the very endpoint objects of the view', async () => {
    const [a, b] = [new TestMember(network), new TestMember(network)];
    members.push(a, b);
    const origins: unknown[] = [];
    b.on('cast', (origin) => origins.push(origin));
    await joinAll(a, b);
    a.cast('x');
    a.cast('y');
    await until(() => origins.length === 2);
    expect(origins[0]).toBe(b.view?.members[0]);
    expect(origins[1]).toBe(origins[0]);
  });

  it('may cast: the answer goes out with the batch', async () => {
    class Echo extends Recorder {
      override onReceiveCast(...args: Parameters<Recorder['onReceiveCast']>): void {
        super.onReceiveCast(...args);
        if (this.casts.length < 5) this.cast('pong');
      }
    }
    const [a, b] = [new Echo(network), new Echo(network)];
    members.push(a, b);
    await joinAll(a, b);
    a.cast('ping');
    await until(() => a.casts.length + b.casts.length >= 9);
  });

  it('call onHeartbeat at the rate that was asked for, until the member leaves', async () => {
    const a = new TestMember(network, { heartbeatRate: 5 });
    members.push(a);
    const times: number[] = [];
    a.on('heartbeat', (time) => times.push(time));
    await joinAll(a);
    await until(() => times.length >= 3);
    expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(60_000);
    await a.leave();
    const count = times.length;
    await quiet();
    expect(times).toHaveLength(count);
  });
});

describe('view', () => {
  it('shows the members by rank, frozen, with neutral values for what a fixed view does not have', async () => {
    const [a, b] = await joinAll(recorder(), recorder());
    const view = b?.view;
    expect(view).toMatchObject({
      groupName: 'test',
      nmembers: 2,
      myRank: 1,
      myOldRank: -1,
      oldCoordinator: undefined,
      departedMembers: [],
      protocol: 'Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
      params: '',
      groupdFlag: false,
      primaryFlag: false,
    });
    expect(view?.members.map(String)).toEqual([String(a?.myEndpoint), String(b?.myEndpoint)]);
    expect(view?.newMembers).toEqual(view?.members);
    expect(view?.coordinator).toBe(view?.members[0]);
    expect(view?.myEndpoint).toBe(view?.members[1]);
    expect(view?.viewId).toEqual({ time: 0, coordinator: view?.coordinator });
    expect(Object.isFrozen(view) && Object.isFrozen(view?.members) && Object.isFrozen(view?.viewId)).toBe(true);
  });

  it('is there for as long as the member is in it', async () => {
    const a = recorder();
    expect(a.view).toBeUndefined();
    await joinAll(a);
    expect(a.view?.nmembers).toBe(1);
    await a.leave();
    expect(a.view).toBeUndefined();
  });
});

describe('stats', () => {
  it('show the counts of the plane, memory, queue and modes', async () => {
    const [a] = await joinAll(recorder(), recorder());
    const stats = a?.stats();
    expect(stats).toMatchObject({ datagramsSent: 0, queuedBytes: 0, mode: 'ts', threadMode: 'multi' });
    expect(stats?.memoryBytes).toBeGreaterThan(100_000);
    expect(stats?.memoryBytes).toBeLessThanOrEqual(1024 * 1024);
  });

  it('stay readable after close', async () => {
    const [a] = await joinAll(recorder(), recorder());
    await a?.close();
    expect(a?.stats()).toMatchObject({ datagramsSent: 0, memoryBytes: 0, queuedBytes: 0, mode: 'ts' });
  });
});
