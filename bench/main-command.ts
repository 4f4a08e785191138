/** `consort bench`, apart from the reading of its command line: runs, shows, writes, and says how it ended. */
import { writeFile } from 'node:fs/promises';
import { nativeStatus } from '../ts/index.js';
import { makePlan, runBench } from './bench.js';
import type { BenchOptions } from './options.js';
import { firstLine } from './report/format.js';
import { Progress } from './report/progress.js';
import { renderMarkdown, renderText } from './report/render.js';

/** The codes that `consort bench` ends with. */
export const BenchExit = { passed: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Resolves to the exit code. @throws UsageError */
export async function benchCommand(options: BenchOptions): Promise<number> {
  const native = nativeStatus();
  const abilities = { noNative: native.loaded ? undefined : (native.reason ?? 'it can’t be loaded') };
  const plan = makePlan(options, abilities);
  const progress = new Progress(process.stderr, {
    quiet: options.quiet,
    totalTurns: plan.turns,
    environment: process.env,
    now: () => performance.now(),
  });
  if (abilities.noNative !== undefined) {
    progress.note(`bench: without native rows and limit: ${abilities.noNative}`);
  }
  const report = await interruptible((signal) =>
    runBench(
      options,
      abilities,
      plan,
      {
        onTurn: (title, row, repetition) => progress.turn(title, row, repetition),
        onSkip: (turns) => progress.skip(turns),
        onError: (title, row, error) => progress.note(`bench: ${title}, ${row}: ${firstLine(error)}`),
      },
      signal,
    ),
  );
  progress.clear();
  if (options.markdown !== undefined) await writeFile(options.markdown, renderMarkdown(report));
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (options.json === '-') {
    await write(process.stdout, json);
    if (!options.quiet) await write(process.stderr, renderText(report));
  } else {
    if (options.json !== undefined) await writeFile(options.json, json);
    await write(process.stdout, renderText(report));
  }
  if (report.interrupted) return BenchExit.interrupted;
  return report.passed ? BenchExit.passed : BenchExit.failed;
}

/** Runs with a signal that Ctrl-C aborts; a second Ctrl-C ends the process as usual. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const abort = () => {
    for (const signal of signals) process.off(signal, abort);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, abort);
  try {
    return await run(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}

/** Resolves when it is written: the process may end right after. */
function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
