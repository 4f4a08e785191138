/** What a check has found, in words: the same on a terminal, in Markdown and in annotations. */
import type { BenchmarkResult, Change, CheckReport, CounterResult, SideResult } from '../check-report.js';

export function headline(report: CheckReport): string {
  const { outcome, benchmarks, controls, options } = report;
  const count = (wanted: (result: BenchmarkResult) => boolean) => benchmarks.filter(wanted).length;
  const slower = count(({ verdict }) => verdict === 'regression');
  switch (outcome) {
    case 'passed': {
      if (options.selfTest !== undefined && options.selfTest > 0)
        return `self-test passed: ${signed(options.selfTest)} was found in all ${of(benchmarks.length)}`;
      const open = count(({ verdict }) => verdict === 'inconclusive');
      const better = count(({ verdict }) => verdict === 'improvement');
      const parts = [...(better > 0 ? [`${better} faster`] : []), ...(open > 0 ? [`${open} undecided`] : [])];
      return `no regression in ${of(benchmarks.length)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
    }
    case 'regression': {
      const more = count((result) => result.verdict !== 'regression' && rises(result).length > 0);
      const parts = [...(slower > 0 ? [`slower: ${slower} of ${of(benchmarks.length)}`] : [])];
      if (more > 0) parts.push(`a counter has risen: ${more}`);
      return `REGRESSION: ${parts.join('; ')}`;
    }
    case 'inconclusive':
      return `undecided: ${count(({ verdict }) => verdict === 'inconclusive')} of ${of(benchmarks.length)}`;
    case 'invalid':
      return `invalid, no verdict: ${controls
        .filter(({ moved }) => moved)
        .map(
          ({ control, change }) => `the control '${control}', the same on both sides, has moved by ${signed(change)}`,
        )
        .join('; ')}`;
    case 'selfTestFailed':
      return options.selfTest !== undefined && options.selfTest > 0
        ? `SELF-TEST FAILED: ${signed(options.selfTest)} was found in ${slower} of ${of(benchmarks.length)} only`
        : `SELF-TEST FAILED: head against head, and something was found in ${slower} of ${of(benchmarks.length)}`;
  }
}

export function sidesLine({ base, head, options }: CheckReport): string {
  if (options.selfTest === undefined) return `base ${sideText(base)}, head ${sideText(head)}`;
  const how = options.selfTest === 0 ? 'against itself' : `against itself made ${signed(options.selfTest)} slower`;
  return `${sideText(head)} ${how}`;
}

function sideText({ label, commit, dirty }: SideResult): string {
  if (commit === undefined) return label;
  return `${label} (${commit.slice(0, 12)}${dirty === true ? ', changed' : ''})`;
}

/** `regression`, or why a benchmark is none though something is odd. */
export function verdictText(result: BenchmarkResult): string {
  const { verdict, confirmation, detectableChange } = result;
  if (verdict !== 'inconclusive') return verdict === 'regression' ? 'REGRESSION' : verdict;
  if (confirmation !== undefined) return 'undecided: not confirmed';
  return detectableChange === undefined ? 'undecided' : `undecided: finds ${signed(detectableChange)}`;
}

export function interval({ changeLow, changeHigh }: Change): string {
  return `${signed(changeLow)} … ${signed(changeHigh)}`;
}

/** `+5.2 %`. */
export function signed(change: number): string {
  if (!Number.isFinite(change)) return '?';
  const percents = (change * 100).toFixed(1);
  return `${Number(percents) >= 0 ? '+' : '−'}${percents.replace('-', '')} %`;
}

export function micros(value: number): string {
  if (value >= 1000) return `${(value / 1000).toPrecision(3)} ms`;
  return value >= 1 ? `${value.toPrecision(3)} µs` : `${(value * 1000).toPrecision(3)} ns`;
}

export function rises({ counters }: BenchmarkResult): readonly CounterResult[] {
  return counters.filter(({ verdict }) => verdict === 'rise');
}

export function counterText({ counter, base, head, verdict }: CounterResult): string {
  if (verdict === 'unrepeatable') return `${counter}: differs from launch to launch, so it is not compared`;
  return `${counter}: ${exact(base)} → ${exact(head)} per iteration`;
}

export function exact(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Whether a row needs no eyes. */
export function isQuiet({ verdict, counters }: BenchmarkResult): boolean {
  return verdict === 'same' && counters.every((counter) => counter.verdict === 'equal');
}

function of(count: number): string {
  return `${count} benchmark${count === 1 ? '' : 's'}`;
}
