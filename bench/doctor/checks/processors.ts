/** How many CPUs there are to use, what they share, and what changes their speed. */
import { type Finding, unknown } from '../finding.js';
import { FAIR_CPUS, GOOD_CPUS } from '../limits.js';
import type { Probes } from '../probes.js';
import { coresOf, cpuCountOf, governorsOf, isVirtual, quotaOf, turboOf } from '../processors.js';
import type { Verdict } from '../verdict.js';

function atLeast(count: number): Verdict {
  if (count >= GOOD_CPUS) return 'good';
  return count >= FAIR_CPUS ? 'fair' : 'poor';
}

export function judgeCpus(probes: Probes): Finding {
  const cpuCount = cpuCountOf(probes);
  const verdict = atLeast(cpuCount);
  const meanings = {
    good: 'Two members have a CPU for each of their threads.',
    fair: 'Members and their data planes share CPUs: rates tell what both cost together, and larger groups run in turns.',
    poor: 'All members run in turns on one CPU: rates tell how they are scheduled; allow this process more CPUs.',
    unknown: '',
  };
  return { verdict, value: String(cpuCount), meaning: meanings[verdict], figures: { cpuCount } };
}

export function judgeSiblings(probes: Probes): Finding {
  const cores = coresOf(probes);
  if (cores === undefined)
    return unknown('This system does not tell which CPUs share a core: two that do take turns without showing it.');
  const coreCount = new Set(cores.map((core) => core.join())).size;
  const shares = cores.some((core) => core.length > 1);
  const figures = { cpuCount: cores.length, coreCount };
  if (shares)
    return {
      verdict: 'fair',
      value: `${cores.length} CPUs on ${coreCount} cores with SMT`,
      meaning:
        'What runs on the sibling of a CPU slows it down, CPU time included: switch SMT off, or use one CPU of each core only (taskset) and leave the others idle.',
      figures,
    };
  if (isVirtual(probes))
    return {
      verdict: 'unknown',
      value: 'none to be seen in this virtual machine',
      meaning: "A virtual machine's CPUs may be siblings all the same: ask who runs it.",
      figures,
    };
  return { verdict: 'good', value: 'no CPU shares its core', meaning: 'CPUs do not slow each other down.', figures };
}

export function judgeQuota(probes: Probes): Finding {
  const quota = quotaOf(probes);
  if (quota === undefined)
    return unknown('No control group is to be seen that could limit CPU time, nor that there is none.');
  const limited = quota < cpuCountOf(probes);
  const figures = Number.isFinite(quota) ? { quotaCpus: quota } : {};
  const value = Number.isFinite(quota) ? `${Number(quota.toFixed(2))} CPUs' worth` : 'none';
  if (!limited) return { verdict: 'good', value, meaning: 'No process is stopped for having used too much.', figures };
  return {
    verdict: quota >= FAIR_CPUS ? 'fair' : 'poor',
    value,
    meaning:
      'Who uses more is stopped for the rest of a period, some tens of milliseconds at a time: lift the limit of the container (cpu.max), and give it whole CPUs instead (cpuset).',
    figures,
  };
}

export function judgeGovernor(probes: Probes): Finding {
  const governors = governorsOf(probes);
  if (governors === undefined)
    return unknown(
      'What sets the frequency of these CPUs is out of sight, as in most virtual machines: it may change.',
    );
  const good = governors.every((governor) => governor === 'performance');
  return {
    verdict: good ? 'good' : 'fair',
    value: governors.join(', '),
    meaning: good
      ? 'CPUs run as fast as they may at any time.'
      : 'CPUs become faster only when they have been busy for a while, so the first of what is measured is the slowest: set the governor to performance (cpupower frequency-set -g performance).',
    figures: { governors },
  };
}

export function judgeTurbo(probes: Probes): Finding {
  const turbo = turboOf(probes);
  if (turbo === undefined)
    return unknown('Whether CPUs run faster while few are busy is out of sight, as in most virtual machines.');
  return {
    verdict: turbo ? 'fair' : 'good',
    value: turbo ? 'on' : 'off',
    meaning: turbo
      ? 'CPUs are faster while they are cool and few are busy, so the order of measurements matters: switch it off to compare (intel_pstate/no_turbo or cpufreq/boost).'
      : 'How warm a CPU is, and how many are busy, does not change how fast it is.',
    figures: { turbo },
  };
}
