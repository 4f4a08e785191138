// LevelDB under a store where it hurts: processes that are killed, directories that are in use, disks that are full or may not be written to.
import { describe, expect, it, type TestContext, vi } from 'vitest';
import { openLevelDatabase } from '../../ts/store/level-database.js';
import { Child } from '../helpers/child.js';
import { close, makeDirectory } from '../helpers/database-crew.js';
import { throughSmallDisk } from '../helpers/small-disk.js';

const PROGRAM = 'database-program.mjs';
const WAIT = { timeout: 30_000, interval: 5 };
const VALUE_BYTES = 500;

interface Progress {
  readonly done: number;
  readonly failure?: { readonly code: string; readonly message: string };
}

interface Found {
  readonly last: number;
  readonly count: number;
}

async function openChild(context: TestContext, directory: string): Promise<Child> {
  const child = await Child.start(context, PROGRAM);
  expect(await child.call('open', directory)).toBe('open');
  return child;
}

/** Nothing is missing in between, and nothing of a write that is not there. */
async function expectFirstPart(child: Child, least: number): Promise<number> {
  const { last, count } = await child.call<Found>('found');
  expect(last).toBeGreaterThanOrEqual(least);
  expect(count).toBe(last);
  return last;
}

describe('a database whose process is killed', () => {
  it('has all writes that were done, and of the others the first ones', async (context) => {
    const directory = await makeDirectory(context);
    let last = 0;
    for (let life = 0; life < 3; life++) {
      const child = await openChild(context, directory);
      await child.call('flood', last + 1, VALUE_BYTES);
      let done = 0;
      await vi.waitUntil(async () => {
        ({ done } = await child.call<Progress>('progress'));
        return done > last + 2_000;
      }, WAIT);
      await child.kill();
      const next = await openChild(context, directory);
      last = await expectFirstPart(next, done);
      await next.call('close');
      await next.kill();
    }
  });

  it('is not locked any more, as it was before', async (context) => {
    const directory = await makeDirectory(context);
    const child = await openChild(context, directory);
    await expect(openLevelDatabase(directory)).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      details: { directory },
    });
    const other = await Child.start(context, PROGRAM);
    expect(await other.call('open', directory)).toMatchObject({ code: 'ERR_STORE_LOCKED' });
    await child.kill();
    await close(await openLevelDatabase(directory));
  });
});

describe('a database on a disk that is full', () => {
  it('fails for good, and has all writes that were done when there is room again', async (context) => {
    const directory = await makeDirectory(context);
    const through = throughSmallDisk(context, directory, '6m');
    const child = await Child.start(context, PROGRAM, { through });
    expect(await child.call('open', directory)).toBe('open');
    await child.call('flood', 1, 5_000);
    let progress: Progress = { done: 0 };
    await vi.waitUntil(async () => {
      progress = await child.call<Progress>('progress');
      return progress.failure !== undefined;
    }, WAIT);
    expect(progress.failure).toMatchObject({
      code: 'ERR_STORE_DISK',
      message: expect.stringContaining('No space left on device'),
    });
    // What is there can be read still.
    const { last, count } = await child.call<Found>('found');
    expect([last, count]).toEqual([progress.done, progress.done]);
    await child.call('close');
    expect(await child.call('open', directory)).toMatchObject({ code: 'ERR_STORE_DISK' });
    await child.call('remount', directory, 'size=64m');
    expect(await child.call('open', directory)).toBe('open');
    const found = await expectFirstPart(child, progress.done);
    await child.call('flood', found + 1, 100);
    await vi.waitUntil(async () => (await child.call<Progress>('progress')).done > found + 100, WAIT);
  });
});

describe('a database on a disk that may not be written to', () => {
  it('is refused', async (context) => {
    const directory = await makeDirectory(context);
    const through = throughSmallDisk(context, directory, '6m');
    const child = await Child.start(context, PROGRAM, { through });
    expect(await child.call('open', directory)).toBe('open');
    await child.call('close');
    await child.call('remount', directory, 'ro');
    expect(await child.call('open', directory)).toMatchObject({
      code: 'ERR_STORE_DISK',
      message: expect.stringContaining('Read-only file system'),
    });
    await child.call('remount', directory, 'rw');
    expect(await child.call('open', directory)).toBe('open');
  });
});
