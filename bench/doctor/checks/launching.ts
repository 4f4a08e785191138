/** How `consort check` can run what it measures. */
import type { Finding } from '../finding.js';
import type { Probes } from '../probes.js';

export function judgePinning(probes: Probes): Finding {
  const lanes = probes.surroundings();
  const cpus = lanes.flatMap(({ cpu }) => (cpu === undefined ? [] : [String(cpu)]));
  const missing = lanes[0]?.missing ?? [];
  const figures = { pinnedCpus: cpus, missing };
  if (cpus.length === 0)
    return {
      verdict: 'poor',
      value: `without ${missing.join('; ')}`,
      meaning:
        'Processes move between CPUs while they are measured, which looks like a change: install util-linux, or run where it works.',
      figures,
    };
  const pinned = `to CPU ${cpus.join(' and ')}`;
  if (missing.length > 0)
    return {
      verdict: 'fair',
      value: `${pinned}, without ${missing.join('; ')}`,
      meaning:
        'The same code differs more from launch to launch, so more is left undecided: give it more --minutes, or allow what is missing (a container may forbid it).',
      figures,
    };
  return {
    verdict: 'good',
    value: `${pinned}, addresses fixed, V8 predictable`,
    meaning: 'Launches of the same code differ by little.',
    figures,
  };
}

export function judgeInstructions(probes: Probes): Finding {
  const installed = probes.hasCallgrind();
  return {
    verdict: installed ? 'good' : 'fair',
    value: installed ? 'installed' : 'not installed',
    meaning: installed
      ? 'consort check can count instructions, which no load changes.'
      : 'consort check has no count of instructions to go with its times, which no load would change: install valgrind.',
    figures: { valgrind: installed },
  };
}
