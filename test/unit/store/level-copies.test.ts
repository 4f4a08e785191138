// What a database of LevelDB does for who copies it: values with their seals, and a range that is filled in order.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Database, DatabaseReads, Entry, Operation } from '../../../ts/store/database.js';
import { DATA_RANGE, dataKey, metaKey } from '../../../ts/store/keys.js';
import { SEAL_BYTES, seal, unseal } from '../../../ts/store/seals.js';
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

const sealedEntries = (reads: DatabaseReads) => rangeOf(reads, { sealed: true });
const putSealed = ([key, value]: Entry): Operation => ({ type: 'put', key, value, sealed: true });

function makeRoom(database: Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.makeRoom?.(DATA_RANGE, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

describe('values with their seals', () => {
  it('are given by the database and its snapshots, and are what was put', async (context) => {
    const database = await openIn(context, await makeDirectory(context));
    await write(database, [put('a', ''), put('b', 'x'.repeat(300))]);
    const snapshot = database.snapshot();
    for (const reads of [database, snapshot]) {
      expect(reads.keepsSeals).toBe(true);
      const entries = await sealedEntries(reads);
      expect(entries.map(([key, value]) => unseal(key, value)?.length)).toEqual([0, 300]);
      expect(entries.map(([, value]) => value.length)).toEqual([SEAL_BYTES, 300 + SEAL_BYTES]);
    }
    snapshot.close();
  });

  it('are taken as they are, and read without', async (context) => {
    const from = await openIn(context, await makeDirectory(context));
    const to = await openIn(context, await makeDirectory(context));
    // Few and short, and few and long: batches that are made in one way and in the other.
    for (const length of [1, 5000]) {
      await write(from, [put('a', 'x'.repeat(length)), put('b', 'y'.repeat(length))]);
      await write(to, (await sealedEntries(from)).map(putSealed), true);
      expect(await show(to)).toBe(await show(from));
    }
  });

  it('are not looked at when they are copied, but by who reads them then', async (context) => {
    const database = await openIn(context, await makeDirectory(context));
    const value = seal(bytes('a'), bytes('1'));
    await write(database, [putSealed([bytes('b'), value])]);
    expect(await sealedEntries(database)).toEqual([[Buffer.from('b'), Buffer.from(value)]]);
    expect(() => database.get(bytes('b'))).toThrow(expect.objectContaining({ code: 'ERR_STORE_CORRUPT' }));
  });

  it('are not sealed once more by a write that is carried out in pieces', async (context) => {
    const database = await openIn(context, await makeDirectory(context));
    const keys = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
    await write(
      database,
      keys.map((key) => put(key, 'old')),
    );
    await write(database, [delRange('k', 'l'), putSealed([bytes('m'), seal(bytes('m'), bytes('new'))])]);
    expect(await show(database)).toBe('m=new');
  });
});

describe('a range that is filled in order', () => {
  it('is written into tables once, whatever lies before and behind it', async (context) => {
    const directory = await makeDirectory(context);
    const database = await openIn(context, directory);
    await write(database, [{ type: 'put', key: metaKey('half'), value: bytes('') }], true);
    await makeRoom(database);
    const value = new Uint8Array(100_000);
    for (let i = 0; i < 600; i++) {
      const key = dataKey(bytes(String(i).padStart(3, '0')));
      await write(database, [{ type: 'put', key, value: crypto.getRandomValues(value.subarray(0, 65_536)) }]);
    }
    await close(database);
    const log = await readFile(join(directory, 'LOG'), 'utf8');
    expect(log).toMatch(/Level-0 table #\d+: \d+ bytes OK/);
    expect(log).not.toContain('Compacted');
    expect((await readdir(directory)).filter((name) => name.endsWith('.ldb')).length).toBeGreaterThan(3);
  });

  it('may have had other keys, which are gone', async (context) => {
    const database = await openIn(context, await makeDirectory(context));
    await write(database, [put('da', '1'), put('e', '2')]);
    await write(database, [delRange('d', 'e')]);
    await makeRoom(database);
    expect(await show(database)).toBe('e=2');
  });
});
