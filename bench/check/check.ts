/** A check from two sides that are built to a report. */
import { fileURLToPath } from 'node:url';
import { observeEnvironment } from '../environment.js';
import { median } from '../stats/summary.js';
import {
  type BenchmarkResult,
  CHECK_SCHEMA,
  CHECK_SCHEMA_VERSION,
  type Change,
  type CheckReport,
  type Confirmation,
  type ControlResult,
  type InstructionsResult,
  type SideResult,
} from './check-report.js';
import { type CountedRow, countRows } from './count-rows.js';
import { compareAllocated, compareCounters } from './counters.js';
import { type Decided, type Decision, decide } from './decide.js';
import { countInstructions, hasCallgrind } from './launcher/instructions.js';
import { Lanes } from './launcher/lanes.js';
import { type LaunchPlan, runLaunch, type SidePlace } from './launcher/launch.js';
import type { Listed } from './launcher/protocol.js';
import { type SideName, SideProcess } from './launcher/side-process.js';
import { findSurroundings, type Surroundings } from './launcher/surroundings.js';
import type { CheckOptions } from './options.js';
import { outcomeOf } from './outcome.js';
import { allocatingIterations, countedIterations, planCheck, quartetsOf } from './plan.js';
import { makeRows, type Row } from './rows.js';
import { demandFile, type PreparedSide, type PreparedSides } from './sides/prepare.js';
import { Slots } from './sides/slots.js';
import { changeOf, type Estimate } from './statistics/estimate.js';

const FROZEN_FILE = fileURLToPath(new URL('./frozen.js', import.meta.url));

/** Not a multiple of two, for the sides begin in turns. */
const PHASES = 5;

/** What the caller is told while it runs. */
export interface CheckListener {
  onCalibrate(benchmark: string): void;
  /** @param launches that there have been, all rows together */
  onLaunch(row: string, launches: number, confirming: boolean): void;
  onInstructions(benchmark: string): void;
}

/** @throws CheckError when a side does not run, or the sides do not do the same */
export async function runCheck(
  options: CheckOptions,
  sides: PreparedSides,
  listener: CheckListener,
  signal: AbortSignal,
): Promise<CheckReport> {
  const environment = observeEnvironment(undefined);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const everywhere = findSurroundings(options.cpus);
  const surroundings = everywhere.at(-1) as Surroundings;
  const slots = new Slots(sides.cache, sides.base, sides.head, options.file, FROZEN_FILE);
  const lanes = new Lanes(everywhere);
  try {
    demandFile('head', slots.head.file);
    demandFile('base', slots.base.file);
    const plan = planCheck(
      await listBenchmarks('base', slots.base, surroundings),
      await listBenchmarks('head', slots.head, surroundings),
      options,
    );
    const rows = await makeRows(plan.benchmarks, options.warmUpMs * 1000, slots, lanes, (benchmark) => {
      signal.throwIfAborted();
      listener.onCalibrate(benchmark);
    });
    const decision = await measure(rows, options, slots, lanes, listener, signal);
    const counted = await count(countedRows(rows, decision, options, slots), options, lanes, startMs, (name) => {
      signal.throwIfAborted();
      listener.onInstructions(name);
    });
    const benchmarks = rows.flatMap((row, at) =>
      row.kind === 'benchmark'
        ? [benchmarkResult(row, decision.rows[at] as Decided, counted.results.get(row.name))]
        : [],
    );
    const controls = rows.flatMap((row, at) =>
      row.kind === 'benchmark' ? [] : [controlResult(row, decision.rows[at] as Decided, decision.moved.includes(at))],
    );
    const { file, minEffect, alpha, looks, quick, seed, selfTest } = options;
    return {
      schema: CHECK_SCHEMA,
      schemaVersion: CHECK_SCHEMA_VERSION,
      ...outcomeOf(benchmarks, controls, options),
      startedAt,
      durationSeconds: (performance.now() - startMs) / 1000,
      options: { file, minEffect, alpha, looks, quick, seed, ...(selfTest && { selfTest: selfTest.share }) },
      environment: environment.finish(),
      ...(surroundings.cpu === undefined ? {} : { cpus: everywhere.map(({ cpu }) => cpu as number) }),
      missing: [...surroundings.missing, ...counted.missing],
      notes: [...sides.notes, ...counted.notes],
      base: sideResult(sides.base),
      head: sideResult(sides.head),
      benchmarks,
      controls,
      onlyInBase: plan.onlyInBase,
      onlyInHead: plan.onlyInHead,
    };
  } finally {
    await lanes.idle();
    slots.remove();
  }
}

async function listBenchmarks(
  side: SideName,
  place: SidePlace,
  surroundings: Surroundings,
): Promise<readonly Listed[]> {
  const child = SideProcess.start({ side, surroundings, directory: place.directory });
  try {
    return await child.ask<'list'>({ do: 'list', file: place.file });
  } finally {
    await child.end();
  }
}

