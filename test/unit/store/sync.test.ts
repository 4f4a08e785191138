import { describe, expect, it } from 'vitest';
import { SyncCrew } from './sync-crew.js';

/** Two that have a store of many versions, whose log was trimmed; and `c`, which has only the first of them. */
function obliviousCrew(keys: number): SyncCrew {
  const crew = new SyncCrew(['a', 'b', 'c']);
  for (let i = 0; i < 5; i++) crew.write(`key 00${i}x`, 'old');
  crew.settle();
  crew.leave('c');
  for (let i = 0; i < keys; i++) crew.write(`key ${String(i).padStart(3, '0')}`, `value ${i}`);
  for (let i = 0; i < 5; i++) crew.write(`key 00${i}x`, undefined);
  crew.settle();
  crew.environment.advance(60_000);
  crew.trim();
  return crew;
}

function expectWhole(crew: SyncCrew, name: string): void {
  const replica = crew.replica(name);
  expect(replica.isMarkedHalf).toBe(false);
  expect(replica.data).toEqual(crew.stateAt(crew.committed));
  expect(replica.written).toBe(crew.committed);
}

describe('a full synchronization', () => {
  it('brings an oblivious replica the store, in the order of the seed', () => {
    const crew = obliviousCrew(30);
    const said: string[] = [];
    crew.onCarry = (from, to, message) => said.push(`${from}>${to} ${message.type}`);
    crew.enter('c');
    crew.runUntil(() => crew.replica('c').isDone);
    expectWhole(crew, 'c');
    expect(said.slice(0, 4)).toEqual(['c>a start', 'a>c start-reply', 'c>a heartbeat', 'a>c heartbeat-reply']);
    expect(said.filter((each) => each === 'b>c chunk').length).toBeGreaterThan(5);
    expect(said.slice(-2)).toEqual(['c>a finish', 'a>c finish-reply']);
    expect(crew.replica('c').troubles).toEqual([]);
  });

  it('goes on with another provider after the last key, while there are writes, and then from the log', () => {
    const crew = obliviousCrew(40);
    failProviderMidWay(crew);
    crew.runUntil(() => crew.replica('c').isDone);
    expectWhole(crew, 'c');
    const [result, ...others] = crew.replica('c').results;
    expect(others).toEqual([]);
    expect(result?.high).toBeGreaterThan(result?.low.version as number);
    expect(crew.replica('c').troubles[0]).toContain('b: it said so');
  });

  it('is half as long as the copy is of several versions, also for whoever crashes then', () => {
    const crew = obliviousCrew(40);
    failProviderMidWay(crew);
    const c = crew.replica('c');
    let appliedToCopy = -1;
    crew.onStep = () => {
      if (c.mode !== 'replaying' || c.applied + 1 !== c.results[0]?.high) return;
      appliedToCopy = c.applied;
      crew.crash('c', 1000);
    };
    crew.runUntil(() => appliedToCopy >= 0);
    crew.onStep = () => {};
    expect(appliedToCopy).toBeGreaterThan(c.results[0]?.low.version as number);
    expect(c.isMarkedHalf).toBe(true);
    expect(c.data).not.toEqual(crew.stateAt(appliedToCopy));
    crew.enter('c');
    crew.runUntil(() => c.isDone);
    expect(c.results).toHaveLength(2);
    expectWhole(crew, 'c');
  });

  it('keeps the log that it needs, though the leader would trim it', () => {
    const crew = obliviousCrew(40);
    const { base } = crew.replica('a');
    crew.enter('c');
    crew.onCarry = () => {
      crew.write('key 001', 'again and again');
      crew.trim();
    };
    const c = crew.replica('c');
    crew.runUntil(() => c.results.length > 0);
    expect(crew.replica('a').base).toBe(base);
    crew.onCarry = () => {};
    crew.runUntil(() => c.isDone && crew.replica('a').base > base);
    expect(c.results).toHaveLength(1);
    expectWhole(crew, 'c');
  });

  it('has several at once, and all providers close their snapshots', () => {
    const crew = new SyncCrew(['a', 'b', 'c', 'd', 'e']);
    for (const name of ['c', 'd', 'e']) crew.leave(name);
    for (let i = 0; i < 40; i++) crew.write(`key ${i}`, `value ${i}`);
    crew.settle();
    crew.environment.advance(60_000);
    crew.trim();
    crew.install(['a', 'b', 'c', 'd', 'e']);
    const done = () => [...crew.replicas.values()].every(({ isDone }) => isDone);
    crew.runUntil(done);
    for (const name of ['c', 'd', 'e']) expectWhole(crew, name);
    crew.settle();
    for (const { database } of crew.replicas.values()) expect(database.openSnapshots).toBe(0);
  });

  it('takes no harm from bytes that are no message', () => {
    const crew = obliviousCrew(10);
    crew.enter('c');
    for (const from of ['a', 'b']) {
      for (const bytes of [[], [0x46], [0x4f, 1], [0x42, 1, 1, 255]])
        crew.replica('c').sync.handleSync(from, Uint8Array.from(bytes));
    }
    crew.runUntil(() => crew.replica('c').isDone);
    expectWhole(crew, 'c');
  });

  it.each([
    ['leader', 'a'],
    ['provider', 'b'],
    ['requester', 'c'],
  ])('survives a crash of the %s at every step', (_role, victim) => {
    let crashes = 0;
    for (let at = 0, reached = true; reached; at++) {
      for (const kept of [0, 1, 1000]) {
        reached = crashAt(victim, at, kept);
        if (reached) crashes++;
      }
    }
    expect(crashes).toBeGreaterThan(250);
  });
});

/** Crashes it after so many steps, while the leader goes on writing. False: there are not so many. */
function crashAt(victim: string, at: number, kept: number): boolean {
  const crew = obliviousCrew(40);
  let steps = 0;
  crew.onStep = () => {
    if (steps % 16 === 0 && steps < 1000) crew.write(`key ${String(steps % 15).padStart(3, '0')}`, `new ${steps}`);
    if (steps++ !== at) return;
    crew.crash(victim, kept);
    const { mode, data, written } = crew.replica(victim);
    if (mode === 'whole') expect(data).toEqual(crew.stateAt(written));
  };
  crew.enter('c');
  crew.runUntil(() => steps > at || crew.replica('c').isDone);
  crew.onStep = () => {};
  if (steps <= at) return false;
  crew.environment.advance(1000);
  crew.enter(victim);
  crew.runUntil(() => ['a', 'b', 'c'].every((name) => crew.replica(name).isDone));
  for (const name of ['a', 'b', 'c']) expectWhole(crew, name);
  return true;
}

/** `b` begins to provide `c` with the store, and gives up after some chunks; the leader goes on writing. */
function failProviderMidWay(crew: SyncCrew): void {
  crew.enter('c');
  let chunks = 0;
  crew.onCarry = (from, _to, message) => {
    if (message.type === 'chunk' && chunks++ < 30) crew.write(`key 0${chunks}`, `after ${chunks} chunks`);
    if (from !== 'b' || message.type !== 'chunk' || message.number !== 3) return;
    const reason = 'it said so';
    crew.replica('c').sync.requester.handleSyncAbort('b', message.sync, 'provider', reason);
  };
}
