import { describe, expect, it } from 'vitest';
import { RingPool } from '../../../ts/data-plane/ring-pool.js';

const SIZE = 8192;

describe('the memory of rings', () => {
  it('is used again in the next view', () => {
    const pool = new RingPool(false);
    const [send, receive] = [pool.takeSend(SIZE), pool.takeReceive(SIZE)];
    pool.give([[send, 0]], [receive]);
    expect(pool.bytes).toBe(2 * SIZE);
    expect(pool.takeReceive(SIZE)).toBe(receive);
    expect(pool.takeSend(SIZE)).toBe(send);
    expect(pool.bytes).toBe(0);
    expect(pool.takeSend(SIZE)).not.toBe(send);
  });

  it('is not used where another size is wanted', () => {
    const pool = new RingPool(false);
    pool.give([[pool.takeSend(SIZE), 0]], [pool.takeReceive(SIZE)]);
    expect(pool.takeSend(2 * SIZE)).toHaveLength(2 * SIZE);
    expect(pool.takeReceive(2 * SIZE)).toHaveLength(2 * SIZE);
  });

  it('holds nothing of what was sent in the view before when it is sent from', () => {
    const pool = new RingPool(false);
    const ring = pool.takeSend(SIZE);
    ring.fill(7, 0, 1000);
    pool.give([[ring, 1000]], []);
    expect(pool.takeSend(SIZE).every((byte) => byte === 0)).toBe(true);
  });

  it('never sends from memory that it has received into', () => {
    const pool = new RingPool(false);
    const received = pool.takeReceive(SIZE);
    pool.give([], [received]);
    expect(pool.takeSend(SIZE)).not.toBe(received);
  });

  it('keeps the rings of one view only', () => {
    const pool = new RingPool(false);
    for (let view = 0; view < 3; view++) pool.give([[new Uint8Array(SIZE), 0]], [new Uint8Array(SIZE)]);
    expect(pool.bytes).toBe(2 * SIZE);
    pool.clear();
    expect(pool.bytes).toBe(0);
  });

  it('is always new where another thread may still write to it', () => {
    const pool = new RingPool(true);
    const rings = [pool.takeSend(SIZE), pool.takeReceive(SIZE)] as const;
    for (const { buffer } of rings) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    pool.give([[rings[0], 0]], [rings[1]]);
    expect(pool.bytes).toBe(0);
  });
});
