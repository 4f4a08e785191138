import { describe, expect, it } from 'vitest';
import { allocatedBytes, type Heap, thisHeap } from '../../../../bench/check/launcher/allocated.js';

/** A heap that garbage is collected from whenever it comes to `capacity` bytes. */
class FakeHeap implements Heap {
  private used = 500;
  private garbage = 0;
  private count = 0;

  constructor(private readonly capacity: number) {}

  allocate(bytes: number): void {
    this.garbage += bytes;
    if (this.garbage < this.capacity) return;
    this.garbage = 0;
    this.count++;
  }

  readonly collect = () => {
    this.garbage = 0;
  };

  readonly usedBytes = () => this.used + this.garbage;

  readonly collections = async (run: () => Promise<void>) => {
    const before = this.count;
    await run();
    return this.count - before;
  };
}

describe('what an iteration allocates', () => {
  it('is how far the heap grows', async () => {
    const heap = new FakeHeap(1e6);
    expect(await allocatedBytes((iterations) => heap.allocate(24 * iterations), 100, heap)).toBe(24);
  });

  it('is the smallest of several runs: what is compiled meanwhile does not count', async () => {
    const heap = new FakeHeap(1e6);
    let run = 0;
    const bytes = await allocatedBytes(
      (iterations) => heap.allocate(8 * iterations + (run++ === 3 ? 0 : 1000)),
      100,
      heap,
    );
    expect(bytes).toBe(8);
  });

  it('is counted over fewer iterations where many do not fit between two collections', async () => {
    const heap = new FakeHeap(5000);
    const asked: number[] = [];
    const run = (iterations: number) => {
      asked.push(iterations);
      for (let each = 0; each < iterations; each++) heap.allocate(100);
    };
    expect(await allocatedBytes(run, 1000, heap)).toBe(100);
    expect([...new Set(asked)]).toEqual([1000, 250, 63, 16]);
  });

  it('is unknown where not even one fits', async () => {
    const heap = new FakeHeap(5000);
    expect(await allocatedBytes((iterations) => heap.allocate(6000 * iterations), 3, heap)).toBeUndefined();
  });

  it('waits for what takes its time', async () => {
    const heap = new FakeHeap(1e6);
    const run = async () => {
      await Promise.resolve();
      heap.allocate(80);
    };
    expect(await allocatedBytes(run, 1, heap)).toBe(80);
  });

  it('is found in this process', async () => {
    const kept: unknown[] = [];
    const run = (iterations: number) => {
      kept.length = 0;
      for (let each = 0; each < iterations; each++) kept.push(new Array(100).fill(each));
    };
    const bytes = await allocatedBytes(run, 1000, thisHeap());
    expect(bytes).toBeGreaterThan(400);
    expect(bytes).toBeLessThan(4000);
  });
});
