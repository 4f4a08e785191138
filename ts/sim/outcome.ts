/** One seed from beginning to end: made into a scenario, run, checked. */
import { createHash } from 'node:crypto';
import { checkRun, type Violation } from './invariants.js';
import type { MemberLog } from './log.js';
import { Run, type RunResult } from './run.js';
import { makeScenario, type Scenario, type ScenarioOptions } from './scenario.js';

export interface Outcome {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  /** What happened until something threw, when something did. */
  readonly members: readonly MemberLog[];
  readonly datagrams: number;
  readonly simulatedSeconds: number;
}

export function runSeed(seed: number, options: ScenarioOptions): Outcome {
  return runScenario(makeScenario(seed, options));
}

export function runScenario(scenario: Scenario, watch: (run: Run) => void = () => {}): Outcome {
  const run = new Run(scenario);
  watch(run);
  let result: RunResult | undefined;
  let violations: Violation[];
  try {
    result = run.run();
    violations = checkRun(result);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    violations = [{ invariant: 'no exception', text, members: run.members.map(({ endpoint }) => endpoint.name) }];
  }
  const members = run.members.map((member) => member.result);
  run.dispose();
  const { datagrams } = run.network;
  return { scenario, violations, members, datagrams, simulatedSeconds: run.clock.now / 1e6 };
}

/** Two runs with the same hash were the same, in all that members were told, and when. */
export function hashOf({ members, datagrams }: Pick<Outcome, 'members' | 'datagrams'>): string {
  return createHash('sha256')
    .update(JSON.stringify([members, datagrams]))
    .digest('hex');
}
