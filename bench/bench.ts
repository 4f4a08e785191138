/** Runs what was asked for, from options to a report. */
import { observeEnvironment } from './environment.js';
import type { BenchOptions } from './options.js';
import { type Abilities, type Block, crewSize, type GroupRow, planBlocks, type Row, turnWeight } from './plan.js';
import { type Crew, startCrew } from './pool/crew.js';
import { size } from './report/format.js';
import { latencyResults } from './report/latency-results.js';
import { resultHead, rowLabel } from './report/result-head.js';
import { throughputResults } from './report/throughput-results.js';
import { transferResults } from './report/transfer-results.js';
import { viewsResults } from './report/views-results.js';
import {
  type BenchReport,
  type LatencyResult,
  SCHEMA,
  SCHEMA_VERSION,
  type ThroughputResult,
  type TransferResult,
  type ViewsResult,
} from './results.js';
import { type RunContext, runBlock, type Turn } from './runner.js';
import { measureGroup } from './scenarios/group-throughput.js';
import { measureLatency } from './scenarios/latency.js';
import { measureReference } from './scenarios/reference-throughput.js';
import { measureTransfer } from './scenarios/transfer.js';
import { measureViews } from './scenarios/views.js';

/** What the caller is told while it runs. */
export interface BenchListener {
  onTurn(title: string, row: string, repetition: number): void;
  /** Measurements that were planned and are left out. */
  onSkip(turns: number): void;
  onError(title: string, row: string, error: string): void;
}

export interface BenchPlan {
  readonly blocks: readonly Block[];
  /** Measurements, at most. */
  readonly turns: number;
}

/** @throws UsageError when the options ask for what can't be had */
export function makePlan(options: BenchOptions, abilities: Abilities): BenchPlan {
  const blocks = planBlocks(options, abilities);
  return { blocks, turns: blocks.reduce((sum, { rows }) => sum + rows.length, 0) * options.repeats };
}

/** Never rejects because of a row: what failed stands in the report. */
export async function runBench(
  options: BenchOptions,
  { noNative }: Abilities,
  { blocks }: BenchPlan,
  listener: BenchListener,
  signal: AbortSignal,
): Promise<BenchReport> {
  const environment = observeEnvironment(noNative);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const throughput: ThroughputResult[] = [];
  const latency: LatencyResult[] = [];
  const views: ViewsResult[] = [];
  const transfer: TransferResult[] = [];
  const weigh = (some: readonly Block[]) => some.reduce((sum, block) => sum + block.rows.length * turnWeight(block), 0);
  const totalWeight = weigh(blocks);
  let turnsPlanned = 0;
  let turnsTaken = 0;
  for (const [index, block] of blocks.entries()) {
    if (signal.aborted) break;
    turnsPlanned += block.rows.length * options.repeats;
    const context: RunContext = {
      options,
      signal,
      // Each block may use its share of the time, and what the blocks before it have left of theirs.
      deadlineMs:
        startMs +
        (options.budgetSeconds ?? Number.POSITIVE_INFINITY) * 1000 * (weigh(blocks.slice(0, index + 1)) / totalWeight),
      startCrew: (row) => startCrew(options.isolation, crewSize(block, row)),
      onTurn: (turn) => {
        turnsTaken++;
        listener.onTurn(blockTitle(block), labelOf(turn), turn.repetition);
      },
      onError: (turn, error) => listener.onError(blockTitle(block), labelOf(turn), error),
    };
    if (block.scenario === 'throughput') {
      throughput.push(...throughputResults(block, await runBlock(block, context, measureThroughput(options))));
    } else if (block.scenario === 'views') {
      const outcomes = await runBlock(block, context, (crew, turn) =>
        measureViews(crew, { ...turn, row: turn.row as GroupRow, settings: options }),
      );
      views.push(...viewsResults(block, outcomes, options));
    } else if (block.scenario === 'transfer') {
      const outcomes = await runBlock(block, context, (crew, turn) =>
        measureTransfer(crew, { ...turn, row: turn.row as GroupRow, settings: options }),
      );
      transfer.push(...transferResults(block, outcomes));
    } else {
      const outcomes = await runBlock(block, context, (crew, turn) =>
        measureLatency(crew, { ...turn, settings: options }),
      );
      latency.push(...latencyResults(block, outcomes, options.ratePerSecond));
    }
    listener.onSkip(turnsPlanned - turnsTaken);
    turnsTaken = turnsPlanned;
  }
  const { quick, seconds, repeats, isolation, seed, ratePerSecond } = options;
  const complete = [...throughput, ...latency, ...views, ...transfer].every(
    ({ error, samples }) => error === undefined && samples.length > 0,
  );
  return {
    schema: SCHEMA,
    schemaVersion: SCHEMA_VERSION,
    passed: complete && !signal.aborted,
    interrupted: signal.aborted,
    startedAt,
    durationSeconds: (performance.now() - startMs) / 1000,
    options: {
      scenarios: [...new Set(blocks.map(({ scenario }) => scenario))],
      quick,
      seconds,
      repeats,
      isolation,
      seed,
      ratePerSecond,
    },
    environment: environment.finish(),
    throughput,
    latency,
    views,
    transfer,
  };
}

function measureThroughput(settings: BenchOptions) {
  return (crew: Crew, { block, row, repetition }: Turn) =>
    row.kind === 'group'
      ? measureGroup(crew, { block, row, repetition, settings })
      : measureReference(crew, { block, row, repetition, settings });
}

function blockTitle({ scenario, sizeBytes, mtu, stateBytes }: Block): string {
  if (scenario === 'views') return scenario;
  if (stateBytes !== undefined) return `${scenario} ${size(stateBytes)}`;
  return `${scenario} ${size(sizeBytes)}${mtu === 'auto' ? '' : `, mtu ${mtu}`}`;
}

function labelOf({ block, row }: { readonly block: Block; readonly row: Row }): string {
  return rowLabel(resultHead(block, row, 0, undefined));
}
