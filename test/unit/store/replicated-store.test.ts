import { describe, expect, it } from 'vitest';
import { storeDisk } from '../../../ts/store/database-errors.js';
import { ReplicatedStore } from '../../../ts/store/replicated-store.js';
import type { StoreStatus } from '../../../ts/store/store-standing.js';
import { FaultyDatabase, loneOptions, openLone } from './lone-store.js';

const code = (code: string) => expect.objectContaining({ code });
const text = { encoding: 'utf8' } as const;

describe('a store', () => {
  it('gives what was put into it, with the version that wrote it, until it is deleted', async (context) => {
    const store = await openLone(context);
    expect(await store.get('a')).toBeUndefined();
    const first = await store.put('a', 'one');
    expect(await store.get('a')).toEqual(new Uint8Array(Buffer.from('one')));
    expect(await store.get('a', text)).toBe('one');
    expect(store.getSync(Buffer.from('a'), text)).toBe('one');
    expect(await store.getWithVersion('a', text)).toEqual({ value: 'one', version: first });
    const second = await store.put('a', Uint8Array.of(1, 2));
    expect(second).toBe(first + 1);
    expect(await store.getMany(['a', 'b'])).toEqual([Uint8Array.of(1, 2), undefined]);
    expect(await store.delete('a')).toBe(first + 2);
    expect(await store.get('a')).toBeUndefined();
    expect(store.lastCommitted).toBe(first + 2);
    expect(store.firstCommitted).toBe(1);
  });

  it('reads what is committed, however it is read', async (context) => {
    const store = await openLone(context);
    await store.put('k', 'v');
    for (const read of ['local', 'linearizable', 'stale'] as const) {
      expect(await store.get('k', { read, encoding: 'utf8' })).toBe('v');
    }
    expect(store.getSync('k', { read: 'stale', encoding: 'utf8' })).toBe('v');
    expect(() => store.getSync('k', { read: 'linearizable' })).toThrow("want 'local' or 'stale' with getSync()");
  });

  it('keeps its own copies of what it is given, and gives copies', async (context) => {
    const store = await openLone(context);
    const key = Buffer.from('key');
    const value = Buffer.from('value');
    const put = store.put(key, value);
    key.fill(0);
    value.fill(0);
    await put;
    (await store.get('key'))?.fill(0);
    store.getSync('key')?.fill(0);
    expect(await store.get('key', text)).toBe('value');
  });

  it('commits a transaction as a whole or not at all', async (context) => {
    const store = await openLone(context);
    const version = await store.put('a', '1');
    const done = await store.transaction().compare('a', '1').compare('b', undefined).put('b', '2').delete('a').commit();
    expect(done).toEqual({ committed: true, version: version + 1 });
    expect(await store.getMany(['a', 'b'], text)).toEqual([undefined, '2']);
    const not = await store.transaction().compareVersion('b', version).put('b', '3').put('c', '3').commit();
    expect(not).toEqual({ committed: false, version: version + 1 });
    expect(await store.getMany(['b', 'c'], text)).toEqual(['2', undefined]);
  });

  it('iterates over its entries by prefix and bounds, in both directions', async (context) => {
    const store = await openLone(context);
    for (const key of ['a', 'b1', 'b2', 'b3', 'c']) await store.put(key, key.toUpperCase());
    await store.put(Uint8Array.of(0xff, 0xff), 'last');
    const keys = async (options: object) => {
      const found: string[] = [];
      for await (const { key } of store.entries({ ...options, encoding: 'utf8' })) found.push(key);
      return found.join(' ');
    };
    expect(await keys({ prefix: 'b' })).toBe('b1 b2 b3');
    expect(await keys({ prefix: 'b', from: 'b2' })).toBe('b2 b3');
    expect(await keys({ from: 'b2', to: 'c' })).toBe('b2 b3');
    expect(await keys({ prefix: 'b', to: 'b2', reverse: true })).toBe('b1');
    expect(await keys({ to: 'c', reverse: true })).toBe('b3 b2 b1 a');
    expect(await keys({ limit: 2 })).toBe('a b1');
    expect(await keys({ limit: 0 })).toBe('');
    expect(await keys({ from: 'c', to: 'b' })).toBe('');
    expect(await keys({ prefix: Uint8Array.of(0xff) })).toBe('\ufffd\ufffd');
    expect(() => store.entries({ limit: -1 })).toThrow('options.limit: got -1');
    expect(() => store.entries({ prefx: 'b' } as never)).toThrow("did you mean 'prefix'?");
  });

  it('iterates over more than is in memory at a time, and over one version, whatever is written meanwhile', async (context) => {
    const faulty = new FaultyDatabase();
    const store = await openLone(context, { database: faulty.open });
    const fill = store.transaction();
    for (let i = 0; i < 2000; i++) fill.put(`k${String(i).padStart(4, '0')}`, 'x');
    const { version } = await fill.commit();
    let count = 0;
    for await (const entry of store.entries({ prefix: 'k' })) {
      expect(entry.version).toBe(version);
      if (count++ === 0) await store.put('k9999', 'later');
    }
    expect(count).toBe(2000);
    for await (const _ of store.entries()) break;
    expect(faulty.openSnapshots).toBe(0);
  });

  it('gives snapshots that stay as they are', async (context) => {
    const faulty = new FaultyDatabase();
    const store = await openLone(context, { database: faulty.open });
    const version = await store.put('a', '1');
    const snapshot = await store.snapshot({ read: 'linearizable' });
    await store.put('a', '2');
    expect(snapshot).toMatchObject({ version, stale: false });
    expect(await snapshot.get('a', text)).toBe('1');
    expect(await snapshot.getWithVersion('a', text)).toEqual({ value: '1', version });
    expect(await snapshot.getMany(['a', 'b'], text)).toEqual(['1', undefined]);
    snapshot.close();
    snapshot.close();
    expect(faulty.openSnapshots).toBe(0);
    await expect(snapshot.get('a')).rejects.toThrow(code('ERR_CLOSED'));
  });

  it('tells watchers what is committed, from any version of the log on', async (context) => {
    const store = await openLone(context);
    const version = await store.put('p/a', '1');
    const all: unknown[] = [];
    const watching = (async () => {
      for await (const event of store.watch('p/', { fromVersion: version, encoding: 'utf8' })) {
        all.push(event);
        if (event.type === 'delete') break;
      }
    })();
    await store.put('q', 'not of the prefix');
    await store.transaction().put('p/b', '2').delete('p/a').commit();
    await watching;
    expect(all).toEqual([
      { type: 'put', key: 'p/a', value: '1', version },
      { type: 'put', key: 'p/b', value: '2', version: version + 2 },
      { type: 'delete', key: 'p/a', version: version + 2 },
    ]);
    const next = store.watch();
    await store.put('new', '');
    expect((await next.next()).value).toMatchObject({ version: version + 3 });
    await next.return?.();
    expect(() => store.watch('', { fromVersion: 0 })).toThrow('options.fromVersion: got 0');
  });

  it('refuses to watch from a version that was trimmed', async (context) => {
    const store = await openLone(context, { logEntries: 10 });
    for (let i = 0; i < 50; i++) await store.put('k', `${i}`);
    await expect.poll(() => store.firstCommitted).toBeGreaterThan(30);
    expect(() => store.watch('', { fromVersion: 1 })).toThrow(code('ERR_STORE_TRIMMED'));
  });

  it('tells how it stands, and when that changes', async (context) => {
    const store = new ReplicatedStore(loneOptions());
    context.onTestFinished(() => store.close());
    const told: StoreStatus[] = [];
    store.on('status', (status) => told.push(status));
    expect(store.status).toMatchObject({ name: 'a', members: ['a'], state: 'joining', stale: true });
    await store.open();
    await store.whenReady();
    expect(store.status).toMatchObject({ state: 'leader', leader: 'a', present: ['a'], stale: false });
    expect(told.map(({ state }) => state)).toEqual(expect.arrayContaining(['joining', 'leader']));
    await store.close();
    expect(told.at(-1)).toMatchObject({ state: 'closed' });
    expect(store.status.state).toBe('closed');
  });

  it('gives up what a signal says, and goes on', async (context) => {
    const store = await openLone(context);
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(store.put('a', '1', { signal: aborted })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    for (const read of ['local', 'linearizable'] as const) {
      await expect(store.get('a', { signal: aborted, read })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    }
    await expect(store.snapshot({ signal: aborted })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    await expect(store.whenReady({ signal: aborted })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    const abort = new AbortController();
    const put = store.put('a', '1', { signal: abort.signal });
    abort.abort();
    await expect(put).rejects.toMatchObject({ code: 'ABORT_ERR' });
    await store.put('b', '2');
    // It was under way.
    expect(await store.get('a', text)).toBe('1');
    await expect(store.put('a', '1', { signal: 5 as never })).rejects.toThrow('options.signal: got 5');
    await expect(store.put('a', '1', { sginal: aborted } as never)).rejects.toThrow("did you mean 'signal'?");
  });

  it('refuses what is larger than it takes', async (context) => {
    const store = await openLone(context);
    await expect(store.put('k'.repeat(1025), 'v')).rejects.toThrow(code('ERR_STORE_TOO_LARGE'));
    await expect(store.put('k', Buffer.alloc((1 << 20) + 1))).rejects.toThrow(code('ERR_STORE_TOO_LARGE'));
    await expect(store.get('')).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
    await store.put('k'.repeat(1024), Buffer.alloc(1 << 20, 7));
    expect(await store.get('k'.repeat(1024))).toEqual(new Uint8Array(1 << 20).fill(7));
  });

  it('refuses more than may wait', async (context) => {
    const store = await openLone(context, { maxPendingTransactions: 3 });
    const puts = Array.from({ length: 5 }, (_, i) => store.put(`${i}`, ''));
    const results = await Promise.allSettled(puts);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(results[3]).toMatchObject({ reason: { code: 'ERR_QUEUE_FULL' } });
  });
});

describe('a store’s life', () => {
  it('begins with open(), and ends with close(), each as often as one likes', async () => {
    const store = new ReplicatedStore(loneOptions());
    await expect(store.get('a')).rejects.toThrow(code('ERR_NOT_OPEN'));
    await expect(store.whenReady()).rejects.toThrow('await open() first');
    await Promise.all([store.open(), store.open()]);
    expect(store.address?.port).toBeGreaterThan(0);
    await Promise.all([store.close(), store.close()]);
    await store[Symbol.asyncDispose]();
    await expect(store.put('a', '1')).rejects.toThrow(code('ERR_CLOSED'));
    await expect(store.open()).rejects.toThrow(code('ERR_CLOSED'));
    expect(() => store.watch()).toThrow(code('ERR_CLOSED'));
  });

  it('may end before it has begun', async () => {
    const never = new ReplicatedStore(loneOptions());
    await never.close();
    const store = new ReplicatedStore(loneOptions());
    const opening = store.open();
    const closing = store.close();
    await expect(opening).rejects.toThrow();
    await closing;
    const faulty = new FaultyDatabase();
    const given = new ReplicatedStore(loneOptions({ database: faulty.open, members: ['a', 'b', 'c'] }));
    const abort = new AbortController();
    const open = given.open({ ready: true, signal: abort.signal });
    given.once('status', () => abort.abort());
    await expect(open).rejects.toMatchObject({ code: 'ABORT_ERR' });
    await given.close();
    expect(faulty.isClosed).toBe(true);
  });

  it('is over for watchers and snapshots, too', async (context) => {
    const faulty = new FaultyDatabase();
    const store = await openLone(context, { database: faulty.open });
    const watch = store.watch();
    const next = watch.next();
    await store.snapshot();
    await store.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(faulty.openSnapshots).toBe(0);
  });

  it('does not begin when its database can not be opened', async () => {
    const error = storeDisk('/there', new Error('read-only file system'));
    const store = new ReplicatedStore(loneOptions({ database: () => Promise.reject(error) }));
    await expect(store.open()).rejects.toBe(error);
    expect(store.status).toMatchObject({ state: 'failed', reason: error.message });
    await expect(store.put('a', 'b')).rejects.toBe(error);
    await store.close();
  });

  it('ends when its disk fails: what waits and all later calls reject, and the group is left', async (context) => {
    const faulty = new FaultyDatabase();
    const errors: Error[] = [];
    const store = await openLone(context, { database: faulty.open, errorHandler: (error) => errors.push(error) });
    await store.put('a', '1');
    const watch = store.watch();
    const event = watch.next();
    event.catch(() => {});
    faulty.fault = new Error('no space left on device');
    await expect(store.put('a', '2')).rejects.toMatchObject({ code: 'ERR_STORE_OUTCOME_UNKNOWN' });
    await expect(store.put('a', '3')).rejects.toMatchObject({ code: 'ERR_STORE_DISK' });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_STORE_DISK' });
    await expect(event).rejects.toMatchObject({ code: 'ERR_STORE_DISK' });
    expect(errors).toEqual([code('ERR_STORE_DISK')]);
    expect(store.status).toMatchObject({ state: 'failed', reason: expect.stringContaining('no space left') });
    await store.close();
    expect(faulty.isClosed).toBe(true);
    expect(store.address).toBeUndefined();
  });

  it('ends when a write never ends', async (context) => {
    const faulty = new FaultyDatabase();
    const errors: Error[] = [];
    const options = { database: faulty.open, errorHandler: (error: Error) => errors.push(error), writeTimeoutMs: 100 };
    const store = await openLone(context, options);
    faulty.fault = 'hang';
    await expect(store.put('a', '2')).rejects.toMatchObject({ code: 'ERR_STORE_OUTCOME_UNKNOWN' });
    expect(errors).toEqual([code('ERR_STORE_DISK')]);
  });
});

describe('a store without a majority', () => {
  it('refuses writes and reads, but for stale ones', async (context) => {
    const store = new ReplicatedStore(loneOptions({ members: ['a', 'b', 'c'] }));
    context.onTestFinished(() => store.close());
    await store.open();
    await expect.poll(() => store.status.state).toBe('no-quorum');
    const missing = expect.objectContaining({
      code: 'ERR_STORE_NO_QUORUM',
      message: expect.stringContaining('missing: b, c'),
    });
    await expect(store.put('a', '1')).rejects.toEqual(missing);
    await expect(store.get('a')).rejects.toEqual(missing);
    expect(() => store.getSync('a')).toThrow(missing);
    await expect(store.get('a', { read: 'linearizable' })).rejects.toEqual(missing);
    await expect(store.snapshot()).rejects.toEqual(missing);
    expect(await store.get('a', { read: 'stale' })).toBeUndefined();
    expect(await store.snapshot({ read: 'stale' })).toMatchObject({ stale: true, version: 0 });
    await expect(store.whenReady({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});
