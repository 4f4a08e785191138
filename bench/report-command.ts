/** `consort report`, apart from the reading of its command line: one page of results that were measured before. */
import { existsSync } from 'node:fs';
import { ResultsError, type ResultsFile, readResults } from './read-results.js';
import { size } from './report/format.js';
import { browserScripts } from './report/page/browser-scripts.js';
import { reportPage } from './report/page/report-page.js';
import { reportJson } from './report/report-json.js';
import { exitOf, ResultsExit } from './results-exit.js';
import { inOrder, RESULTS_FOLDER, readResultsFolder } from './results-folder.js';
import { writeOutput } from './write-output.js';

export interface ReportOptions {
  /** Undefined: those of the folder. */
  readonly files: readonly string[];
  /** Where the page goes; '-': to standard output. */
  readonly output: string;
  /** Of older results; undefined: `results`, where there is one. */
  readonly history: string | undefined;
  readonly json: string | undefined;
  readonly quiet: boolean;
}

/** Resolves to the exit code. */
export async function reportCommand(options: ReportOptions): Promise<number> {
  try {
    const files = options.files.map(readResults);
    const history = readHistory(options.history, files.length === 0);
    const shown = files.length > 0 ? files : history;
    if (shown.length === 0) throw noResults(options.history ?? RESULTS_FOLDER);
    const page = reportPage({ shown, history, scripts: browserScripts() });
    await writeOutput(options.output, page);
    if (options.json !== undefined) {
      await writeOutput(options.json, `${JSON.stringify(reportJson(inOrder([...history, ...shown])), undefined, 2)}\n`);
    }
    if (!options.quiet) {
      console.error(`report: ${shown.length} results, ${size(Buffer.byteLength(page))}: ${options.output}`);
    }
    return ResultsExit.done;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    console.error(`consort: ${error.message}`);
    return exitOf(error);
  }
}

/** What else lies in the folder is told, and no error: it may be of an older version. @throws ResultsError */
function readHistory(folder: string | undefined, wanted: boolean): readonly ResultsFile[] {
  if (folder === undefined && !existsSync(RESULTS_FOLDER)) {
    if (wanted) throw noResults(RESULTS_FOLDER);
    return [];
  }
  const { files, skipped } = readResultsFolder(folder ?? RESULTS_FOLDER);
  for (const reason of skipped) console.error(`report: left out: ${reason}`);
  return files;
}

function noResults(folder: string): ResultsError {
  return new ResultsError(
    'missing',
    `no file of results was given, and there are none in ${folder}/; make one with consort bench --json FILE`,
  );
}
