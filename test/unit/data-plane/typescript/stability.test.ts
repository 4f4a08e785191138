import { describe, expect, it } from 'vitest';
import { Stability } from '../../../../ts/data-plane/typescript/stability.js';

const said = (received: number, consumed: number, seen: number, stable = 0) => ({
  received,
  consumed,
  seen,
  stableLow: stable >>> 0,
});

describe('stability', () => {
  it('is the smallest that any live receiver has said', () => {
    const stability = new Stability([1, 2]);
    expect(stability.update(1, said(80, 40, 120))).toBe(true);
    expect([stability.received(999), stability.consumed(999), stability.seen(999)]).toEqual([0, 0, 0]);
    expect(stability.update(2, said(64, 56, 64))).toBe(true);
    expect([stability.received(999), stability.consumed(999), stability.seen(999)]).toEqual([64, 40, 64]);
  });

  it('takes what is larger from news that is older in part', () => {
    const stability = new Stability([1]);
    stability.update(1, said(80, 40, 80));
    expect(stability.update(1, said(72, 64, 72))).toBe(true);
    expect(stability.find(1)).toMatchObject({ received: 80, consumed: 64, seen: 80 });
  });

  it('does not change by news that is older, repeated, or of a stranger', () => {
    const stability = new Stability([1]);
    stability.update(1, said(80, 40, 80));
    expect(stability.update(1, said(80, 40, 80))).toBe(false);
    expect(stability.update(1, said(8, 8, 8))).toBe(false);
    expect(stability.update(5, said(800, 800, 800))).toBe(false);
    expect(stability.received(0)).toBe(80);
    expect(stability.find(5)).toBeUndefined();
  });

  it('of what a receiver confirms to know as stable is followed beyond 2^32, and is never more than is stable', () => {
    const stability = new Stability([1]);
    const step = 2 ** 26 - 8;
    for (let at = step; at < 2 ** 33; at += step) {
      stability.update(1, said(at, at, at));
      expect(stability.update(1, said(at, at, at, at + 8))).toBe(false); // a lie
      expect(stability.toldStable(0)).toBe(at - step);
      expect(stability.update(1, said(at, at, at, at))).toBe(true);
      // An older STATUS that was overtaken takes nothing back.
      expect(stability.update(1, said(at, at, at, at - 8))).toBe(false);
      expect(stability.toldStable(0)).toBe(at);
    }
  });

  it('is known to all once the last live receiver has confirmed it', () => {
    const stability = new Stability([1, 2, 3]);
    for (const rank of [1, 2, 3]) stability.update(rank, said(80, 80, 80));
    stability.update(1, said(80, 80, 80, 80));
    stability.update(2, said(80, 80, 80, 64));
    expect(stability.toldStable(0)).toBe(0);
    stability.exclude(3);
    expect(stability.toldStable(0)).toBe(64);
    expect(new Stability([]).toldStable(11)).toBe(11);
  });

  it('knows of a round what the live receiver lost that lost most, and begins the next at nothing', () => {
    const stability = new Stability([1, 2, 3]);
    stability.noteLost(1, 100);
    stability.noteLost(2, 80);
    stability.noteLost(2, 80);
    stability.noteLost(3, 1000);
    stability.noteLost(9, 9999);
    stability.exclude(3);
    expect([stability.takeLost(), stability.takeLost()]).toEqual([160, 0]);
  });

  it('waits no longer for a receiver that failed', () => {
    const stability = new Stability([1, 2, 3]);
    stability.update(1, said(80, 80, 80));
    stability.update(3, said(96, 96, 96));
    stability.exclude(2);
    expect(stability.received(0)).toBe(80);
    expect(stability.live()).toEqual([1, 3]);
  });

  it('takes for safe only what those have, too, who were taken for failed', () => {
    const stability = new Stability([1, 2]);
    stability.update(1, said(80, 80, 80));
    stability.update(2, said(48, 48, 48));
    stability.exclude(2);
    expect([stability.received(0), stability.safe(0)]).toEqual([80, 48]);
    expect(new Stability([]).safe(11)).toBe(11);
  });

  it('is whatever the caller says when nobody is left', () => {
    const stability = new Stability([1]);
    stability.exclude(1);
    expect([stability.received(7), stability.consumed(8), stability.seen(9)]).toEqual([7, 8, 9]);
    expect(new Stability([]).received(11)).toBe(11);
  });
});
