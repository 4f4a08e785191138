/** One seed of a store from beginning to end: made into a scenario, run, checked. */
import { createHash } from 'node:crypto';
import type { StoreScenario } from './actions.js';
import { checkStore } from './checks.js';
import type { LogLine, StoreHistory, StoreViolation } from './history.js';
import { StoreRun } from './run.js';
import { makeStoreScenario, type StoreScenarioOptions } from './scenario.js';

export interface StoreOutcome {
  readonly scenario: StoreScenario;
  readonly violations: readonly StoreViolation[];
  /** What happened until something threw, when something did. */
  readonly lines: readonly LogLine[];
  readonly history: StoreHistory | undefined;
  readonly messages: number;
  readonly simulatedSeconds: number;
}

export function runStoreSeed(seed: number, options: StoreScenarioOptions = {}): StoreOutcome {
  return runStoreScenario(makeStoreScenario(seed, options));
}

/** @param traced its lines have the messages between replicas, too */
export function runStoreScenario(scenario: StoreScenario, traced = false): StoreOutcome {
  const run = new StoreRun(scenario, traced);
  let history: StoreHistory | undefined;
  let violations: StoreViolation[];
  try {
    history = run.run();
    violations = checkStore(history);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    violations = [{ invariant: 'no exception', text, replicas: run.names }];
  }
  const { messages } = run.group;
  return { scenario, violations, lines: run.lines, history, messages, simulatedSeconds: run.simulatedSeconds };
}

/** Two runs with the same hash were the same, in all that was told, and when. */
export function hashOfStore({ lines, messages }: Pick<StoreOutcome, 'lines' | 'messages'>): string {
  const told = JSON.stringify([lines, messages], (_, value: unknown) => (value instanceof Map ? [...value] : value));
  return createHash('sha256').update(told).digest('hex');
}
