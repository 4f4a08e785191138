import { afterEach, describe, expect, it } from 'vitest';
import type { GroupEvent } from '../../../ts/api/events.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { joinAll, quiet, Recorder, TestMember, until } from './test-member.js';

let network = new FakeNetwork();
const members: TestMember[] = [];

function member(options: ConstructorParameters<typeof TestMember>[1] = {}): TestMember {
  const made = new TestMember(network, options);
  members.push(made);
  return made;
}

async function pair(options: ConstructorParameters<typeof TestMember>[1] = {}): Promise<[TestMember, TestMember]> {
  const [a, b] = [member(options), member(options)];
  await joinAll(a, b);
  return [a, b];
}

function textOf(event: GroupEvent): string {
  return 'message' in event ? `${event.type} ${event.message.text()}` : event.type;
}

afterEach(async () => {
  await Promise.all(members.splice(0).map((each) => each.close()));
  network = new FakeNetwork();
});

describe('for await over a member', () => {
  it('gives views, casts, sends and the exit in one order, and ends', async () => {
    const [a, b] = await pair();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const event of b) seen.push(textOf(event));
    })();
    a.cast('1');
    await until(() => seen.length === 2);
    a.send(1, '2');
    await until(() => seen.length === 3);
    await b.leave();
    await loop;
    expect(seen).toEqual(['view', 'cast 1', 'send 2', 'exit']);
  });

  it('may begin before the member joins', async () => {
    const [a, b] = [member(), member()];
    const first = b[Symbol.asyncIterator]().next();
    await joinAll(a, b);
    expect(await first).toMatchObject({ done: false, value: { type: 'view', view: { myRank: 1 } } });
  });

  it('gives messages that stay valid', async () => {
    const [a, b] = await pair();
    const kept: GroupEvent[] = [];
    const loop = (async () => {
      for await (const event of b) {
        kept.push(event);
        if (kept.length === 2001) break;
      }
    })();
    for (let i = 0; i < 2000; i++) a.cast(`${i}${'.'.repeat(500)}`);
    await loop;
    expect(kept.slice(1).every((event, i) => textOf(event).startsWith(`cast ${i}.`))).toBe(true);
  });

  it('pushes back: while its buffer is full nothing is consumed, and the senders come to feel it', async () => {
    const [a, b] = await pair({ eventBufferBytes: 100_000, maxQueuedBytes: 64 * 1024 * 1024 });
    const iterator = b[Symbol.asyncIterator]();
    await iterator.next();
    const count = 4000;
    for (let i = 0; i < count; i++) a.cast(`${i}${'.'.repeat(1000)}`);
    // However long it is waited: of 4 MB the rings and the buffer hold less than 2.
    for (let i = 0; i < 3; i++) {
      await quiet();
      expect(a.stats().queuedBytes).toBeGreaterThan(2_000_000);
    }
    for (let i = 0; i < count; i++) {
      const { value } = await iterator.next();
      if (value === undefined || !textOf(value).startsWith(`cast ${i}.`)) throw new Error(`not message ${i}`);
    }
    await until(() => a.stats().queuedBytes === 0);
  });

  it('bounds empty messages as well', async () => {
    const [a, b] = await pair({ eventBufferBytes: 10_000, maxQueuedBytes: 64 * 1024 * 1024 });
    const iterator = b[Symbol.asyncIterator]();
    for (let i = 0; i < 200_000; i++) a.cast('');
    await quiet();
    await quiet();
    expect(a.stats().queuedBytes).toBeGreaterThan(100_000);
    await iterator.return?.();
  });

  it('that is left throws away what waits, and lets the member go on', async () => {
    const [a, b] = await pair({ eventBufferBytes: 1000 });
    let listened = 0;
    b.on('cast', () => listened++);
    const iterator = b[Symbol.asyncIterator]();
    for (let i = 0; i < 1000; i++) a.cast(new Uint8Array(1000));
    await quiet();
    expect(listened).toBeLessThan(1000);
    await iterator.return?.();
    await until(() => listened === 1000);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('can be had once at a time, and again after', async () => {
    const [, b] = await pair();
    const iterator = b[Symbol.asyncIterator]();
    expect(() => b[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_ITERATING' }));
    await iterator.return?.();
    for await (const event of b) {
      expect(event.type).toBe('view');
      break;
    }
    for await (const event of b) {
      expect(event.type).toBe('view');
      break;
    }
  });

  it('serves several calls of next() in their order', async () => {
    const [a, b] = await pair();
    const iterator = b[Symbol.asyncIterator]();
    const next = Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    a.cast('1');
    a.cast('2');
    expect((await next).map(({ value }) => value && textOf(value))).toEqual(['view', 'cast 1', 'cast 2']);
  });

  it('throws when the socket fails, after the events before', async () => {
    const [, b] = await pair();
    b.on('error', () => {});
    const seen: string[] = [];
    const loop = (async () => {
      for await (const event of b) seen.push(event.type);
    })();
    b.driver.events.onFailure(new Error('gone'));
    await expect(loop).rejects.toMatchObject({ code: 'ERR_TRANSPORT_FAILED' });
    expect(seen).toEqual(['view', 'exit']);
  });

  it('is over at once when the member is closed, joined or not', async () => {
    const a = member();
    const before = a[Symbol.asyncIterator]().next();
    await a.close();
    expect(await before).toEqual({ done: true, value: undefined });
    expect(await a[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });
});

describe('a callback that throws', () => {
  it('is reported to errorHandler with its cause, and the messages go on', async () => {
    class Thrower extends Recorder {
      override onReceiveCast(...args: Parameters<Recorder['onReceiveCast']>): void {
        super.onReceiveCast(...args);
        throw new Error(`at ${this.casts.length}`);
      }
      override onAcceptedView(): void {
        throw new Error('view');
      }
      override onExit(): void {
        throw 'not even an Error';
      }
    }
    const errors: (Error & { code?: string; details?: object })[] = [];
    const a = member();
    const b = new Thrower(network, { errorHandler: (error) => errors.push(error) });
    members.push(b);
    await joinAll<TestMember>(a, b);
    a.cast('1');
    a.cast('2');
    await until(() => b.casts.length === 2);
    await b.leave();
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'ERR_CALLBACK onAcceptedView threw: view',
      'ERR_CALLBACK onReceiveCast threw: at 1',
      'ERR_CALLBACK onReceiveCast threw: at 2',
      'ERR_CALLBACK onExit threw: not even an Error',
    ]);
    expect(errors[1]).toMatchObject({ cause: { message: 'at 1' }, details: { callback: 'onReceiveCast' } });
  });

  it('may be async: its rejection is reported too', async () => {
    class Async extends Recorder {
      override async onReceiveSend(): Promise<void> {
        throw new Error('later');
      }
    }
    const errors: Error[] = [];
    const [a, b] = [member(), new Async(network, { errorHandler: (error) => errors.push(error) })];
    members.push(b);
    await joinAll<TestMember>(a, b);
    a.send(1, 'x');
    await until(() => errors.length === 1);
    expect(errors[0]?.message).toBe('onReceiveSend threw: later');
  });

  it("is emitted as 'error' when there is no errorHandler and somebody listens, async listeners included", async () => {
    const [a, b] = [member(), member()];
    const errors: Error[] = [];
    b.on('error', (error) => errors.push(error));
    b.on('cast', () => {
      throw new Error('listener');
    });
    b.on('send', async () => {
      throw new Error('async listener');
    });
    await joinAll(a, b);
    a.cast('x');
    a.send(1, 'y');
    await until(() => errors.length === 2);
    expect(errors.map(({ message }) => message).sort()).toEqual([
      "a listener of 'send' threw: async listener",
      'onReceiveCast threw: listener',
    ]);
  });

  it('is a process warning when nobody listens, and a thousand of them are one', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const [a, b] = await pair();
    b.on('cast', () => {
      throw new Error('again and again');
    });
    for (let i = 0; i < 1000; i++) a.cast('x');
    await until(() => warnings.length > 0);
    await quiet();
    process.off('warning', onWarning);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ name: 'ConsortWarning', code: 'ERR_CALLBACK' });
  });

  it('may be the error handler itself', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const errorHandler = () => {
      throw new Error('handler of errors');
    };
    const [a, b] = await pair({ errorHandler });
    let got = 0;
    b.on('cast', () => {
      got++;
      throw new Error('x');
    });
    a.cast('1');
    a.cast('2');
    await until(() => got === 2 && warnings.length === 1);
    process.off('warning', onWarning);
    expect(warnings[0]?.message).toContain('handler of errors');
  });
});

