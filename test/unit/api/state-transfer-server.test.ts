import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { StateTransferOptions } from '../../../ts/api/state-transfer-options.js';
import { StateTransferServer } from '../../../ts/api/state-transfer-server.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { TransferTerminated } from '../../../ts/base/errors.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { until } from './test-member.js';
import { crash, HighMember, joinInOrder, roles } from './test-servers.js';

let network = new FakeNetwork();
const members: HighMember[] = [];

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
  network = new FakeNetwork();
});

function make(options: Partial<StateTransferOptions> = {}): HighMember {
  const member = new HighMember(network, options);
  members.push(member);
  return member;
}

const code = (code: string) => expect.objectContaining({ code });
const never = new Promise<never>(() => {});

/** Gets the state with these calls, and keeps what came of it. */
function getter(options: Partial<StateTransferOptions> = {}) {
  const member = make(options);
  const got: string[] = [];
  const failed: string[] = [];
  member.transfer = async (xferId) => {
    try {
      got.push((await member.getState(xferId, 'all')).text());
    } catch (error) {
      failed.push((error as Error & { code: string }).code);
      throw error;
    }
    member.transferDone(xferId);
  };
  return { member, got, failed };
}

/** Servers that are done with their own transfers at once, and one who gets the state from them. */
async function serversAnd(count: number, options: Partial<StateTransferOptions> = {}) {
  const servers = Array.from({ length: count }, () => make());
  await joinInOrder(...servers);
  await roles('S'.repeat(count), ...servers);
  return { servers, ...getter(options) };
}

describe('a transfer', () => {
  it('is over at once where the application has no state', async () => {
    const [a, b] = [make(), make()];
    await joinInOrder(a, b);
    await roles('SS', a, b);
    expect([a.codes, b.codes]).toEqual([[], []]);
  });

  it('gets the state from a server, which is asked what for', async () => {
    const { servers, member, got } = await serversAnd(1);
    const asked: unknown[] = [];
    (servers[0] as HighMember).answer = (origin, xferId, request) => {
      asked.push([origin.name, xferId, request.text()]);
      return 'the state';
    };
    await member.join();
    await roles('SS', member, ...servers);
    expect(got).toEqual(['the state']);
    expect(asked).toEqual([[member.myEndpoint?.name, 1, 'all']]);
  });

  it('asks for any number of parts, also at once', async () => {
    const { servers, member } = await serversAnd(1);
    (servers[0] as HighMember).answer = (_, __, request) => `part ${request.text()}`;
    const got: string[] = [];
    member.transfer = async (xferId) => {
      const parts = await Promise.all(['1', '2', '3'].map((each) => member.getState(xferId, each)));
      got.push(...parts.map((part) => part.text()), (await member.getState(xferId)).text());
      member.transferDone(xferId);
    };
    await member.join();
    await roles('SS', member, ...servers);
    expect(got).toEqual(['part 1', 'part 2', 'part 3', 'part ']);
  });

  it('has its own id, and calls with an old one do nothing', async () => {
    const { servers, member } = await serversAnd(1);
    const ids: number[] = [];
    member.transfer = (xferId) => void ids.push(xferId);
    await member.join();
    await until(() => ids.length === 1);
    member.becomeClient();
    await roles('S-', member, ...servers);
    member.becomeServer();
    await until(() => ids.length === 2);
    expect(ids).toEqual([1, 2]);
    member.transferDone(1);
    await expect(member.getState(1)).rejects.toBeInstanceOf(TransferTerminated);
    await expect(member.streamState(1).next()).rejects.toBeInstanceOf(TransferTerminated);
    expect(member.serverState).toBe('server-xfer');
    member.requestState(1);
    await until(() => member.log.length === 1);
    expect(member.log).toEqual(['canceled 1']);
    member.transferDone(2);
    await expect(member.getState(2)).rejects.toBeInstanceOf(TransferTerminated);
    await roles('SS', member, ...servers);
  });

  it('does nothing before the member has joined, and after it has left', async () => {
    const a = make();
    a.transferDone(0);
    await expect(a.getState(0)).rejects.toEqual(code('ERR_TRANSFER_TERMINATED'));
    await a.join();
    await roles('S', a);
    const me = a.myEndpoint as Endpoint;
    await a.leave();
    a.transferDone(1);
    a.sendState(me, 1, 'x');
    expect(a.codes).toEqual([]);
  });

  it('by callbacks tells what was asked for', async () => {
    const { servers, member } = await serversAnd(1);
    member.transfer = (xferId) => member.requestState(xferId, 'all');
    member.onGotState = (xferId, state) => {
      member.log.push(state.text());
      member.transferDone(xferId);
    };
    await member.join();
    await roles('SS', member, ...servers);
    expect(member.log).toEqual(['state']);
    expect(() => member.requestState(1, 5 as never)).toThrow(code('ERR_INVALID_ARGUMENT'));
  });

  it('by callbacks gives up where nobody can give the state, and says so', async () => {
    const { servers, member } = await serversAnd(1);
    (servers[0] as HighMember).answer = () => Promise.reject(new Error('on purpose'));
    member.transfer = (xferId) => member.requestState(xferId);
    await member.join();
    await until(() => member.log.length === 1);
    expect([member.log, member.codes]).toEqual([['canceled 1'], ['ERR_STATE_UNAVAILABLE']]);
    await roles('S-', member, ...servers);
  });
});

