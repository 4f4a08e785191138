/**
 * Where the processes of both sides run: on one CPU, without what differs from launch to launch for no reason. Each part is left out where the machine
 * does not have it, and that is told: noise is then larger, and more is left undecided.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { allowedCpus } from '../../allowed-cpus.js';

export interface Surroundings {
  /** The command line up to the file that Node runs. */
  readonly command: readonly [string, ...string[]];
  /** Undefined: the processes may run anywhere. */
  readonly cpu: number | undefined;
  /** What this machine does not have. */
  readonly missing: readonly string[];
}

/** The optimizing compiler stays on: it works on the main thread, at the same places in each launch. */
const V8_FLAGS = [
  '--hash-seed=1',
  '--random-seed=1',
  '--predictable',
  '--predictable-gc-schedule',
  '--single-threaded',
] as const;

/** More launches side by side than this would get into each other's way: processors share caches and memory. */
const MOST_LANES = 2;

/**
 * A CPU each for launches side by side; one that is any CPU where processes can not be pinned.
 * @param wanted undefined: the last two of those that this process may use, for the first have most of the interrupts
 */
export function findSurroundings(wanted: readonly number[] | undefined): readonly Surroundings[] {
  const pinned = (wanted ?? ownCpus().slice(-MOST_LANES)).filter(canPin);
  const missing: string[] = [];
  if (pinned.length === 0) missing.push('taskset: the processes are not pinned to one CPU');
  const still = works('setarch', '-R', 'true');
  if (!still) missing.push('setarch -R: addresses differ from launch to launch');
  const predictable = works(process.execPath, ...V8_FLAGS, '-e', '0');
  if (!predictable)
    missing.push(`V8's flags ${V8_FLAGS.join(' ')}: compilation and garbage collection happen at any time`);
  const node = [...(still ? ['setarch', '-R'] : []), process.execPath, ...(predictable ? V8_FLAGS : [])];
  const lanes = pinned.length === 0 ? [undefined] : pinned;
  return lanes.map((cpu) => ({
    command: [
      ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
      ...node,
    ] as unknown as Surroundings['command'],
    cpu,
    missing,
  }));
}

/** Whether processes can be pinned to this CPU; also false where nothing can be pinned at all. */
export function canPin(cpu: number): boolean {
  return works('taskset', '-c', String(cpu), 'true');
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** None where the system does not say. */
function ownCpus(): readonly number[] {
  try {
    return allowedCpus(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return [];
  }
}
