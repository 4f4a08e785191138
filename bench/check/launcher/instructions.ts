/**
 * Instructions per iteration, counted by callgrind with the optimizing compiler on. One process runs N iterations and then 2 N; what is the same in both, as
 * the way there and back, falls out of (I(2N) - I(N)) / N. Callgrind writes what it has counted, and begins anew, whenever the process asks for the load
 * average, which it does for nothing else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Calibrated } from './protocol.js';
import { type SideName, SideProcess } from './side-process.js';
import type { Surroundings } from './surroundings.js';

export interface CountingPlan {
  readonly side: SideName;
  readonly directory: string;
  readonly file: string;
  readonly benchmark: string;
  readonly calibrated: Calibrated;
  /** Undefined: nothing is slowed down on either side. */
  readonly slowDown?: number;
}

/** Warm-up, in the CPU time that it takes without callgrind, which is some 50 times slower than the machine. */
const WARM_UP_MICROS = 80_000;
/** Counted at once, likewise. */
const COUNTED_MICROS = 2000;

/** By time, not by number: a batch of a single iteration may take as long as fifty others. */
export function batchesUnderCallgrind(batchMicros: number): { readonly warmUp: number; readonly counted: number } {
  return { warmUp: Math.ceil(WARM_UP_MICROS / batchMicros), counted: Math.ceil(COUNTED_MICROS / batchMicros) };
}

export function hasCallgrind(): boolean {
  return spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Wants callgrind. */
export async function countInstructions(
  { side, directory, file, benchmark, calibrated, slowDown }: CountingPlan,
  surroundings: Surroundings,
): Promise<number> {
  const { iterations, batchMicros } = calibrated;
  const batches = batchesUnderCallgrind(batchMicros);
  const counted = iterations * batches.counted;
  const folder = mkdtempSync(path.join(tmpdir(), 'consort-callgrind-'));
  try {
    const child = SideProcess.start({ side, surroundings: underCallgrind(surroundings, folder), directory });
    try {
      await child.ask<'load'>({ do: 'load', file, benchmark });
      if (slowDown !== undefined) await child.ask<'slowDown'>({ do: 'slowDown', share: 0 });
      await child.ask<'warmUp'>({ do: 'warmUp', iterations, batches: batches.warmUp });
      if (slowDown !== undefined) await child.ask<'slowDown'>({ do: 'slowDown', share: slowDown });
      await child.ask<'instructions'>({ do: 'instructions', iterations: counted });
    } finally {
      await child.end();
    }
    return perIteration(folder, counted);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function underCallgrind({ command, ...rest }: Surroundings, folder: string): Surroundings {
  const node = command.indexOf(process.execPath);
  const valgrind = [
    'valgrind',
    '--tool=callgrind',
    '--quiet',
    '--dump-before=uv_loadavg',
    `--callgrind-out-file=${path.join(folder, 'out')}`,
  ];
  return {
    ...rest,
    command: [...command.slice(0, node), ...valgrind, ...command.slice(node)] as unknown as Surroundings['command'],
  };
}

/** Dumps are numbered: what was before the first mark, N iterations, 2 N iterations. */
function perIteration(folder: string, iterations: number): number {
  const [, once, twice] = [1, 2, 3].map((part) => totalOf(path.join(folder, `out.${part}`)));
  if (once === undefined || twice === undefined)
    throw new Error(`callgrind has written no counts, only ${readdirSync(folder).join(', ')}`);
  return (twice - once) / iterations;
}

function totalOf(file: string): number | undefined {
  const total = existsSync(file) ? /^(?:totals|summary): (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  return total === undefined ? undefined : Number(total);
}
