/** From a soak to its result: memory that surely grows makes it an error. */
import type { Block } from '../plan.js';
import type { SoakResult, SoakSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { gapLimitMillis } from '../scenarios/soak.js';
import { slopeLimit, steepest } from '../scenarios/soak-checks.js';
import { frameBytes } from '../scenarios/trial.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

const MIB = 2 ** 20;

export function soakResults(
  block: Block,
  outcomes: readonly Outcome<SoakSample>[],
  settings: { readonly quick: boolean },
): readonly SoakResult[] {
  return outcomes.map(({ row, samples, error }) => {
    const memory = samples.flatMap((sample) => sample.memory);
    const limit = slopeLimit(memory);
    const slope = limit === undefined ? undefined : steepest(memory);
    const leaks = slope !== undefined && limit !== undefined && slope.low > limit;
    const leak = leaks ? `memory grows by ${(slope.low / MIB).toFixed(1)} MiB/h at least` : undefined;
    return defined<SoakResult>({
      ...resultHead(block, row, frameBytes(block), error ?? leak),
      samples,
      longestGapMillis:
        samples.length === 0 ? undefined : Math.max(...samples.map(({ longestGapMillis }) => longestGapMillis)),
      gapLimitMillis: gapLimitMillis(settings),
      memorySlopeBytesPerHour: slope,
      memorySlopeLimitBytesPerHour: limit,
    });
  });
}
