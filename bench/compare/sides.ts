/** From the words of the command line to two sides: files, modes of one result, or commits that `results/` has results of. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { listOf, quote } from '../../ts/base/show.js';
import { type MeasuredRow, measuredRows, rowKey } from '../measured.js';
import { ResultsError, type ResultsFile, readResults } from '../read-results.js';
import { RESULTS_FOLDER, readResultsFolder } from '../results-folder.js';
import { UsageError } from '../usage-error.js';
import { type ComparedSide, sideOf, wholeSide } from './compare.js';

export interface Side extends ComparedSide {
  readonly name: string;
  /** Where its rows are from, the newest first. */
  readonly files: readonly ResultsFile[];
}

export interface Sides {
  readonly base: Side;
  readonly head: Side;
  /** Both come from one run, in which they took turns. */
  readonly inTurns: boolean;
}

export interface SideOptions {
  /** The result whose modes are compared; undefined: the newest of the folder. */
  readonly within: string | undefined;
  readonly folder: string;
}

/** Modes and what is measured beside groups: known without any result at hand. */
const KNOWN_ROWS: readonly string[] = ['native', 'ts', 'mixed', 'limit', 'tcp', 'dgram'];

/** @throws UsageError, ResultsError */
export function findSides(a: string, b: string, options: SideOptions): Sides {
  const areRows = [a, b].filter((word) => isRowName(word, options));
  if (areRows.length === 2) return sidesWithin(a, b, options);
  if (areRows.length === 1) {
    throw new UsageError(
      `${quote(areRows[0] ?? '')} is a row within a result, the other is not: want two rows, as in 'consort compare native ts --in FILE', or two results`,
    );
  }
  if (options.within !== undefined) {
    throw new UsageError(`--in: is for two rows of one result, got ${quote(a)} and ${quote(b)}`);
  }
  return { base: resultsSide(a, options), head: resultsSide(b, options), inTurns: false };
}

function isRowName(word: string, { within }: SideOptions): boolean {
  if (isFile(word)) return false;
  return within !== undefined || KNOWN_ROWS.includes(word);
}

function sidesWithin(a: string, b: string, { within, folder }: SideOptions): Sides {
  if (a === b) throw new UsageError(`${quote(a)} is given twice, want two different rows`);
  const file = within === undefined ? newestOf(folder) : readResults(within);
  const rows = measuredRows(file.report);
  const names = [...new Set(rows.map(({ who }) => who))];
  for (const name of [a, b]) {
    if (names.includes(name)) continue;
    throw new ResultsError('missing', `${file.name}: has no row ${quote(name)}; there are ${listOf(names)}`);
  }
  const side = (who: string, other: string): Side => ({
    ...sideOf(rows, who, other),
    name: `${who} of ${file.name}`,
    files: [file],
  });
  return { base: side(a, b), head: side(b, a), inTurns: true };
}

function newestOf(folder: string): ResultsFile {
  const newest = readResultsFolder(folder).files.at(-1);
  if (newest !== undefined) return newest;
  throw new ResultsError('missing', `${folder}: there are no results in it; say which with --in FILE`);
}

function resultsSide(word: string, { folder }: SideOptions): Side {
  if (isFile(word)) {
    const file = readResults(word);
    return { ...wholeSide(measuredRows(file.report)), name: word, files: [file] };
  }
  return commitSide(word, folder);
}

/** Of several results of a commit the newest says what each row is. */
function commitSide(word: string, folder: string): Side {
  const commit = commitOf(word);
  const known = existingResults(folder);
  // Without git, or of another clone: as results say it.
  const prefix = commit ?? (/^[0-9a-f]{4,40}$/.test(word) ? word : undefined);
  const isOfCommit = ({ report }: ResultsFile) =>
    prefix !== undefined && report.environment.commit?.startsWith(prefix) === true;
  const files = known.filter(isOfCommit).reverse();
  if (files.length === 0) throw notFound(word, commit, known, folder);
  const rows = new Map<string, MeasuredRow>();
  for (const row of files.flatMap(({ report }) => measuredRows(report))) {
    if (!rows.has(rowKey(row))) rows.set(rowKey(row), row);
  }
  return { ...wholeSide([...rows.values()]), name: word, files };
}

function existingResults(folder: string): readonly ResultsFile[] {
  return isFolder(folder) || folder !== RESULTS_FOLDER ? readResultsFolder(folder).files : [];
}

function notFound(
  word: string,
  commit: string | undefined,
  known: readonly ResultsFile[],
  folder: string,
): ResultsError {
  const commits = [...new Set(known.flatMap(({ report }) => report.environment.commit?.slice(0, 12) ?? []))];
  const there = commits.length === 0 ? 'there are none of any commit' : `there are those of ${listOf(commits)}`;
  if (commit !== undefined) {
    return new ResultsError(
      'missing',
      `${word}: no results of the commit ${commit.slice(0, 12)} in ${folder}/; ${there}`,
    );
  }
  return new ResultsError(
    'missing',
    `${word}: there is no such file, and git knows no such commit; want a file of results, a commit with results in ${folder}/ (${there}), or two of ${listOf(KNOWN_ROWS)}`,
  );
}

/** Undefined: git knows none, or there is no git. */
function commitOf(word: string): string | undefined {
  if (word.startsWith('-')) return undefined;
  const { status, stdout } = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${word}^{commit}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
