// Databases of all kinds behind one shape, and their callbacks as promises.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { SimClock } from '../../ts/sim/clock.js';
import { randomOf } from '../../ts/sim/seeds.js';
import { SimDatabase } from '../../ts/sim/sim-database.js';
import { SimDisk } from '../../ts/sim/sim-disk.js';
import type { Database, DatabaseReads, Entry, Operation, Range } from '../../ts/store/database.js';
import { openLevelDatabase } from '../../ts/store/level-database.js';
import { MemoryDatabase } from '../../ts/store/memory-database.js';

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (of: Uint8Array) => new TextDecoder().decode(of);

export const put = (key: string, value: string): Operation => ({ type: 'put', key: bytes(key), value: bytes(value) });
export const del = (key: string): Operation => ({ type: 'delete', key: bytes(key) });
export const delRange = (from: string, to: string): Operation => ({
  type: 'deleteRange',
  from: bytes(from),
  to: bytes(to),
});

export function write(database: Database, operations: readonly Operation[], durable = false): Promise<void> {
  return new Promise((resolve, reject) => {
    database.write(operations, durable, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

const closings = new WeakMap<Database, Promise<void>>();

/** Once: whoever asks again waits for the same. */
export function close(database: Database): Promise<void> {
  let closing = closings.get(database);
  if (closing === undefined) {
    closing = new Promise((resolve, reject) => {
      database.close((error) => (error === undefined ? resolve() : reject(error)));
    });
    closings.set(database, closing);
  }
  return closing;
}

export function rangeOf(reads: DatabaseReads, range: Partial<Range> = {}): Promise<readonly Entry[]> {
  const whole = { from: new Uint8Array(0), to: new Uint8Array([255, 255]), limit: 1e9, bytes: 1e9 };
  return new Promise((resolve, reject) => {
    reads.range({ ...whole, ...range }, (error, entries) => (error === undefined ? resolve(entries) : reject(error)));
  });
}

/** Keys and values as text: `a=1`. */
export async function show(reads: DatabaseReads, range: Partial<Range> = {}): Promise<string> {
  const entries = await rangeOf(reads, range);
  return entries.map(([key, value]) => `${text(key)}=${text(value)}`).join(' ');
}

export interface DatabaseKind {
  readonly name: string;
  /** An empty one. */
  open(context: TestContext): Promise<Database>;
}

/** A directory that is gone when the test is over. */
export async function makeDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'consort-store-'));
  context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A database in a directory, closed when the test is over if it was not before. */
export async function openIn(context: TestContext, directory: string): Promise<Database> {
  const database = await openLevelDatabase(directory);
  context.onTestFinished(() => close(database));
  return database;
}

const level: DatabaseKind = {
  name: 'LevelDB',
  open: async (context) => openIn(context, await makeDirectory(context)),
};

const memory: DatabaseKind = {
  name: 'memory',
  open: async () => new MemoryDatabase(queueMicrotask),
};

/** A simulated disk whose time passes whenever the test waits. */
export class RunningDisk {
  readonly clock = new SimClock();
  readonly disk: SimDisk;

  constructor(seed: number) {
    this.disk = new SimDisk(this.clock, randomOf(seed, 0));
  }

  open(): Promise<Database> {
    return new Promise((resolve, reject) => {
      SimDatabase.open(this.disk, (error, database) => {
        if (error !== undefined) reject(error);
        else resolve(database as Database);
      });
      this.run();
    });
  }

  /** Until nothing is left to happen. */
  run(): void {
    this.clock.runUntil(this.clock.now + 1e9);
  }
}

const simulated: DatabaseKind = {
  name: 'simulated disk',
  open: async (context) => {
    const running = new RunningDisk(1);
    const turning = setInterval(() => running.run(), 0);
    context.onTestFinished(() => clearInterval(turning));
    return running.open();
  },
};

export const DATABASES: readonly DatabaseKind[] = [level, memory, simulated];