describe('a server answers', () => {
  const answers: [string, HighMember['answer'], string][] = [
    ['text', () => 'state', 'state'],
    ['bytes', () => Buffer.from('state'), 'state'],
    ['nothing but an empty state', () => '', ''],
    ['parts', () => ['one ', new Uint8Array(0), 'two'], 'one two'],
    ['parts of a known length', () => ({ total: 6, parts: ['one', 'two'] }), 'onetwo'],
    [
      'a generator',
      async function* () {
        yield 'one ';
        await Promise.resolve();
        yield 'two';
      } as unknown as HighMember['answer'],
      'one two',
    ],
    ['a promise', async () => 'later', 'later'],
    // biome-ignore lint/suspicious/noThenProperty: what is like a promise is as good as one.
    ['what is like a promise', () => ({ then: (done: (state: string) => void) => done('like') }) as never, 'like'],
  ];

  it.each(answers)('with %s', async (_, answer, want) => {
    const { servers, member, got } = await serversAnd(1);
    (servers[0] as HighMember).answer = answer;
    await member.join();
    await roles('SS', member, ...servers);
    expect(got).toEqual([want]);
  });

  it('by sendState, within onAskState or later', async () => {
    const { servers, member } = await serversAnd(1);
    const [a] = servers as [HighMember];
    const waiting: [Endpoint, number][] = [];
    a.answer = (origin, xferId, request) => {
      if (request.text() === 'now') a.sendState(origin, xferId, 'at once');
      else waiting.push([origin, xferId]);
    };
    const got: string[] = [];
    member.transfer = async (xferId) => {
      got.push((await member.getState(xferId, 'now')).text());
      const both = [member.getState(xferId, '1'), member.getState(xferId, '2')];
      got.push(...(await Promise.all(both)).map((state) => state.text()));
      member.transferDone(xferId);
    };
    await member.join();
    await until(() => waiting.length === 2);
    const [[origin, xferId]] = waiting as [[Endpoint, number]];
    // Of another transfer, or another member: nobody waits for that.
    a.sendState(origin, xferId + 1, 'wrong');
    a.sendState(a.myEndpoint as Endpoint, xferId, 'wrong');
    a.sendState(origin, xferId, 'first');
    a.sendState(origin, xferId, ['sec', 'ond']);
    a.sendState(origin, xferId, 'too many');
    await roles('SS', member, ...servers);
    expect([got, a.codes]).toEqual([['at once', 'first', 'second'], []]);
  });

  it('with what it returns, where it calls sendState as well', async () => {
    const { servers, member, got } = await serversAnd(1);
    const [a] = servers as [HighMember];
    a.answer = (origin, xferId) => {
      a.sendState(origin, xferId, 'sent');
      return 'returned';
    };
    await member.join();
    await roles('SS', member, ...servers);
    expect([got, a.codes]).toEqual([['sent'], []]);
  });

  it('the question that waits, not one that nobody waits for any more', async () => {
    const { servers, member, got } = await serversAnd(1);
    const [a] = servers as [HighMember];
    const origins: Endpoint[] = [];
    a.answer = (origin) => void origins.push(origin);
    member.transfer = async (xferId) => {
      const first = member.streamState(xferId);
      await until(() => origins.length === 1);
      await first.return?.();
      got.push((await member.getState(xferId)).text());
      member.transferDone(xferId);
    };
    await member.join();
    await until(() => origins.length === 2);
    a.sendState(origins[0] as Endpoint, 1, 'for the second');
    await roles('SS', member, ...servers);
    expect(got).toEqual(['for the second']);
  });

  it.each([
    ['no state', () => 5, 'ERR_CALLBACK'],
    ['parts that are none', () => ({ total: 1, parts: 5 }), 'ERR_CALLBACK'],
    ['a length that is none', () => ({ total: Number.POSITIVE_INFINITY, parts: ['x'] }), 'ERR_CALLBACK'],
    ['a part that is none', () => [5], 'ERR_CALLBACK'],
    ['an error', () => Promise.reject(new Error('on purpose')), 'ERR_CALLBACK'],
    [
      'an error at once',
      () => {
        throw new Error('on purpose');
      },
      'ERR_CALLBACK',
    ],
    [
      'an error after a part',
      function* () {
        yield 'one';
        throw new Error('on purpose');
      },
      'ERR_CALLBACK',
    ],
  ])('with %s, which is reported, and another server is asked', async (_, answer, want) => {
    const { servers, member, got } = await serversAnd(2);
    const [a, b] = servers as [HighMember, HighMember];
    a.answer = answer as HighMember['answer'];
    await member.join();
    await roles('SSS', member, ...servers);
    expect([got, a.codes, b.codes, member.codes]).toEqual([['state'], [want], [], []]);
  });

  it('with less than it announced: another server is asked', async () => {
    const { servers, member, got } = await serversAnd(2);
    (servers[0] as HighMember).answer = () => ({ total: 9, parts: ['one'] });
    await member.join();
    await roles('SSS', member, ...servers);
    expect(got).toEqual(['state']);
  });

  it('nothing by itself: who has no onAskState gives no state', async () => {
    const { servers, member, failed } = await serversAnd(1);
    const [a] = servers as [HighMember];
    a.onAskState = StateTransferServer.prototype.onAskState;
    await member.join();
    await until(() => failed.length === 1 && member.isClient());
    expect([failed, a.codes]).toEqual([['ERR_STATE_UNAVAILABLE'], ['ERR_CALLBACK']]);
  });

  it('refuses sendState to nobody, and of no state', async () => {
    const { servers } = await serversAnd(1);
    const [a] = servers as [HighMember];
    expect(() => a.sendState('b' as never, 1, 'x')).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => a.sendState(a.myEndpoint as Endpoint, 1, 5 as never)).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => a.sendState(a.myEndpoint as Endpoint, 1, { total: -1, parts: [] })).toThrow(
      code('ERR_INVALID_ARGUMENT'),
    );
  });
});

