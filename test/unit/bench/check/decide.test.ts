import { describe, expect, it } from 'vitest';
import { type Decision, decide, type RowKind } from '../../../../bench/check/decide.js';
import { effectOf } from '../../../../bench/check/statistics/estimate.js';
import { controlLaunches, planLooks } from '../../../../bench/check/statistics/looks.js';
import { Draw, NOISES, type Noise, SETTINGS, simulateCheck } from './simulated-launches.js';

const CHECKS = 400;
const BENCHMARKS = 8;
const SAME = new Array<number>(BENCHMARKS).fill(0);

function verdicts(decision: Decision) {
  return decision.rows.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
}

describe('a check on simulated launches', () => {
  it.each(Object.entries(NOISES))('%s: nearly never alarms when nothing has changed', async (_, noise) => {
    let alarms = 0;
    for (let seed = 1; seed <= CHECKS; seed++) {
      const decision = await simulateCheck(SAME, noise, seed);
      if (decision.moved.length > 0 || verdicts(decision).includes('regression')) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(CHECKS / 100);
  });

  it.each(Object.entries(NOISES))(
    '%s: finds one benchmark that has become slower by 5 or by 10 percent',
    async (_, noise) => {
      for (const change of [0.05, 0.1]) {
        let found = 0;
        for (let seed = 1; seed <= CHECKS / 4; seed++) {
          const decision = await simulateCheck([effectOf(change), ...SAME.slice(1)], noise, seed);
          if (verdicts(decision)[0] === 'regression') found++;
        }
        expect(found).toBeGreaterThanOrEqual((CHECKS / 4) * 0.95);
      }
    },
  );

  it('finds all of them where all are slower, and tells improvements from regressions', async () => {
    const slower = await simulateCheck(
      SAME.map(() => effectOf(0.05)),
      NOISES.normal as Noise,
      3,
    );
    expect(verdicts(slower)).toEqual(new Array(BENCHMARKS).fill('regression'));
    const faster = await simulateCheck([effectOf(-0.05), 0], NOISES.normal as Noise, 3);
    expect(verdicts(faster)).toEqual(['improvement', 'same']);
  });
});

describe('the course of a check', () => {
  const kinds: RowKind[] = ['benchmark', 'benchmark', 'null', 'frozen'];
  const [first, second, , last] = planLooks(SETTINGS.alpha, 2);

  it('stops launching what is decided, and goes on with what is not', async () => {
    const draw = new Draw(1);
    const spreads = [0.001, 0.1, 0.001, 0.001];
    const decision = await decide(kinds, SETTINGS, async (row) => (spreads[row] as number) * draw.normal());
    expect(decision.rows.map(({ effects }) => effects.length)).toEqual([
      first?.launches,
      last?.launches,
      controlLaunches(last?.launches as number),
      controlLaunches(last?.launches as number),
    ]);
    expect(verdicts(decision)).toEqual(['same', 'inconclusive']);
    // What it could have seen is more than what counts.
    expect(decision.rows[1]?.detectable).toBeGreaterThan(SETTINGS.minEffect);
    expect(decision.rows[0]?.detectable).toBeUndefined();
  });

  it('gives no more launches to what is undecided when its time is over', async () => {
    const draw = new Draw(1);
    const settings = { ...SETTINGS, hasTime: () => false };
    const decision = await decide(['benchmark'], settings, async () => 0.1 * draw.normal());
    expect(decision.rows[0]?.effects).toHaveLength(planLooks(SETTINGS.alpha, 1)[1]?.launches as number);
    expect(verdicts(decision)).toEqual(['inconclusive']);
  });

  it('confirms what is slower by fresh launches with the directories swapped, together with the controls', async () => {
    const draw = new Draw(1);
    const swapped = new Set<number>();
    const decision = await decide(kinds, SETTINGS, async (row, _, isSwapped) => {
      if (isSwapped) swapped.add(row);
      return (row === 0 ? 0.05 : 0) + 0.001 * draw.normal();
    });
    expect([...swapped]).toEqual([0, 2, 3]);
    expect(decision.rows[0]).toMatchObject({ verdict: 'regression', confirmation: { confirmed: true } });
    expect(decision.rows[0]?.effects).toHaveLength(second?.launches as number);
  });

  it('takes back what comes from the directory and not from the code', async () => {
    const draw = new Draw(1);
    const decision = await decide(
      kinds,
      SETTINGS,
      async (row, _, swapped) => (row === 0 ? (swapped ? -0.05 : 0.05) : 0) + 0.001 * draw.normal(),
    );
    expect(decision.rows[0]).toMatchObject({ verdict: 'inconclusive', confirmation: { confirmed: false } });
  });

  it('knows no verdict when a control moves', async () => {
    const draw = new Draw(1);
    const decision = await decide(kinds, SETTINGS, async (row) => (row === 3 ? 0.03 : 0) + 0.001 * draw.normal());
    expect(decision.moved).toEqual([3]);
  });

  it('calls a change that is certain and small neither a regression nor the same', async () => {
    const draw = new Draw(1);
    const decision = await decide(['benchmark'], SETTINGS, async () => effectOf(0.0245) + 0.002 * draw.normal());
    expect(verdicts(decision)).toEqual(['inconclusive']);
  });
});
