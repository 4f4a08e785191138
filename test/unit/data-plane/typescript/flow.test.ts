import { describe, expect, it } from 'vitest';
import { Flow } from '../../../../ts/data-plane/typescript/flow.js';

const RING = 1024 * 1024;

describe('flow control', () => {
  it('lets a stream run a ring ahead of its slowest consumer', () => {
    expect(new Flow(RING, RING).limit(2 ** 40)).toBe(2 ** 40 + RING);
  });
});

describe('the congestion window', () => {
  it.each([
    [RING, RING, RING],
    [RING, 2 * RING, RING],
    [RING, 128 * 1024, 128 * 1024],
    [RING, 1, 64 * 1024],
    [8192, RING, 8192],
    [8192, 1, 8192],
  ])('of a ring of %i and at most %i begins with %i', (ring, most, window) => {
    expect(new Flow(ring, most).window).toBe(window);
  });

  it('shrinks by three tenths after a round that lost more than a quarter', () => {
    const flow = new Flow(RING, RING);
    flow.endRound(0, 1000);
    flow.endRound(251, 2000);
    expect(flow.window).toBe(Math.floor(RING / 10) * 7);
  });

  it('does not shrink after a round that lost just a quarter', () => {
    const flow = new Flow(RING, RING);
    flow.endRound(0, 1000);
    flow.endRound(250, 2000);
    expect(flow.window).toBe(RING);
  });

  it('judges once a round, when the slowest has seen its end', () => {
    const flow = new Flow(RING, RING);
    expect(flow.roundIsOver(0)).toBe(true);
    flow.endRound(0, 1000);
    expect([flow.roundIsOver(999), flow.roundIsOver(1000)]).toEqual([false, true]);
    flow.endRound(1000, 2000);
    expect(flow.window).toBeLessThan(RING);
    expect(flow.roundIsOver(1999)).toBe(false);
  });

  it('never goes below its least, and grows back by quarters to its most', () => {
    const flow = new Flow(RING, RING);
    let sent = 0;
    const round = (lost: number) => {
      flow.endRound(lost, sent + 1000);
      sent += 1000;
    };
    for (let i = 0; i < 50; i++) round(1000);
    expect(flow.window).toBe(64 * 1024);
    round(0);
    expect(flow.window).toBe(80 * 1024);
    for (let i = 0; i < 50; i++) round(0);
    expect(flow.window).toBe(RING);
  });
});
