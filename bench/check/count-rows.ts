/** The second signal of benchmarks: what an iteration costs each side in instructions. */
import type { InstructionsResult } from './check-report.js';
import { countInstructions, hasCallgrind } from './launcher/instructions.js';
import type { Lanes } from './launcher/lanes.js';
import type { SidePlace } from './launcher/launch.js';
import type { Calibrated } from './launcher/protocol.js';
import type { SideName } from './launcher/side-process.js';

export interface CountedRow {
  readonly name: string;
  readonly benchmark: string;
  readonly calibrated: Calibrated;
  readonly places: Readonly<Record<SideName, SidePlace>>;
}

export interface CountedRows {
  /** By name; of none where the machine can not count. */
  readonly results: ReadonlyMap<string, InstructionsResult>;
  /** What this machine does not have. */
  readonly missing: readonly string[];
}

/**
 * Counts on all CPUs at once: what else runs there changes no count.
 * @param slowDown the head is made slower by this share; 0: it is not
 * @param onCount is told the name before a row is counted; what it throws ends the counting
 */
export async function countRows(
  rows: readonly CountedRow[],
  lanes: Lanes,
  slowDown: number,
  onCount: (name: string) => void,
): Promise<CountedRows> {
  if (rows.length === 0) return { results: new Map(), missing: [] };
  if (!hasCallgrind()) return { results: new Map(), missing: ['valgrind: no instructions were counted'] };
  const count = ({ name, benchmark, calibrated, places }: CountedRow, side: SideName) =>
    lanes.run(({ surroundings }) => {
      if (side === 'base') onCount(name);
      const slowed = slowDown > 0 ? { slowDown: side === 'head' ? slowDown : 0 } : {};
      return countInstructions({ ...places[side], ...slowed, side, benchmark, calibrated }, surroundings);
    });
  const counted = rows.map(async (row) => {
    const [base, head] = await Promise.all([count(row, 'base'), count(row, 'head')]);
    return [row.name, { base, head, change: head / base - 1 }] as const;
  });
  return { results: new Map(await Promise.all(counted)), missing: [] };
}
