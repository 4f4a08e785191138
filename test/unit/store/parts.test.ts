/** The smaller parts of a replica: its writes, what waits for the database, what was submitted, reads of the leader's index. */
import { describe, expect, it } from 'vitest';
import type { Done, Operation } from '../../../ts/store/database.js';
import { dataKey } from '../../../ts/store/keys.js';
import { STORE_LIMITS } from '../../../ts/store/limits.js';
import { MemoryDatabase } from '../../../ts/store/memory-database.js';
import { lookUp, Overlay, withVersion } from '../../../ts/store/overlay.js';
import { Barriers, ReadIndex } from '../../../ts/store/read-index.js';
import { Submissions } from '../../../ts/store/submissions.js';
import { WritePipeline } from '../../../ts/store/write-pipeline.js';
import { bytes, HandClock, put } from './replicas.js';

class SlowDatabase extends MemoryDatabase {
  readonly writes: { readonly operations: readonly Operation[]; readonly durable: boolean; readonly done: Done }[] = [];

  override write(operations: readonly Operation[], durable: boolean, done: Done): void {
    this.writes.push({ operations, durable, done });
  }
}

const LIMITS = { ...STORE_LIMITS, writeTimeoutMs: 1000 };

describe('WritePipeline', () => {
  function pipeline() {
    const clock = new HandClock();
    const database = new SlowDatabase((callback) => clock.defer(callback));
    const failures: string[] = [];
    const writes = new WritePipeline(database, clock, LIMITS, {
      onWritten: () => {},
      onFailed: (error) => failures.push(error.message),
    });
    return { clock, database, failures, writes };
  }

  it('writes all that waits at once, durably if one of them is', () => {
    const { clock, database, writes } = pipeline();
    const done: string[] = [];
    const write = (key: string, durable: boolean) => writes.write([put(key, '')], durable, () => done.push(key));
    write('a', false);
    write('b', false);
    clock.advance(1);
    write('c', false);
    write('d', true);
    clock.advance(1);
    expect(database.writes.map(({ operations, durable }) => [operations.length, durable])).toEqual([[2, false]]);
    database.writes[0]?.done();
    expect(done).toEqual(['a', 'b']);
    let idle = false;
    writes.whenIdle(() => {
      idle = true;
    });
    clock.advance(1);
    expect(database.writes.map(({ operations, durable }) => [operations.length, durable])).toEqual([
      [2, false],
      [2, true],
    ]);
    expect(idle).toBe(false);
    database.writes[1]?.done();
    expect([done, idle, writes.isBusy]).toEqual([['a', 'b', 'c', 'd'], true, false]);
  });

  it('writes later what nobody waits for: with something else, when it is much, when time is up, or when it has to be idle', () => {
    const { clock, database, writes } = pipeline();
    const done: string[] = [];
    const later = (key: string, size: number) =>
      writes.writeLater(
        () => [put(key, '')],
        size,
        () => done.push(key),
      );
    const sizes = () => database.writes.map(({ operations }) => operations.length);
    later('a', 1);
    clock.advance(1);
    expect([sizes(), writes.isBusy]).toEqual([[], true]);
    writes.write([put('b', '')], false, () => done.push('b'));
    clock.advance(1);
    expect(sizes()).toEqual([2]);
    later('c', 1);
    database.writes[0]?.done();
    expect([done, sizes()]).toEqual([['a', 'b'], [2]]);
    later('d', LIMITS.gatherBytes);
    clock.advance(1);
    expect(sizes()).toEqual([2, 2]);
    database.writes[1]?.done();
    later('e', 1);
    clock.advance(LIMITS.gatherMs + 1);
    expect(sizes()).toEqual([2, 2, 1]);
    database.writes[2]?.done();
    later('f', 1);
    writes.whenIdle(() => done.push('idle'));
    clock.advance(1);
    expect(sizes()).toEqual([2, 2, 1, 1]);
    database.writes[3]?.done();
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'idle']);
  });

  it('gives each write its time, and takes none for too long that is done when this process goes on', () => {
    const { clock, database, failures, writes } = pipeline();
    const write = () => writes.write([put('a', '')], true, () => failures.push('done'));
    write();
    clock.advance(500);
    database.writes[0]?.done();
    write();
    // The first was watched up to 1000, and the second begins at 500.
    clock.advance(900);
    expect(failures).toEqual(['done']);
    clock.setTimer(100, () => database.writes[1]?.done());
    clock.advance(200);
    expect(failures).toEqual(['done', 'done']);
    write();
    clock.advance(1100);
    expect(failures).toEqual(['done', 'done', 'a write was not done after 1000 ms']);
  });

  it('ends with the first write that fails, or that takes too long', () => {
    for (const end of ['fails', 'takes too long']) {
      const { clock, database, failures, writes } = pipeline();
      writes.write([put('a', '')], true, () => failures.push('done'));
      clock.advance(1);
      if (end === 'fails') database.writes[0]?.done(new Error('no space left'));
      else clock.advance(2000);
      writes.write([put('b', '')], true, () => failures.push('done'));
      clock.advance(10);
      expect(failures).toEqual([end === 'fails' ? 'no space left' : 'a write was not done after 1000 ms']);
    }
  });
});

