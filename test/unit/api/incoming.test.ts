import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deliver, Incoming } from '../../../ts/api/incoming.js';
import { kindOf } from '../../../ts/api/message-kind.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import { writeSubcast } from '../../../ts/ordering/subcast.js';
import { bytesOf, members } from '../stack/views.js';

const ENDPOINTS = members(0, 1, 2);

/** What comes in at rank 2. `calls`: what the application was told; `codes`: what was reported. */
function incoming(deliver: Deliver, serves?: boolean) {
  const calls: string[] = [];
  const codes: string[] = [];
  const say = (what: string) => (origin: Endpoint, message: Message) => {
    calls.push(`${what} ${ENDPOINTS.indexOf(origin)} ${message.text()}`);
    if (message.text() === 'fail') throw new Error('on purpose');
  };
  const application = { onReceiveCast: say('cast'), onReceiveSend: say('send') };
  const reports = {
    report: (error: Error) => codes.push((error as Error & { code: string }).code),
    callbackFailed: (callback: string) => codes.push(callback),
    watch: () => {},
  };
  const servers = {
    onReceiveScast: say('scast'),
    onReceiveLsend: say('lsend'),
    onAskState: say('ask'),
    onReceiveState: say('state'),
  };
  const part = serves === undefined ? undefined : { application: servers, serves };
  const receiver = new Incoming(deliver, application, ENDPOINTS, 2, reports, part);
  const take = (origin: number, kind: number, bytes: Uint8Array) => receiver.onMessage(origin, kind, Message.of(bytes));
  return { receiver, calls, codes, take };
}

describe('what comes in the stream of casts', () => {
  it('is a cast, or a send that goes with the casts, for whom it is', () => {
    const { take, calls, codes } = incoming(Deliver.casts);
    take(0, CastKind.message, bytesOf('to all'));
    take(1, CastKind.subcast, writeSubcast([0, 2], bytesOf('to me')));
    take(1, CastKind.subcast, writeSubcast([0], bytesOf('to another')));
    take(1, CastKind.subcast, writeSubcast([], bytesOf('to nobody')));
    take(2, CastKind.subcast, writeSubcast([1], bytesOf('of mine')));
    expect([calls, codes]).toEqual([['cast 0 to all', 'send 1 to me'], []]);
  });

  it.each([
    ['an order that no policy takes', CastKind.order, [0, 0, 0, 0]],
    ['dependencies that no policy takes', CastKind.dependencies, [0, 0, 0, 0]],
    ['a kind that there is not', 200, []],
    ['a subcast that is too short', CastKind.subcast, [1]],
    ['a subcast without the ranks that it announces', CastKind.subcast, [2, 0, 1, 0]],
  ])('is reported when it is %s', (_, kind, bytes) => {
    const { take, calls, codes } = incoming(Deliver.casts);
    take(1, kind, Uint8Array.from(bytes));
    expect([calls, codes]).toEqual([[], ['ERR_MALFORMED_STREAM']]);
  });

  it('goes nowhere when the view is over', () => {
    const { receiver, take, calls, codes } = incoming(Deliver.casts);
    receiver.stopped = true;
    take(0, CastKind.message, bytesOf('late'));
    take(0, CastKind.subcast, writeSubcast([2], bytesOf('late')));
    take(0, 200, bytesOf('late'));
    receiver.onMalformed(0);
    receiver.onTooLong(0, 1);
    expect([calls, codes]).toEqual([[], []]);
  });

  it('may make the application fail, which is told under the name of the callback', () => {
    const { take, codes } = incoming(Deliver.casts);
    take(0, CastKind.message, bytesOf('fail'));
    take(0, CastKind.subcast, writeSubcast([2], bytesOf('fail')));
    expect(codes).toEqual(['onReceiveCast', 'onReceiveSend']);
  });
});

describe('what comes in a stream of sends', () => {
  it('is a send', () => {
    const { take, calls } = incoming(Deliver.sends);
    take(1, 0, bytesOf('to me'));
    expect(calls).toEqual(['send 1 to me']);
  });

  it('goes nowhere where nothing is delivered', () => {
    const { take, calls, codes } = incoming(Deliver.nothing);
    take(1, 0, bytesOf('to me'));
    take(1, 200, bytesOf('to me'));
    expect([calls, codes]).toEqual([[], []]);
  });
});

const KINDS = Object.values(CastKind);

