/** A replica among others: founding, commits, leaders that change, logs that differ, synchronizations. */
import { describe, expect, it } from 'vitest';
import { bytes, put, TestStore } from './replicas.js';

const NAMES = ['a', 'b', 'c'];

function founded(
  ...[settings, limits]: [ConstructorParameters<typeof TestStore>[1]?, ConstructorParameters<typeof TestStore>[2]?]
): TestStore {
  const store = new TestStore(NAMES, settings, limits);
  for (const name of NAMES) store.start(name);
  store.install(...NAMES);
  return store;
}

describe('founding', () => {
  it('needs all that are configured, and then goes on without', () => {
    const store = new TestStore(NAMES);
    for (const name of NAMES) store.start(name);
    store.install('a', 'b');
    expect(store.state('a')).toBe('no-quorum');
    expect(store.of('a').replica.status.reason).toContain('missing: c');
    store.install('a', 'b', 'c');
    expect(NAMES.map((name) => store.state(name))).toEqual(['leader', 'follower', 'follower']);
    store.install('b', 'c');
    expect(['b', 'c'].map((name) => store.state(name))).toEqual(['leader', 'follower']);
  });

  it('of one replica', () => {
    const store = new TestStore(['a']);
    store.start('a');
    store.install('a');
    expect(store.put('a', 'key', 'value')).toEqual({ committed: true, version: 2 });
    expect(store.get('a', 'key')).toBe('value');
  });
});

describe('commits', () => {
  it('are everywhere, whoever submitted', () => {
    const store = founded();
    for (const [index, name] of NAMES.entries()) {
      expect(store.put(name, `key of ${name}`, name)).toEqual({ committed: true, version: index + 2 });
    }
    for (const name of NAMES) {
      expect(NAMES.map((each) => store.get(name, `key of ${each}`))).toEqual(NAMES);
      expect(store.of(name).applied).toEqual([1, 2, 3, 4]);
    }
  });

  it('compare with what waits for a majority too', () => {
    const store = founded();
    const increment = (from: string | undefined, to: string) => ({
      compares: [{ type: 'value' as const, key: bytes('n'), value: from === undefined ? undefined : bytes(from) }],
      effects: [put('n', to)],
    });
    expect(store.submit('b', increment(undefined, '1')).value).toMatchObject({ committed: true });
    expect(store.submit('c', increment('1', '2')).value).toMatchObject({ committed: true });
    expect(store.submit('b', increment('1', '3')).value).toEqual({ committed: false, version: 3 });
    const version = { compares: [{ type: 'version' as const, key: bytes('n'), version: 3 }], effects: [put('n', '4')] };
    expect(store.submit('a', version).value).toEqual({ committed: true, version: 4 });
    expect(NAMES.map((name) => store.get(name, 'n'))).toEqual(['4', '4', '4']);
  });

  it('are refused without a majority', () => {
    const store = founded();
    store.install('a');
    expect(store.put('a', 'key', 'value')).toBe('ERR_STORE_NO_QUORUM');
  });

  it('wait for the next leader, and happen once', () => {
    const store = founded();
    store.crash('a');
    const lost = store.submit('b', { compares: [], effects: [put('key', 'value')] });
    expect(lost.value).toBeUndefined();
    store.install('b', 'c');
    expect(lost.value).toMatchObject({ committed: true });
    expect(store.get('c', 'key')).toBe('value');
    expect(store.of('c').applied).toEqual([1, 2, 3]);
  });

  it('happen once where their leader has them in its log, and leads the next view, too', () => {
    const store = founded();
    const outcomes: unknown[] = [];
    const transaction = { compares: [], effects: [put('key', 'value')] };
    store.of('a').replica.submit(transaction, (_, outcome) => outcomes.push(outcome));
    // On its own disk, and on its way to the others.
    store.clock.advance(0);
    store.install('a', 'b', 'c');
    expect(outcomes).toEqual([{ committed: true, version: 2 }]);
    expect(store.of('a').replica.status).toMatchObject({ state: 'leader', lastCommitted: 3 });
  });
});

