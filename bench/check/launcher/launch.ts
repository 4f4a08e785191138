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

export interface LaunchPlan {
  readonly benchmark: string;
  readonly base: SidePlace;
  readonly head: SidePlace;
  readonly iterations: number;
  readonly warmUpBatches: number;
  /** Batches more before it is measured: the same on both sides, and not in each launch, so that what comes back every few batches does not always hit the same side. */
  readonly phaseBatches: number;
  /** At most; it ends when it has settled. */
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

const SETTLING_BATCHES = 60;

/** Fewer do not tell how far they are spread. */
const LEAST_QUARTETS = 15;

type Pair<T> = Readonly<Record<SideName, T>>;
type Timed = Batch & { readonly side: SideName };

export async function runLaunch(plan: LaunchPlan, surroundings: Surroundings): Promise<LaunchResult> {
  const { iterations, warmUpBatches, benchmark, slowDown, headBegins } = plan;
  const order: readonly SideName[] = headBegins ? ['head', 'base'] : ['base', 'head'];
  const started = new Map<SideName, SideProcess>();
  try {
    for (const side of order)
      started.set(side, await SideProcess.start({ side, surroundings, directory: plan[side].directory }));
    const sides = Object.fromEntries(started) as Pair<SideProcess>;
    // One side at a time: they share a CPU.
    for (const side of order) {
      await sides[side].ask<'load'>({ do: 'load', file: plan[side].file, benchmark });
      if (slowDown > 0) await sides[side].ask<'slowDown'>({ do: 'slowDown', share: 0 });
    }
    const warmed = await inTurn(order, (side) =>
      sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: warmUpBatches }),
    );
    demandSame(benchmark, warmed.base.checksum, warmed.head.checksum);
    const counted = await inTurn(order, (side) =>
      sides[side].ask<'count'>({ do: 'count', iterations: iterations * COUNTED_BATCHES }),
    );
    demandSame(benchmark, counted.base.checksum, counted.head.checksum);
    await inTurn(order, (side) => sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: plan.phaseBatches }));
    if (slowDown > 0) {
      // How much slower is reckoned from how long it takes: that must not get less any more.
      await inTurn(order, (side) => sides[side].ask<'warmUp'>({ do: 'warmUp', iterations, batches: SETTLING_BATCHES }));
      await sides.head.ask<'slowDown'>({ do: 'slowDown', share: slowDown });
    }
    const quartets = await runQuartets(sides, order, plan);
    return {
      effect: launchEffect(quartets),
      baseMicrosPerIteration: median(quartets.flatMap(({ base }) => base)) / iterations,
      headMicrosPerIteration: median(quartets.flatMap(({ head }) => head)) / iterations,
      baseCounters: counted.base.counters,
      headCounters: counted.head.counters,
    };
  } finally {
    await Promise.all([...started.values()].map((side) => side.end()));
  }
}

async function inTurn<T>(order: readonly SideName[], ask: (side: SideName) => Promise<T>): Promise<Pair<T>> {
  const answers: Partial<Record<SideName, T>> = {};
  for (const side of order) answers[side] = await ask(side);
  return answers as Pair<T>;
}

/** Which side begins runs the outer two batches of each quartet. */
async function runQuartets(
  sides: Pair<SideProcess>,
  [outer, inner]: readonly SideName[],
  { iterations, benchmark, quartets: most }: LaunchPlan,
): Promise<readonly Quartet[]> {
  const batch = async (side: SideName | undefined) => ({
    side: side as SideName,
    ...(await sides[side as SideName].ask<'batch'>({ do: 'batch', iterations })),
  });
  const quartets: Quartet[] = [];
  while (quartets.length < most && !(quartets.length >= LEAST_QUARTETS && isSettled(quartets))) {
    const batches = [await batch(outer), await batch(inner), await batch(inner), await batch(outer)];
    const of = (side: SideName) => batches.filter((each) => each.side === side) as [Timed, Timed];
    const [base, head] = [of('base'), of('head')];
    for (const at of [0, 1] as const) demandSame(benchmark, base[at].checksum, head[at].checksum);
    quartets.push({ base: [base[0].micros, base[1].micros], head: [head[0].micros, head[1].micros] });
  }
  return quartets;
}

function demandSame(benchmark: string, base: Checksum, head: Checksum): void {
  if (Object.is(base, head)) return;
  throw new CheckError(
    CheckExit.failed,
    `'${benchmark}': the sides disagree: the base computes ${base}, the head ${head}; they do not do the same work, or it depends on time or chance`,
  );
}
