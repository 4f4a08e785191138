/** What a check has found: its JSON, and what all other forms of it are made from. docs/benchmarking.md explains each key. */
import type { Environment } from '../environment.js';
import type { Verdict } from './decide.js';

export const CHECK_SCHEMA = 'consort-check';
/** Rises when something is renamed, removed or changes its meaning. */
export const CHECK_SCHEMA_VERSION = 1;

/** Changes are shares: 0.05 is 5 % slower. */
export interface Change {
  readonly change: number;
  readonly changeLow: number;
  readonly changeHigh: number;
  readonly launches: number;
  /** Of each launch. */
  readonly changes: readonly number[];
}

export interface Confirmation extends Change {
  readonly confirmed: boolean;
  readonly p: number;
}

/** Per iteration. `unrepeatable`: launches of one side differ, so it is no exact counter. */
export interface CounterResult {
  readonly counter: string;
  readonly base: number;
  readonly head: number;
  readonly verdict: 'equal' | 'rise' | 'fall' | 'unrepeatable';
}

/** Per iteration, counted by callgrind. */
export interface InstructionsResult {
  readonly base: number;
  readonly head: number;
  readonly change: number;
}

export interface BenchmarkResult extends Change {
  readonly name: string;
  readonly verdict: Verdict;
  readonly p: number;
  readonly iterations: number;
  readonly baseMicrosPerIteration: number;
  readonly headMicrosPerIteration: number;
  readonly confirmation?: Confirmation;
  /** Of what is inconclusive: the smallest change that would have been seen, as a rule. */
  readonly detectableChange?: number;
  readonly counters: readonly CounterResult[];
  readonly instructions?: InstructionsResult;
}

export interface ControlResult extends Change {
  readonly control: 'null' | 'frozen';
  readonly moved: boolean;
}

export interface SideResult {
  readonly label: string;
  readonly commit?: string;
  readonly dirty?: boolean;
}

/** `selfTestFailed`: what was injected was not found in all benchmarks, or something was found that was not. */
export type Outcome = 'passed' | 'regression' | 'inconclusive' | 'invalid' | 'selfTestFailed';

export interface CheckReport {
  readonly schema: typeof CHECK_SCHEMA;
  readonly schemaVersion: typeof CHECK_SCHEMA_VERSION;
  readonly passed: boolean;
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly options: {
    readonly file: string;
    readonly minEffect: number;
    readonly alpha: number;
    readonly looks: number;
    readonly quick: boolean;
    readonly seed: number;
    /** The share that was injected; 0: head against head. */
    readonly selfTest?: number;
  };
  readonly environment: Environment;
  readonly cpus?: readonly number[];
  /** What this machine does not have of what keeps noise small. */
  readonly missing: readonly string[];
  readonly notes: readonly string[];
  readonly base: SideResult;
  readonly head: SideResult;
  readonly benchmarks: readonly BenchmarkResult[];
  readonly controls: readonly ControlResult[];
  readonly onlyInBase: readonly string[];
  readonly onlyInHead: readonly string[];
}
