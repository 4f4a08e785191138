// How writes get into LevelDB: what a durable one waits for, and writes of many parts that a crash comes in between of.
import { randomBytes } from 'node:crypto';
import { fstatSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Level, LevelBatches, type PutOrDelete } from '../../../ts/store/level-batches.js';
import { openLevelDatabase } from '../../../ts/store/level-database.js';
import { logsAmong } from '../../../ts/store/level-files.js';
import { LevelLogGuard } from '../../../ts/store/level-log-guard.js';
import { LevelRanges } from '../../../ts/store/level-ranges.js';
import {
  bytes,
  close,
  delRange,
  makeDirectory,
  openIn,
  put,
  rangeOf,
  show,
  write,
} from '../../helpers/database-crew.js';

const SMALLEST_BUFFER = 64 * 1024;
const KEYS = 20_000;

async function openBare(context: TestContext, directory: string): Promise<Level> {
  const level: Level = new ClassicLevel(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: SMALLEST_BUFFER,
  });
  await level.open();
  context.onTestFinished(() => level.close());
  return level;
}

const putOf = (length: number): PutOrDelete => ({ type: 'put', key: bytes('key'), value: new Uint8Array(length) });

/** LevelDB in a directory, and the guard of its logs, whose syncs are noted instead: inodes of what was synced. */
async function guarded(context: TestContext) {
  const directory = await makeDirectory(context);
  const level = await openBare(context, directory);
  const synced: number[] = [];
  const guard = await LevelLogGuard.open(directory, async (fd) => {
    synced.push(fstatSync(fd).ino);
  });
  context.onTestFinished(() => guard.close());
  const batches = new LevelBatches(level, guard);
  const newest = async () => {
    const log = logsAmong(await readdir(directory)).at(-1)?.name as string;
    return statSync(join(directory, log)).ino;
  };
  /** Writes until the next one begins another log; returns the one that is full. */
  const fillLog = async (durable: boolean) => {
    const log = await newest();
    for (let i = 0; i < 7; i++) {
      await batches.write([putOf(10_000)], 10_000, durable);
      expect(await newest()).toBe(log);
    }
    return log;
  };
  return { batches, synced, fillLog };
}

describe('the log that LevelDB leaves behind', () => {
  it('is synced when something in it was not durable, before the write that begins the next one is done', async (context) => {
    const { batches, synced, fillLog } = await guarded(context);
    const before = await fillLog(false);
    expect(synced).toEqual([]);
    await batches.write([putOf(1)], 1, true);
    expect(synced).toEqual([before]);
    await batches.write([putOf(1)], 1, true);
    expect(synced).toEqual([before]);
  });

  it('is synced also when that write is not durable: a later one may be', async (context) => {
    const { batches, synced, fillLog } = await guarded(context);
    const first = await fillLog(false);
    await batches.write([putOf(1)], 1, false);
    expect(synced).toEqual([first]);
    const second = await fillLog(false);
    expect(synced).toEqual([first]);
    await batches.write([putOf(1)], 1, true);
    expect(synced).toEqual([first, second]);
  });

  it('is not synced again when all in it is durable', async (context) => {
    const { batches, synced, fillLog } = await guarded(context);
    await batches.write([putOf(1)], 1, false);
    await fillLog(true);
    await batches.write([putOf(10_000)], 10_000, false);
    expect(synced).toEqual([]);
    // And of this one the first write was not durable, but those after it.
    for (let i = 0; i < 6; i++) await batches.write([putOf(10_000)], 10_000, true);
    await batches.write([putOf(1)], 1, true);
    expect(synced).toEqual([]);
  });
});

