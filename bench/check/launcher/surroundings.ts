/**
 * Where the processes of both sides run: on one CPU, without what differs from launch to launch for no reason. Each part is left out where the machine
 * does not have it, and that is told: noise is then larger, and more is left undecided.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** @param wantedCpu undefined: the last of those that this process may use, for the first have most of the interrupts */
export function findSurroundings(wantedCpu: number | undefined): Surroundings {
  const command: string[] = [];
  const missing: string[] = [];
  const cpu = wantedCpu ?? lastAllowedCpu();
  const pinned = cpu !== undefined && works('taskset', '-c', String(cpu), 'true');
  if (pinned) command.push('taskset', '-c', String(cpu));
  else missing.push('taskset: the processes are not pinned to one CPU');
  if (works('setarch', '-R', 'true')) command.push('setarch', '-R');
  else missing.push('setarch -R: addresses differ from launch to launch');
  command.push(process.execPath);
  if (works(process.execPath, ...V8_FLAGS, '-e', '0')) command.push(...V8_FLAGS);
  else missing.push(`V8's flags ${V8_FLAGS.join(' ')}: compilation and garbage collection happen at any time`);
  return { command: command as [string, ...string[]], cpu: pinned ? cpu : undefined, missing };
}

/** Whether processes can be pinned to this CPU; also false where nothing can be pinned at all. */
export function canPin(cpu: number): boolean {
  return works('taskset', '-c', String(cpu), 'true');
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Linux says it as `0-3,8`. */
function lastAllowedCpu(): number | undefined {
  try {
    const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return allowed === undefined ? undefined : Number(allowed.split(/[,-]/).at(-1));
  } catch {
    return undefined;
  }
}
