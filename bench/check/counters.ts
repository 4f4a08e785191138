/** What is counted of both sides, side by side. */
import { median } from '../stats/summary.js';
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

/** Bytes per iteration, of one launch; undefined: not counted. */
export interface AllocatedSides {
  readonly base: number | undefined;
  readonly head: number | undefined;
}

/** What is allocated differs a little from launch to launch, by what has been compiled until then: so much counts as equal, of it and in bytes. */
const ALLOCATED_SHARE = 0.05;
const ALLOCATED_BYTES = 16;

const ALLOCATED_LAUNCHES = 3;

/** A rise is only what every launch of the head has, above every launch of the base. */
export function compareAllocated(launches: readonly AllocatedSides[]): readonly CounterResult[] {
  const of = (side: 'base' | 'head') => launches.flatMap(({ [side]: bytes }) => bytes ?? []);
  const [base, head] = [of('base'), of('head')];
  if (Math.min(base.length, head.length) < ALLOCATED_LAUNCHES) return [];
  const isAbove = (some: readonly number[], others: readonly number[]) =>
    Math.min(...some) > Math.max(...others) * (1 + ALLOCATED_SHARE) + ALLOCATED_BYTES;
  const verdict = isAbove(head, base) ? 'rise' : isAbove(base, head) ? 'fall' : 'equal';
  const rounded = (bytes: readonly number[]) => Math.round(median(bytes));
  return [{ counter: 'allocatedBytes', base: rounded(base), head: rounded(head), verdict }];
}