describe('what other members do wrong', () => {
  it('is reported: a message too long is skipped, the others arrive', async () => {
    const errors: Error[] = [];
    const a = new Recorder(network);
    const b = new Recorder(network, { maxMessageSize: 100_000, errorHandler: (error) => errors.push(error) });
    members.push(a, b);
    await joinAll(a, b);
    a.cast(new Uint8Array(200_000));
    a.cast('short');
    await until(() => b.casts.length === 1);
    expect(errors).toMatchObject([{ code: 'ERR_MESSAGE_REFUSED', details: { origin: a.myEndpoint, length: 200_000 } }]);
  });

  it('is reported: a malformed stream is read no further, the streams of the others are', async () => {
    const errors: Error[] = [];
    const [a, b, c] = [
      new Recorder(network),
      new Recorder(network),
      new Recorder(network, { errorHandler: (error) => errors.push(error) }),
    ];
    members.push(a, b, c);
    await joinAll(a, b, c);
    const at = a.claim(8);
    a.publishClaim(8);
    // The header of the record, behind the back of the writer.
    new Int32Array(a.claimBuffer.buffer)[(at >> 2) - 2] = -1;
    a.cast('never');
    b.cast('fine');
    await until(() => c.casts.length === 1 && errors.length === 1);
    await quiet();
    expect(c.casts).toEqual([`${b.myEndpoint}>fine`]);
    expect(errors).toMatchObject([{ code: 'ERR_MALFORMED_STREAM', details: { origin: a.myEndpoint } }]);
  });
});
