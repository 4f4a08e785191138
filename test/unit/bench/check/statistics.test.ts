import { describe, expect, it } from 'vitest';
import { changeOf, detectable, effectOf, estimate } from '../../../../bench/check/statistics/estimate.js';
import { holm } from '../../../../bench/check/statistics/holm.js';
import { controlMoved, isSettled, judge, launchEffect } from '../../../../bench/check/statistics/judge.js';
import { confirmingLaunches, planLooks } from '../../../../bench/check/statistics/looks.js';
import { drawnIn, signFlipTest } from '../../../../bench/check/statistics/sign-flip.js';
import { studentQuantile, upperTail } from '../../../../bench/check/statistics/student-t.js';
import { Draw, NOISES, type Noise } from './simulated-launches.js';

describe("Student's t", () => {
  // From printed tables.
  it.each([
    [0.025, 1, 12.7062],
    [0.025, 9, 2.26216],
    [0.005, 9, 3.24984],
    [0.05, 2, 2.91999],
    [0.01, 30, 2.45726],
    [0.025, 200, 1.9719],
  ])('has a share of %d above, with %d degrees of freedom, from %d on', (tail, degrees, t) => {
    expect(studentQuantile(tail, degrees)).toBeCloseTo(t, 4);
    expect(upperTail(t, degrees)).toBeCloseTo(tail, 6);
  });
});

describe('the sign-flip test', () => {
  it('counts the choices of signs that are as extreme', () => {
    // Of the 8 choices only all plus and all minus reach 6.
    expect(signFlipTest([1, 2, 3], 'either', 1)).toBe(2 / 8);
    expect(signFlipTest([1, 2, 3], 'greater', 1)).toBe(1 / 8);
    expect(signFlipTest([-1, -2, -3], 'greater', 1)).toBe(1);
    expect(signFlipTest([1, -1], 'either', 1)).toBe(1);
    expect(signFlipTest([], 'either', 1)).toBe(1);
  });

  it('is exact for as many as 30 launches, equal effects included', () => {
    expect(signFlipTest(new Array<number>(30).fill(0.1), 'either', 1)).toBe(2 / 2 ** 30);
    expect(signFlipTest([0.1, 0.1, 0.1, 0.1, -0.1], 'greater', 1)).toBe(6 / 32);
  });

  it('counts what trying each choice counts', () => {
    const draw = new Draw(4);
    const effects = Array.from({ length: 9 }, () => draw.normal() + 0.3);
    const sum = effects.reduce((total, effect) => total + effect, 0);
    let extreme = 0;
    for (let choice = 0; choice < 2 ** effects.length; choice++) {
      const flipped = effects.reduce((total, effect, i) => total + ((choice >> i) & 1 ? -effect : effect), 0);
      if (Math.abs(flipped) >= Math.abs(sum) - 1e-9) extreme++;
    }
    expect(signFlipTest(effects, 'either', 1)).toBe(extreme / 2 ** effects.length);
  });

  it('draws from the choices where there are too many, and comes near to what is exact', () => {
    const draw = new Draw(5);
    const effects = Array.from({ length: 30 }, () => draw.normal() + 0.4);
    const exact = signFlipTest(effects, 'either', 1);
    // A launch without effect changes nothing, and makes it one too many to count them all.
    const drawn = signFlipTest([...effects, 0], 'either', 1);
    expect(Math.abs(drawn - exact)).toBeLessThan(4 * Math.sqrt(exact / 100_000) + 1e-5);
    expect(signFlipTest([...effects, 0], 'either', 1)).toBe(drawn);
  });
});

describe("Holm's procedure", () => {
  it('rejects from the smallest on until one is too large for its place', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005], 0.05)).toEqual([true, false, false, true]);
    expect(holm([0.02, 0.02, 0.02], 0.05)).toEqual([false, false, false]);
    expect(holm([], 0.05)).toEqual([]);
  });
});

describe('the effect of a launch', () => {
  it('is not moved by an even drift, nor by a few quartets that were interrupted', () => {
    const quartet = (at: number, odd: number) => ({
      base: [100 * 1.01 ** at, 100 * 1.01 ** (at + 3)] as const,
      head: [105 * 1.01 ** (at + 1) * odd, 105 * 1.01 ** (at + 2)] as const,
    });
    const quartets = [0, 4, 8, 12, 16].map((at, i) => quartet(at, i < 2 ? 3 : 1));
    expect(changeOf(launchEffect(quartets))).toBeCloseTo(0.05, 10);
  });

  it('has settled when more quartets would tell little', () => {
    const draw = new Draw(2);
    const quartets = (count: number, spread: number) =>
      Array.from({ length: count }, () => ({
        base: [100, 100] as const,
        head: [100 * Math.exp(spread * draw.normal()), 100 * Math.exp(spread * draw.normal())] as const,
      }));
    expect(isSettled(quartets(15, 0.002))).toBe(true);
    expect(isSettled(quartets(15, 0.1))).toBe(false);
    expect(isSettled(quartets(2000, 0.1))).toBe(true);
  });
});