function measure(
  rows: readonly Row[],
  options: CheckOptions,
  slots: Slots,
  lanes: Lanes,
  listener: CheckListener,
  signal: AbortSignal,
): Promise<Decision> {
  let launches = 0;
  let isSwapped = false;
  const endMs = performance.now() + options.minutes * 60_000;
  return decide(
    rows.map(({ kind }) => kind),
    { ...options, hasTime: () => performance.now() < endMs },
    (at, launch, swapped) =>
      lanes.run(async ({ number, surroundings }) => {
        signal.throwIfAborted();
        if (swapped && !isSwapped) slots.swap();
        isSwapped = swapped;
        const row = rows[at] as Row;
        listener.onLaunch(row.name, launches++, swapped);
        const result = await runLaunch(launchPlan(row, launch, options, slots, number), surroundings);
        row.results.push(result);
        return result.effect;
      }),
  );
}

function launchPlan(row: Row, launch: number, options: CheckOptions, slots: Slots, lane: number): LaunchPlan {
  const { iterations, batchMicros, warmUpIterations } = row.calibrated;
  return {
    benchmark: row.benchmark,
    ...row.places(slots),
    iterations,
    warmUpBatches: Math.ceil(warmUpIterations / iterations),
    countedIterations: countedIterations(row.calibrated),
    allocatingIterations: row.kind === 'benchmark' ? allocatingIterations(row.calibrated, launch) : 0,
    phaseBatches: launch % PHASES,
    quartets: quartetsOf(batchMicros, options.quartets),
    headBegins: launch % 2 === 1,
    batons: slots.batons(lane),
    slowDown: row.kind === 'benchmark' ? (options.selfTest?.share ?? 0) : 0,
  };
}

/** The second signal: of all, or of what is not shown to be the same. */
function countedRows(
  rows: readonly Row[],
  { rows: decided }: Decision,
  { instructions }: CheckOptions,
  slots: Slots,
): readonly CountedRow[] {
  return rows.flatMap(({ kind, name, benchmark, calibrated, places }, at) => {
    const { verdict, estimate } = decided[at] as Decided;
    const isWanted = instructions === 'all' || (instructions === 'undecided' && verdict !== 'same');
    const effect = estimate?.effect ?? 0;
    return kind === 'benchmark' && isWanted ? [{ name, benchmark, calibrated, places: places(slots), effect }] : [];
  });
}

interface Counted {
  readonly results: ReadonlyMap<string, InstructionsResult>;
  /** What this machine does not have. */
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

/** As long as there is time; where all are asked for, all of them. */
async function count(
  rows: readonly CountedRow[],
  { instructions, minutes, selfTest }: CheckOptions,
  lanes: Lanes,
  startMs: number,
  onCount: (name: string) => void,
): Promise<Counted> {
  if (rows.length === 0) return { results: new Map(), missing: [], notes: [] };
  if (!hasCallgrind()) return { results: new Map(), missing: ['valgrind: no instructions were counted'], notes: [] };
  const { results, skipped } = await countRows(rows, lanes, {
    count: ({ benchmark, calibrated, places }, side, surroundings) => {
      const slowed = selfTest ? { slowDown: side === 'head' ? selfTest.share : 0 } : {};
      return countInstructions({ ...places[side], ...slowed, side, benchmark, calibrated }, surroundings);
    },
    onCount,
    now: () => performance.now(),
    end: instructions === 'all' ? Number.POSITIVE_INFINITY : startMs + minutes * 60_000,
  });
  const notes =
    skipped.length === 0
      ? []
      : [`no time was left to count the instructions of ${skipped.join(', ')} (--minutes, --instructions all)`];
  return { results, missing: [], notes };
}

function benchmarkResult(row: Row, decided: Decided, instructions: InstructionsResult | undefined): BenchmarkResult {
  const { confirmation, detectable } = decided;
  const counted = row.results.map(({ baseCounters, headCounters }) => ({ base: baseCounters, head: headCounters }));
  const allocated = row.results.map(({ baseAllocated, headAllocated }) => ({
    base: baseAllocated,
    head: headAllocated,
  }));
  return {
    name: row.name,
    verdict: decided.verdict ?? 'inconclusive',
    ...change(decided.effects, decided.estimate),
    p: decided.p ?? 1,
    iterations: row.calibrated.iterations,
    baseMicrosPerIteration: median(row.results.map((result) => result.baseMicrosPerIteration)),
    headMicrosPerIteration: median(row.results.map((result) => result.headMicrosPerIteration)),
    ...(confirmation && { confirmation: confirmationResult(confirmation) }),
    ...(detectable === undefined ? {} : { detectableChange: changeOf(detectable) }),
    counters: [...compareCounters(counted, countedIterations(row.calibrated)), ...compareAllocated(allocated)],
    ...(instructions && { instructions }),
  };
}

function confirmationResult(confirmation: NonNullable<Decided['confirmation']>): Confirmation {
  const { effects, estimate, confirmed, p } = confirmation;
  return { ...change(effects, estimate), confirmed, p };
}

function controlResult(row: Row, { effects, estimate }: Decided, moved: boolean): ControlResult {
  return { control: row.kind === 'null' ? 'null' : 'frozen', moved, ...change(effects, estimate) };
}

function change(effects: readonly number[], estimate: Estimate | undefined): Change {
  const { effect, margin } = estimate ?? { effect: 0, margin: Number.POSITIVE_INFINITY };
  return {
    change: changeOf(effect),
    changeLow: changeOf(effect - margin),
    changeHigh: changeOf(effect + margin),
    launches: effects.length,
    changes: effects.map(changeOf),
  };
}

function sideResult({ label, commit, dirty }: PreparedSide): SideResult {
  return { label, ...(commit === undefined ? {} : { commit, dirty }) };
}
