/** What times are read from. */
import { plain } from '../../report/format.js';
import type { Finding } from '../finding.js';
import { LIMITS } from '../limits.js';
import type { Clocks, Probes } from '../probes.js';
import { grade, worst } from '../verdict.js';

const CLOCK_SOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';

export function judgeClock(probes: Probes, clocks: Clocks): Finding {
  const { performanceNowNanos, hrtimeNanos, hrtimeStepNanos } = clocks;
  const source = probes.readFile(CLOCK_SOURCE)?.trim();
  const verdict = worst([
    grade(Math.max(performanceNowNanos, hrtimeNanos), LIMITS.clockNanos),
    grade(hrtimeStepNanos, LIMITS.clockStepNanos),
  ]);
  const advice = 'let the kernel take tsc for its clock, if it trusts it';
  const meanings = {
    good: 'Reading the time costs next to nothing beside what is timed.',
    fair: `Round trips of microseconds have the cost of reading the clock in them: ${advice}.`,
    poor: `Times of single messages are more of the clock than of the message: ${advice}, or look at rates only.`,
    unknown: 'The clock could not be read.',
  };
  return {
    verdict,
    value: [
      ...(source === undefined ? [] : [source]),
      `performance.now() ${plain(performanceNowNanos)} ns`,
      `process.hrtime ${plain(hrtimeNanos)} ns, in steps of ${plain(hrtimeStepNanos)} ns`,
    ].join(', '),
    meaning: meanings[verdict],
    figures: {
      ...(source === undefined ? {} : { clockSource: source }),
      performanceNowNanos,
      hrtimeNanos,
      hrtimeStepNanos,
    },
  };
}

export function judgeCpuTime({ cpuUsageMicros, cpuUsageStepMicros }: Clocks): Finding {
  const verdict = grade(cpuUsageStepMicros, LIMITS.cpuUsageStepMicros);
  const meanings = {
    good: 'consort check can count the CPU time of batches of a fraction of a millisecond.',
    fair: 'Batches of consort check are counted roughly: more is left undecided.',
    poor: "This system counts CPU time by ticks, too roughly for batches of 0.2 ms: consort check can't tell anything here.",
    unknown: 'CPU time could not be read.',
  };
  return {
    verdict,
    value: `process.cpuUsage() in steps of ${plain(cpuUsageStepMicros)} µs, a call takes ${plain(cpuUsageMicros)} µs`,
    meaning: meanings[verdict],
    figures: { cpuUsageMicros, cpuUsageStepMicros },
  };
}
