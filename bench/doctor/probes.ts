/** What is read of a machine, so that verdicts can be tried on machines that are made up. The real one is in machine-probes.ts. */
import type { Surroundings } from '../check/launcher/surroundings.js';
import type { Steadiness, SteadinessPlan } from './steadiness.js';

export interface Probes {
  readonly platform: NodeJS.Platform;
  /** A file of /proc or /sys; undefined: it is not there, or not for us to read. */
  readFile(file: string): string | undefined;
  /** Over one minute; undefined: this system has none. */
  loadAverage(): number | undefined;
  /** CPUs that this process may use, as Node counts them. */
  cpuCount(): number;
  /** CPU time of this process, all its threads together. */
  ownCpuMicros(): number;
  nowMicros(): number;
  pause(milliseconds: number): Promise<void>;
  measureClocks(): Clocks;
  /** How `consort check` would run its processes. */
  surroundings(): readonly Surroundings[];
  hasCallgrind(): boolean;
  native(): Native;
  /** Undefined: no socket was to be had. */
  socketBuffers(): Promise<SocketBuffers | undefined>;
  /** Whether a datagram to a multicast group comes back on the loopback interface. */
  hasLoopbackMulticast(): Promise<boolean>;
  /** Undefined: the process that measures did not work. */
  measureSteadiness(plan: SteadinessPlan): Promise<Steadiness | undefined>;
}

export interface Clocks {
  /** What one call of performance.now() takes. */
  readonly performanceNowNanos: number;
  /** What one call of process.hrtime.bigint() takes. */
  readonly hrtimeNanos: number;
  /** The least by which process.hrtime.bigint() goes on, if it does. */
  readonly hrtimeStepNanos: number;
  /** What one call of process.cpuUsage() takes. */
  readonly cpuUsageMicros: number;
  /** By how much process.cpuUsage() goes on: the median of its steps. */
  readonly cpuUsageStepMicros: number;
}

export interface Native {
  readonly loaded: boolean;
  /** Why it is not, without what files were tried. */
  readonly reason?: string;
  /** UDP segmentation offload (GSO); undefined: nobody knows without the addon. */
  readonly segments?: boolean;
  /** The same for what arrives (GRO). */
  readonly coalesces?: boolean;
}

/** What the kernel gives who asks for `wantedBytes`. */
export interface SocketBuffers {
  readonly wantedBytes: number;
  readonly receiveBytes: number;
  readonly sendBytes: number;
}
