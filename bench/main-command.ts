/** `consort bench`, apart from the reading of its command line: runs, shows, writes, and says how it ended. */
import { existsSync } from 'node:fs';
import { nativeStatus } from '../ts/index.js';
import { makePlan, runBench } from './bench.js';
import type { BenchOptions } from './options.js';
import { findPeers } from './peers/find-peers.js';
import { firstLine } from './report/format.js';
import { browserScripts } from './report/page/browser-scripts.js';
import { reportPage } from './report/page/report-page.js';
import { Progress } from './report/progress.js';
import { absentPeers, renderMarkdown, renderText } from './report/render.js';
import { hasColors } from './report/terminal.js';
import type { BenchReport, PeerState } from './results.js';
import { RESULTS_FOLDER, readResultsFolder } from './results-folder.js';
import { UsageError } from './usage-error.js';
import { STANDARD_OUTPUT, write, writeOutput } from './write-output.js';

/** The codes that `consort bench` ends with. */
export const BenchExit = { passed: 0, failed: 1, usage: 2, unverified: 3, interrupted: 130 } as const;

/** Resolves to the exit code. @throws UsageError */
export async function benchCommand(options: BenchOptions): Promise<number> {
  const native = nativeStatus();
  const abilities = { noNative: native.loaded ? undefined : (native.reason ?? 'it can’t be loaded') };
  const peerStates = findPeers(options.peers);
  checkPeers(options, peerStates);
  const peers = peerStates.filter(({ installed }) => installed).map(({ peer }) => peer);
  const plan = makePlan(options, { ...abilities, peers });
  const progress = new Progress(process.stderr, {
    quiet: options.quiet,
    totalTurns: plan.turns,
    environment: process.env,
    now: () => performance.now(),
  });
  if (abilities.noNative !== undefined) {
    progress.note(`bench: without native rows and limit: ${abilities.noNative}`);
  }
  const absent = absentPeers(peerStates);
  if (absent !== undefined) progress.note(`bench: ${absent}`);
  const report = await interruptible((signal) =>
    runBench(
      options,
      { ...abilities, peerStates },
      plan,
      {
        onProgress: (text) => progress.detail(text),
        onTurn: (title, row, repetition) => progress.turn(title, row, repetition),
        onSkip: (turns) => progress.skip(turns),
        onError: (title, row, error) => progress.note(`bench: ${title}, ${row}: ${firstLine(error)}`),
      },
      signal,
    ),
  );
  progress.clear();
  await writeReport(report, options);
  if (report.interrupted) return BenchExit.interrupted;
  if (!report.verified) return BenchExit.unverified;
  return report.passed ? BenchExit.passed : BenchExit.failed;
}

/** @throws UsageError for one that was asked for by name and is not here */
function checkPeers({ peersNamed }: BenchOptions, states: readonly PeerState[]): void {
  const absent = states.find(({ installed }) => !installed);
  if (!peersNamed || absent === undefined) return;
  throw new UsageError(`--peers: ${absent.peer} is not here (no ${absent.missing}); ${absent.install} brings it`);
}

/** The tables go to standard output, unless the JSON does. Files come first: nobody may read the tables to their end. */
async function writeReport(report: BenchReport, options: BenchOptions): Promise<void> {
  const { json, markdown, html, quiet } = options;
  if (json !== undefined) await writeOutput(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (markdown !== undefined) await writeOutput(markdown, renderMarkdown(report));
  if (html !== undefined) await writeOutput(html, pageOf(report, html));
  const isTaken = json === STANDARD_OUTPUT;
  const stream = isTaken ? process.stderr : process.stdout;
  if (!isTaken || !quiet) {
    const colors = hasColors(stream, process.env);
    await write(stream, renderText(report, { colors, columns: stream.columns ?? 80 }));
  }
}

/** With the results of other days, where there are some that can be read. */
function pageOf(report: BenchReport, name: string): string {
  const history = existsSync(RESULTS_FOLDER) ? readResultsFolder(RESULTS_FOLDER).files : [];
  return reportPage({ shown: [{ name, report }], history, scripts: browserScripts() });
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
