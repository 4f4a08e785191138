/** Looks at a directory before LevelDB does, which takes over whatever it finds, and is silent on what is missing. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeCorrupt, storeDisk } from './database-errors.js';
import { readLevelLog, SequenceCheck } from './level-log.js';
import { firstLog } from './level-manifest.js';

/** What may lie in a directory without a database: what LevelDB leaves when a crash comes while it makes one, and what file systems put there. */
const BEFORE_THE_FIRST = /^(LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp|lost\+found)$/;
const OF_LEVELDB = /^(\d+\.(log|ldb|sst)|MANIFEST-\d+)$/;
const LOG = /^(\d+)\.log$/;
const NAMES_SHOWN = 3;

/** Rejects where the directory holds no database of LevelDB but something else, or one with a hole in it. */
export async function checkFiles(directory: string): Promise<void> {
  const names = await namesIn(directory);
  if (names.includes('CURRENT')) return checkLogs(directory, names);
  const others = names.filter((name) => !BEFORE_THE_FIRST.test(name));
  if (others.length === 0) return;
  const shown = others.slice(0, NAMES_SHOWN).join(', ') + (others.length > NAMES_SHOWN ? ', …' : '');
  const reason = others.some((name) => OF_LEVELDB.test(name))
    ? 'its file CURRENT is missing'
    : `it holds something else (${shown})`;
  throw storeCorrupt(directory, reason);
}

/** Names of the logs of LevelDB among the files of a directory, in their order. */
export function logsAmong(names: readonly string[]): { readonly number: number; readonly name: string }[] {
  return names
    .flatMap((name) => {
      const [, number] = LOG.exec(name) ?? [];
      return number === undefined ? [] : [{ number: Number(number), name }];
    })
    .sort((a, b) => a.number - b.number);
}

/**
 * A first part of what was written must be there, without holes, in those logs that count. A hole is damage, or a loss of power after which the
 * disk had later pages and not earlier ones; what is behind it may have been durable, so it must not be cut off.
 */
async function checkLogs(directory: string, names: readonly string[]): Promise<void> {
  const current = await contentOf(directory, 'CURRENT');
  const manifest = await contentOf(directory, current?.toString('latin1').trim() ?? '');
  const first = manifest === undefined ? undefined : firstLog(manifest);
  // LevelDB will say what is wrong with them.
  if (first === undefined) return;
  const sequence = new SequenceCheck();
  for (const { number, name } of logsAmong(names)) {
    if (number < first) continue;
    const log = await contentOf(directory, name);
    // Another process is at work here, as LevelDB will say.
    if (log === undefined) return;
    let gap = false;
    const state = readLevelLog(log, (entry) => {
      if (!sequence.follows(entry)) gap = true;
    });
    if (state === 'hole' || gap) {
      throw storeCorrupt(directory, `in its file ${name} something is damaged or missing, and later writes are there`);
    }
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw storeDisk(directory, error);
  }
}

async function contentOf(directory: string, name: string): Promise<Buffer | undefined> {
  // A name from a damaged file must lead nowhere else.
  if (!/^[\w.-]+$/.test(name)) return undefined;
  try {
    return await readFile(join(directory, name));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storeDisk(directory, error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
