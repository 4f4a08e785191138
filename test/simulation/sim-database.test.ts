import { describe, expect, it } from 'vitest';
import { SimClock } from '../../ts/sim/clock.js';
import { plantBug } from '../../ts/sim/planted-bug.js';
import { PLANTED_IN_DISKS } from '../../ts/sim/planted-disks.js';
import { randomOf } from '../../ts/sim/seeds.js';
import { SimDatabase } from '../../ts/sim/sim-database.js';
import { NO_DISK_FAULTS, SimDisk } from '../../ts/sim/sim-disk.js';
import { bytes, put } from '../helpers/database-crew.js';
import { contentOf, openNow, runDisk } from './disk-scenario.js';

const SEEDS = 300;
const SECOND = 1_000_000;

function makeDisk(seed = 1) {
  const clock = new SimClock();
  const disk = new SimDisk(clock, randomOf(seed, 0));
  return { clock, disk, database: openNow(clock, disk) };
}

/** What writes have ended with, in their order: undefined where they were done. */
function noted(database: SimDatabase) {
  const outcomes: (string | undefined)[] = [];
  const write = (key: string, value = key, durable = true) => {
    database.write([put(key, value)], durable, (error) => {
      outcomes.push((error as { code?: string } | undefined)?.code);
    });
  };
  return { outcomes, write };
}

