/**
 * One launch of one benchmark: a fresh process for each side, both on one CPU, that take turns.
 *
 *   base  warm-up  count   b    b      b    b     ...
 *   head  warm-up  count    h h          h h      ...
 *                          `----´ a quartet
 *
 * In every other launch the head begins. How fast one process is against another differs a little from launch to launch (where things fall in memory), so
 * the launch is what is counted, not the quartet.
 */
import { median } from '../../stats/summary.js';
import type { Checksum } from '../api.js';
import { CheckError, CheckExit } from '../check-error.js';
import { launchEffect, type Quartet } from '../statistics/judge.js';
import { type SideName, SideProcess } from './side-process.js';
import type { Surroundings } from './surroundings.js';

/** Where a side's benchmark is found. */
export interface SidePlace {
  readonly directory: string;
  readonly file: string;
}

export interface LaunchPlan {
  readonly benchmark: string;
  readonly base: SidePlace;
  readonly head: SidePlace;
  readonly iterations: number;
  readonly warmUpBatches: number;
  readonly quartets: number;
  readonly headBegins: boolean;
  /** The head is made slower by this share; 0: it is not. */
  readonly slowDown: number;
}

export interface SideCounters {
  readonly [name: string]: number;
}

export interface LaunchResult {
  /** ln(head / base). */
  readonly effect: number;
  /** Medians over the batches. */
  readonly baseMicrosPerIteration: number;
  readonly headMicrosPerIteration: number;
  /** Of `countedIterations`. */
  readonly baseCounters: SideCounters;
  readonly headCounters: SideCounters;
}

/** Counters are of so many batches together. */
export const COUNTED_BATCHES = 4;

type Pair<T> = Readonly<Record<SideName, T>>;

export async function runLaunch(plan: LaunchPlan, surroundings: Surroundings): Promise<LaunchResult> {
  const { iterations, warmUpBatches, benchmark, slowDown } = plan;
  const sides = await startBoth(plan, surroundings);
  try {
    for (const side of ['base', 'head'] as const) await sides[side].ask<'load'>({ do: 'load', file: plan[side].file, benchmark });
    // One side at a time: they share a CPU.
    const warmed = await inTurn((side) => sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: warmUpBatches }));
    demandSame(benchmark, warmed.base.checksum, warmed.head.checksum);
    const counted = await inTurn((side) =>
      sides[side].ask<'count'>({ do: 'count', iterations: iterations * COUNTED_BATCHES }),
    );
    demandSame(benchmark, counted.base.checksum, counted.head.checksum);
    if (slowDown > 0) await sides.head.ask<'slowDown'>({ do: 'slowDown', share: slowDown });
    const quartets = await runQuartets(sides, plan);
    return {
      effect: launchEffect(quartets),
      baseMicrosPerIteration: median(quartets.flatMap(({ base }) => base)) / iterations,
      headMicrosPerIteration: median(quartets.flatMap(({ head }) => head)) / iterations,
      baseCounters: counted.base.counters,
      headCounters: counted.head.counters,
    };
  } finally {
    await Promise.all([sides.base.end(), sides.head.end()]);
  }
}

async function startBoth({ base, head }: LaunchPlan, surroundings: Surroundings): Promise<Pair<SideProcess>> {
  const first = await SideProcess.start({ side: 'base', surroundings, directory: base.directory });
  try {
    return { base: first, head: await SideProcess.start({ side: 'head', surroundings, directory: head.directory }) };
  } catch (error) {
    await first.end();
    throw error;
  }
}

async function inTurn<T>(ask: (side: SideName) => Promise<T>): Promise<Pair<T>> {
  const base = await ask('base');
  return { base, head: await ask('head') };
}

async function runQuartets(sides: Pair<SideProcess>, plan: LaunchPlan): Promise<readonly Quartet[]> {
  const { iterations, benchmark, headBegins } = plan;
  const [outer, inner]: readonly SideName[] = headBegins ? ['head', 'base'] : ['base', 'head'];
  const batch = (side: SideName | undefined) => sides[side ?? 'base'].ask<'batch'>({ do: 'batch', iterations });
  const quartets: Quartet[] = [];
  for (let quartet = 0; quartet < plan.quartets; quartet++) {
    const first = await batch(outer);
    const second = await batch(inner);
    const third = await batch(inner);
    const fourth = await batch(outer);
    demandSame(benchmark, first.checksum, second.checksum);
    demandSame(benchmark, fourth.checksum, third.checksum);
    const outside = [first.micros, fourth.micros] as const;
    const inside = [second.micros, third.micros] as const;
    quartets.push(headBegins ? { base: inside, head: outside } : { base: outside, head: inside });
  }
  return quartets;
}

function demandSame(benchmark: string, one: Checksum, other: Checksum): void {
  if (Object.is(one, other)) return;
  throw new CheckError(
    CheckExit.failed,
    `'${benchmark}': the sides disagree: one computes ${one}, the other ${other}; they do not do the same work, or it depends on time or chance`,
  );
}
