/** Where good ends and fair, by check. What is beyond fair is poor. */
import type { Limits } from './verdict.js';

const KIB = 1024;

export const LIMITS = {
  /** Of the time of the CPUs that this process may use, the share that went to other processes. */
  othersShare: { good: 0.05, fair: 0.25 },
  /** The share that the hypervisor gave to others. */
  stealShare: { good: 0.01, fair: 0.05 },
  /** What the dearer of the two clocks takes. */
  clockNanos: { good: 200, fair: 1000 },
  clockStepNanos: { good: 1000, fair: 20_000 },
  /** A batch of `consort check` takes 200 µs. */
  cpuUsageStepMicros: { good: 10, fair: 100 },
  wallMadShare: { good: 0.02, fair: 0.05 },
  wallP99Ratio: { good: 1.5, fair: 3 },
  /** Wider: what moves both of two batches in turns cancels out in `consort check`. */
  cpuMadShare: { good: 0.02, fair: 0.1 },
  cpuP99Ratio: { good: 1.5, fair: 4 },
  /** What `consort check` takes for no change at all is 2.5 %, unless it is told otherwise. */
  smallestChange: { good: 0.01, fair: 0.025 },
} as const satisfies Record<string, Limits>;

/** So many CPUs are good for a group of two members: each has a thread of JavaScript and one of the data plane. */
export const GOOD_CPUS = 4;
export const FAIR_CPUS = 2;

/** With less, a burst of frames of 64 KiB does not fit. */
export const FAIR_BUFFER_BYTES = 128 * KIB;
