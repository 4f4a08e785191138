/** What the check and the process of one side say to each other. */
import type { Checksum } from '../api.js';

export type Order =
  /** What benchmarks there are in a file. */
  | { readonly do: 'list'; readonly file: string }
  | { readonly do: 'load'; readonly file: string; readonly benchmark: string }
  /** How many iterations take so long, of a batch and of the warm-up. CPU time. */
  | { readonly do: 'calibrate'; readonly batchMicros: number; readonly warmUpMicros: number }
  | { readonly do: 'warmUp'; readonly iterations: number; readonly batches: number }
  /** From here on it is slower by this share: the self-test. */
  | { readonly do: 'slowDown'; readonly share: number }
  /** Quartets of batches, in turns with the other side, which is told the same. */
  | Turns
  /** The exact counters of so many iterations. */
  | { readonly do: 'count'; readonly iterations: number }
  /** What so many iterations allocate. */
  | { readonly do: 'allocated'; readonly iterations: number }
  /** For callgrind: its dumps are made at calls that only this order makes. */
  | { readonly do: 'instructions'; readonly iterations: number };

export interface Calibrated {
  /** Of a batch, once everything is compiled. */
  readonly iterations: number;
  /** Of a batch of so many: more than was asked for where a single one takes longer. */
  readonly batchMicros: number;
  /** From the start of the process on, when hardly anything is compiled. */
  readonly warmUpIterations: number;
}

export interface Turns {
  readonly do: 'turns';
  readonly iterations: number;
  readonly quartets: number;
  /** Whether it runs the outer two batches of each quartet. */
  readonly begins: boolean;
  /** Named pipes: a byte comes when it is this side's turn, and goes when it is the other's. */
  readonly takes: string;
  readonly gives: string;
}

export type OrderName = Order['do'];

export interface Batch {
  readonly micros: number;
  readonly checksum: Checksum;
}

export interface Counted {
  readonly checksum: Checksum;
  /** What each counter has grown by. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Answers {
  list: readonly Listed[];
  load: undefined;
  calibrate: Calibrated;
  warmUp: Batch;
  slowDown: undefined;
  turns: readonly Batch[];
  count: Counted;
  /** Bytes per iteration; undefined: more than fits between two collections of garbage. */
  allocated: { readonly bytes: number | undefined };
  instructions: { readonly checksum: Checksum };
}

export type Answer = { readonly value: unknown } | { readonly failure: string };

export interface Listed {
  readonly name: string;
  readonly quick: boolean;
}