describe('what comes in the stream of casts of clients and servers', () => {
  it('is for all, for those who are listed, and what is for the servers for servers', () => {
    for (const serves of [true, false]) {
      const { take, calls, codes } = incoming(Deliver.casts, serves);
      take(0, CastKind.message, bytesOf('to all'));
      take(0, CastKind.subcast, writeSubcast([2], bytesOf('sent')));
      take(0, CastKind.scast, writeSubcast([], bytesOf('to servers')));
      take(0, CastKind.scast, writeSubcast([0, 2], bytesOf('and to me')));
      take(0, CastKind.lsend, writeSubcast([1], bytesOf('to another')));
      take(0, CastKind.lsend, writeSubcast([1, 2], bytesOf('to both')));
      const servers = serves ? ['scast 0 to servers'] : [];
      expect(calls).toEqual(['cast 0 to all', 'send 0 sent', ...servers, 'scast 0 and to me', 'lsend 0 to both']);
      expect(codes).toEqual([]);
    }
  });

  it('is the same, however safe it is', () => {
    const { take, calls } = incoming(Deliver.casts, true);
    for (const safety of [0, 1, 2]) {
      take(0, kindOf(CastKind.message, safety), bytesOf(`${safety}`));
      take(0, kindOf(CastKind.scast, safety), writeSubcast([], bytesOf(`${safety}`)));
    }
    expect(calls).toEqual(['cast 0 0', 'scast 0 0', 'cast 0 1', 'scast 0 1', 'cast 0 2', 'scast 0 2']);
  });

  it.each([
    ['a question for the state, which goes beside the casts', CastKind.ask, []],
    ['a part of the state, which goes beside the casts', CastKind.state, []],
    ['an order that no policy takes', kindOf(CastKind.order, 1), [0, 0, 0, 0]],
    ['of a safety that there is not', kindOf(CastKind.message, 3), []],
    ['of a call that there is not', 8, []],
    ['a list that is too short', CastKind.scast, [1]],
    ['a list without the ranks that it announces', CastKind.lsend, [2, 0, 1, 0]],
  ])('is reported when it is %s', (_, kind, bytes) => {
    const { take, calls, codes } = incoming(Deliver.casts, true);
    take(1, kind, Uint8Array.from(bytes));
    expect([calls, codes]).toEqual([[], ['ERR_MALFORMED_STREAM']]);
  });

  it('may make the application fail, which is told under the name of the callback', () => {
    const { take, codes } = incoming(Deliver.casts, true);
    take(0, CastKind.scast, writeSubcast([], bytesOf('fail')));
    take(0, CastKind.lsend, writeSubcast([2], bytesOf('fail')));
    expect(codes).toEqual(['onReceiveScast', 'onReceiveLsend']);
  });
});

describe('what comes in a stream of sends of clients and servers', () => {
  it('is a send, a question for the state, or a part of it', () => {
    const { take, calls, codes } = incoming(Deliver.sends, false);
    take(1, kindOf(CastKind.message, 1), bytesOf('to me'));
    take(1, kindOf(CastKind.ask, 2), bytesOf('please'));
    take(1, kindOf(CastKind.state, 2), bytesOf('here'));
    expect([calls, codes]).toEqual([['send 1 to me', 'ask 1 please', 'state 1 here'], []]);
  });

  it('may make the application fail, which is told under the name of the callback', () => {
    const { take, codes } = incoming(Deliver.sends, false);
    take(0, CastKind.ask, bytesOf('fail'));
    take(0, CastKind.state, bytesOf('fail'));
    expect(codes).toEqual(['onAskState', 'onReceiveState']);
  });

  it('is reported when it goes with the casts', () => {
    for (const kind of [CastKind.subcast, CastKind.scast, CastKind.lsend]) {
      const { take, calls, codes } = incoming(Deliver.sends, true);
      take(1, kind, writeSubcast([2], bytesOf('to me')));
      expect([calls, codes]).toEqual([[], ['ERR_MALFORMED_STREAM']]);
    }
  });
});

describe('what comes in a group without clients and servers', () => {
  it('is reported when it is of their kinds', () => {
    for (const deliver of [Deliver.casts, Deliver.sends]) {
      for (let kind = 1; kind < 256; kind++) {
        if (kind === CastKind.subcast) continue;
        const { take, calls, codes } = incoming(deliver);
        take(1, kind, writeSubcast([2], bytesOf('hi')));
        expect([calls, codes]).toEqual([[], ['ERR_MALFORMED_STREAM']]);
      }
    }
  });
});

describe('whatever kind and bytes come', () => {
  it('it is handed over once, or reported, or for others', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(Deliver.casts, Deliver.sends),
        fc.option(fc.boolean(), { nil: undefined }),
        fc.oneof(fc.constantFrom(...KINDS), fc.nat(255)),
        fc.uint8Array({ maxLength: 12 }),
        (deliver, serves, kind, bytes) => {
          const { take, calls, codes } = incoming(deliver, serves);
          take(1, kind, bytes);
          const lists: number[] = [CastKind.subcast, CastKind.scast, CastKind.lsend];
          const forOthers = deliver === Deliver.casts && lists.includes(kind & 15) && bytes.length >= 2;
          expect(calls.length + codes.length).toBeLessThanOrEqual(1);
          if (!forOthers) expect(calls.length + codes.length).toBe(1);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