describe('Overlay', () => {
  it('hides what the database has, and is removed by the version that wrote it only', () => {
    const database = new MemoryDatabase((callback) => callback());
    database.write([{ type: 'put', key: dataKey(bytes('k')), value: withVersion(3, bytes('old')) }], false, () => {});
    const overlay = new Overlay();
    const read = () => {
      const found = lookUp(bytes('k'), [overlay], database);
      return found && `${new TextDecoder().decode(found.value)} of ${found.version}`;
    };
    expect(read()).toBe('old of 3');
    overlay.add(4, [put('k', 'new')]);
    overlay.add(5, [{ type: 'delete', key: bytes('k') }]);
    expect(read()).toBeUndefined();
    overlay.remove(4, [put('k', 'new')]);
    expect(read()).toBeUndefined();
    overlay.remove(5, [{ type: 'delete', key: bytes('k') }]);
    expect(read()).toBe('old of 3');
    overlay.add(6, [put('k', 'never read')]);
    overlay.remove(6, [put('k', 'never read')]);
    overlay.add(7, [put('k', 'last')]);
    expect(read()).toBe('last of 7');
    overlay.add(8, [put('k', 'gone')]);
    overlay.clear();
    expect(read()).toBe('old of 3');
  });
});

describe('Submissions', () => {
  function submissions(limits = {}) {
    const clock = new HandClock();
    const sent: number[] = [];
    const results: unknown[] = [];
    const all = new Submissions({
      environment: clock,
      limits: { ...STORE_LIMITS, ...limits },
      replica: 1,
      incarnation: 5,
      sendToLeader: (number) => sent.push(number),
    });
    const submit = () =>
      all.submit({ compares: [], effects: [put('key', 'value')] }, (error, outcome) =>
        results.push(outcome ?? (error as unknown as { code: string }).code),
      );
    const entry = (number: number, incarnation = 5) => ({ origin: { replica: 1, incarnation, number }, effects: [] });
    return { clock, sent, results, all, submit, entry };
  }

  it('are sent once in an epoch, and again only when the log does not have them', () => {
    const { sent, results, all, submit, entry } = submissions();
    submit();
    submit();
    expect(sent).toEqual([]);
    all.settle(1);
    expect(sent).toEqual([1, 2]);
    all.unsettle();
    all.onApplied(7, [entry(1, 4), entry(1)]);
    all.settle(2);
    expect(sent).toEqual([1, 2, 2]);
    all.onApplied(9, [entry(2)]);
    expect(results).toEqual([
      { committed: true, version: 8 },
      { committed: true, version: 9 },
    ]);
    expect(all.size).toBe(0);
  });

  it('that were refused are told when that state is here', () => {
    const { results, all, submit, entry } = submissions();
    all.settle(1);
    submit();
    all.refuse(1, 3);
    expect(results).toEqual([]);
    all.onApplied(3, [entry(9)]);
    expect(results).toEqual([{ committed: false, version: 3 }]);
  });

  it('are given up some time after the majority is, and say whether they may have happened', () => {
    const { clock, results, all, submit } = submissions();
    all.settle(1);
    submit();
    all.unsettle();
    submit();
    all.noQuorum();
    clock.advance(STORE_LIMITS.outcomeTimeoutMs - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toEqual(['ERR_STORE_OUTCOME_UNKNOWN', 'ERR_STORE_NO_QUORUM']);
  });

  it('are bounded', () => {
    const { results, submit } = submissions({ maxPendingTransactions: 2 });
    for (let i = 0; i < 3; i++) submit();
    expect(results).toEqual(['ERR_QUEUE_FULL']);
    const few = submissions({ maxPendingBytes: 10 });
    few.submit();
    few.submit();
    expect(few.results).toEqual(['ERR_QUEUE_FULL']);
  });

  it('may have happened when the whole store was replaced', () => {
    const { results, all, submit } = submissions();
    all.settle(1);
    submit();
    all.unsettle();
    submit();
    all.replaced(20);
    expect(results).toEqual(['ERR_STORE_OUTCOME_UNKNOWN']);
    expect(all.size).toBe(1);
  });
});

describe('ReadIndex', () => {
  it('answers all that came before a round of a majority', () => {
    const clock = new HandClock();
    const rounds: number[] = [];
    const answers: string[] = [];
    let committed: number | undefined;
    const reads = new ReadIndex(
      {
        environment: clock,
        majority: 2,
        confirm: (round) => rounds.push(round),
        committed: () => committed,
      },
      0,
    );
    reads.ask((version) => answers.push(`first at ${version}`));
    clock.advance(1);
    expect(rounds).toEqual([]);
    committed = 5;
    reads.ready();
    clock.advance(1);
    reads.ask((version) => answers.push(`second at ${version}`));
    committed = 6;
    reads.confirmed(0, 1);
    expect(answers).toEqual([]);
    reads.confirmed(2, 1);
    expect(answers).toEqual(['first at 5']);
    clock.advance(1);
    reads.confirmed(2, 1);
    expect(rounds).toEqual([1, 2]);
    reads.confirmed(1, 2);
    expect(answers).toEqual(['first at 5', 'second at 6']);
  });

  it('is waited for until that version is applied, and asked again of another leader', () => {
    const barriers = new Barriers();
    const done: string[] = [];
    const asked: number[] = [];
    barriers.ask(() => done.push('first'));
    barriers.settle((number) => asked.push(number));
    barriers.answered(1, 5, 4);
    expect(done).toEqual([]);
    barriers.settle(undefined);
    barriers.onApplied(9);
    expect(done).toEqual([]);
    barriers.settle((number) => asked.push(number));
    barriers.answered(1, 9, 9);
    expect([done, asked]).toEqual([['first'], [1, 1]]);
    barriers.ask((error) => done.push(error?.message ?? 'second'));
    barriers.failAll(new Error('closed'));
    expect(done).toEqual(['first', 'closed']);
  });
});
