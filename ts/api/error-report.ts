/** Where errors go that happen outside of any call: to the error handler, or to 'error' listeners, or else to a process warning. */
import { debuglog } from 'node:util';
import { ConsortError } from '../base/errors.js';
import type { Reports } from './incoming.js';

const debug = debuglog('consort');

/** A handler that throws for each of a million messages must not make a million warnings. */
const WARNING_INTERVAL_MS = 1000;

export interface ErrorSinks {
  readonly errorHandler: ((error: Error) => void) | undefined;
  /** Emits 'error' if somebody listens; returns whether. */
  emitError(error: Error): boolean;
}

export class ErrorReport implements Reports {
  private nextWarning = 0;
  private untold = 0;

  constructor(private readonly sinks: ErrorSinks) {}

  report(error: Error): void {
    debug('%s', error);
    try {
      if (this.sinks.errorHandler !== undefined) this.sinks.errorHandler(error);
      else if (!this.sinks.emitError(error)) this.warn(error);
    } catch (failure) {
      // The error handler failed in its turn: nobody is left to ask.
      this.warn(asError(failure));
    }
  }

  callbackFailed(callback: string, cause: unknown): void {
    const message = cause instanceof Error ? cause.message : String(cause);
    this.report(new ConsortError('ERR_CALLBACK', `${callback} threw: ${message}`, { cause, details: { callback } }));
  }

  watch(callback: string, result: unknown): void {
    if (typeof result !== 'object' || result === null) return;
    const { then } = result as { then?: unknown };
    if (typeof then !== 'function') return;
    then.call(result, undefined, (cause: unknown) => this.callbackFailed(callback, cause));
  }

  /** Runs a callback of the application; what it throws is reported. */
  guard(callback: string, run: () => unknown): void {
    try {
      this.watch(callback, run());
    } catch (error) {
      this.callbackFailed(callback, error);
    }
  }

  private warn(error: Error): void {
    const now = Date.now();
    if (now < this.nextWarning) {
      this.untold++;
      return;
    }
    this.nextWarning = now + WARNING_INTERVAL_MS;
    const more = this.untold > 0 ? ` (and ${this.untold} more errors before)` : '';
    this.untold = 0;
    const code = error instanceof ConsortError ? error.code : 'ERR_CALLBACK';
    process.emitWarning(`${error.message}${more}; give the member an errorHandler or listen to 'error'`, {
      type: 'ConsortWarning',
      code,
      detail: stackOf(error),
    });
  }
}

/** Where it went wrong: of a callback that threw, the place in the callback. */
function stackOf(error: Error): string {
  const { cause } = error;
  return (cause instanceof Error ? cause.stack : error.stack) ?? '';
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
