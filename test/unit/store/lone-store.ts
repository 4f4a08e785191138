// A store of one replica, with its database in memory: all that a store does, but for what others say.
import type { TestContext } from 'vitest';
import type { Database, Done, Operation } from '../../../ts/store/database.js';
import { openMemoryDatabase } from '../../../ts/store/io-memory-database.js';
import { ReplicatedStore } from '../../../ts/store/replicated-store.js';
import type { ReplicatedStoreOptions } from '../../../ts/store/store-options.js';

let stores = 0;

export function loneOptions(options: Partial<ReplicatedStoreOptions> = {}): ReplicatedStoreOptions {
  return {
    groupName: `lone ${process.pid} ${++stores}`,
    name: 'a',
    members: ['a'],
    directory: 'in memory',
    database: openMemoryDatabase,
    discovery: 'none',
    mode: 'ts',
    threadMode: 'single',
    memory: 1 << 20,
    lingerMs: 0,
    params: 'join_wait=0',
    ...options,
  };
}

export async function openLone(
  context: Pick<TestContext, 'onTestFinished'>,
  options: Partial<ReplicatedStoreOptions> = {},
): Promise<ReplicatedStore> {
  const store = new ReplicatedStore(loneOptions(options));
  context.onTestFinished(() => store.close());
  await store.open({ ready: true });
  return store;
}

/** A database whose writes fail, or hang, when they are told to. */
export class FaultyDatabase {
  fault: Error | 'hang' | undefined;
  isClosed = false;
  openSnapshots = 0;

  readonly open = async (directory: string): Promise<Database> => {
    const inner = await openMemoryDatabase(directory);
    const faulty = this;
    return {
      get: (key) => inner.get(key),
      range: (range, done) => inner.range(range, done),
      snapshot() {
        const snapshot = inner.snapshot();
        faulty.openSnapshots++;
        return {
          get: (key) => snapshot.get(key),
          range: (range, done) => snapshot.range(range, done),
          close() {
            faulty.openSnapshots--;
            snapshot.close();
          },
        };
      },
      write(operations: readonly Operation[], durable: boolean, done: Done) {
        const { fault } = faulty;
        if (fault === undefined) inner.write(operations, durable, done);
        else if (fault !== 'hang') setImmediate(() => done(fault));
      },
      close(done: Done) {
        faulty.isClosed = true;
        inner.close(done);
      },
    };
  };
}
