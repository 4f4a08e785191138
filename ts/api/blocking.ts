/**
 * Blocks the thread of a member until something has happened in its group. The event loop stands still; the member takes its turns here:
 *
 *   until it is done:   plane.pump()     what was written goes out, what has arrived is handed over
 *                       loop.runDue()    timers and deferred calls of the protocol
 *                       sleep            none after news, else 0.1 ms and up to 1 ms
 *
 * The plane itself goes on on its own thread (thread mode 'multi').
 */
import { ConsortError } from '../base/errors.js';
import type { Plane } from '../data-plane/plane.js';
import type { MemberLoop } from './member-loop.js';
import type { CheckedOptions } from './options.js';

const FIRST_SLEEP_MS = 0.1;
const MAX_SLEEP_MS = 1;

/** Never written: who waits for it sleeps. */
const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/** Throws where blocking can't work. */
export function checkBlocking(
  call: string,
  { threadMode, groupd }: Pick<CheckedOptions, 'threadMode' | 'groupd'>,
  plane: Plane | undefined,
  loop: MemberLoop,
): void {
  if (threadMode === 'single') {
    throw new ConsortError(
      'ERR_BLOCKING_IN_SINGLE_THREADED_MODE',
      `${call}: the option threadMode is 'single', and nothing would move while this thread is blocked; use 'multi', or await getState()`,
      { details: { call, threadMode } },
    );
  }
  if (groupd) {
    throw new ConsortError(
      'ERR_NOT_AVAILABLE',
      `${call}: with groupd the membership service would hear nothing while this thread is blocked; await getState()`,
      { details: { call } },
    );
  }
  if (plane?.isDraining === true || loop.isRunning) {
    throw new ConsortError(
      'ERR_BLOCKING_IN_CALLBACK',
      `${call}: called within a callback of this member, nothing else of it is handed over before that returns; call it in onStateTransfer, or later`,
      { details: { call } },
    );
  }
}

/** @param isDone asked after each turn */
export function blockUntil(isDone: () => boolean, plane: Plane, loop: MemberLoop): void {
  let sleepMs = FIRST_SLEEP_MS;
  for (;;) {
    const news = plane.pump();
    loop.runDue();
    if (isDone()) return;
    sleepMs = news ? FIRST_SLEEP_MS : Math.min(2 * sleepMs, MAX_SLEEP_MS);
    if (!news) Atomics.wait(NOTHING, 0, 0, sleepMs);
  }
}
