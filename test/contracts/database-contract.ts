// What every database under a store does: the same suite over LevelDB, memory and the simulated disk.
import { describe, expect, it, type TestContext } from 'vitest';
import type { Database, Operation } from '../../ts/store/database.js';
import {
  bytes,
  close,
  type DatabaseKind,
  del,
  delRange,
  put,
  rangeOf,
  show,
  text,
  write,
} from '../helpers/database-crew.js';

const MANY = 20_000;

const number = (i: number) => `k${String(i).padStart(6, '0')}`;
const get = (database: Pick<Database, 'get'>, key: string) => {
  const value = database.get(bytes(key));
  return value === undefined ? undefined : text(value);
};

export function describeDatabase({ name, open }: DatabaseKind): void {
  describe(`a database: ${name}`, () => {
    const opened = async (context: TestContext, ...operations: Operation[]) => {
      const database = await open(context);
      if (operations.length > 0) await write(database, operations);
      return database;
    };

    it('is empty at first', async (context) => {
      const database = await opened(context);
      expect(get(database, 'a')).toBeUndefined();
      expect(await show(database)).toBe('');
    });

    it('has what was put, and what was put last under a key', async (context) => {
      const database = await opened(context, put('a', '1'), put('b', ''), put('a', '2'));
      expect([get(database, 'a'), get(database, 'b'), get(database, 'c')]).toEqual(['2', '', undefined]);
    });

    it('has no more what was deleted; what is not there can be deleted', async (context) => {
      const database = await opened(context, put('a', '1'), put('b', '2'), put('c', '3'));
      await write(database, [del('b'), del('x'), del('c'), put('c', '4')], true);
      expect(await show(database)).toBe('a=1 c=4');
    });

    it('orders keys by their bytes, as numbers without signs, shorter ones first', async (context) => {
      const keys = [[0], [0, 0], [1], [1, 255], [2], [127], [128], [255], [255, 254]].map((key) => new Uint8Array(key));
      const database = await opened(context);
      const shuffled = [4, 8, 1, 6, 0, 3, 7, 5, 2].map((i) => keys[i] as Uint8Array);
      await write(
        database,
        shuffled.map((key) => ({ type: 'put', key, value: key })),
      );
      const found = await rangeOf(database);
      expect(found.map(([key]) => [...key])).toEqual(keys.map((key) => [...key]));
    });

    it('gives ranges from the first key to below the second, forwards and backwards', async (context) => {
      const database = await opened(context, ...['a', 'b', 'bb', 'c', 'd'].map((key) => put(key, key)));
      const between = { from: bytes('b'), to: bytes('d') };
      expect(await show(database, between)).toBe('b=b bb=bb c=c');
      expect(await show(database, { ...between, reverse: true })).toBe('c=c bb=bb b=b');
      expect(await show(database, { from: bytes('ba'), to: bytes('c') })).toBe('bb=bb');
      expect(await show(database, { reverse: true })).toBe('d=d c=c bb=bb b=b a=a');
      expect(await show(database, { from: bytes('e') })).toBe('');
      expect(await show(database, { from: bytes('e'), reverse: true })).toBe('');
      expect(await show(database, { to: bytes('a') })).toBe('');
      expect(await show(database, { to: bytes('a'), reverse: true })).toBe('');
      expect(await show(database, { from: bytes('c'), to: bytes('b') })).toBe('');
      expect(await show(database, { from: bytes('c'), to: bytes('b'), reverse: true })).toBe('');
      expect(await show(database, { to: new Uint8Array(0) })).toBe('');
    });

    it('gives as many entries as are asked for', async (context) => {
      const database = await opened(context, ...['a', 'b', 'c', 'd'].map((key) => put(key, key)));
      expect(await show(database, { limit: 2 })).toBe('a=a b=b');
      expect(await show(database, { limit: 2, reverse: true })).toBe('d=d c=c');
      expect(await show(database, { limit: 0 })).toBe('');
    });

    it('ends a range with the entry that makes it long enough, and always gives one', async (context) => {
      const values = ['1'.repeat(9), '2'.repeat(9), '3'.repeat(9)];
      const database = await opened(context, ...values.map((value, i) => put(`${i}`, value)));
      const count = async (limitBytes: number, reverse = false) =>
        (await rangeOf(database, { bytes: limitBytes, reverse })).length;
      expect([await count(0), await count(1), await count(10), await count(11)]).toEqual([1, 1, 1, 2]);
      expect([await count(20), await count(21), await count(1_000)]).toEqual([2, 3, 3]);
      expect([await count(10, true), await count(11, true)]).toEqual([1, 2]);
    });

    it('ends ranges exactly where they are long enough, also with very many entries', async (context) => {
      const operations = Array.from({ length: MANY }, (_, i) => put(number(i), i % 7 === 0 ? 'value' : ''));
      const database = await opened(context, ...operations);
      const all = await rangeOf(database);
      expect(all.length).toBe(MANY);
      for (const limitBytes of [100, 5_000, 100_000, 150_000]) {
        const found = await rangeOf(database, { bytes: limitBytes });
        const size = found.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
        const [lastKey, lastValue] = found.at(-1) as [Uint8Array, Uint8Array];
        expect(size).toBeGreaterThanOrEqual(Math.min(limitBytes, size));
        expect(size - lastKey.length - lastValue.length).toBeLessThan(limitBytes);
        expect(found.length === MANY || size >= limitBytes).toBe(true);
      }
    });

    it('carries out the operations of a write in their order', async (context) => {
      const database = await opened(context, put('a', '1'), put('b', '1'), put('c', '1'));
      await write(database, [put('bb', '2'), delRange('b', 'c'), put('b', '3'), del('c'), put('d', '4')]);
      expect(await show(database)).toBe('a=1 b=3 d=4');
      await write(database, [put('x', '1'), delRange('a', 'z'), put('y', '2')]);
      expect(await show(database)).toBe('y=2');
      await write(database, [delRange('', 'z'), delRange('z', 'a'), delRange('b', 'b')], true);
      expect(await show(database)).toBe('');
    });

    it('deletes ranges of any length, as one', async (context) => {
      const operations = Array.from({ length: MANY }, (_, i) => put(number(i), 'value'));
      const database = await opened(context, ...operations);
      let isDone = false;
      const change = [put(`${number(10)}x`, 'gone'), delRange(number(10), number(MANY - 10)), put('mark', 'here')];
      const deleted = write(database, change, true).then(() => {
        isDone = true;
      });
      // Also those who read meanwhile see all of it or nothing.
      const seen = new Set<string>();
      while (!isDone) {
        const snapshot = database.snapshot();
        const entries = await rangeOf(snapshot);
        seen.add(`${entries.length} ${get(snapshot, 'mark')} ${get(snapshot, number(MANY / 2))}`);
        snapshot.close();
        const before = get(database, number(5_000));
        seen.add(get(database, 'mark') === 'here' && before !== undefined ? 'half done' : 'whole');
      }
      await deleted;
      seen.delete(`${MANY} undefined value`);
      seen.delete('21 here undefined');
      expect([...seen]).toEqual(['whole']);
      expect((await rangeOf(database)).length).toBe(21);
      expect(await show(database, { from: bytes(number(9)), limit: 2 })).toBe(
        `k000009=value ${number(MANY - 10)}=value`,
      );
    });

    it('carries out writes in the order of the calls, none of them waited for', async (context) => {
      const database = await opened(context);
      const done: number[] = [];
      const writes = Array.from({ length: 300 }, (_, i) => {
        const operations = i % 50 === 49 ? [delRange('a', 'b'), put('last', `${i}`)] : [put(`a${i % 7}`, `${i}`)];
        return write(database, operations, i % 3 === 0).then(() => done.push(i));
      });
      await Promise.all(writes);
      expect(done).toEqual(Array.from({ length: 300 }, (_, i) => i));
      expect(await show(database)).toBe('last=299');
    });

    it('takes writes of nothing, durable or not, in their order', async (context) => {
      const database = await opened(context);
      const done: string[] = [];
      const calls = [
        write(database, [put('a', '1')]).then(() => done.push('a')),
        write(database, []).then(() => done.push('nothing')),
        write(database, [], true).then(() => done.push('sync')),
        write(database, [put('b', '2')]).then(() => done.push('b')),
      ];
      await Promise.all(calls);
      await write(database, [], true);
      expect(done).toEqual(['a', 'nothing', 'sync', 'b']);
      expect(await show(database)).toBe('a=1 b=2');
    });

    it('never calls back during the call', async (context) => {
      const database = await opened(context, put('a', '1'));
      const during: string[] = [];
      let inside = true;
      const all = [
        new Promise<void>((resolve) => {
          const done = (what: string) => {
            if (inside) during.push(what);
            resolve();
          };
          database.write([], false, () => done('an empty write'));
          database.write([put('b', '2')], false, () => done('a write'));
        }),
        new Promise<void>((resolve) => {
          database.range({ from: bytes('a'), to: bytes('b'), limit: 0, bytes: 0 }, () => {
            if (inside) during.push('a range');
            resolve();
          });
        }),
      ];
      inside = false;
      await Promise.all(all);
      expect(during).toEqual([]);
    });

    it('keeps snapshots as they are', async (context) => {
      const database = await opened(context, put('a', '1'), put('b', '1'));
      const first = database.snapshot();
      await write(database, [put('a', '2'), del('b'), put('c', '2')]);
      const second = database.snapshot();
      await write(database, [delRange('a', 'z')]);
      expect([await show(first), await show(second), await show(database)]).toEqual(['a=1 b=1', 'a=2 c=2', '']);
      expect([get(first, 'b'), get(second, 'b'), get(second, 'c')]).toEqual(['1', undefined, '2']);
      expect(await show(first, { reverse: true, limit: 1 })).toBe('b=1');
      first.close();
      expect(await show(second)).toBe('a=2 c=2');
      second.close();
    });

    it('ends a read of a snapshot that is closed meanwhile', async (context) => {
      const database = await opened(context, put('a', '1'), put('b', '2'));
      const snapshot = database.snapshot();
      const reading = show(snapshot);
      snapshot.close();
      expect(await reading).toBe('a=1 b=2');
    });

    it('reads what was there when a range was asked for', async (context) => {
      const database = await opened(context, put('a', '1'));
      const reading = show(database);
      const writing = write(database, [put('a', '2'), put('b', '2')]);
      expect(['a=1', 'a=2 b=2']).toContain(await reading);
      await writing;
      expect(await show(database)).toBe('a=2 b=2');
    });

    it('leaves bytes to their owners: what was handed in may be changed afterwards, and what was handed out', async (context) => {
      const database = await opened(context);
      const key = bytes('key');
      const value = bytes('value');
      await write(database, [{ type: 'put', key, value }]);
      key.fill(0);
      value.fill(0);
      database.get(bytes('key'))?.fill(1);
      for (const [foundKey, found] of await rangeOf(database)) {
        foundKey.fill(1);
        found.fill(1);
      }
      expect(await show(database)).toBe('key=value');
      expect(get(database, 'key')).toBe('value');
    });

    it('keeps keys and values of all lengths', async (context) => {
      const database = await opened(context);
      const lengths = [1, 2, 100, 1_023, 1_024, 65_531, 65_532, 65_533, 1_048_576];
      const operations = lengths.map((length, i): Operation => {
        const key = new Uint8Array(Math.min(length, 1_024)).fill(i + 1);
        return { type: 'put', key, value: new Uint8Array(length).fill(i) };
      });
      // Together, where they are long on average, and one by one.
      await write(database, operations);
      const found = await rangeOf(database);
      expect(found.map(([, value]) => value.length)).toEqual(lengths);
      await write(database, [delRange('', '\u00ff')]);
      for (const operation of operations) await write(database, [operation]);
      const again = await rangeOf(database);
      const isSame = again.map(([, value], i) => Buffer.compare(value, new Uint8Array(lengths[i] as number).fill(i)));
      expect(isSame).toEqual(lengths.map(() => 0));
    });

    it('closes when the writes under way are done', async (context) => {
      const database = await open(context);
      const done: string[] = [];
      const calls = [
        write(database, [put('a', '1')], true).then(() => done.push('a')),
        write(database, [delRange('a', 'b'), put('c', '1')]).then(() => done.push('b')),
        close(database).then(() => done.push('closed')),
      ];
      await Promise.all(calls);
      expect(done).toEqual(['a', 'b', 'closed']);
    });
  });
}
