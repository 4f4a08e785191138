/** The checks of `consort doctor`, declared once as data: what is shown, the JSON and the table in docs/benchmarking.md come from here. */
import { percent, size } from '../report/format.js';
import { FAIR_BUFFER_BYTES, FAIR_CPUS, GOOD_CPUS, LIMITS } from './limits.js';

/** What a machine is measured on for. */
export const USES = { bench: 'consort bench', check: 'consort check' } as const;
export type Use = keyof typeof USES;

export interface CheckDeclaration {
  readonly title: string;
  /** For what it counts. */
  readonly uses: readonly Use[];
  readonly good: string;
  readonly fair: string;
  /** Empty: it is never poor. */
  readonly poor: string;
}

const bench = ['bench'] as const;
const check = ['check'] as const;
const both = ['bench', 'check'] as const;
const L = LIMITS;

export const CHECKS = {
  load: {
    title: 'load',
    uses: bench,
    good: `others use at most ${percent(L.othersShare.good)} of the CPUs`,
    fair: `at most ${percent(L.othersShare.fair)}, or the load average is above the number of CPUs`,
    poor: 'more',
  },
  steal: {
    title: 'steal',
    uses: both,
    good: `at most ${percent(L.stealShare.good)} of the time`,
    fair: `at most ${percent(L.stealShare.fair)}`,
    poor: 'more',
  },
  cpus: {
    title: 'CPUs',
    uses: bench,
    good: `at least ${GOOD_CPUS}`,
    fair: `at least ${FAIR_CPUS}`,
    poor: 'fewer',
  },
  siblings: {
    title: 'SMT',
    uses: both,
    good: 'no CPU shares its core',
    fair: 'some do',
    poor: '',
  },
  quota: {
    title: 'CPU quota',
    uses: both,
    good: 'none, or as much as the CPUs have',
    fair: `at least ${FAIR_CPUS} CPUs' worth`,
    poor: 'less',
  },
  governor: {
    title: 'governor',
    uses: both,
    good: '`performance` on each CPU',
    fair: 'any other',
    poor: '',
  },
  turbo: {
    title: 'turbo',
    uses: both,
    good: 'off',
    fair: 'on',
    poor: '',
  },
  clock: {
    title: 'clock',
    uses: bench,
    good: `a reading takes at most ${L.clockNanos.good} ns, a step is at most ${L.clockStepNanos.good / 1000} µs`,
    fair: `${L.clockNanos.fair / 1000} µs, ${L.clockStepNanos.fair / 1000} µs`,
    poor: 'more',
  },
  cpuTime: {
    title: 'CPU time',
    uses: check,
    good: `goes on in steps of at most ${L.cpuUsageStepMicros.good} µs`,
    fair: `at most ${L.cpuUsageStepMicros.fair} µs`,
    poor: 'more',
  },
  pinning: {
    title: 'pinning',
    uses: check,
    good: "`taskset`, `setarch -R` and V8's predictable flags work",
    fair: 'one of the last two does not',
    poor: 'processes can not be pinned to a CPU',
  },
  instructions: {
    title: 'valgrind',
    uses: check,
    good: 'is installed',
    fair: 'is not',
    poor: '',
  },
  native: {
    title: 'native addon',
    uses: bench,
    good: 'is loaded',
    fair: 'is not',
    poor: '',
  },
  offload: {
    title: 'UDP offload',
    uses: bench,
    good: 'the kernel has GSO and GRO',
    fair: 'it lacks one or both',
    poor: '',
  },
  buffers: {
    title: 'socket buffers',
    uses: bench,
    good: 'as large as asked for',
    fair: `at least ${size(FAIR_BUFFER_BYTES)}`,
    poor: 'smaller',
  },
  multicast: {
    title: 'multicast',
    uses: bench,
    good: 'comes back on loopback',
    fair: '',
    poor: 'does not',
  },
  wallTime: {
    title: 'steady wall time',
    uses: bench,
    good: `MAD at most ${percent(L.wallMadShare.good)}, p99 / p50 at most ${L.wallP99Ratio.good}`,
    fair: `${percent(L.wallMadShare.fair)}, ${L.wallP99Ratio.fair}`,
    poor: 'more',
  },
  steadyCpuTime: {
    title: 'steady CPU time',
    uses: check,
    good: `MAD at most ${percent(L.cpuMadShare.good)}, p99 / p50 at most ${L.cpuP99Ratio.good}`,
    fair: `${percent(L.cpuMadShare.fair)}, ${L.cpuP99Ratio.fair}`,
    poor: 'more',
  },
  agreement: {
    title: 'turns agree',
    uses: check,
    good: `a change of ${percent(L.smallestChange.good)} would be seen`,
    fair: `one of ${percent(L.smallestChange.fair)}`,
    poor: 'only a larger one',
  },
} as const satisfies Record<string, CheckDeclaration>;

export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as readonly CheckName[];
