// Machines that were made up: a good one, and what is different about another.
import type { Clocks, Native, Probes, SocketBuffers } from '../../../../bench/doctor/probes.js';
import type { Steadiness } from '../../../../bench/doctor/steadiness.js';

/** Of each CPU, in ticks: user, nice, system, idle, iowait, irq, softirq, steal. */
export type Ticks = readonly [number, number, number, number, number, number, number, number];

export interface MadeUp {
  readonly platform?: NodeJS.Platform;
  /** Of /proc and /sys, in place of those of the good machine; undefined: not there. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Nothing can be read at all. */
  readonly noFiles?: boolean;
  readonly loadAverage?: number | undefined;
  /** What each CPU does while it is watched. */
  readonly ticks?: Ticks;
  /** What this process uses of them meanwhile. */
  readonly ownMicros?: number;
  /** The CPUs that it can be pinned to. */
  readonly pinned?: readonly number[];
  readonly missing?: readonly string[];
  readonly callgrind?: boolean;
  readonly clocks?: Partial<Clocks>;
  readonly native?: Native;
  readonly buffers?: SocketBuffers | undefined;
  readonly multicast?: boolean;
  readonly steadiness?: Steadiness | undefined;
}

export const MIB = 2 ** 20;
export const IDLE: Ticks = [1, 0, 1, 198, 0, 0, 0, 0];

const SPREAD = { medianMicros: 200, madShare: 0.002, p99Ratio: 1.05 };
export const STEADY: Steadiness = { batches: 4000, wall: SPREAD, cpu: SPREAD, smallestChange: 0.002 };
const CLOCKS: Clocks = {
  performanceNowNanos: 40,
  hrtimeNanos: 60,
  hrtimeStepNanos: 30,
  cpuUsageMicros: 0.5,
  cpuUsageStepMicros: 1,
};

const CPUS = [0, 1, 2, 3];

function goodFiles(): Record<string, string | undefined> {
  const cpu = '/sys/devices/system/cpu';
  return {
    '/proc/self/status': 'Name:\tnode\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n',
    '/proc/self/cgroup': '0::/user.slice/session\n',
    '/proc/cpuinfo': 'model name\t: Some CPU\nflags\t\t: fpu tsc\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu\n',
    '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
    [`${cpu}/intel_pstate/no_turbo`]: '1\n',
    ...Object.fromEntries(CPUS.map((each) => [`${cpu}/cpu${each}/topology/thread_siblings_list`, `${each}\n`])),
    ...Object.fromEntries(CPUS.map((each) => [`${cpu}/cpu${each}/cpufreq/scaling_governor`, 'performance\n'])),
  };
}

/** Nothing is found fault with, but for what is said to be different. */
export function fakeProbes(made: MadeUp = {}): Probes {
  const { ticks = IDLE, ownMicros = 0, pinned = [2, 3], missing = [], noFiles = false } = made;
  const files = { ...goodFiles(), ...made.files };
  let watched = 0;
  return {
    platform: made.platform ?? 'linux',
    readFile: (file) => {
      if (noFiles) return undefined;
      return file === '/proc/stat' && !('/proc/stat' in files) ? stat(ticks, watched) : files[file];
    },
    loadAverage: () => ('loadAverage' in made ? made.loadAverage : 0.1),
    cpuCount: () => CPUS.length,
    ownCpuMicros: () => 5000 + watched * ownMicros,
    nowMicros: () => watched * 2_000_000,
    pause: async () => {
      watched++;
    },
    measureClocks: () => ({ ...CLOCKS, ...made.clocks }),
    surroundings: () =>
      (pinned.length === 0 ? [undefined] : pinned).map((cpu) => ({ command: ['node'], cpu, missing })),
    hasCallgrind: () => made.callgrind ?? true,
    native: () => made.native ?? { loaded: true, segments: true, coalesces: true },
    socketBuffers: async () =>
      'buffers' in made ? made.buffers : { wantedBytes: 4 * MIB, receiveBytes: 4 * MIB, sendBytes: 4 * MIB },
    hasLoopbackMulticast: async () => made.multicast ?? true,
    measureSteadiness: async () => ('steadiness' in made ? made.steadiness : STEADY),
  };
}

/** /proc/stat after the CPUs have been watched so many times. CPU 4 is not ours, and busy. */
function stat(ticks: Ticks, watched: number): string {
  const line = (name: string, each: Ticks) => `${name} ${each.map((one) => 1000 + watched * one).join(' ')} 0 0`;
  return [
    line('cpu ', [700, 0, 0, 0, 0, 0, 0, 0]),
    ...CPUS.map((cpu) => line(`cpu${cpu}`, ticks)),
    line('cpu4', [200, 0, 0, 0, 0, 0, 0, 0]),
    'intr 12345',
  ].join('\n');
}
