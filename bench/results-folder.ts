/** A folder of results, as `results/` of a clone is one: what was measured before. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ResultsError, type ResultsFile, readResults } from './read-results.js';

export const RESULTS_FOLDER = 'results';

export interface ResultsFolder {
  /** From the oldest to the newest. */
  readonly files: readonly ResultsFile[];
  /** Why some JSON files of it are not among them. */
  readonly skipped: readonly string[];
}

/** Other JSON in it is nobody's fault, and left out. @throws ResultsError when there is no such folder */
export function readResultsFolder(folder: string): ResultsFolder {
  if (!existsSync(folder)) throw new ResultsError('missing', `${folder}: there is no such folder of results`);
  const files: ResultsFile[] = [];
  const skipped: string[] = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
    try {
      files.push(readResults(path.join(folder, name)));
    } catch (error) {
      if (!(error instanceof ResultsError)) throw error;
      skipped.push(error.message);
    }
  }
  return { files: inOrder(files), skipped };
}

/** From the oldest to the newest; one that is there twice counts once. */
export function inOrder(files: readonly ResultsFile[]): readonly ResultsFile[] {
  const byStart = new Map(files.map((file) => [startOf(file), file]));
  return [...byStart.values()].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

/** Two runs on a machine never start at once. */
function startOf({ report }: ResultsFile): string {
  return `${report.startedAt} ${report.environment.commit ?? ''}`;
}
