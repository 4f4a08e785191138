// What is seen before LevelDB opens a directory, and when it does: whose it is, and damage that it would pass over.
import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, type TestContext } from 'vitest';
import { randomOf } from '../../../ts/sim/seeds.js';
import { openLevelDatabase } from '../../../ts/store/level-database.js';
import { readLevelLog, SequenceCheck } from '../../../ts/store/level-log.js';
import { close, makeDirectory, openIn, put, show, write } from '../../helpers/database-crew.js';

const WRITES = 6;
const NUMBERS = Array.from({ length: WRITES }, (_, i) => i);
/** What a first part of the writes leaves. */
const PREFIXES = [0, ...NUMBERS.map((i) => i + 1)].map((count) =>
  NUMBERS.slice(0, count)
    .map((i) => `k${i}=${i}`)
    .join(' '),
);

/** A directory with a closed database, whose writes are in its log. */
async function closedDatabase(context: TestContext, pad = 0): Promise<string> {
  const directory = await makeDirectory(context);
  const database = await openLevelDatabase(directory);
  for (const i of NUMBERS) await write(database, [put(`k${i}`, `${i}${'x'.repeat(pad)}`)]);
  await close(database);
  return directory;
}

async function only(directory: string, ending: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending));
  expect(names).toHaveLength(1);
  return join(directory, names[0] as string);
}

/** The table of what was written: the one before it has the mark of a database of ours, and nothing else. */
async function table(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ldb')).sort();
  expect(names).toHaveLength(2);
  return join(directory, names[1] as string);
}