describe('when it goes wrong', () => {
  it('a transfer whose handler throws is given up: the member is a client, and the others go on', async () => {
    const { servers, member } = await serversAnd(1);
    const [a] = servers as [HighMember];
    member.transfer = async () => {
      throw new Error('on purpose');
    };
    await member.join();
    await until(() => member.isClient());
    await roles('S-', member, ...servers);
    expect([member.codes, a.view?.viewType]).toEqual([['ERR_CALLBACK'], 'none']);
  });

  it('so is one whose handler fails with the end of another transfer', async () => {
    const { servers, member } = await serversAnd(1);
    member.transfer = async () => {
      await member.getState(99);
    };
    await member.join();
    await until(() => member.isClient());
    await roles('S-', member, ...servers);
    expect(member.codes).toEqual(['ERR_CALLBACK']);
  });

  it('another server is asked when one fails', async () => {
    const { servers, member, got } = await serversAnd(2);
    const [a, b] = servers as [HighMember, HighMember];
    let asked = 0;
    a.answer = () => {
      asked++;
      return never;
    };
    await member.join();
    await until(() => asked === 1);
    await crash(a, b);
    await roles('SS', b, member);
    expect(got).toEqual(['state']);
  });

  it('another server is asked when one leaves', async () => {
    const { servers, member, got } = await serversAnd(2);
    const [a, b] = servers as [HighMember, HighMember];
    let asked = 0;
    a.answer = () => {
      asked++;
      return never;
    };
    await member.join();
    await until(() => asked === 1);
    await a.leave();
    await roles('SS', b, member);
    expect(got).toEqual(['state']);
  });

  it('another server is asked when one says nothing for too long, and the request fails when none does', async () => {
    const { servers, member, got, failed } = await serversAnd(2, { stateTimeout: 20 });
    const [a, b] = servers as [HighMember, HighMember];
    a.answer = () => never;
    await member.join();
    await roles('SSS', member, ...servers);
    expect(got).toEqual(['state']);
    b.answer = () => never;
    member.becomeClient();
    await roles('SS-', member, ...servers);
    member.becomeServer();
    await until(() => failed.length === 1);
    expect(failed).toEqual(['ERR_STATE_UNAVAILABLE']);
    await roles('SS-', member, ...servers);
  });

  it('the first goes on with what it has when no server is left, and its transfer is terminated', async () => {
    const { servers, member, failed } = await serversAnd(1);
    const [a] = servers as [HighMember];
    let asked = 0;
    a.answer = () => {
      asked++;
      return never;
    };
    await member.join();
    await until(() => asked === 1);
    await crash(a, member);
    await roles('S', member);
    await until(() => failed.length === 1);
    expect([failed, member.codes.filter((each) => each === 'ERR_CALLBACK')]).toEqual([['ERR_TRANSFER_TERMINATED'], []]);
  });

  it('a transfer ends when its member leaves, and nothing waits any longer', async () => {
    const { servers, member, failed } = await serversAnd(1);
    const [a] = servers as [HighMember];
    let left = 0;
    a.answer = () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: '.'.repeat(1000) }),
        return: async () => {
          left++;
          return { done: true, value: undefined };
        },
      }),
    });
    const streamed: string[] = [];
    member.transfer = async (xferId) => {
      const stream = member.streamState(xferId);
      await stream.next();
      streamed.push('one');
      await member.getState(xferId).catch((error: Error & { code: string }) => failed.push(error.code));
      await stream.next().catch((error: Error & { code: string }) => failed.push(error.code));
    };
    await member.join();
    await until(() => streamed.length === 1);
    await member.leave();
    await until(() => failed.length === 2 && left === 2);
    expect(failed).toEqual(['ERR_TRANSFER_TERMINATED', 'ERR_TRANSFER_TERMINATED']);
    expect([member.codes, a.codes]).toEqual([[], []]);
    await member.join();
    await roles('SX', a, member);
  });

  it('a state that is too large is refused, also where it says so before', async () => {
    const { servers, member } = await serversAnd(1, { maxStateSize: 10 });
    const [a] = servers as [HighMember];
    const results: unknown[] = [];
    member.transfer = async (xferId) => {
      for (const request of ['10', '11', 'said'])
        await member.getState(xferId, request).then(
          (state) => results.push(state.length),
          (error: Error & { code: string }) => results.push(error.code),
        );
      member.transferDone(xferId);
    };
    a.answer = (_, __, request) =>
      request.text() === 'said' ? { total: 99, parts: ['x', '.'.repeat(98)] } : '.'.repeat(Number(request.text()));
    await member.join();
    await roles('SS', member, ...servers);
    expect(results).toEqual([10, 'ERR_STATE_TOO_LARGE', 'ERR_STATE_TOO_LARGE']);
  });

  it('arguments that are wrong are told at once', async () => {
    const a = make({ maxMessageSize: 8 });
    await expect(a.getState(1, 5 as never)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'));
    await expect(a.getState(1, '.'.repeat(9))).rejects.toEqual(code('ERR_MESSAGE_TOO_LARGE'));
    expect(() => a.streamState(1, '', { resume: 1 as never })).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => a.streamState(1, '', { reuse: 1 as never })).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => a.streamState(1, '', { again: true } as never)).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => make({ stateTimeout: 0 })).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => make({ maxStateSize: -1 })).toThrow(code('ERR_INVALID_OPTION'));
  });

  it('records that cannot be read are reported, and nothing else', async () => {
    const { servers, member } = await serversAnd(1);
    const [a] = servers as [HighMember];
    member.transfer = () => {};
    await member.join();
    await roles('SX', a, member);
    const { ClientServer } = await import('../../../ts/api/client-server.js');
    const low = ClientServer.prototype;
    low.sendState.call(a as never, member.view?.myEndpoint as Endpoint, '?');
    low.askState.call(member as never, a.view?.myEndpoint as Endpoint, '?');
    await until(() => a.codes.length === 1 && member.codes.length === 1);
    expect([a.codes, member.codes]).toEqual([['ERR_MALFORMED_STREAM'], ['ERR_MALFORMED_STREAM']]);
    member.transferDone(1);
    await roles('SS', a, member);
  });
});

