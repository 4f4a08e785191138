import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../ts/store/record.js';
import { Watch, type WatchedLog, type WatchSettings } from '../../../ts/store/watch.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const put = (key: string, value: string): LogEntry => ({
  origin: undefined,
  effects: [{ type: 'put', key: bytes(key), value: bytes(value) }],
});

/** Records of two entries each, from a base on. */
class TestLog implements WatchedLog {
  base = 0;
  readonly entries: LogEntry[] = [];
  reads = 0;

  entriesAt(version: number) {
    this.reads++;
    const first = version - ((version + 1) % 2);
    if (this.isTrimmed(version) || first + 1 > this.entries.length) return undefined;
    return { first, entries: this.entries.slice(first - 1, first + 1) };
  }

  isTrimmed(version: number): boolean {
    return version <= this.base;
  }
}

function watchOf(log: TestLog, settings: Partial<WatchSettings> = {}) {
  const ended: Watch[] = [];
  const all = { prefix: bytes(''), fromVersion: 1, isText: true, signal: undefined, ...settings };
  const watch = new Watch(log, { ...all, defer: (callback) => queueMicrotask(callback) }, (each) => ended.push(each));
  return { watch, ended };
}

describe('a watch', () => {
  it('gives what was committed, from a version in the middle of a record on, and then what comes', async () => {
    const log = new TestLog();
    log.entries.push(put('a', '1'), put('b', '2'), put('a', '3'), { origin: undefined, effects: [] });
    const { watch } = watchOf(log, { fromVersion: 2 });
    expect((await watch.next()).value).toEqual({ type: 'put', key: 'b', value: '2', version: 2 });
    expect((await watch.next()).value).toEqual({ type: 'put', key: 'a', value: '3', version: 3 });
    const next = watch.next();
    log.entries.push({ origin: undefined, effects: [{ type: 'delete', key: bytes('a') }] }, put('c', '6'));
    watch.notify();
    expect((await next).value).toEqual({ type: 'delete', key: 'a', version: 5 });
    expect((await watch.next()).value).toEqual({ type: 'put', key: 'c', value: '6', version: 6 });
  });

  it('gives only keys of its prefix, however far apart they are', async () => {
    const log = new TestLog();
    for (let i = 0; i < 500; i++) log.entries.push(put('other', `${i}`));
    log.entries.push(put('mine', 'x'), put('min', 'y'));
    const { watch } = watchOf(log, { prefix: bytes('mine') });
    expect((await watch.next()).value).toEqual({ type: 'put', key: 'mine', value: 'x', version: 501 });
  });

  it('reads no more than is taken', async () => {
    const log = new TestLog();
    for (let i = 0; i < 100; i++) log.entries.push(put('k', `${i}`));
    const { watch } = watchOf(log);
    await watch.next();
    await watch.next();
    expect(log.reads).toBe(1);
  });

  it('gives bytes that are the taker’s own', async () => {
    const log = new TestLog();
    log.entries.push(put('key', 'value'), put('key', 'later'));
    const { watch } = watchOf(log, { isText: false });
    const { value } = (await watch.next()) as IteratorYieldResult<{ key: Uint8Array; value: Uint8Array }>;
    value.key.fill(0);
    value.value.fill(0);
    expect(log.entries[0]).toEqual(put('key', 'value'));
  });

  it('ends with an error when the log is trimmed beneath it', async () => {
    const log = new TestLog();
    log.entries.push(put('a', '1'), put('a', '2'), put('a', '3'), put('a', '4'));
    const { watch, ended } = watchOf(log);
    await watch.next();
    log.base = 4;
    // What it had read is whole.
    await watch.next();
    await expect(watch.next()).rejects.toMatchObject({ code: 'ERR_STORE_TRIMMED', details: { version: 3 } });
    expect(ended).toEqual([watch]);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it('is told that the store was replaced while it waited', async () => {
    const log = new TestLog();
    const { watch } = watchOf(log);
    const next = watch.next();
    log.base = 10;
    watch.notify();
    await expect(next).rejects.toMatchObject({ code: 'ERR_STORE_TRIMMED' });
  });

  it('ends when it is given up by a signal, also while it waits, and lets go of the signal', async () => {
    const abort = new AbortController();
    const { watch, ended } = watchOf(new TestLog(), { signal: abort.signal });
    const next = watch.next();
    abort.abort(new Error('enough'));
    await expect(next).rejects.toMatchObject({ code: 'ABORT_ERR', cause: new Error('enough') });
    expect(ended).toEqual([watch]);
    const late = watchOf(new TestLog(), { signal: abort.signal });
    await expect(late.watch.next()).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });

  it('ends its loop when the store is closed, after what it has read', async () => {
    const log = new TestLog();
    log.entries.push(put('a', '1'), put('a', '2'));
    const { watch } = watchOf(log);
    await watch.next();
    watch.end(undefined);
    expect((await watch.next()).done).toBe(false);
    expect((await watch.next()).done).toBe(true);
  });

  it('throws into its loop what the store failed with', async () => {
    const { watch } = watchOf(new TestLog());
    const next = watch.next();
    watch.end(new Error('the disk'));
    await expect(next).rejects.toThrow('the disk');
  });

  it('answers calls that do not wait for each other in their order', async () => {
    const log = new TestLog();
    const { watch } = watchOf(log);
    const three = [watch.next(), watch.next(), watch.return()];
    log.entries.push(put('a', '1'), put('b', '2'));
    watch.notify();
    const results = await Promise.all(three);
    expect(results.map(({ done }) => done)).toEqual([true, true, true]);
  });

  it('is over when its loop is left', async () => {
    const log = new TestLog();
    log.entries.push(put('a', '1'), put('a', '2'));
    const { watch, ended } = watchOf(log);
    for await (const { version } of watch) {
      expect(version).toBe(1);
      break;
    }
    expect(ended).toEqual([watch]);
    expect((await watch.next()).done).toBe(true);
  });
});