describe('a replica that was away', () => {
  it('catches up from the log', () => {
    const store = founded();
    store.install('a', 'b');
    for (let i = 0; i < 20; i++) store.put('b', `key ${i}`, `${i}`);
    store.install('a', 'b', 'c');
    expect(store.state('c')).toBe('follower');
    expect(store.get('c', 'key 19')).toBe('19');
    expect(store.of('c').replica.status.lastCommitted).toBe(store.of('a').replica.status.lastCommitted);
  });

  it('synchronizes as a whole when the log does not reach back', () => {
    const store = founded({ logEntries: 8 });
    store.install('a', 'b');
    store.clock.advance(60_000);
    for (let i = 0; i < 50; i++) store.put('b', `key ${i}`, `${i}`);
    expect(store.of('a').replica.status.firstCommitted).toBeGreaterThan(20);
    store.install('a', 'b', 'c');
    store.clock.advance(60_000);
    expect(store.state('c')).toBe('follower');
    for (let i = 0; i < 50; i++) expect(store.get('c', `key ${i}`)).toBe(`${i}`);
    expect(store.put('c', 'more', 'of it')).toMatchObject({ committed: true });
    expect(store.get('a', 'more')).toBe('of it');
  });

  it('comes back with what is on its disk', () => {
    const store = founded();
    store.put('a', 'key', 'value');
    const disks = NAMES.map((name) => store.crash(name));
    for (const [index, name] of NAMES.entries()) store.start(name, disks[index]);
    store.install('c', 'b');
    expect(store.get('c', 'key')).toBe('value');
    expect(store.put('c', 'key', 'another')).toMatchObject({ committed: true });
  });

  it('does not count with an empty disk until it has all', () => {
    const store = founded();
    store.put('a', 'key', 'value');
    store.crash('b');
    store.start('b');
    store.install('b', 'c');
    expect(store.state('b')).toBe('no-quorum');
    store.install('a', 'b', 'c');
    expect(store.state('b')).toBe('follower');
    store.install('b', 'c');
    expect(store.state('b')).not.toBe('no-quorum');
    expect(store.get('b', 'key')).toBe('value');
  });
});

describe('reads', () => {
  it('of what is linearizable ask a majority', () => {
    const store = founded();
    store.put('a', 'key', 'value');
    let read: string | undefined;
    store.of('b').replica.barrier(() => {
      read = store.get('b', 'key');
    });
    store.clock.advance(50);
    expect(read).toBe('value');
    store.crash('a');
    let answered = false;
    store.of('b').replica.barrier(() => {
      answered = true;
    });
    store.clock.advance(1000);
    expect(answered).toBe(false);
    store.install('b', 'c');
    expect(answered).toBe(true);
  });
});

describe('whoever does not belong there', () => {
  it('ends when it has the name of another', () => {
    const store = founded();
    store.start('b again', store.newDatabase(), 'b');
    store.install('a', 'b', 'c', 'b again');
    expect(store.of('b again').failed).toBe('ERR_STORE_NAME_TAKEN');
    expect(NAMES.map((name) => store.state(name))).toEqual(['leader', 'follower', 'follower']);
    expect(store.put('b', 'key', 'value')).toMatchObject({ committed: true });
  });

  it('ends when its database is of another store', () => {
    const store = founded();
    const other = new TestStore(['c'], {}, {}, store.clock);
    other.start('c');
    other.install('c');
    store.crash('c');
    store.start('c', other.crash('c'));
    store.install('a', 'b', 'c');
    expect(store.of('c').failed).toBe('ERR_STORE_FOREIGN');
    store.install('a', 'b');
    expect(store.put('b', 'key', 'value')).toMatchObject({ committed: true });
  });

  it('ends when its database is of another replica', () => {
    const store = founded();
    const disk = store.crash('c');
    expect(store.start('b again', disk, 'b').failed).toBe('ERR_STORE_FOREIGN');
  });
});

describe('a database that fails', () => {
  it('ends its replica, and the others go on', () => {
    const store = founded();
    const { database } = store.of('a');
    database.write = (_operations, _durable, done) => store.clock.defer(() => done(new Error('no space left')));
    const lost = store.submit('a', { compares: [], effects: [put('key', 'value')] });
    expect(store.of('a').failed).toBe('ERR_STORE_DISK');
    expect(lost.value).toBe('ERR_STORE_OUTCOME_UNKNOWN');
    store.install('b', 'c');
    expect(store.put('b', 'key', 'value')).toMatchObject({ committed: true });
  });

  it('that never answers too', () => {
    const store = founded();
    store.of('b').database.write = () => {};
    store.put('a', 'key', 'value');
    store.clock.advance(20_000);
    expect(store.of('b').failed).toBe('ERR_STORE_DISK');
    expect(store.get('c', 'key')).toBe('value');
  });
});
