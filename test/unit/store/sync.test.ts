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
