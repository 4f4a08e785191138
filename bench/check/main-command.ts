/** `consort check`, apart from the reading of its command line: builds, measures, shows, writes, and says how it ended. */
import { writeFile } from 'node:fs/promises';
import { runCheck } from './check.js';
import { CheckError, CheckExit } from './check-error.js';
import type { CheckReport } from './check-report.js';
import type { CheckOptions } from './options.js';
import { renderCheckAnnotations } from './report/render-annotations.js';
import { renderCheckJunit } from './report/render-junit.js';
import { renderCheckMarkdown } from './report/render-markdown.js';
import { renderCheckText } from './report/render-text.js';
import { prepareSides } from './sides/prepare.js';

/** Resolves to the exit code. @throws UsageError */
export async function checkCommand(options: CheckOptions, directory: string): Promise<number> {
  const say = (text: string) => {
    if (!options.quiet) process.stderr.write(`check: ${text}\n`);
  };
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  try {
    const sides = prepareSides(options, directory, (side, { name, dirty }) =>
      say(`building the ${side}, ${name.slice(0, 12)}${dirty ? ' with changes' : ''}`),
    );
    const report = await runCheck(options, sides, listenerOf(say), controller.signal);
    await show(report, options);
    return report.exitCode;
  } catch (error) {
    if (controller.signal.aborted) return CheckExit.interrupted;
    if (!(error instanceof CheckError)) throw error;
    process.stderr.write(`consort check: ${error.message}\n${error.output === '' ? '' : `${error.output}\n`}`);
    return error.exitCode;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

function listenerOf(say: (text: string) => void) {
  let last = '';
  const once = (text: string) => {
    if (text !== last) say(text);
    last = text;
  };
  return {
    onCalibrate: () => once('calibrating'),
    onLaunch: (_: string, launches: number, confirming: boolean) => {
      if (confirming) once('confirming what has changed, with the directories swapped');
      else if (launches % 20 === 0) once(`measuring: launch ${launches}`);
    },
    onInstructions: (benchmark: string) => once(`counting instructions: ${benchmark}`),
  };
}

async function show(report: CheckReport, options: CheckOptions): Promise<void> {
  const { markdown, junit, json, annotations, countersFail, quiet } = options;
  if (markdown !== undefined) await writeFile(markdown, renderCheckMarkdown(report));
  if (junit !== undefined) await writeFile(junit, renderCheckJunit(report, countersFail));
  if (annotations) await write(process.stderr, renderCheckAnnotations(report, countersFail));
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  if (json === '-') {
    await write(process.stdout, text);
    if (!quiet) await write(process.stderr, renderCheckText(report));
    return;
  }
  if (json !== undefined) await writeFile(json, text);
  await write(process.stdout, renderCheckText(report));
}

/** Resolves when it is written: the process may end right after. */
function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
