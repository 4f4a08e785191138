/** The database in memory, on this machine's event loop: for `options.database`. */
import type { Database } from './database.js';
import { MemoryDatabase } from './memory-database.js';

/** An OpenDatabase that keeps nothing: the directory is only a name. */
export async function openMemoryDatabase(_directory: string): Promise<Database> {
  return new MemoryDatabase((callback) => setImmediate(callback));
}
