/** What it takes to read this process's clocks, and how finely they go. */
import { cpuMicros } from '../stats/cpu-micros.js';
import { median } from '../stats/summary.js';
import type { Clocks } from './probes.js';

const READINGS = 20_000;
/** In so many tries, whoever is interrupted in some is not in others: the fastest counts. */
const TRIES = 5;
const CPU_READINGS = 2000;
/** Where CPU time goes on with the kernel's ticks, twenty take up to 200 ms. */
const CPU_STEPS = 20;

export function measureClocks(): Clocks {
  return {
    performanceNowNanos: costNanos(() => performance.now(), READINGS),
    hrtimeNanos: costNanos(() => Number(process.hrtime.bigint() & 0xffn), READINGS),
    hrtimeStepNanos: hrtimeStep(),
    cpuUsageMicros: costNanos(cpuMicros, CPU_READINGS) / 1000,
    cpuUsageStepMicros: cpuStep(),
  };
}

function costNanos(read: () => number, readings: number): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const start = performance.now();
    for (let reading = 0; reading < readings; reading++) read();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return (fastest * 1e6) / readings;
}

/** The smallest step of all. */
function hrtimeStep(): number {
  let smallest = Number.POSITIVE_INFINITY;
  let last = process.hrtime.bigint();
  for (let i = 0; i < READINGS; i++) {
    const now = process.hrtime.bigint();
    if (now > last) smallest = Math.min(smallest, Number(now - last));
    last = now;
  }
  return smallest;
}

function cpuStep(): number {
  const steps: number[] = [];
  let last = cpuMicros();
  while (steps.length < CPU_STEPS) {
    const now = cpuMicros();
    if (now > last) steps.push(now - last);
    last = now;
  }
  return median(steps);
}
