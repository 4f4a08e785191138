/** What a replica keeps of itself on its disk, and whom it takes for a stranger. */
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../ts/store/election.js';
import { STORE_LIMITS } from '../../../ts/store/limits.js';
import { MemoryDatabase } from '../../../ts/store/memory-database.js';
import { readMeta } from '../../../ts/store/replica-meta.js';
import { ReplicaStanding } from '../../../ts/store/replica-standing.js';
import { lookForStrangers } from '../../../ts/store/strangers.js';
import { WritePipeline } from '../../../ts/store/write-pipeline.js';
import { HandClock } from './replicas.js';

function replica(database = new MemoryDatabase((callback) => callback()), isHalf = false, waitsForDisk = true) {
  const clock = new HandClock();
  const pipeline = new WritePipeline(database, clock, STORE_LIMITS, { onWritten: () => {}, onFailed: () => {} });
  const standing = new ReplicaStanding('a', pipeline, waitsForDisk);
  standing.load(database, isHalf);
  return { clock, database, pipeline, standing };
}

describe('ReplicaStanding', () => {
  it('counts when the first entry of an epoch is on the disk, with the store it belongs to', () => {
    const { clock, database, standing } = replica();
    expect(standing.standing).toBe('blank');
    standing.promise(3, () => {});
    standing.countsFrom(5, 0, 'store');
    standing.countsFrom(5, 6, 'store');
    clock.advance(1);
    expect(standing.standing).toBe('blank');
    standing.countsFrom(6, 6, 'store');
    expect(standing.standing).toBe('blank');
    clock.advance(1);
    expect(standing.standing).toBe('intact');
    expect(readMeta(database, 'a')).toEqual({ name: 'a', storeId: 'store', standing: 'intact', promised: 3 });
    expect(replica(database).standing.standing).toBe('intact');
  });

  it('never promises less than before', () => {
    const { clock, standing } = replica();
    standing.promise(3, () => {});
    standing.promise(2, () => {});
    clock.advance(1);
    expect(standing.meta.promised).toBe(3);
  });

  it('is after a synchronization what it was before', () => {
    const { clock, database, standing } = replica();
    standing.countsFrom(1, 1, 'store');
    clock.advance(1);
    standing.becameHalf();
    standing.becameHalf();
    expect([standing.isHalf, standing.standing]).toEqual([true, 'half']);
    standing.becameWhole();
    expect(standing.standing).toBe('intact');
    const again = replica(database, true).standing;
    expect(again.isHalf).toBe(true);
    again.becameWhole();
    expect(again.standing).toBe('intact');
  });

  it('where nothing is durable does not count after a crash, and does after it was closed', () => {
    const { clock, database, pipeline, standing } = replica(undefined, false, false);
    standing.distrust(() => {});
    standing.countsFrom(1, 1, 'store');
    clock.advance(1);
    expect(standing.standing).toBe('intact');
    expect(replica(database).standing.standing).toBe('blank');
    pipeline.write([standing.closing()], true, () => {});
    clock.advance(1);
    expect(replica(database).standing.standing).toBe('intact');
  });

  it('is not that of another replica', () => {
    const { clock, database, standing } = replica();
    standing.promise(1, () => {});
    clock.advance(1);
    expect(() => readMeta(database, 'b')).toThrow("belongs to the replica 'a', and this one is 'b'");
  });
});

describe('lookForStrangers', () => {
  const self = { name: 'b', rank: 1, storeId: 's', names: ['a', 'b', 'c'], members: 7 };
  const hello = (name: string, rank: number, more: Partial<Candidate> = {}): Candidate => ({
    rank,
    name,
    view: 'view',
    incarnation: 1,
    members: 7,
    storeId: 's',
    newStoreId: 'n',
    standing: 'intact',
    promised: 0,
    lastEpoch: 0,
    lastVersion: 0,
    ...more,
  });
  const codes = (...hellos: Candidate[]) => {
    const { troubles, failure } = lookForStrangers(self, hellos);
    return [troubles.map(({ code }) => code), failure?.code];
  };

  it('finds none among those that belong together', () => {
    expect(codes(hello('a', 0), hello('b', 1), hello('c', 2))).toEqual([[], undefined]);
    expect(codes(hello('a', 0, { storeId: '' }), hello('b', 1))).toEqual([[], undefined]);
  });

  it('tells of those that are configured otherwise', () => {
    expect(codes(hello('a', 0, { members: 8 }), hello('b', 1))).toEqual([['ERR_STORE_MEMBERS'], undefined]);
  });

  it('gives way to who has its name already', () => {
    expect(codes(hello('b', 0), hello('b', 1))).toEqual([[], 'ERR_STORE_NAME_TAKEN']);
    expect(codes(hello('b', 1), hello('b', 2))).toEqual([[], undefined]);
  });

  it('ends where a majority is of another store, and only tells where none is', () => {
    const other = { storeId: 'r' };
    expect(codes(hello('a', 0, other), hello('b', 1), hello('c', 2, other))).toEqual([[], 'ERR_STORE_FOREIGN']);
    expect(codes(hello('a', 0, other), hello('b', 1))).toEqual([['ERR_STORE_FOREIGN'], undefined]);
    expect(codes(hello('b', 1), hello('c', 2, other), hello('a', 3))).toEqual([[], undefined]);
  });
});
