/**
 * What an iteration leaves for the garbage collector, in bytes: how far the heap grows while nothing is collected. What is compiled meanwhile takes memory, too,
 * but once, so the smallest of several runs counts.
 */
import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const RUNS = 5;
/** So many runs have to be without a collection, for one alone may be the one in which something was compiled. */
const LEAST_RUNS = 3;

/** How a process's heap is looked at. */
export interface Heap {
  readonly collect: () => void;
  readonly usedBytes: () => number;
  /** Runs it, and returns how often garbage was collected meanwhile. */
  readonly collections: (run: () => Promise<void>) => Promise<number>;
}

/**
 * @param iterations at most; fewer where so many do not fit between two collections
 * @returns bytes per iteration; undefined where not even a single one fits
 */
export async function allocatedBytes(
  run: (iterations: number) => unknown,
  iterations: number,
  heap: Heap,
): Promise<number | undefined> {
  // Looking at the heap takes memory, too.
  const own = (await leastGrown(() => undefined, heap)) ?? 0;
  for (let each = iterations; ; each = Math.ceil(each / 4)) {
    const least = await leastGrown(() => run(each), heap);
    if (least !== undefined) return Math.max(0, (least - own) / each);
    if (each === 1) return undefined;
  }
}

/** Undefined: garbage was collected too often. */
async function leastGrown(run: () => unknown, heap: Heap): Promise<number | undefined> {
  const grown: number[] = [];
  for (let time = 0; time < RUNS; time++) {
    heap.collect();
    const before = heap.usedBytes();
    let after = before;
    const collections = await heap.collections(async () => {
      const returned = run();
      // Waiting takes memory of its own.
      if (returned instanceof Promise) await returned;
      after = heap.usedBytes();
    });
    if (collections === 0) grown.push(after - before);
  }
  return grown.length < LEAST_RUNS ? undefined : Math.min(...grown);
}

/** That of this process. */
export function thisHeap(): Heap {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return {
    collect,
    usedBytes: () => process.memoryUsage().heapUsed,
    collections: async (run) => {
      const profiler = new GCProfiler();
      profiler.start();
      await run();
      return profiler.stop().statistics.length;
    },
  };
}
