/** Exact counters of both sides, side by side. */
import type { CounterResult } from './check-report.js';
import type { SideCounters } from './launcher/launch.js';

/** Of one launch. */
export interface CountedSides {
  readonly base: SideCounters;
  readonly head: SideCounters;
}

/**
 * @param launches whose counters have to agree with each other on each side: they do the same work from the same beginning
 * @param iterations that were counted
 */
export function compareCounters(launches: readonly CountedSides[], iterations: number): readonly CounterResult[] {
  const [first] = launches;
  if (first === undefined) return [];
  const names = [...new Set([...Object.keys(first.base), ...Object.keys(first.head)])];
  return names.map((counter) => {
    const [base, head] = [first.base[counter] ?? 0, first.head[counter] ?? 0];
    const repeats = launches.every((each) => (each.base[counter] ?? 0) === base && (each.head[counter] ?? 0) === head);
    const verdict = !repeats ? 'unrepeatable' : head > base ? 'rise' : head < base ? 'fall' : 'equal';
    return { counter, base: base / iterations, head: head / iterations, verdict };
  });
}
