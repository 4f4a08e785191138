/** What the check and the process of one side say to each other. */
import type { Checksum } from '../api.js';

export type Order =
  /** What benchmarks there are in a file. */
  | { readonly do: 'list'; readonly file: string }
  | { readonly do: 'load'; readonly file: string; readonly benchmark: string }
  /** Iterations that take about so long, after so long a warm-up. CPU time. */
  | { readonly do: 'calibrate'; readonly batchMicros: number; readonly warmUpMicros: number }
  | { readonly do: 'warmUp'; readonly iterations: number; readonly batches: number }
  /** From here on it is slower by this share: the self-test. */
  | { readonly do: 'slowDown'; readonly share: number }
  | { readonly do: 'batch'; readonly iterations: number }
  /** The exact counters of so many iterations. */
  | { readonly do: 'count'; readonly iterations: number }
  /** For callgrind: its dumps are made at calls that only this order makes. */
  | { readonly do: 'instructions'; readonly iterations: number };

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
  calibrate: { readonly iterations: number };
  warmUp: Batch;
  slowDown: undefined;
  batch: Batch;
  count: Counted;
  instructions: { readonly checksum: Checksum };
}

export type Answer = { readonly value: unknown } | { readonly failure: string };

export interface Listed {
  readonly name: string;
  readonly quick: boolean;
}
