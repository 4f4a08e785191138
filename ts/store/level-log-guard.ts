/**
 * Keeps LevelDB's promise across its logs. It writes into one log until its table in memory is full, then begins another, and closes the first one
 * without a sync. A durable write syncs the log that it lies in:
 *
 *   1. write a, not durable     → log 5
 *   2. log 5 is full; b, durable → log 6, which is synced
 *   3. power fails before the table of log 5 is written out: b is there, a is not
 *
 * So whoever writes tells the guard, which has the log open itself: when the log has not grown, another was begun, and the old one is synced
 * before the write counts. One fstat a write; a sync of its own once in some megabytes, and only if something in that log was not durable.
 */
import { closeSync, fdatasync, fstatSync, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { logsAmong } from './level-files.js';

export type SyncFile = (fd: number) => Promise<void>;

export class LevelLogGuard {
  private size: number;
  /** The log holds writes that no sync came after. */
  private loose = false;

  private constructor(
    private readonly directory: string,
    /** Of the log. */
    private fd: number,
    private readonly sync: SyncFile,
  ) {
    this.size = fstatSync(fd).size;
  }

  /** When LevelDB is open, and before it is written to. */
  static async open(directory: string, sync: SyncFile = promisify(fdatasync)): Promise<LevelLogGuard> {
    return new LevelLogGuard(directory, await openNewest(directory), sync);
  }

  /** After each write, before it counts as done and before the next one. */
  wrote(durable: boolean): Promise<void> | undefined {
    const { size } = fstatSync(this.fd);
    if (size === this.size) return this.changeLog(durable);
    this.size = size;
    this.loose = !durable;
    return undefined;
  }

  close(): void {
    closeSync(this.fd);
  }

  private async changeLog(durable: boolean): Promise<void> {
    if (this.loose) await this.sync(this.fd);
    const fd = await openNewest(this.directory);
    closeSync(this.fd);
    this.fd = fd;
    this.size = fstatSync(fd).size;
    this.loose = !durable;
  }
}

async function openNewest(directory: string): Promise<number> {
  const newest = logsAmong(await readdir(directory)).at(-1);
  if (newest === undefined) throw new Error(`there is no log of LevelDB in ${directory}`);
  return openSync(join(directory, newest.name), 'r');
}
