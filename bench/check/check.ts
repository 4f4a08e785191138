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
import { compareCounters } from './counters.js';
import { type Decided, type Decision, decide, type RowKind } from './decide.js';
import { Lanes } from './launcher/lanes.js';
import { type LaunchPlan, type LaunchResult, runLaunch, type SidePlace } from './launcher/launch.js';
import type { Calibrated, Listed } from './launcher/protocol.js';
import { type SideName, SideProcess } from './launcher/side-process.js';
import { findSurroundings, type Surroundings } from './launcher/surroundings.js';
import type { CheckOptions } from './options.js';
import { outcomeOf } from './outcome.js';
import { BATCH_MICROS, type CheckPlan, countedIterations, planCheck, quartetsOf } from './plan.js';
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

interface Row {
  readonly kind: RowKind;
  readonly name: string;
  /** In the file that is loaded. */
  readonly benchmark: string;
  readonly calibrated: Calibrated;
  readonly places: (slots: Slots) => { readonly base: SidePlace; readonly head: SidePlace };
  readonly results: LaunchResult[];
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
    const rows = await makeRows(plan, options, slots, lanes, listener, signal);
    const decision = await measure(rows, options, slots, lanes, listener, signal);
    const counted = await countRows(
      countedRows(rows, decision, options, slots),
      lanes,
      options.selfTest?.share ?? 0,
      (name) => {
        signal.throwIfAborted();
        listener.onInstructions(name);
      },
    );
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
      notes: sides.notes,
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

/** Iterations are those that take the base a batch's time; they are the same in all launches, so that both sides always do the same. */
async function makeRows(
  plan: CheckPlan,
  options: CheckOptions,
  slots: Slots,
  lanes: Lanes,
  listener: CheckListener,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const calibrated = (place: SidePlace, benchmark: string) =>
    lanes.run(async ({ surroundings }) => {
      signal.throwIfAborted();
      listener.onCalibrate(benchmark);
      return calibrate(place, benchmark, options.warmUpMs * 1000, surroundings);
    });
  const [frozen, ...all] = await Promise.all([
    calibrated(slots.frozenBase, 'frozen'),
    ...plan.benchmarks.map((benchmark) => calibrated(slots.base, benchmark)),
  ]);
  const benchmarks = plan.benchmarks.map((name, at): Row => {
    const places = ({ base, head }: Slots) => ({ base, head });
    return { kind: 'benchmark', name, benchmark: name, calibrated: all[at] as Calibrated, places, results: [] };
  });
  const [first] = benchmarks as [Row];
  return [
    ...benchmarks,
    { ...first, kind: 'null', name: 'null', places: ({ base, copy }) => ({ base, head: copy }), results: [] },
    {
      kind: 'frozen',
      name: 'frozen',
      benchmark: 'frozen',
      calibrated: frozen,
      places: ({ frozenBase, frozenHead }) => ({ base: frozenBase, head: frozenHead }),
      results: [],
    },
  ];
}

async function calibrate(
  { directory, file }: SidePlace,
  benchmark: string,
  warmUpMicros: number,
  surroundings: Surroundings,
): Promise<Calibrated> {
  const child = SideProcess.start({ side: 'base', surroundings, directory });
  try {
    await child.ask<'load'>({ do: 'load', file, benchmark });
    return await child.ask<'calibrate'>({ do: 'calibrate', batchMicros: BATCH_MICROS, warmUpMicros });
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
  return rows
    .filter(
      ({ kind }, at) =>
        kind === 'benchmark' &&
        (instructions === 'all' || (instructions === 'undecided' && decided[at]?.verdict !== 'same')),
    )
    .map(({ name, benchmark, calibrated, places }) => ({
      name,
      benchmark,
      calibrated,
      places: places(slots),
    }));
}

function benchmarkResult(row: Row, decided: Decided, instructions: InstructionsResult | undefined): BenchmarkResult {
  const { confirmation, detectable } = decided;
  const counted = row.results.map(({ baseCounters, headCounters }) => ({ base: baseCounters, head: headCounters }));
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
    counters: compareCounters(counted, countedIterations(row.calibrated)),
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