describe('an interval', () => {
  it('holds the true effect as often as it says', () => {
    for (const [alpha, launches] of [
      [0.02, 8],
      [0.1, 8],
      [0.05, 10],
      [0.05, 22],
    ] as const) {
      let missed = 0;
      const draw = new Draw(3);
      for (let i = 0; i < 4000; i++) {
        const { effect, margin } = estimate(
          Array.from({ length: launches }, () => 1 + draw.normal()),
          alpha,
        );
        if (Math.abs(effect - 1) > margin) missed++;
      }
      expect(missed / 4000).toBeGreaterThan(alpha * 0.8);
      expect(missed / 4000).toBeLessThan(alpha * 1.2);
    }
  });
});

describe('a launch that has gone astray', () => {
  const calm = [1, -1, 2, -2, 1, -1, 2, -2, 1].map((step) => step * 1e-3);

  it('does not widen the interval, nor move it', () => {
    const { effect, margin } = estimate([...calm, -0.3], 0.02);
    expect(Math.abs(effect)).toBeLessThan(0.001);
    expect(margin).toBeLessThan(0.005);
  });

  it('neither hides what the others show, nor shows it alone', () => {
    const slower = calm.map((each) => 0.05 + each);
    expect(signFlipTest(drawnIn([...slower, -0.3]), 'either', 1)).toBeLessThan(0.03);
    expect(signFlipTest([...slower, -0.3], 'either', 1)).toBeGreaterThan(0.03);
    expect(drawnIn([0.1, -0.2, 0.3, 0, 0, 0, 0, 0, 0, 0])).toEqual([0.1, -0.2, 0.2, 0, 0, 0, 0, 0, 0, 0]);
    expect(drawnIn([3, -1])).toEqual([3, -1]);
  });
});

describe('the looks', () => {
  it('begin when the test can reject, and cost no more than alpha together', () => {
    for (const comparisons of [1, 5, 12, 40]) {
      const looks = planLooks(0.05, comparisons);
      expect(looks.reduce((sum, { alpha }) => sum + alpha, 0)).toBeCloseTo(0.05, 12);
      for (const { launches, alpha } of looks.slice(1))
        expect(2 / 2 ** launches).toBeLessThanOrEqual(alpha / comparisons);
      expect(looks.map(({ launches }) => launches)).toEqual(
        looks.map(({ launches }) => launches).sort((a, b) => a - b),
      );
    }
    expect(planLooks(0.05, 5, 1)).toHaveLength(2);
    expect(planLooks(0.05, 5, 1)[1]?.alpha).toBeCloseTo(0.05, 12);
    expect(1 / 2 ** confirmingLaunches(0.05, 300)).toBeLessThanOrEqual(0.05 / 300);
  });
});

const BENCHMARKS = 8;

/** Whether anything is found to differ at any look, with nothing that counts as too small; decided rows stay in. */
function rejects(draw: Draw, effects: readonly number[], noise: Noise, alpha: number): boolean {
  const rows = effects.map((): number[] => []);
  return planLooks(alpha, effects.length).some((look) => {
    for (const [at, row] of rows.entries())
      while (row.length < look.launches) row.push((effects[at] as number) + noise(draw));
    return judge(rows, look, 0, 1).some((judged) => judged !== undefined && judged.standing !== 'open');
  });
}

describe.each(Object.entries(NOISES))('the whole procedure, with %s launches', (_, noise) => {
  it('finds a difference where there is none with at most 1.2 alpha', { timeout: 120_000 }, () => {
    const alpha = 0.1;
    const suites = 400;
    const draw = new Draw(11);
    const same = new Array<number>(BENCHMARKS).fill(0);
    let alarms = 0;
    for (let i = 0; i < suites; i++) if (rejects(draw, same, noise, alpha)) alarms++;
    expect(alarms / suites).toBeLessThanOrEqual(1.2 * alpha);
  });

  it('finds one slowdown among many with the power that was planned', () => {
    const suites = 100;
    const draw = new Draw(12);
    const effects = [effectOf(0.02), ...new Array<number>(BENCHMARKS - 1).fill(0)];
    let found = 0;
    for (let i = 0; i < suites; i++) if (rejects(draw, effects, noise, 0.05)) found++;
    expect(found / suites).toBeGreaterThanOrEqual(0.9);
  });
});

describe('a judgement', () => {
  const look = { launches: 10, alpha: 0.05, intervalAlpha: 0.05 };
  const near = (effect: number) => [1, -1, 2, -2, 1, -1, 2, -2, 0, 0].map((step) => effect + step * 1e-4);

  it('needs both: that a change is significant, and that it is more than what counts', () => {
    const [slower, small, faster, same] = judge([near(0.05), near(0.0246), near(-0.05), near(0.001)], look, 0.025, 1);
    expect([slower, small, faster, same].map((judged) => judged?.standing)).toEqual([
      'slower',
      'open',
      'faster',
      'same',
    ]);
  });

  it('does not call the same what may be anything', () => {
    const wide = [6, -6, 6, -6, 6, -6, 6, -6, 6, -6].map((step) => step / 100);
    const [judged] = judge([wide], look, 0.025, 1);
    expect(judged?.standing).toBe('open');
    expect(detectable(judged?.estimate as never, 0.025)).toBeGreaterThan(0.025);
  });

  it('lets a control stay when it moves by less than half of what counts, or by chance', () => {
    expect(controlMoved(near(0.011), 0.025, 1)).toBe(false);
    expect(controlMoved(near(0.02), 0.025, 1)).toBe(true);
    expect(controlMoved(near(-0.02), 0.025, 1)).toBe(true);
    expect(controlMoved([0.1, -0.01, 0.02, -0.03], 0.025, 1)).toBe(false);
  });
});
