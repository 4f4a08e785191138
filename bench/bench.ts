/** Runs what was asked for, from options to a report. */
import { observeEnvironment } from './environment.js';
import { LAYERS } from './layers/layer-table.js';
import type { BenchOptions } from './options.js';
import { PeerHouse } from './peers/peer-house.js';
import { type Abilities, type Block, crewSize, planBlocks, type Row, repeatsOf, turnWeight } from './plan.js';
import { type Crew, startCrew } from './pool/crew.js';
import { Hosts } from './pool/hosts.js';
import { size } from './report/format.js';
import { resultHead, rowLabel } from './report/result-head.js';
import { allResults, type BenchReport, type PeerState, type ResultLists, SCHEMA, SCHEMA_VERSION } from './results.js';
import type { RunContext } from './runner.js';
import { SCENARIO_RUNS } from './scenario-runs.js';

/** What the caller is told while it runs. */
export interface BenchListener {
  onTurn(title: string, row: string, repetition: number): void;
  /** Of a long measurement: how far it is. */
  onProgress(text: string): void;
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
  return { blocks, turns: blocks.reduce((sum, block) => sum + turnsOf(block, options), 0) };
}

/** Never rejects because of a row: what failed stands in the report. @throws UsageError where there can be no network as asked for */
export async function runBench(
  options: BenchOptions,
  { noNative, peerStates = [] }: Abilities & { readonly peerStates?: readonly PeerState[] },
  { blocks }: BenchPlan,
  listener: BenchListener,
  signal: AbortSignal,
): Promise<BenchReport> {
  const environment = observeEnvironment(noNative);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const lists = { throughput: [], latency: [], views: [], transfer: [], store: [], layers: [], scale: [], soak: [] };
  const results: { -readonly [Name in keyof ResultLists]: ResultLists[Name] } = lists;
  let verified = true;
  const where = new Whereabouts(blocks);
  try {
    const deadlines = deadlinesOf(blocks, options, startMs);
    for (const [index, block] of blocks.entries()) {
      if (signal.aborted) break;
      let turns = 0;
      const context: RunContext = {
        options: { repeats: options.repeats },
        repeatsOf: (row) => repeatsOf(block, row, options),
        signal,
        deadlineMs: deadlines[index] ?? Number.POSITIVE_INFINITY,
        startCrew: (row) => where.startCrew(options, block, row),
        onTurn: ({ row, repetition }) => {
          turns++;
          listener.onTurn(blockTitle(block), labelOf(block, row), repetition);
        },
        onError: ({ row }, error) => listener.onError(blockTitle(block), labelOf(block, row), error),
      };
      const onProgress = (text: string) => listener.onProgress(text);
      const onOutcome = ({ unverified }: { readonly unverified?: boolean }) => {
        if (unverified === true) verified = false;
      };
      const found = await SCENARIO_RUNS[block.scenario]({ block, context, options, onProgress, onOutcome });
      Object.assign(results, { [block.scenario]: [...results[block.scenario], ...found] });
      listener.onSkip(turnsOf(block, options) - turns);
    }
  } finally {
    where.close();
  }
  const complete = allResults(results).every(({ error, samples }) => error === undefined && samples.length > 0);
  const { quick, seconds, repeats, isolation, seed, ratePerSecond, durationSeconds } = options;
  return {
    schema: SCHEMA,
    schemaVersion: SCHEMA_VERSION,
    passed: complete && !signal.aborted,
    verified,
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
      ...(blocks.some(({ scenario }) => scenario === 'soak') ? { soakSeconds: durationSeconds } : {}),
    },
    environment: environment.finish(),
    ...results,
    peers: peerStates,
  };
}

/** Where workers, and what they need, are: made when they are first wanted, and gone in the end. */
class Whereabouts {
  private hosts: Hosts | undefined;
  private readonly peers = new PeerHouse();
  private readonly mostHosts: number;

  constructor(blocks: readonly Block[]) {
    const apart = blocks.filter(({ network }) => network === 'netns');
    this.mostHosts = Math.max(0, ...apart.flatMap((block) => block.rows.map((row) => crewSize(block, row))));
    // What can't be had is told before anything is measured.
    if (this.mostHosts > 0) this.hosts = Hosts.make(this.mostHosts);
  }

  startCrew({ isolation }: BenchOptions, block: Block, row: Row): Promise<Crew> {
    const hosts = block.network === 'netns' ? this.hosts : undefined;
    return this.peers.startCrew(row.kind, () => startCrew(isolation, crewSize(block, row), hosts));
  }

  close(): void {
    this.hosts?.remove();
    this.peers.close();
  }
}

/** Each block may use its share of the time, and what the blocks before it have left of theirs. */
function deadlinesOf(blocks: readonly Block[], options: BenchOptions, startMs: number): readonly number[] {
  const { budgetSeconds = Number.POSITIVE_INFINITY } = options;
  const weights = blocks.map((block) => block.rows.length * turnWeight(block));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let passed = 0;
  return weights.map((weight) => {
    passed += weight;
    return startMs + budgetSeconds * 1000 * (passed / total);
  });
}

function turnsOf(block: Block, options: BenchOptions): number {
  return block.rows.reduce((sum, row) => sum + repeatsOf(block, row, options), 0);
}

function blockTitle({ scenario, sizeBytes, mtu, network, stateBytes, durability, layer }: Block): string {
  if (scenario === 'views' || scenario === 'scale' || scenario === 'soak') return scenario;
  if (durability !== undefined) return `${scenario} ${durability === 'disk' ? 'on disk' : 'in memory'}`;
  if (layer !== undefined) return `${scenario}, ${LAYERS[layer].title}`;
  if (stateBytes !== undefined) return `${scenario} ${size(stateBytes)}`;
  const frames = mtu === 'auto' ? '' : `, mtu ${mtu}`;
  return `${scenario} ${size(sizeBytes)}${frames}${network === 'netns' ? ', between namespaces' : ''}`;
}

function labelOf(block: Block, row: Row): string {
  return rowLabel(resultHead(block, row, 0, undefined));
}
