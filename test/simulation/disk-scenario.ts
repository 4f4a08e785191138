// A database on a simulated disk that crashes again and again while it is written to, as a seed says: what must be there afterwards is there.
import { SimClock } from '../../ts/sim/clock.js';
import { Dice, randomOf } from '../../ts/sim/seeds.js';
import { SimDatabase } from '../../ts/sim/sim-database.js';
import { NO_DISK_FAULTS, SimDisk } from '../../ts/sim/sim-disk.js';
import type { Database, Operation } from '../../ts/store/database.js';
import { SortedMap, type SortedView } from '../../ts/store/sorted-map.js';

const LIVES = 6;
const MOST_WRITES = 30;
const LONG = 1e9;
const ALL = { from: new Uint8Array(0), to: new Uint8Array([255]), limit: 1e9, bytes: 1e9 };

const shown = (view: SortedView) =>
  view
    .range(ALL)
    .map((entry) => entry.map((bytes) => Buffer.from(bytes).toString('hex')).join('='))
    .join(' ');

/** Opens what is on the disk; the simulation goes on until it is. */
export function openNow(clock: SimClock, disk: SimDisk): SimDatabase {
  let opened: SimDatabase | undefined;
  SimDatabase.open(disk, (error, database) => {
    if (error !== undefined) throw error;
    opened = database;
  });
  clock.runUntil(clock.now + LONG);
  return opened as SimDatabase;
}

/** Everything in it. */
export function contentOf(clock: SimClock, database: Database): string {
  let content = '';
  database.range(ALL, (error, entries) => {
    if (error !== undefined) throw error;
    content = entries.map((entry) => entry.map((bytes) => Buffer.from(bytes).toString('hex')).join('=')).join(' ');
  });
  clock.runUntil(clock.now + LONG);
  return content;
}

export interface DiskOutcome {
  /** What was not as it must be. */
  readonly faults: string[];
  readonly writes: number;
  /** Writes that crashes have taken. */
  readonly lost: number;
}

export function runDisk(seed: number): DiskOutcome {
  const dice = new Dice(seed, 0);
  const clock = new SimClock();
  const disk = new SimDisk(clock, randomOf(seed, 1));
  if (dice.chance(0.3)) disk.faults = { ...NO_DISK_FAULTS, slow: 0.2, slowSync: 100_000 };
  const faults: string[] = [];
  const counts = { writes: 0, lost: 0 };
  let map = new SortedMap();
  for (let life = 0; life < LIVES; life++) {
    // A crash while what an earlier one has left is read.
    if (dice.chance(0.2)) {
      SimDatabase.open(disk, () => {});
      clock.runUntil(clock.now + dice.below(1_000));
      disk.crash('power');
    }
    const database = openNow(clock, disk);
    const before = contentOf(clock, database);
    if (before !== shown(map)) faults.push(`life ${life} begins with ${before}, not with ${shown(map)}`);
    /** After each write, the first is before them. */
    const states = [map.snapshot()];
    const done = { any: 0, durable: 0 };
    for (let i = 1, count = dice.between(1, MOST_WRITES); i <= count; i++) {
      const operations = someOperations(dice);
      const isDurable = dice.chance(0.3);
      apply(map, operations);
      states.push(map.snapshot());
      database.write(operations, isDurable, (error) => {
        if (error !== undefined) faults.push(String(error));
        if (i !== done.any + 1) faults.push(`write ${i} is done after ${done.any}`);
        done.any = i;
        if (isDurable) done.durable = i;
      });
      if (dice.chance(0.4)) clock.runUntil(clock.now + dice.below(2_000));
    }
    const kind = dice.pick(['process', 'power'] as const);
    disk.crash(kind);
    clock.runUntil(clock.now + LONG);
    const found = contentAfterwards(clock, disk);
    const least = kind === 'power' ? done.durable : done.any;
    const survived = states.findLastIndex((state, i) => i >= least && shown(state) === found);
    if (survived < 0) {
      faults.push(`after ${kind} in life ${life}: ${found}; ${least} of ${states.length - 1} writes must be there`);
      return { faults, ...counts };
    }
    counts.writes += states.length - 1;
    counts.lost += states.length - 1 - survived;
    map = copyOf(states[survived] as SortedView);
  }
  return { faults, ...counts };
}

/** As another process finds it, which ends before the next one. */
function contentAfterwards(clock: SimClock, disk: SimDisk): string {
  const database = openNow(clock, disk);
  const content = contentOf(clock, database);
  database.close(() => {});
  clock.runUntil(clock.now + LONG);
  return content;
}

function copyOf(view: SortedView): SortedMap {
  const map = new SortedMap();
  for (const [key, value] of view.range(ALL)) map.set(key, value);
  return map;
}

function apply(map: SortedMap, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') map.set(operation.key, operation.value);
    else if (operation.type === 'delete') map.delete(operation.key);
    else map.deleteRange(operation.from, operation.to);
  }
}

function someOperations(dice: Dice): Operation[] {
  const key = () => new Uint8Array([dice.below(40)]);
  return Array.from({ length: dice.between(1, 4) }, (): Operation => {
    const kind = dice.below(10);
    if (kind === 0) return { type: 'deleteRange', from: key(), to: key() };
    if (kind < 3) return { type: 'delete', key: key() };
    // Some are longer than a sector of the disk.
    const value = new Uint8Array(dice.chance(0.1) ? dice.below(2_000) : dice.below(20)).fill(dice.below(256));
    return { type: 'put', key: key(), value };
  });
}
