import { describe, expect, it, type TestContext } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import type { ConsortError } from '../../../ts/base/errors.js';
import { Message } from '../../../ts/base/message.js';
import { StoreMember } from '../../../ts/store/store-member.js';
import { checkStoreOptions } from '../../../ts/store/store-options.js';
import { loneOptions } from './lone-store.js';

function memberOf(context: TestContext) {
  const errors: ConsortError[] = [];
  const calls: string[] = [];
  const member = new StoreMember(checkStoreOptions(loneOptions()).group, {
    enterView: (view, size, myRank) => calls.push(`enter ${view} ${size} ${myRank}`),
    leaveView: () => calls.push('leave'),
    receive: () => calls.push('receive'),
    drained: () => calls.push('drained'),
    report: (error) => errors.push(error),
  });
  context.onTestFinished(() => member.close());
  return { member, errors, calls };
}

describe('the member of a group that a replica is', () => {
  it('lets replicas in, and nobody else, and says so once for each', (context) => {
    const { member, errors } = memberOf(context);
    const asks = (port: number, said: string) =>
      member.onJoinRequest(new Endpoint('127.0.0.1', port), Message.of(Buffer.from(said)));
    expect(asks(1, 'consort store 1')).toBe(true);
    expect([asks(2, ''), asks(2, ''), asks(3, 'consort store 2')]).toEqual([false, false, false]);
    expect(errors.map(({ code, message }) => [code, message.split(',')[0]])).toEqual([
      ['ERR_STORE_PROTOCOL', 'the member 127.0.0.1:2 wants to join'],
      ['ERR_STORE_PROTOCOL', 'the member 127.0.0.1:3 wants to join'],
    ]);
  });

  it('names its view as all members of it do', async (context) => {
    const { member, calls } = memberOf(context);
    await member.joinAsReplica();
    expect(calls).toEqual([`enter ${member.view?.viewId.time} ${member.myEndpoint?.name} 1 0`]);
    await member.leave();
    expect(calls[1]).toBe('leave');
  });

  it('sends nothing when it has left, and does not complain', async (context) => {
    const { member } = memberOf(context);
    const { port } = member;
    expect(() => port.cast(Buffer.from('early'))).not.toThrow();
    await member.joinAsReplica();
    port.cast(Buffer.from('in the view'));
    await member.close();
    expect(() => port.send(1, Buffer.from('late'))).not.toThrow();
    expect(port.isFull).toBe(false);
  });
});