describe('a write that deletes many keys', () => {
  const change = [put('a', 'new'), put('k5', 'gone'), delRange('k', 'l'), put('k', 'kept'), put('z', 'new')];
  const before = `a=old ${KEYS} keys`;
  const after = 'a=new k=kept z=new';

  const number = (i: number) => `k${String(i).padStart(6, '0')}`;

  async function filled(context: TestContext): Promise<string> {
    const directory = await makeDirectory(context);
    const database = await openLevelDatabase(directory);
    await write(database, [put('a', 'old'), ...Array.from({ length: KEYS }, (_, i) => put(number(i), 'value'))]);
    await close(database);
    return directory;
  }

  async function content(context: TestContext, directory: string): Promise<string> {
    const database = await openIn(context, directory);
    const entries = await rangeOf(database, { from: bytes('k'), to: bytes('l') });
    const shown =
      entries.length < 10 ? await show(database) : `${await show(database, { to: bytes('k') })} ${entries.length} keys`;
    await close(database);
    return shown;
  }

  it('is there as a whole, or not at all, after a crash at any of its batches', async (context) => {
    const outcomes: string[] = [];
    for (let crashAt = 0; outcomes.at(-1) !== 'no crash'; crashAt++) {
      const directory = await filled(context);
      const level = await openBare(context, directory);
      const guard = await LevelLogGuard.open(directory);
      const batches = new LevelBatches(level, guard);
      let count = 0;
      const crashing = {
        write: async (...args: Parameters<LevelBatches['write']>) => {
          if (count++ === crashAt) throw new Error('crash');
          return batches.write(...args);
        },
      };
      const ended = await new LevelRanges(level, crashing).inPieces(change, true).then(
        () => 'no crash',
        () => 'crash',
      );
      guard.close();
      await level.close();
      const found = await content(context, directory);
      outcomes.push(found);
      if (ended === 'no crash') outcomes.push(ended);
    }
    const [first, ...rest] = outcomes;
    expect(first).toBe(before);
    expect(new Set(rest.slice(0, -1))).toEqual(new Set([after]));
    // The note, what comes before the range, the range in pieces, the rest.
    expect(outcomes.length).toBeGreaterThan(7);
  });

  it('leaves no note behind', async (context) => {
    const directory = await filled(context);
    const database = await openIn(context, directory);
    await write(database, change);
    expect(await show(database)).toBe(after);
    await write(database, [put('k1', 'later')], true);
    await close(database);
    expect(await content(context, directory)).toBe(`a=new k=kept k1=later z=new`);
  });
});

describe('a database whose disk has failed', () => {
  it('fails all later writes, and can still be read and closed', async (context) => {
    const directory = await makeDirectory(context);
    const database = await openLevelDatabase(directory);
    await write(database, [put('a', '1')]);
    // Where its files are gone LevelDB can begin no other log.
    await rm(directory, { recursive: true });
    const large = Array.from({ length: 40 }, (_, i) => put(`k${i}`, 'x'.repeat(1_000_000)));
    await expect(write(database, large)).resolves.toBeUndefined();
    const outcomes = await Promise.allSettled([
      write(database, [put('b', '2')]),
      write(database, [put('c', '3')], true),
    ]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: expect.stringMatching(/^ERR_STORE_/) }) },
      { status: 'rejected', reason: expect.objectContaining({ code: expect.stringMatching(/^ERR_STORE_/) }) },
    ]);
    expect(await show(database, { to: bytes('b') })).toBe('a=1');
    await close(database);
  });
});

describe('LevelDB', () => {
  it('tells about how much there is in it, also when it is opened again', async (context) => {
    const directory = await makeDirectory(context);
    const database = await openLevelDatabase(directory);
    expect(database.approximateBytes).toBeLessThan(1000);
    for (let key = 0; key < 20; key++) await write(database, [put(`${key}`, randomText(1_000_000))], key === 19);
    expect(database.approximateBytes).toBeGreaterThan(15e6);
    expect(database.approximateBytes).toBeLessThan(25e6);
    await close(database);
    const again = await openIn(context, directory);
    // What is in no table yet is not counted.
    expect(again.approximateBytes).toBeGreaterThan(10e6);
  });
});

/** It can't be made shorter. */
function randomText(length: number): string {
  return randomBytes(length / 2).toString('hex');
}
