import { describe, expect, it } from 'vitest';
import { Deliver, Incoming } from '../../../ts/api/incoming.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import { writeSubcast } from '../../../ts/ordering/subcast.js';
import { bytesOf, members } from '../stack/views.js';

const ENDPOINTS = members(0, 1, 2);

/** What comes in at rank 2. `calls`: what the application was told; `codes`: what was reported. */
function incoming(deliver: Deliver) {
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
  const receiver = new Incoming(deliver, application, ENDPOINTS, 2, reports);
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
