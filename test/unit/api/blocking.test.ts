import { describe, expect, it } from 'vitest';
import { blockUntil, checkBlocking } from '../../../ts/api/blocking.js';
import { MemberLoop } from '../../../ts/api/member-loop.js';
import type { Plane } from '../../../ts/data-plane/plane.js';

const MULTI = { threadMode: 'multi', groupd: false } as const;

function plane(isDraining: boolean, pump = () => false): Plane {
  return { isDraining, pump } as unknown as Plane;
}

describe('a call that blocks', () => {
  const refused = (options: Parameters<typeof checkBlocking>[1], isDraining = false, loop = new MemberLoop()) => {
    try {
      checkBlocking('call()', options, plane(isDraining), loop);
      return undefined;
    } catch (error) {
      expect((error as Error).message).toMatch(/^call\(\): /);
      return (error as { code: string }).code;
    }
  };

  it('may be made where the plane has a thread of its own', () => {
    expect(refused(MULTI)).toBeUndefined();
  });

  it('is refused where nothing would go on', () => {
    expect(refused({ ...MULTI, threadMode: 'single' })).toBe('ERR_BLOCKING_IN_SINGLE_THREADED_MODE');
    expect(refused({ ...MULTI, groupd: true })).toBe('ERR_NOT_AVAILABLE');
  });

  it('is refused within what it would wait for', () => {
    expect(refused(MULTI, true)).toBe('ERR_BLOCKING_IN_CALLBACK');
    const loop = new MemberLoop();
    let inside: string | undefined;
    loop.defer(() => {
      inside = refused(MULTI, false, loop);
    });
    loop.runDue();
    expect(inside).toBe('ERR_BLOCKING_IN_CALLBACK');
    expect(refused(MULTI, false, loop)).toBeUndefined();
  });

  it('lets the plane and the timers have their turns until it is done', () => {
    const loop = new MemberLoop();
    const turns: string[] = [];
    let done = false;
    let pumps = 0;
    loop.setTimer(2, () => {
      turns.push('timer');
      done = true;
    });
    blockUntil(
      () => done,
      plane(false, () => ++pumps < 3),
      loop,
    );
    expect(turns).toEqual(['timer']);
    expect(pumps).toBeGreaterThan(3);
  });
});
