/** Giving up when a signal says so. */
import { ConsortAbortError } from '../base/errors.js';

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ConsortAbortError(signal.reason);
}

/** What `promise` comes to, or a ConsortAbortError as soon as `signal` is aborted. `promise` itself goes on; its failure is then ignored. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new ConsortAbortError(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    promise.catch(() => {});
  }
}
