/** What LevelDB, and the file system under it, say as errors of ours. */
import { ConsortError } from '../base/errors.js';
import { storeCorrupt, storeDisk, storeLocked } from './database-errors.js';

/** Of LevelDB: a file that it knows is not there, or the files are of a database that is made otherwise. */
const NOT_OURS = /^(Invalid argument|IO error: .*: No such file or directory$)/;

export function storeError(where: string, error: unknown): ConsortError {
  if (error instanceof ConsortError) return error;
  const causes = causesOf(error);
  const locked = causes.find(({ code }) => code === 'LEVEL_LOCKED');
  if (locked !== undefined) return storeLocked(where, locked);
  const corrupt = causes.find(({ code, message }) => code === 'LEVEL_CORRUPTION' || NOT_OURS.test(message));
  if (corrupt !== undefined) return storeCorrupt(where, corrupt.message, corrupt);
  return storeDisk(where, causes.at(-1) ?? error);
}

/** The error and what led to it, the first cause last. */
function causesOf(error: unknown): (Error & { readonly code?: unknown })[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
