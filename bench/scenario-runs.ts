/** How the blocks of each scenario are measured, and what is made of the measurements. */
import type { BenchOptions, ScenarioName } from './options.js';
import type { Block, GroupRow, LayerRow, PeerRow, ReferenceRow, SimulatedRow } from './plan.js';
import type { Crew } from './pool/crew.js';
import { latencyResults } from './report/latency-results.js';
import { layersResults } from './report/layers-results.js';
import { scaleResults } from './report/scale-results.js';
import { soakResults } from './report/soak-results.js';
import { storeResults } from './report/store-results.js';
import { throughputResults } from './report/throughput-results.js';
import { transferResults } from './report/transfer-results.js';
import { viewsResults } from './report/views-results.js';
import type { ResultLists } from './results.js';
import { type Outcome, type RunContext, runBlock, type Turn } from './runner.js';
import { measureGroup } from './scenarios/group-throughput.js';
import { measureLatency } from './scenarios/latency.js';
import { measureLayerRow } from './scenarios/layers.js';
import { isPeer, measurePeerThroughput } from './scenarios/peer-trial.js';
import { measurePlainTransfer } from './scenarios/plain-transfer.js';
import { measureReference } from './scenarios/reference-throughput.js';
import { measureScale, measureSimulated } from './scenarios/scale.js';
import { measureSoak } from './scenarios/soak.js';
import { measureStore } from './scenarios/store.js';
import { measureTransfer } from './scenarios/transfer.js';
import { measureViews } from './scenarios/views.js';

export interface ScenarioRun {
  readonly block: Block;
  readonly context: RunContext;
  readonly options: BenchOptions;
  /** Of a long measurement: how far it is. */
  onProgress(text: string): void;
  /** Told of each row when its block is done. */
  onOutcome(outcome: Outcome<unknown>): void;
}

type Measure<Sample> = (crew: Crew, turn: Turn & { readonly settings: BenchOptions }) => Promise<Sample>;

/** Each returns the results of one block, in the list of its scenario. */
export const SCENARIO_RUNS: {
  readonly [Name in ScenarioName]: (run: ScenarioRun) => Promise<ResultLists[Name]>;
} = {
  throughput: async (run) => throughputResults(run.block, await measureRows(run, measureThroughput)),
  latency: async (run) => latencyResults(run.block, await measureRows(run, measureLatency), run.options.ratePerSecond),
  views: async (run) =>
    viewsResults(
      run.block,
      await measureRows(run, (crew, turn) => measureViews(crew, { ...turn, row: turn.row as GroupRow })),
      run.options,
    ),
  transfer: async (run) =>
    transferResults(
      run.block,
      await measureRows(run, (crew, turn) =>
        turn.row.kind === 'group'
          ? measureTransfer(crew, { ...turn, row: turn.row })
          : measurePlainTransfer(crew, { ...turn, row: turn.row as PeerRow | ReferenceRow }),
      ),
    ),
  store: async (run) =>
    storeResults(
      run.block,
      await measureRows(run, (crew, turn) => measureStore(crew, { ...turn, row: turn.row as GroupRow })),
    ),
  layers: async (run) =>
    layersResults(
      run.block,
      await measureRows(run, (crew, turn) => measureLayerRow(crew, { ...turn, row: turn.row as LayerRow })),
    ),
  scale: async (run) =>
    scaleResults(
      run.block,
      await measureRows(run, (crew, turn) =>
        turn.row.kind === 'simulated'
          ? measureSimulated(crew, { ...turn, row: turn.row as SimulatedRow })
          : measureScale(crew, { ...turn, row: turn.row as GroupRow }),
      ),
    ),
  soak: async (run) => {
    const { block, options, context } = run;
    const outcomes = await measureRows(run, (crew, turn) =>
      measureSoak(crew, { ...turn, row: turn.row as GroupRow }, options, run, context.signal),
    );
    return soakResults(block, outcomes, options);
  },
};

async function measureRows<Sample>(run: ScenarioRun, measure: Measure<Sample>): Promise<readonly Outcome<Sample>[]> {
  const { block, context, options } = run;
  const outcomes = await runBlock(block, context, (crew, turn) => measure(crew, { ...turn, settings: options }));
  for (const outcome of outcomes) run.onOutcome(outcome);
  return outcomes;
}

const measureThroughput: Measure<Awaited<ReturnType<typeof measureGroup>>> = (crew, turn) => {
  const { row } = turn;
  if (row.kind === 'group') return measureGroup(crew, { ...turn, row });
  if (isPeer(row)) return measurePeerThroughput(crew, { ...turn, row });
  return measureReference(crew, { ...turn, row: row as ReferenceRow });
};
