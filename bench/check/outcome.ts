/** From the rows of a check to how it ends. */
import { CheckExit } from './check-error.js';
import type { BenchmarkResult, CheckReport, ControlResult, Outcome } from './check-report.js';
import type { CheckOptions } from './options.js';

export type Rules = Pick<CheckOptions, 'countersFail' | 'inconclusiveFails' | 'selfTest'>;

/** A check whose controls have moved says nothing, whatever else it shows. */
export function outcomeOf(
  benchmarks: readonly BenchmarkResult[],
  controls: readonly ControlResult[],
  rules: Rules,
): Pick<CheckReport, 'passed' | 'outcome' | 'exitCode'> {
  const outcome = controls.some(({ moved }) => moved) ? 'invalid' : ofBenchmarks(benchmarks, rules);
  const exitCode = exitOf(outcome, rules);
  return { passed: exitCode === CheckExit.passed, outcome, exitCode };
}

function ofBenchmarks(benchmarks: readonly BenchmarkResult[], { countersFail, selfTest }: Rules): Outcome {
  const found = benchmarks.filter((each) => isRegression(each, countersFail));
  if (selfTest !== undefined && selfTest.share > 0)
    return found.length === benchmarks.length ? 'passed' : 'selfTestFailed';
  if (found.length > 0) return selfTest === undefined ? 'regression' : 'selfTestFailed';
  return benchmarks.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'passed';
}

export function isRegression({ verdict, counters }: BenchmarkResult, countersFail: boolean): boolean {
  return verdict === 'regression' || (countersFail && counters.some((counter) => counter.verdict === 'rise'));
}

function exitOf(outcome: Outcome, { inconclusiveFails }: Rules): number {
  if (outcome === 'regression' || outcome === 'selfTestFailed') return CheckExit.regression;
  if (outcome === 'passed') return CheckExit.passed;
  return inconclusiveFails ? CheckExit.inconclusive : CheckExit.passed;
}
