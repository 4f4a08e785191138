import { describe, expect, it } from 'vitest';
import { StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { MAX_RESENDS } from '../../../../ts/data-plane/typescript/limits.js';
import { type Resend, ResendQueue } from '../../../../ts/data-plane/typescript/resend-queue.js';

function resend(from: number): Resend {
  return { kind: StreamKind.cast, origin: 1, to: 2, done: false, serial: 3, from, end: from + 8 };
}

describe('the resend queue', () => {
  it('gives back what came, first come, first served', () => {
    const queue = new ResendQueue();
    for (const from of [0, 8, 16]) expect(queue.push(resend(from))).toBe(true);
    expect(queue.at(1)).toEqual(resend(8));
    queue.drop(2);
    expect([queue.size, queue.at(0).from]).toEqual([1, 16]);
  });

  it('keeps copies', () => {
    const queue = new ResendQueue();
    const entry = resend(0);
    queue.push(entry);
    entry.from = 4096;
    queue.push(entry);
    expect([queue.at(0).from, queue.at(1).from]).toEqual([0, 4096]);
  });

  it('drops what comes when it is full', () => {
    const queue = new ResendQueue();
    for (let i = 0; i < MAX_RESENDS; i++) queue.push(resend(8 * i));
    expect(queue.push(resend(0))).toBe(false);
    expect(queue.size).toBe(MAX_RESENDS);
    queue.drop(1);
    expect(queue.push(resend(4096))).toBe(true);
    expect([queue.at(0).from, queue.at(MAX_RESENDS - 1).from]).toEqual([8, 4096]);
  });

  it('goes round and round', () => {
    const queue = new ResendQueue();
    for (let i = 0; i < 3 * MAX_RESENDS; i++) {
      queue.push(resend(8 * i));
      queue.push(resend(8 * i + 4));
      expect(queue.at(0).from).toBe(8 * i);
      queue.drop(2);
    }
    expect(queue.size).toBe(0);
  });
});
