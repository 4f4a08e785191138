/**
 * Timers and deferred calls of one member. The event loop runs them, as it runs all others; while the member blocks its thread, `runDue` runs those that
 * are due in its place.
 */
import type { Environment, Timer } from '../stack/environment.js';
import { systemEnvironment } from './environment.js';

/** What is to be run once, by whoever comes first. */
interface Call {
  /** When, by `now()`. */
  readonly dueMs: number;
  run(): void;
}

export class MemberLoop implements Environment {
  /** In the order of asking. */
  private readonly timers = new Set<Call>();
  private readonly deferred = new Set<Call>();
  /** A call is being run: who asks is inside of the protocol. */
  isRunning = false;

  now(): number {
    return systemEnvironment.now();
  }

  random(bound: number): number {
    return systemEnvironment.random(bound);
  }

  setTimer(milliseconds: number, callback: () => void): Timer {
    const call = this.add(this.timers, this.now() + milliseconds, callback);
    const timer = systemEnvironment.setTimer(milliseconds, () => call.run());
    return {
      cancel: () => {
        this.timers.delete(call);
        timer.cancel();
      },
    };
  }

  defer(callback: () => void): void {
    const call = this.add(this.deferred, 0, callback);
    systemEnvironment.defer(() => call.run());
  }

  /** Runs what was deferred, then the timers whose time has come, the earliest first. Not what they ask for in their turn. */
  runDue(): void {
    for (const call of [...this.deferred]) call.run();
    const now = this.now();
    const due = [...this.timers].filter(({ dueMs }) => dueMs <= now);
    for (const call of due.sort((a, b) => a.dueMs - b.dueMs)) call.run();
  }

  private add(calls: Set<Call>, dueMs: number, callback: () => void): Call {
    const call = {
      dueMs,
      run: () => {
        // Run by the other one, or cancelled.
        if (!calls.delete(call)) return;
        const wasRunning = this.isRunning;
        this.isRunning = true;
        try {
          callback();
        } finally {
          this.isRunning = wasRunning;
        }
      },
    };
    calls.add(call);
    return call;
  }
}
