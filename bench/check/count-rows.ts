/** The second signal of benchmarks: what an iteration costs each side in instructions. */
import type { InstructionsResult } from './check-report.js';
import type { Lanes } from './launcher/lanes.js';
import type { SidePlace } from './launcher/launch.js';
import type { Calibrated } from './launcher/protocol.js';
import type { SideName } from './launcher/side-process.js';
import type { Surroundings } from './launcher/surroundings.js';

export interface CountedRow {
  readonly name: string;
  readonly benchmark: string;
  readonly calibrated: Calibrated;
  readonly places: Readonly<Record<SideName, SidePlace>>;
  /** ln(head / base), of its time. */
  readonly effect: number;
}

export interface Counting {
  /** Of one side; its instructions per iteration. */
  readonly count: (row: CountedRow, side: SideName, surroundings: Surroundings) => Promise<number>;
  /** Is told the name before a row is counted; what it throws ends the counting. */
  readonly onCount: (name: string) => void;
  readonly now: () => number;
  /** By `now`: no row is begun that would end later, as long as those before it took. Milliseconds. */
  readonly end: number;
}

export interface CountedRows {
  /** By name. */
  readonly results: ReadonlyMap<string, InstructionsResult>;
  /** What there was no time for. */
  readonly skipped: readonly string[];
}

/** Counts on all CPUs at once, for what else runs there changes no count; what has changed most comes first. */
export async function countRows(
  rows: readonly CountedRow[],
  lanes: Lanes,
  { count, onCount, now, end }: Counting,
): Promise<CountedRows> {
  let longest = 0;
  const countRow = async (row: CountedRow) => {
    let begun: boolean | undefined;
    const side = (name: SideName) =>
      lanes.run(async ({ surroundings }) => {
        const start = now();
        // Where one side was counted, the other is too.
        begun ??= start + longest <= end;
        if (!begun) return undefined;
        if (name === 'base') onCount(row.name);
        const counted = await count(row, name, surroundings);
        longest = Math.max(longest, now() - start);
        return counted;
      });
    const [base, head] = await Promise.all([side('base'), side('head')]);
    return { name: row.name, counted: base && head ? { base, head, change: head / base - 1 } : undefined };
  };
  const ordered = rows.toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const all = await Promise.all(ordered.map(countRow));
  return {
    results: new Map(all.flatMap(({ name, counted }) => (counted === undefined ? [] : [[name, counted] as const]))),
    skipped: all.flatMap(({ name, counted }) => (counted === undefined ? [name] : [])),
  };
}
