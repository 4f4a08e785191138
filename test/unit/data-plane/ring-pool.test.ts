import { describe, expect, it } from 'vitest';
import { RingPool } from '../../../ts/data-plane/ring-pool.js';

const SIZE = 8192;
/** Of the rings of a view. Bytes. */
const MOST = 4 * SIZE;

const take = (pool: RingPool) => ({
  sends: [pool.takeSend(SIZE), pool.takeSend(SIZE)],
  receives: [pool.takeReceive(SIZE), pool.takeReceive(SIZE)],
});

/** As of a view that has sent nothing. */
const give = (pool: RingPool, { sends, receives }: ReturnType<typeof take>) =>
  pool.give(
    sends.map((ring) => [ring, 0] as const),
    receives,
    MOST,
  );

describe.each([false, true])('the memory of rings, where shared is %s', (shared) => {
  it('is used again in the next view', () => {
    const pool = new RingPool(shared);
    const [send, receive] = [pool.takeSend(SIZE), pool.takeReceive(SIZE)];
    pool.give([[send, 0]], [receive], MOST);
    expect(pool.bytes).toBe(2 * SIZE);
    expect(pool.takeReceive(SIZE)).toBe(receive);
    expect(pool.takeSend(SIZE)).toBe(send);
    expect(pool.bytes).toBe(0);
    expect(pool.takeSend(SIZE)).not.toBe(send);
  });

  it('is not used where another size is wanted', () => {
    const pool = new RingPool(shared);
    pool.give([[pool.takeSend(SIZE), 0]], [pool.takeReceive(SIZE)], MOST);
    expect(pool.takeSend(2 * SIZE)).toHaveLength(2 * SIZE);
    expect(pool.takeReceive(2 * SIZE)).toHaveLength(2 * SIZE);
  });

  it('holds nothing of what was sent in the view before when it is sent from', () => {
    const pool = new RingPool(shared);
    const ring = pool.takeSend(SIZE);
    ring.fill(7, 0, 1000);
    pool.give([[ring, 1000]], [], MOST);
    expect(pool.takeSend(SIZE).every((byte) => byte === 0)).toBe(true);
  });

  it('never sends from memory that it has received into', () => {
    const pool = new RingPool(shared);
    const received = pool.takeReceive(SIZE);
    pool.give([], [received], MOST);
    expect(pool.takeSend(SIZE)).not.toBe(received);
  });

  it('is that of a bounded number of views, of the last one first', () => {
    const pool = new RingPool(shared);
    const views = Array.from({ length: 10 }, () => take(pool));
    for (const view of views) give(pool, view);
    const waiting = shared ? 4 : 1;
    expect(pool.bytes).toBe(waiting * MOST);
    for (let view = 1; view <= waiting; view++) {
      const { sends, receives } = take(pool);
      const given = views.at(-view);
      expect(sends.every((ring, index) => ring === given?.sends[index])).toBe(true);
      expect(receives.every((ring, index) => ring === given?.receives[index])).toBe(true);
    }
    expect(pool.bytes).toBe(0);
    pool.give([], [new Uint8Array(SIZE)], MOST);
    pool.clear();
    expect(pool.bytes).toBe(0);
  });

  it('waits where a view in between has no use for it', () => {
    const pool = new RingPool(shared);
    const view = take(pool);
    give(pool, view);
    const small = pool.takeSend(SIZE);
    pool.give([[small, 0]], [], MOST);
    expect(pool.bytes).toBe(MOST);
    expect(new Set([pool.takeReceive(SIZE), pool.takeReceive(SIZE)])).toEqual(new Set(view.receives));
  });

  it('is shared memory where it must be, and only there', () => {
    const pool = new RingPool(shared);
    for (const ring of [pool.takeSend(SIZE), pool.takeReceive(SIZE)])
      expect(ring.buffer instanceof SharedArrayBuffer).toBe(shared);
  });

  it('becomes less with the group where it is not shared, since shared memory would not be freed', () => {
    const pool = new RingPool(shared);
    give(pool, take(pool));
    pool.give([], [], SIZE);
    expect(pool.bytes).toBe(shared ? MOST : SIZE);
  });
});
