/** Who else uses the CPUs. */
import { percent } from '../../report/format.js';
import { type Figures, type Finding, unknown } from '../finding.js';
import { LIMITS } from '../limits.js';
import type { Observation } from '../observation.js';
import { grade, type Verdict, worst } from '../verdict.js';

export function judgeLoad({ othersShare, loadAverage, cpuCount, seconds }: Observation): Finding {
  const figures: Figures = {
    ...(loadAverage === undefined ? {} : { loadAverage }),
    ...(othersShare === undefined ? {} : { othersShare, observedSeconds: seconds }),
  };
  const verdicts: Verdict[] = [];
  if (othersShare !== undefined) verdicts.push(grade(othersShare, LIMITS.othersShare));
  // Of the last minute: it says nothing sure of now, but who has only that is not told that all is well.
  if (loadAverage !== undefined && loadAverage > cpuCount) verdicts.push('fair');
  const values = [
    ...(othersShare === undefined ? [] : [`others use ${percent(othersShare)} of the CPUs`]),
    ...(loadAverage === undefined ? [] : [`load average ${loadAverage.toFixed(2)}`]),
  ];
  if (values.length === 0)
    return unknown('This system does not tell who uses its CPUs: look at what else runs before you measure.', figures);
  const meanings = {
    good: 'Members get the CPUs when they want them.',
    fair: 'Members wait for a CPU now and then: rates are lower and spread further; end what need not run, and compare rows of one run only.',
    poor: 'Rates and round trips tell how much the others left over: end what else runs, or come back later.',
    unknown: 'A load average says nothing of what runs right now: look at what else does before you measure.',
  };
  const verdict = worst(verdicts);
  return { verdict, value: values.join(', '), meaning: meanings[verdict], figures };
}

export function judgeSteal({ stealShare, seconds }: Observation): Finding {
  if (stealShare === undefined)
    return unknown('This system does not tell what a hypervisor takes away: only how steady time is can show it.');
  const verdict = grade(stealShare, LIMITS.stealShare);
  const meanings = {
    good: 'The hypervisor, if there is one, took nothing away, or does not say so.',
    fair: 'The hypervisor gives some of the CPUs to others: repeat more often, and look at spreads.',
    poor: "Other machines on this host take the CPUs away, which no option can undo: measure elsewhere, or at the host's quiet hours.",
    unknown: '',
  };
  return {
    verdict,
    value: percent(stealShare),
    meaning: meanings[verdict],
    figures: { stealShare, observedSeconds: seconds },
  };
}