describe('a streamed state', () => {
  const BYTES = 3_000_000;
  const parts = function* (from = 0) {
    for (let at = from; at < BYTES; at += 10_000) yield Buffer.alloc(10_000, at / 10_000);
  };
  const isWhole = (got: readonly Uint8Array[]) => Buffer.concat(got).equals(Buffer.concat([...parts()]));

  it('comes whole, in order, through rings much smaller than it, and tells how far it is', async () => {
    const { servers, member } = await serversAnd(1);
    (servers[0] as HighMember).answer = () => ({ total: BYTES, parts: parts() });
    const got: Uint8Array[] = [];
    const progress: (number | undefined)[] = [];
    member.on('transferProgress', ({ xferId, bytes, total }) => progress.push(xferId, bytes, total));
    member.transfer = async (xferId) => {
      for await (const part of member.streamState(xferId)) got.push(part);
      member.transferDone(xferId);
    };
    await member.join();
    await roles('SS', member, ...servers);
    expect(isWhole(got)).toBe(true);
    expect([progress.slice(-3), progress.length / 3]).toEqual([[1, BYTES, BYTES], got.length]);
  });

  it('comes whole in memory that is used again, at most the window of it, also to a loop that is slow', async () => {
    const { servers, member } = await serversAnd(1);
    (servers[0] as HighMember).answer = function* () {
      for (let time = 0; time < 4; time++) yield* parts();
    } as unknown as HighMember['answer'];
    const got: Uint8Array[] = [];
    const memories = new Set<unknown>();
    member.transfer = async (xferId) => {
      for await (const part of member.streamState(xferId, '', { reuse: true })) {
        await setImmediate();
        memories.add(part.buffer);
        got.push(part.slice());
      }
      member.transferDone(xferId);
    };
    await member.join();
    await roles('SS', member, ...servers);
    const whole = Buffer.concat([...parts()]);
    expect(Buffer.concat(got).equals(Buffer.concat([whole, whole, whole, whole]))).toBe(true);
    expect([memories.size, got.length > 100]).toEqual([1, true]);
  });

  it('waits in no queue where messages of the application would wait behind it', async () => {
    const { servers, member } = await serversAnd(1, { transfer: 'free' });
    const [a] = servers as [HighMember];
    let pulled = 0;
    a.answer = () => ({
      *[Symbol.iterator]() {
        for (const part of parts()) {
          pulled++;
          yield part;
        }
      },
    });
    let go: () => void = () => {};
    member.transfer = async (xferId) => {
      const stream = member.streamState(xferId);
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      for await (const part of stream) expect(part.length).toBeGreaterThan(0);
      member.transferDone(xferId);
    };
    await member.join();
    await until(() => pulled > 100);
    expect([a.stats().queuedBytes, a.writableNeedDrain, a.cast('at once')]).toEqual([0, false, 'current']);
    go();
    await roles('SS', member, ...servers);
  });

  it('goes on at another server where one fails, when they give the same bytes; and fails when they may not', async () => {
    for (const resume of [true, false]) {
      const { servers, member } = await serversAnd(2);
      const [a, b] = servers as [HighMember, HighMember];
      a.answer = async function* () {
        yield Buffer.concat([...parts()].slice(0, 100));
        await never;
      } as unknown as HighMember['answer'];
      b.answer = () => parts();
      const got: Uint8Array[] = [];
      const failed: string[] = [];
      member.transfer = async (xferId) => {
        try {
          for await (const part of member.streamState(xferId, '', { resume })) got.push(part);
        } catch (error) {
          failed.push((error as Error & { code: string }).code);
        }
        member.transferDone(xferId);
      };
      await member.join();
      await until(() => got.length > 0);
      await crash(a, b);
      await roles('SS', b, member);
      expect(failed).toEqual(resume ? [] : ['ERR_STATE_INTERRUPTED']);
      expect(isWhole(got)).toBe(resume);
      await Promise.all(members.splice(0).map((each) => each.close()));
      network = new FakeNetwork();
    }
  });

  it('that is left is not sent any further', async () => {
    const { servers, member } = await serversAnd(1);
    let left = 0;
    (servers[0] as HighMember).answer = function* () {
      try {
        for (;;) yield Buffer.alloc(10_000);
      } finally {
        left++;
      }
    } as unknown as HighMember['answer'];
    member.transfer = async (xferId) => {
      for await (const part of member.streamState(xferId)) if (part.length > 0) break;
      member.transferDone(xferId);
    };
    await member.join();
    await roles('SS', member, ...servers);
    await until(() => left === 1);
    expect([member.codes, servers[0]?.codes]).toEqual([[], []]);
  });
});