/** Everything in it, or the code of the error that opening or reading it ends with. */
async function opened(directory: string): Promise<string> {
  try {
    const database = await openLevelDatabase(directory);
    try {
      return (await show(database)).replaceAll('x', '');
    } finally {
      await close(database);
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function flip(path: string, at: number): Promise<void> {
  const content = await readFile(path);
  content[at] = (content[at] as number) ^ 0x55;
  await writeFile(path, content);
}

describe('a directory of a database', () => {
  it('is made, with those above it', async (context) => {
    const directory = join(await makeDirectory(context), 'a', 'b');
    const database = await openIn(context, directory);
    await write(database, [put('a', '1')]);
    expect(await show(database)).toBe('a=1');
  });

  it('keeps what was written', async (context) => {
    expect(await opened(await closedDatabase(context))).toBe(PREFIXES[WRITES]);
  });

  it('is refused while it is open, by whatever name', async (context) => {
    const directory = await makeDirectory(context);
    const database = await openIn(context, directory);
    const link = join(await makeDirectory(context), 'link');
    await symlink(directory, link);
    for (const name of [directory, `${directory}/`, `${directory}/../${basename(directory)}`, link]) {
      await expect(openLevelDatabase(name)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED', details: { directory } });
    }
    // Nor has that done anything to the one that is open.
    await write(database, [put('k0', '0')], true);
    await close(database);
    expect(await opened(link)).toBe('k0=0');
  });

  it.for([
    ['notes.txt', 'it holds something else (notes.txt)'],
    ['000005.ldb', 'its file CURRENT is missing'],
    ['MANIFEST-000004', 'its file CURRENT is missing'],
  ] as const)('is refused with %s and no database in it, and left as it is', async ([name, reason], context) => {
    const directory = await makeDirectory(context);
    await writeFile(join(directory, name), 'text');
    await expect(openLevelDatabase(directory)).rejects.toMatchObject({
      code: 'ERR_STORE_CORRUPT',
      details: { directory, reason },
      message: expect.stringContaining('takes everything from the others'),
    });
    expect(await readdir(directory)).toEqual([name]);
  });

  it('is taken with what a crash leaves while a database is made, and what file systems put there', async (context) => {
    const directory = await makeDirectory(context);
    for (const name of ['LOCK', 'LOG', 'MANIFEST-000001', '000001.dbtmp', 'lost+found']) {
      await writeFile(join(directory, name), '');
    }
    expect(await opened(directory)).toBe('');
  });

  it('is refused when it is of another program, or of a later version', async (context) => {
    const directory = await makeDirectory(context);
    const other = new ClassicLevel(directory);
    await other.put('a', '1');
    await other.close();
    await expect(openLevelDatabase(directory)).rejects.toMatchObject({
      code: 'ERR_STORE_CORRUPT',
      details: { reason: 'it is a database of another program' },
    });
    await rm(directory, { recursive: true });
    const database = await openLevelDatabase(directory);
    database.write(
      [{ type: 'put', key: new Uint8Array(0), value: new TextEncoder().encode('consort2') }],
      true,
      () => {},
    );
    await close(database);
    await expect(openLevelDatabase(directory)).rejects.toMatchObject({
      details: { reason: 'it is of a version of consort that this one does not know' },
    });
  });

  it('is refused when it is a file', async (context) => {
    const path = join(await makeDirectory(context), 'file');
    await writeFile(path, 'text');
    for (const name of [path, join(path, 'below')]) {
      await expect(openLevelDatabase(name)).rejects.toMatchObject({
        code: 'ERR_STORE_DISK',
        message: expect.stringMatching(/EEXIST|ENOTDIR/),
      });
    }
  });
});

describe('the log of a database', () => {
  it('may be cut off anywhere: a first part of the writes is there', async (context) => {
    const whole = await closedDatabase(context);
    const log = await readFile(await only(whole, '.log'));
    const seen = new Set<string>();
    for (const length of [...Array(Math.ceil(log.length / 7)).keys()].map((i) => 7 * i).concat(log.length)) {
      const directory = await closedDatabase(context);
      await truncate(await only(directory, '.log'), length);
      seen.add(await opened(directory));
    }
    expect([...seen]).toEqual(PREFIXES);
  });

  it('is refused with a hole: a write is damaged, and a later one is not', async (context) => {
    const log = await readFile(await only(await closedDatabase(context), '.log'));
    const seen = new Map<string, number>();
    for (let at = 0; at < log.length; at += 5) {
      const directory = await closedDatabase(context);
      await flip(await only(directory, '.log'), at);
      const outcome = await opened(directory);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    // At its end damage can't be told from a write that a crash came in between of.
    expect([...seen.keys()]).toEqual(['ERR_STORE_CORRUPT', PREFIXES[WRITES - 1]]);
    expect(seen.get('ERR_STORE_CORRUPT')).toBeGreaterThan(seen.get(PREFIXES[WRITES - 1] as string) as number);
  });

  it('is refused with a page of zeros in the middle, or garbage over blocks of it', async (context) => {
    const pad = 20_000;
    for (const [from, to, fill] of [
      [4_096, 8_192, 0],
      [32_768, 65_536, 0],
      [30_000, 70_000, 1],
    ] as const) {
      const directory = await closedDatabase(context, pad);
      const path = await only(directory, '.log');
      await writeFile(path, (await readFile(path)).fill(fill, from, to));
      expect(await opened(directory)).toBe('ERR_STORE_CORRUPT');
    }
    // But not where nothing is behind it.
    const directory = await closedDatabase(context, pad);
    const path = await only(directory, '.log');
    await writeFile(path, (await readFile(path)).fill(0, 70_000));
    expect(await opened(directory)).toBe(PREFIXES[3]);
  });

  it('is read with writes of any length, wherever its blocks end', async (context) => {
    const directory = await makeDirectory(context);
    const database = await openLevelDatabase(directory);
    const random = randomOf(2, 0);
    const lengths = Array.from({ length: 600 }, () => random.below(random.below(10) === 0 ? 40_000 : 500));
    for (const length of lengths) await write(database, [put('k', 'x'.repeat(length))]);
    await close(database);
    const sequence = new SequenceCheck();
    let entries = 0;
    const state = readLevelLog(await readFile(await only(directory, '.log')), (entry) => {
      expect(sequence.follows(entry)).toBe(true);
      entries++;
    });
    expect([state, entries]).toEqual(['whole', lengths.length]);
  });

  it('goes on in the next one without a gap', async (context) => {
    const [first, later] = [2, 4];
    const outcomes: string[] = [];
    for (const [taken, from] of [
      [first, first],
      [first, later],
      [0, first],
    ] as const) {
      const directory = await closedDatabase(context);
      const path = await only(directory, '.log');
      const log = await readFile(path);
      // The mark is the first of all writes.
      const ends = recordEnds(log).slice(1);
      await writeFile(path, log.subarray(0, taken === 0 ? 0 : ends[taken - 1]));
      await writeFile(join(directory, '000099.log'), log.subarray(ends[from - 1]));
      outcomes.push(await opened(directory));
    }
    // Of a log that has lost all of its writes nothing can be known.
    expect(outcomes.slice(0, 2)).toEqual([PREFIXES[WRITES], 'ERR_STORE_CORRUPT']);
  });
});

/** Where each of the records of a log ends that has one block. */
function recordEnds(log: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 0; at < log.length; ) {
    at += 7 + log.readUInt16LE(at + 4);
    ends.push(at);
  }
  return ends;
}

describe('the other files of a database', () => {
  /** With its writes in a table. */
  async function withTable(context: TestContext): Promise<string> {
    const directory = await closedDatabase(context);
    expect(await opened(directory)).toBe(PREFIXES[WRITES]);
    return directory;
  }

  it('are missed, one by one', async (context) => {
    for (const missing of [/^CURRENT$/, /^MANIFEST-/, /\.ldb$/]) {
      const directory = await withTable(context);
      for (const name of await readdir(directory)) if (missing.test(name)) await rm(join(directory, name));
      expect([missing, await opened(directory)]).toEqual([missing, 'ERR_STORE_CORRUPT']);
    }
  });

  it('are seen to be damaged: MANIFEST and CURRENT', async (context) => {
    for (const name of [/^CURRENT$/, /^MANIFEST-/]) {
      const directory = await withTable(context);
      const [found] = (await readdir(directory)).filter((each) => name.test(each)) as [string];
      await flip(join(directory, found), 10);
      expect([found, await opened(directory)]).toEqual([found, 'ERR_STORE_CORRUPT']);
    }
  });

  it('never give another value than was put, wherever a table is damaged', async (context) => {
    const directory = await makeDirectory(context);
    const entries = Array.from({ length: 40 }, (_, i) => [`key-${i}`, `value-${Math.imul(i + 1, 0x9e3779b1) >>> 0}`]);
    const first = await openLevelDatabase(directory);
    await write(
      first,
      entries.map(([key, value]) => put(key as string, value as string)),
    );
    await close(first);
    await opened(directory);
    const path = await table(directory);
    const content = await readFile(path);
    const right = new Set(entries.map(([key, value]) => `${key}=${value}`));
    const outcomes = { corrupt: 0, right: 0 };
    for (let at = 1; at < content.length; at += 13) {
      await writeFile(path, content);
      await flip(path, at);
      const outcome = await opened(directory);
      if (outcome === 'ERR_STORE_CORRUPT') outcomes.corrupt++;
      else {
        // A key may be hidden: LevelDB doesn't look at what it notes beside it.
        expect(outcome.split(' ').filter((entry) => entry !== '' && !right.has(entry))).toEqual([]);
        outcomes.right++;
      }
    }
    expect(outcomes.corrupt).toBeGreaterThan(outcomes.right);
  });

  it('are seen to be damaged where one value is read', async (context) => {
    const directory = await makeDirectory(context);
    // LevelDB compresses what can be.
    const random = randomOf(1, 1);
    const value = Uint8Array.from({ length: 2_000 }, () => random.next() >>> 24);
    const key = new TextEncoder().encode('key');
    const first = await openLevelDatabase(directory);
    await write(first, [{ type: 'put', key, value }]);
    await close(first);
    await opened(directory);
    const path = await table(directory);
    const at = (await readFile(path)).indexOf(value.subarray(1_000, 1_020));
    expect(at).toBeGreaterThan(0);
    await flip(path, at);
    const database = await openIn(context, directory);
    expect(() => database.get(key)).toThrow(expect.objectContaining({ code: 'ERR_STORE_CORRUPT' }));
    const snapshot = database.snapshot();
    expect(() => snapshot.get(key)).toThrow('does not have its checksum');
    snapshot.close();
  });
});
