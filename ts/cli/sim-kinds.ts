/** What `consort sim` simulates: groups, or replicated stores. */
import { hasNativeCore } from '../sim/cores.js';
import { breathe } from '../sim/io-breathe.js';
import { hashOf, type Outcome, runScenario, runSeed } from '../sim/outcome.js';
import { PLANTED } from '../sim/planted.js';
import { type PlantedBug, plantBug } from '../sim/planted-bug.js';
import { renderOutcome } from '../sim/report.js';
import { makeScenario } from '../sim/scenario.js';
import { shrink } from '../sim/shrink.js';
import { hashOfStore, runStoreScenario, runStoreSeed, type StoreOutcome } from '../sim/store/outcome.js';
import { PLANTED_IN_STORES } from '../sim/store/planted.js';
import { renderStoreOutcome } from '../sim/store/report.js';
import { makeStoreScenario } from '../sim/store/scenario.js';
import { shrinkStore } from '../sim/store/shrink.js';
import { traceStacks } from '../sim/trace.js';

/** What decides, beside its seed, what happens in a scenario. */
export interface SimChoices {
  readonly store: boolean;
  /** Addresses, or replicas. */
  readonly members: number | undefined;
  /** Whether the addon may be simulated with. */
  readonly native: boolean;
  readonly groupd: boolean;
  readonly servers: boolean | undefined;
}

/** A scenario that was run. */
export interface SimRun {
  readonly failed: boolean;
  /** Datagrams of groups, messages between replicas. */
  readonly messages: number;
  readonly simulatedSeconds: number;
  /** All of it, for a file. */
  readonly outcome: unknown;
  /** Two runs with the same hash were the same. */
  hash(): string;
  /** What was done and seen, all of it or the last. */
  render(replay: string, all: boolean): string;
  /** As small as still fails, and how many steps that leaves out. */
  shrink(): Promise<{ readonly run: SimRun; readonly dropped: number }>;
}

/** @param traced more is seen, in `render` with `all` */
export function simulate(seed: number, choices: SimChoices, traced = false): SimRun {
  const { store, members } = choices;
  if (store) {
    const outcome = traced
      ? runStoreScenario(makeStoreScenario(seed, { replicas: members }), true)
      : runStoreSeed(seed, { replicas: members });
    return storeRun(outcome);
  }
  return traced ? tracedRun(seed, choices) : groupRun(runSeed(seed, choices));
}

export function plantedBugs(store: boolean): Readonly<Record<string, PlantedBug>> {
  return store ? PLANTED_IN_STORES : PLANTED;
}

/** Until the function that is returned is called. */
export function plantFor(store: boolean, name: string | undefined): () => void {
  return name === undefined ? () => {} : plantBug(plantedBugs(store)[name] as PlantedBug);
}

export function hasNative(ts: boolean): boolean {
  return !ts && hasNativeCore();
}

type Traced = (readonly [at: number, text: string])[];

function tracedRun(seed: number, choices: SimChoices): SimRun {
  const lines: Traced = [];
  let now = () => 0;
  const end = traceStacks((member, view, what) => lines.push([now(), `  ${member} in ${view}: ${what}`]));
  const outcome = runScenario(makeScenario(seed, choices), ({ clock }) => {
    now = () => clock.now;
  });
  end();
  return groupRun(outcome, lines);
}

function groupRun(outcome: Outcome, traced: Traced = []): SimRun {
  const { violations, datagrams, simulatedSeconds, scenario } = outcome;
  return {
    failed: violations.length > 0,
    messages: datagrams,
    simulatedSeconds,
    outcome,
    hash: () => hashOf(outcome),
    render: (replay, all) => renderOutcome(outcome, { replay, all, traced }),
    shrink: async () => {
      const small = await shrink(outcome, breathe);
      return { run: groupRun(small), dropped: scenario.steps.length - small.scenario.steps.length };
    },
  };
}

function storeRun(outcome: StoreOutcome): SimRun {
  const { violations, messages, simulatedSeconds, scenario } = outcome;
  return {
    failed: violations.length > 0,
    messages,
    simulatedSeconds,
    outcome: { scenario, violations, messages, simulatedSeconds },
    hash: () => hashOfStore(outcome),
    render: (replay, all) => renderStoreOutcome(outcome, { replay, all }),
    shrink: async () => {
      const small = await shrinkStore(outcome, breathe);
      return { run: storeRun(small), dropped: scenario.steps.length - small.scenario.steps.length };
    },
  };
}
