/** `consort sim`, apart from the reading of its command line: runs, shows, writes, and says how it ended. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { BenchExit } from '../../bench/main-command.js';
import { hasNative, plantFor, type SimChoices, type SimRun, simulate } from './sim-kinds.js';
import type { SimOptions } from './sim-options.js';
import type { SimAnswer, SimTask } from './sim-worker.js';

/** Seeds that a worker is given at once. */
const CHUNK = 20;
/** Failures that are shown whole. */
const MOST_SHOWN = 5;
const PROGRESS_MS = 2000;

interface Tally {
  scenarios: number;
  messages: number;
  simulatedSeconds: number;
  seconds: number;
  readonly failed: number[];
}

/** Resolves to the exit code. */
export async function simCommand(options: SimOptions): Promise<number> {
  const { store, plant } = options;
  const choices: SimChoices = { ...options, native: hasNative(options.ts) };
  if (options.seeds === 1) return replay(options, choices);
  const tally = await runAll(options, choices);
  process.stdout.write(`${summaryOf(tally, options)}\n`);
  if (options.json !== undefined) {
    const { native } = choices;
    await writeFile(options.json, `${JSON.stringify({ options, native, ...tally }, undefined, 2)}\n`);
  }
  if (tally.failed.length > 0) plantFor(store, plant);
  for (const seed of tally.failed.slice(0, MOST_SHOWN)) {
    await show(simulate(seed, choices), { ...options, seed });
  }
  return tally.failed.length > 0 ? BenchExit.failed : BenchExit.passed;
}

function summaryOf(tally: Tally, { jobs, store }: SimOptions): string {
  const { scenarios, simulatedSeconds, messages, seconds, failed } = tally;
  return (
    `${scenarios} scenarios, ${Math.round(simulatedSeconds)} simulated seconds, ${messages} ${store ? 'messages' : 'datagrams'} in ` +
    `${seconds.toFixed(1)} s (${(scenarios / seconds).toFixed(1)} scenarios/s, ${jobs} ${jobs === 1 ? 'job' : 'jobs'}): ` +
    `${failed.length} failed${failed.length > 0 ? `: seeds ${failed.slice(0, 50).join(' ')}` : ''}`
  );
}

/** One seed, told at length. */
async function replay(options: SimOptions, choices: SimChoices): Promise<number> {
  const undo = plantFor(options.store, options.plant);
  const run = simulate(options.seed, choices, options.trace);
  if (options.trace) process.stdout.write(run.render(replayOf(options), true));
  else if (run.failed) await show(run, options);
  else process.stdout.write(`seed ${options.seed}: all is well; the log's hash is ${run.hash()}\n`);
  undo();
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(run.outcome, undefined, 2)}\n`);
  return run.failed ? BenchExit.failed : BenchExit.passed;
}

async function show(run: SimRun, options: SimOptions): Promise<void> {
  const small = options.shrink ? await run.shrink() : { run, dropped: 0 };
  if (small.dropped > 0) process.stdout.write(`shrunk: ${small.dropped} steps are not needed for it\n`);
  process.stdout.write(small.run.render(replayOf(options), false));
}

function replayOf({ seed, store, members, ts, groupd, servers, plant: bug }: SimOptions): string {
  const more = [
    store ? ' --store' : '',
    members === undefined ? '' : ` --members ${members}`,
    ts ? ' --ts' : '',
    groupd ? ' --groupd' : '',
    servers === undefined ? '' : ` --${servers ? '' : 'no-'}servers`,
    bug === undefined ? '' : ` --plant ${bug}`,
  ];
  return `consort sim --seed ${seed}${more.join('')} --trace`;
}

async function runAll(options: SimOptions, choices: SimChoices): Promise<Tally> {
  const { jobs, plant } = options;
  const pool = new Piscina<SimTask, SimAnswer>({
    filename: fileURLToPath(new URL('./sim-worker.js', import.meta.url)),
    name: 'simulate',
    minThreads: jobs,
    maxThreads: jobs,
  });
  const begun = performance.now();
  const until = options.minutes === undefined ? Number.POSITIVE_INFINITY : begun + options.minutes * 60_000;
  const end = options.seed + options.seeds;
  const tally: Tally = { scenarios: 0, messages: 0, simulatedSeconds: 0, seconds: 0, failed: [] };
  let next = options.seed;
  let told = begun;
  const { store, members, native, groupd, servers } = choices;
  const work = async () => {
    while (next < end && performance.now() < until) {
      const seeds = Array.from({ length: Math.min(CHUNK, end - next) }, (_, i) => next + i);
      next += seeds.length;
      const answer = await pool.run({ seeds, store, members, native, groupd, servers, plant });
      tally.scenarios += seeds.length;
      tally.messages += answer.messages;
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
