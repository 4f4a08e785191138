/** What opening, reading and writing a store's database fails with. `where` is its directory. */
import { ConsortError } from '../base/errors.js';

export function storeLocked(where: string, cause?: unknown): ConsortError {
  return new ConsortError(
    'ERR_STORE_LOCKED',
    `the store's directory '${where}' is in use, by another process or by another store of this one: each needs a directory of its own`,
    { cause, details: { directory: where } },
  );
}

export function storeCorrupt(where: string, reason: string, cause?: unknown): ConsortError {
  return new ConsortError(
    'ERR_STORE_CORRUPT',
    `the store's directory '${where}' can't be used: ${reason}; move it away, and this replica takes everything from the others`,
    { cause, details: { directory: where, reason } },
  );
}

export function storeDisk(where: string, cause: unknown): ConsortError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConsortError(
    'ERR_STORE_DISK',
    `the disk under the store's directory '${where}' fails: ${reason}; put it right and open the store again`,
    { cause, details: { directory: where, reason } },
  );
}

export function storeUnavailable(cause: unknown): ConsortError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConsortError(
    'ERR_STORE_UNAVAILABLE',
    `the package classic-level can't be loaded: ${reason}; reinstall, run 'npm rebuild classic-level', or give another database`,
    { cause, details: { reason } },
  );
}
