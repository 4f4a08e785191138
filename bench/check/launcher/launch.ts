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
import { isSettled, launchEffect, type Quartet } from '../statistics/judge.js';
import type { Batch } from './protocol.js';
import { type SideName, SideProcess } from './side-process.js';
import type { Surroundings } from './surroundings.js';

/** Where a side's benchmark is found. */
export interface SidePlace {
  readonly directory: string;
  readonly file: string;
}

export type Batons = readonly [string, string];

export interface LaunchPlan {
  readonly benchmark: string;
  readonly base: SidePlace;
  readonly head: SidePlace;
  readonly iterations: number;
  readonly warmUpBatches: number;
  /** Counters are of so many together. */
  readonly countedIterations: number;
  /** What is allocated is counted over so many; 0: it is not. */
  readonly allocatingIterations: number;
  /** Batches more before it is measured: the same on both sides, and not in each launch, so that what comes back every few batches does not always hit the same side. */
  readonly phaseBatches: number;
  /** At most; it ends when it has settled. */
  readonly quartets: number;
  readonly headBegins: boolean;
  /** Two named pipes, by which the sides hand each other the CPU. */
  readonly batons: Batons;
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
  /** Bytes per iteration; undefined: not counted. */
  readonly baseAllocated: number | undefined;
  readonly headAllocated: number | undefined;
}

/** Run before it is looked at whether more are wanted: fewer do not tell how far they are spread. */
const ROUND_QUARTETS = 30;

type Pair<T> = Readonly<Record<SideName, T>>;

export async function runLaunch(plan: LaunchPlan, surroundings: Surroundings): Promise<LaunchResult> {
  const { iterations, warmUpBatches, benchmark, slowDown, headBegins } = plan;
  const order: readonly SideName[] = headBegins ? ['head', 'base'] : ['base', 'head'];
  const started: SideProcess[] = [];
  try {
    const [base, head] = (['base', 'head'] as const).map((side) =>
      SideProcess.start({ side, surroundings, directory: plan[side].directory }),
    ) as [SideProcess, SideProcess];
    started.push(base, head);
    const sides: Pair<SideProcess> = { base, head };
    await both(async (side) => {
      await sides[side].ask<'load'>({ do: 'load', file: plan[side].file, benchmark });
      if (slowDown > 0) await sides[side].ask<'slowDown'>({ do: 'slowDown', share: 0 });
    });
    const warmed = await both((side) =>
      sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: warmUpBatches }),
    );
    demandSame(benchmark, warmed.base.checksum, warmed.head.checksum);
    const counted = await both((side) => sides[side].ask<'count'>({ do: 'count', iterations: plan.countedIterations }));
    demandSame(benchmark, counted.base.checksum, counted.head.checksum);
    await both((side) => sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: plan.phaseBatches }));
    if (slowDown > 0) await sides.head.ask<'slowDown'>({ do: 'slowDown', share: slowDown });
    const quartets = await runQuartets(sides, order, plan);
    const allocated = await countAllocated(sides, plan);
    return {
      effect: launchEffect(quartets),
      baseMicrosPerIteration: microsPerIteration(quartets, 'base', plan),
      headMicrosPerIteration: microsPerIteration(quartets, 'head', plan),
      baseCounters: counted.base.counters,
      headCounters: counted.head.counters,
      baseAllocated: allocated?.base.bytes,
      headAllocated: allocated?.head.bytes,
    };
  } finally {
    await Promise.all(started.map((side) => side.end()));
  }
}

/** They share a CPU, so this takes as long as one after the other; where others want it too, two get more of it than one. */
async function both<T>(ask: (side: SideName) => Promise<T>): Promise<Pair<T>> {
  const [base, head] = await Promise.all([ask('base'), ask('head')]);
  return { base, head };
}

async function runQuartets(
  sides: Pair<SideProcess>,
  order: readonly SideName[],
  plan: LaunchPlan,
): Promise<readonly Quartet[]> {
  const quartets: Quartet[] = [];
  while (quartets.length < plan.quartets && !(quartets.length > 0 && isSettled(quartets)))
    quartets.push(...(await takeTurns(sides, order, plan, Math.min(ROUND_QUARTETS, plan.quartets - quartets.length))));
  return quartets;
}

/** In the end, when all is compiled: nothing is measured after it. */
async function countAllocated(sides: Pair<SideProcess>, { allocatingIterations: iterations }: LaunchPlan) {
  if (iterations === 0) return undefined;
  return both((side) => sides[side].ask<'allocated'>({ do: 'allocated', iterations }));
}

function microsPerIteration(quartets: readonly Quartet[], side: SideName, { iterations }: LaunchPlan): number {
  return median(quartets.flatMap((quartet) => quartet[side])) / iterations;
}

/** Which side begins runs the outer two batches of each quartet. */
async function takeTurns(
  sides: Pair<SideProcess>,
  [outer]: readonly SideName[],
  { iterations, benchmark, batons: [there, back] }: LaunchPlan,
  quartets: number,
): Promise<readonly Quartet[]> {
  const { base, head } = await both((side) => {
    const pipes = side === outer ? { gives: there, takes: back } : { gives: back, takes: there };
    return sides[side].ask<'turns'>({ do: 'turns', iterations, quartets, begins: side === outer, ...pipes });
  });
  for (const [at, { checksum }] of base.entries()) demandSame(benchmark, checksum, (head[at] as Batch).checksum);
  const microsOf = (batches: readonly Batch[], quartet: number) =>
    batches.slice(2 * quartet, 2 * quartet + 2).map(({ micros }) => micros) as [number, number];
  return Array.from({ length: quartets }, (_, at) => ({ base: microsOf(base, at), head: microsOf(head, at) }));
}

function demandSame(benchmark: string, base: Checksum, head: Checksum): void {
  if (Object.is(base, head)) return;
  throw new CheckError(
    CheckExit.failed,
    `'${benchmark}': the sides disagree: the base computes ${base}, the head ${head}; they do not do the same work, or it depends on time or chance`,
  );
}
