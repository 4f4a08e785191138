// Chk_total, Chk_causal and Chk_agree in groups, over policies that keep what the stack promises, and over one that does not.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StreamKind } from '../../../ts/data-plane/data-plane.js';
import { Fifo } from '../../../ts/ordering/fifo.js';
import * as order from '../../../ts/ordering/order.js';
import { GroupCrew, type GroupMate, PARAMS, STACK } from './group-crew.js';

let crew: GroupCrew;

afterEach(async () => {
  await crew.close();
  vi.restoreAllMocks();
});

vi.mock('../../../ts/ordering/order.js', { spy: true });

/** Whether the policy is what the stack says, or delivers casts as they come. */
const POLICIES = ['right', 'wrong'] as const;

async function together(stack: string, policy: (typeof POLICIES)[number]): Promise<[GroupMate, GroupMate, GroupMate]> {
  if (policy === 'wrong') vi.mocked(order.orderOf).mockImplementation(() => new Fifo(true));
  crew = new GroupCrew(STACK.replace('Chk_sync', stack), `${PARAMS};chk_sweep=0.01`);
  return (await crew.together(3)) as [GroupMate, GroupMate, GroupMate];
}

/** The members go on to another view. Returns what was reported. */
async function reports(mates: readonly GroupMate[]): Promise<string[]> {
  const views = mates.map((mate) => mate.views.length);
  mates[0]?.group.requestNewView();
  await crew.until(() => mates.every((mate, index) => mate.views.length > (views[index] as number)));
  await crew.pass(20);
  return mates.flatMap(({ errors }) => errors.map(({ message }) => message.replace(/:.*/, '')));
}

/** Casts of one come to another no more, until they may. */
function hold(from: GroupMate, to: GroupMate): { release(): void } {
  crew.network.holds = (a, b, kind) => kind === StreamKind.cast && a.port === from.me.port && b.port === to.me.port;
  return {
    release() {
      crew.network.holds = () => false;
      crew.network.pump();
    },
  };
}

describe.each(POLICIES)('a policy that is %s', (policy) => {
  const expected = (check: string) => (policy === 'right' ? [] : [check]);

  it('is judged by Chk_total', async () => {
    const mates = await together('Chk_total:Total', policy);
    const [a, , c] = mates;
    const held = hold(a, c);
    for (const mate of [a, c]) mate.cast('hello');
    await crew.pass(10);
    held.release();
    await crew.until(() => mates.every(({ log }) => log.includes('cast 0 hello') && log.includes('cast 2 hello')));
    expect([...new Set(await reports(mates))]).toEqual(expected('Chk_total'));
  });

  it('is judged by Chk_causal', async () => {
    const mates = await together('Chk_causal:Causal:Local', policy);
    const [a, b, c] = mates;
    const held = hold(a, c);
    a.cast('question');
    await crew.until(() => b.log.includes('cast 0 question'));
    await crew.pass(30);
    b.cast('answer');
    await crew.pass(30);
    expect(c.log.includes('cast 1 answer')).toBe(policy === 'wrong');
    held.release();
    await crew.until(() => c.log.includes('cast 1 answer'));
    expect(await reports(mates)).toEqual(expected('Chk_causal'));
  });

  it('is judged by Chk_agree', async () => {
    const mates = await together('Chk_agree:Agree:Local', policy);
    const [a, b, c] = mates;
    const held = hold(a, c);
    a.cast('hello');
    await crew.pass(30);
    expect(b.log.includes('cast 0 hello')).toBe(policy === 'wrong');
    held.release();
    await crew.until(() => mates.every(({ log }) => log.includes('cast 0 hello')));
    const said = await reports(mates);
    // Both who had it had delivered it.
    expect([...new Set(said)]).toEqual(expected('Chk_agree'));
    expect(c.errors).toHaveLength(policy === 'wrong' ? 2 : 0);
  });
});

describe('what a view delivers', () => {
  it('is not noted without a layer that checks it', async () => {
    const [a, b] = await together('Chk_sync', 'right');
    a.cast('hello');
    await crew.until(() => b.log.includes('cast 0 hello'));
    expect(b.group.front?.deliveries.count).toBe(0);
  });

  it('is noted with one', async () => {
    const [a, b] = await together('Chk_total:Total', 'right');
    a.cast('hello');
    await crew.until(() => b.log.includes('cast 0 hello'));
    expect(b.group.front?.deliveries.count).toBe(1);
  });
});
