import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemberLoop } from '../../../ts/api/member-loop.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A loop, and what it has run. */
function make() {
  const loop = new MemberLoop();
  const ran: string[] = [];
  return { loop, ran, note: (what: string) => () => void ran.push(what) };
}

/** Lets time pass in which the event loop stands still. */
function standStill(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
  const later = performance.now() + milliseconds;
  vi.spyOn(performance, 'now').mockReturnValue(later);
}

describe('the timers and deferred calls of a member', () => {
  it('are run by the event loop', () => {
    const { loop, ran, note } = make();
    loop.setTimer(10, note('timer'));
    loop.defer(note('deferred'));
    vi.advanceTimersByTime(10);
    expect(ran).toEqual(['deferred', 'timer']);
  });

  it('are run once by who asks for it while the event loop stands still, in their order', () => {
    const { loop, ran, note } = make();
    loop.setTimer(20, note('second'));
    loop.setTimer(10, note('first'));
    loop.setTimer(1000, note('not yet'));
    loop.defer(note('deferred'));
    loop.defer(note('deferred too'));
    standStill(30);
    loop.runDue();
    expect(ran).toEqual(['deferred', 'deferred too', 'first', 'second']);
    vi.advanceTimersByTime(100);
    loop.runDue();
    expect(ran).toHaveLength(4);
  });

  it('are not run when they were cancelled, even by one that is run with them', () => {
    const { loop, ran, note } = make();
    const cancelled = loop.setTimer(20, note('cancelled'));
    loop.setTimer(10, () => cancelled.cancel());
    standStill(30);
    loop.runDue();
    vi.advanceTimersByTime(100);
    expect(ran).toEqual([]);
  });

  it('go on to the next turn with what they ask for', () => {
    const { loop, ran, note } = make();
    loop.defer(() => loop.defer(note('next')));
    loop.runDue();
    expect(ran).toEqual([]);
    loop.runDue();
    expect(ran).toEqual(['next']);
  });

  it('tell while one of them runs', () => {
    const { loop } = make();
    const seen: boolean[] = [];
    loop.defer(() => {
      seen.push(loop.isRunning);
      throw new Error('broken');
    });
    expect(() => loop.runDue()).toThrow('broken');
    expect([...seen, loop.isRunning]).toEqual([true, false]);
  });
});
