import { describe, expect, it } from 'vitest';
import { Actor, ActorTimeoutError } from '../../../bench/pool/actor.js';
import type { Call } from '../../../bench/pool/protocol.js';

function setUp() {
  const calls: Call[] = [];
  return { calls, actor: new Actor('member 1', (call) => calls.push(call)) };
}

describe('an actor', () => {
  it('resolves each call with its own reply, in whatever order they come', async () => {
    const { actor, calls } = setUp();
    const answers = Promise.all([actor.call('limitOpen', undefined, 1), actor.call('dgramReceive', undefined, 1)]);
    for (const { id, name } of calls.toReversed()) actor.handleReply({ id, value: name });
    expect(await answers).toEqual(['limitOpen', 'dgramReceive']);
  });

  it('rejects with the error of the worker, and says whose it is', async () => {
    const { actor, calls } = setUp();
    const answer = actor.call('closeAll', undefined, 1);
    actor.handleReply({ id: calls[0]?.id ?? 0, error: 'it broke' });
    await expect(answer).rejects.toThrow('member 1: it broke');
  });

  it('gives up after a time, and does not mind a reply that comes too late', async () => {
    const { actor, calls } = setUp();
    const answer = actor.call('closeAll', undefined, 0.01);
    await expect(answer).rejects.toThrow(ActorTimeoutError);
    await expect(answer).rejects.toThrow('member 1: closeAll was not done after 0.01 s');
    actor.handleReply({ id: calls[0]?.id ?? 0, value: 1 });
  });

  it('rejects what is under way and what comes later when its worker has gone', async () => {
    const { actor } = setUp();
    const answer = actor.call('closeAll', undefined, 1);
    actor.handleGone('its process ended (SIGKILL)');
    await expect(answer).rejects.toThrow('member 1: its process ended (SIGKILL)');
    await expect(actor.call('closeAll', undefined, 1)).rejects.toThrow('SIGKILL');
  });
});