describe('a database on a simulated disk', () => {
  it('keeps what was durable, and of the rest the first part, whatever crash comes', () => {
    let [writes, lost] = [0, 0];
    for (let seed = 0; seed < SEEDS; seed++) {
      const outcome = runDisk(seed);
      expect([seed, ...outcome.faults]).toEqual([seed]);
      writes += outcome.writes;
      lost += outcome.lost;
    }
    // It would say nothing if no crash took anything, or all.
    expect(lost).toBeGreaterThan(writes / 10);
    expect(lost).toBeLessThan(writes / 2);
  });

  it('does the same from the same seed', () => {
    for (const seed of [1, 2, 3]) expect(runDisk(seed)).toEqual(runDisk(seed));
  });

  it.each(Object.keys(PLANTED_IN_DISKS))('is found out with the bug %s', (name) => {
    const undo = plantBug(PLANTED_IN_DISKS[name] as (typeof PLANTED_IN_DISKS)[string]);
    try {
      const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
      expect(seeds.find((seed) => runDisk(seed).faults.length > 0)).toBeDefined();
    } finally {
      undo();
    }
  });

  it('makes a durable write wait for a sync, and no other', () => {
    const { clock, disk, database } = makeDisk();
    disk.faults = { ...NO_DISK_FAULTS, minSync: SECOND, maxSync: SECOND };
    const { outcomes, write } = noted(database);
    write('a', 'a', false);
    clock.runUntil(clock.now + SECOND / 2);
    expect(outcomes).toHaveLength(1);
    write('b');
    clock.runUntil(clock.now + SECOND / 2);
    expect(outcomes).toHaveLength(1);
    clock.runUntil(clock.now + SECOND);
    expect(outcomes).toHaveLength(2);
  });

  it('has one sync for all durable writes that wait for it', () => {
    const { clock, disk, database } = makeDisk();
    const before = disk.syncs;
    const { outcomes, write } = noted(database);
    for (let i = 0; i < 20; i++) write(`k${i}`);
    clock.runUntil(clock.now + SECOND);
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => undefined));
    expect(disk.syncs - before).toBe(2);
  });

  it('has a sync that is slow from time to time', () => {
    const { clock, disk, database } = makeDisk();
    disk.faults = { ...NO_DISK_FAULTS, slow: 1, slowSync: 10 * SECOND };
    const { outcomes, write } = noted(database);
    write('a');
    clock.runUntil(clock.now + 9 * SECOND);
    expect(outcomes).toEqual([]);
    clock.runUntil(clock.now + 2 * SECOND);
    expect(outcomes).toEqual([undefined]);
  });

  it('fails all writes after one that the disk has no room for', () => {
    const { clock, disk, database } = makeDisk();
    const { outcomes, write } = noted(database);
    write('a');
    clock.runUntil(clock.now + SECOND);
    disk.capacity = disk.length + 20;
    write('b', 'x'.repeat(100));
    write('c');
    clock.runUntil(clock.now + SECOND);
    disk.capacity = Number.POSITIVE_INFINITY;
    write('d');
    clock.runUntil(clock.now + SECOND);
    expect(outcomes).toEqual([undefined, 'ERR_STORE_DISK', 'ERR_STORE_DISK', 'ERR_STORE_DISK']);
    disk.crash('process');
    expect(contentOf(clock, openNow(clock, disk))).toBe('61=61');
  });

  it.each(['failedWrites', 'failedSyncs'] as const)(
    'fails all writes after one with an error of the disk: %s',
    (which) => {
      const { clock, disk, database } = makeDisk();
      const { outcomes, write } = noted(database);
      write('a');
      clock.runUntil(clock.now + SECOND);
      disk.faults = { ...NO_DISK_FAULTS, [which]: 1 };
      write('b');
      clock.runUntil(clock.now + SECOND);
      disk.faults = NO_DISK_FAULTS;
      write('c');
      clock.runUntil(clock.now + SECOND);
      expect(outcomes).toEqual([undefined, 'ERR_STORE_DISK', 'ERR_STORE_DISK']);
      disk.crash('power');
      expect(['61=61', '61=61 62=62']).toContain(contentOf(clock, openNow(clock, disk)));
    },
  );

  it('can be opened once at a time, and again after a crash and after close()', () => {
    const { clock, disk, database } = makeDisk();
    const errors: unknown[] = [];
    const open = () => SimDatabase.open(disk, (error) => errors.push((error as { code?: string } | undefined)?.code));
    open();
    expect(errors).toEqual([]);
    clock.runUntil(clock.now + SECOND);
    expect(errors).toEqual(['ERR_STORE_LOCKED']);
    let closed = 0;
    database.close(() => closed++);
    clock.runUntil(clock.now + SECOND);
    expect(closed).toBe(1);
    open();
    clock.runUntil(clock.now + SECOND);
    disk.crash('process');
    open();
    clock.runUntil(clock.now + SECOND);
    expect(errors).toEqual(['ERR_STORE_LOCKED', undefined, undefined]);
  });

  it('does nothing more after a crash, and calls nobody', () => {
    const { clock, disk, database } = makeDisk();
    const { outcomes, write } = noted(database);
    write('a');
    database.range({ from: bytes('a'), to: bytes('b'), limit: 1, bytes: 1 }, () => outcomes.push('range'));
    disk.crash('power');
    const { length } = disk;
    write('b');
    database.range({ from: bytes('a'), to: bytes('b'), limit: 1, bytes: 1 }, () => outcomes.push('range'));
    database.close(() => outcomes.push('closed'));
    clock.runUntil(clock.now + SECOND);
    expect(outcomes).toEqual([]);
    expect(disk.length).toBe(length);
  });

  it('calls nobody either when a callback is the end of its process', () => {
    const { clock, disk, database } = makeDisk();
    let calls = 0;
    for (let i = 0; i < 3; i++) {
      database.write([put('a', `${i}`)], true, () => {
        calls++;
        if (calls === 2) disk.crash('process');
      });
    }
    clock.runUntil(clock.now + SECOND);
    expect(calls).toBe(2);
  });

  it('is empty on a disk that was replaced', () => {
    const { clock, disk, database } = makeDisk();
    noted(database).write('a');
    clock.runUntil(clock.now + SECOND);
    disk.crash('power');
    disk.replace();
    expect(contentOf(clock, openNow(clock, disk))).toBe('');
  });
});
