/** Runs the same work many times, in a process such as `consort check` measures in, and writes what each batch took as JSON. */
import { cpuMicros } from '../stats/cpu-micros.js';
import type { BatchTimes } from './steadiness.js';

/** 64 KiB: more than the first cache holds, so that who shares the others is felt. */
const WORDS = 2 ** 14;
/** As long as it takes to be compiled and to fill the caches. */
const WARM_UP_MICROS = 150_000;
/** As a batch of `consort check`: short enough that most are not interrupted. */
const BATCH_MICROS = 200;
const CALIBRATED_STEPS = 5000;

const words = Int32Array.from({ length: WORDS }, (_, at) => Math.imul(at, 0x9e3779b1));

/** A walk whose next step depends on what is found: nothing of it can be left out or done ahead. */
function walk(steps: number): number {
  let at = 1;
  for (let i = 0; i < steps; i++) {
    const found = words[at] as number;
    words[at] = found + i;
    at = (Math.imul(at ^ (found >>> 16), 0x2545f491) >>> 11) & (WORDS - 1);
  }
  return at;
}

function warmUp(): void {
  const until = cpuMicros() + WARM_UP_MICROS;
  while (cpuMicros() < until) walk(CALIBRATED_STEPS);
}

/** So many steps take as long as a batch shall; by the fastest of some tries, for others may have come between. */
function stepsPerBatch(): number {
  const tries = Array.from({ length: 20 }, () => {
    const start = performance.now();
    walk(CALIBRATED_STEPS);
    return (performance.now() - start) * 1000;
  });
  return Math.ceil((CALIBRATED_STEPS * BATCH_MICROS) / Math.max(1, Math.min(...tries)));
}

function batch(steps: number): BatchTimes {
  const wall = performance.now();
  const cpu = cpuMicros();
  walk(steps);
  return { cpuMicros: cpuMicros() - cpu, wallMicros: (performance.now() - wall) * 1000 };
}

const quartets = Number(process.argv[2]);
warmUp();
const steps = stepsPerBatch();
process.stdout.write(JSON.stringify(Array.from({ length: 4 * quartets }, () => batch(steps))));
