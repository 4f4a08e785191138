/** A layer at work: what is measured, and what its results are fed to. */
import { UnverifiedError } from '../verify/unverified-error.js';

/** Data planes by language. */
export type Language = 'native' | 'ts';

export interface LayerWork {
  /** Operations of one `run`. */
  readonly operations: number;
  /** Does them, and returns a checksum of what came out: the same each time. */
  run(): number;
  /** What that checksum has to be, by other means. */
  readonly expected: number;
}

/** Takes the checksum of each run: so nothing of it can be optimized away, and nothing wrong counts. */
export class ChecksumSink {
  private runs = 0;

  constructor(private readonly expected: number) {}

  /** @throws UnverifiedError */
  add(checksum: number): void {
    this.runs++;
    if (checksum === this.expected) return;
    throw new UnverifiedError(`run ${this.runs} has the checksum ${checksum}, not ${this.expected}`);
  }
}
