/** `consort sim`, apart from the reading of its command line: runs, shows, writes, and says how it ended. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { BenchExit } from '../../bench/main-command.js';
import { hasNativeCore } from '../sim/cores.js';
import { breathe } from '../sim/io-breathe.js';
import { hashOf, type Outcome, runScenario, runSeed } from '../sim/outcome.js';
import { plant } from '../sim/planted.js';
import { renderOutcome } from '../sim/report.js';
import { makeScenario } from '../sim/scenario.js';
import { shrink } from '../sim/shrink.js';
import { traceStacks } from '../sim/trace.js';
import type { SimOptions } from './sim-options.js';
import type { SimAnswer, SimTask } from './sim-worker.js';

/** Seeds that a worker is given at once. */
const CHUNK = 20;
/** Failures that are shown whole. */
const MOST_SHOWN = 5;
const PROGRESS_MS = 2000;

interface Tally {
  scenarios: number;
  datagrams: number;
  simulatedSeconds: number;
  seconds: number;
  readonly failed: number[];
}

/** Resolves to the exit code. */
export async function simCommand(options: SimOptions): Promise<number> {
  const native = !options.ts && hasNativeCore();
  if (options.seeds === 1) return replay(options, native);
  const tally = await runAll(options, native);
  const perSecond = (tally.scenarios / tally.seconds).toFixed(1);
  process.stdout.write(
    `${tally.scenarios} scenarios, ${Math.round(tally.simulatedSeconds)} simulated seconds, ${tally.datagrams} datagrams in ` +
      `${tally.seconds.toFixed(1)} s (${perSecond} scenarios/s, ${options.jobs} ${options.jobs === 1 ? 'job' : 'jobs'}): ` +
      `${tally.failed.length} failed${tally.failed.length > 0 ? `: seeds ${tally.failed.slice(0, 50).join(' ')}` : ''}\n`,
  );
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ options, native, ...tally }, undefined, 2)}\n`);
  if (options.plant !== undefined && tally.failed.length > 0) plant(options.plant);
  for (const seed of tally.failed.slice(0, MOST_SHOWN)) {
    const outcome = runSeed(seed, { ...options, native });
    await show(outcome, { ...options, seed });
  }
  return tally.failed.length > 0 ? BenchExit.failed : BenchExit.passed;
}

/** One seed, told at length. */
async function replay(options: SimOptions, native: boolean): Promise<number> {
  const undo = options.plant === undefined ? () => {} : plant(options.plant);
  const scenario = makeScenario(options.seed, { ...options, native });
  const lines: (readonly [number, string])[] = [];
  let now = () => 0;
  const end = options.trace
    ? traceStacks((member, view, what) => lines.push([now(), `  ${member} in ${view}: ${what}`]))
    : () => {};
  const outcome = runScenario(scenario, ({ clock }) => {
    now = () => clock.now;
  });
  end();
  if (options.trace) {
    process.stdout.write(renderOutcome(outcome, { replay: replayOf(options), all: true, traced: lines }));
  } else if (outcome.violations.length > 0) await show(outcome, options);
  else process.stdout.write(`seed ${options.seed}: all is well; the log's hash is ${hashOf(outcome)}\n`);
  undo();
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(outcome, undefined, 2)}\n`);
  return outcome.violations.length > 0 ? BenchExit.failed : BenchExit.passed;
}

async function show(outcome: Outcome, options: SimOptions): Promise<void> {
  const small = options.shrink ? await shrink(outcome, breathe) : outcome;
  const dropped = outcome.scenario.steps.length - small.scenario.steps.length;
  if (dropped > 0)
    process.stdout.write(`shrunk: ${dropped} of ${outcome.scenario.steps.length} steps are not needed for it\n`);
  process.stdout.write(renderOutcome(small, { replay: replayOf(options), all: false }));
}

function replayOf({ seed, members, ts, groupd, servers, plant: bug }: SimOptions): string {
  const more = [
    members === undefined ? '' : ` --members ${members}`,
    ts ? ' --ts' : '',
    groupd ? ' --groupd' : '',
    servers === undefined ? '' : ` --${servers ? '' : 'no-'}servers`,
    bug === undefined ? '' : ` --plant ${bug}`,
  ];
  return `consort sim --seed ${seed}${more.join('')} --trace`;
}

async function runAll(options: SimOptions, native: boolean): Promise<Tally> {
  const { jobs, members, groupd, servers, plant: bug } = options;
  const pool = new Piscina<SimTask, SimAnswer>({
    filename: fileURLToPath(new URL('./sim-worker.js', import.meta.url)),
    name: 'simulate',
    minThreads: jobs,
    maxThreads: jobs,
  });
  const begun = performance.now();
  const until = options.minutes === undefined ? Number.POSITIVE_INFINITY : begun + options.minutes * 60_000;
  const end = options.seed + options.seeds;
  const tally: Tally = { scenarios: 0, datagrams: 0, simulatedSeconds: 0, seconds: 0, failed: [] };
  let next = options.seed;
  let told = begun;
  const work = async () => {
    while (next < end && performance.now() < until) {
      const seeds = Array.from({ length: Math.min(CHUNK, end - next) }, (_, i) => next + i);
      next += seeds.length;
      const answer = await pool.run({ seeds, members, native, groupd, servers, plant: bug });
      tally.scenarios += seeds.length;
      tally.datagrams += answer.datagrams;
      tally.simulatedSeconds += answer.simulatedSeconds;
      tally.failed.push(...answer.failed);
      // At once: a long run may be ended before it comes to the end.
      for (const seed of answer.failed)
        process.stderr.write(`sim: seed ${seed} failed: ${replayOf({ ...options, seed })}\n`);
      tally.seconds = (performance.now() - begun) / 1000;
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      process.stderr.write(
        `sim: ${tally.scenarios} scenarios, ${(tally.scenarios / tally.seconds).toFixed(1)}/s, ${tally.failed.length} failed\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  await pool.destroy();
  tally.failed.sort((a, b) => a - b);
  return tally;
}
