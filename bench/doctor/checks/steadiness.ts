/** What the same work takes, time after time. */
import { percent, plain } from '../../report/format.js';
import { type Finding, unknown } from '../finding.js';
import { LIMITS } from '../limits.js';
import type { Spread, Steadiness } from '../steadiness.js';
import { grade, type Limits, worst } from '../verdict.js';

const NOT_MEASURED = 'The process that measures how steady time is did not work.';
const TOO_ROUGH = 'CPU time is counted too roughly here to tell how steady it is, or was not measured.';

export function judgeWallTime(steadiness: Steadiness | undefined): Finding {
  return judgeSpread(steadiness?.wall, steadiness?.batches, LIMITS.wallMadShare, LIMITS.wallP99Ratio, {
    good: 'The same work takes the same time.',
    fair: 'The same work now and then takes longer: a difference counts only beyond the spread of a row, so repeat more often (--repeats).',
    poor: 'The same work takes very different times: believe ratios of rows that were measured in turns, and nothing else.',
    unknown: NOT_MEASURED,
  });
}

export function judgeSteadyCpuTime(steadiness: Steadiness | undefined): Finding {
  return judgeSpread(steadiness?.cpu, steadiness?.batches, LIMITS.cpuMadShare, LIMITS.cpuP99Ratio, {
    good: 'The same work costs the same CPU time.',
    fair: 'CPU time moves by what shares caches and cores: consort check takes more launches until it decides.',
    poor: 'CPU time moves so much that consort check will leave much undecided: measure on a quieter machine, or give it more --minutes.',
    unknown: TOO_ROUGH,
  });
}

export function judgeAgreement(steadiness: Steadiness | undefined): Finding {
  const smallestChange = steadiness?.smallestChange;
  if (smallestChange === undefined) return unknown(TOO_ROUGH);
  const verdict = grade(smallestChange, LIMITS.smallestChange);
  const more = 'run it with more --minutes, or a larger --min-effect';
  const meanings = {
    good: 'Within one launch, consort check sees smaller changes than it counts; launches differ by more.',
    fair: `consort check sees changes of its usual --min-effect, and little below: ${more}, if it stays undecided.`,
    poor: `Batches in turns do not agree well enough to show a change of 2.5 %: ${more}.`,
    unknown: TOO_ROUGH,
  };
  return {
    verdict,
    value: `a change of ${percent(smallestChange)} would be seen`,
    meaning: meanings[verdict],
    figures: { smallestChange },
  };
}

function judgeSpread(
  spread: Spread | undefined,
  batches: number | undefined,
  madLimits: Limits,
  p99Limits: Limits,
  meanings: Readonly<Record<Finding['verdict'], string>>,
): Finding {
  if (spread === undefined || batches === undefined) return unknown(meanings.unknown);
  const { medianMicros, madShare, p99Ratio } = spread;
  const verdict = worst([grade(madShare, madLimits), grade(p99Ratio, p99Limits)]);
  return {
    verdict,
    value: `MAD ${percent(madShare)}, p99 / p50 ${plain(p99Ratio)}`,
    meaning: meanings[verdict],
    figures: { batches, medianMicros, madShare, p99Ratio },
  };
}
