/** The command line of `consort compare`. */
import { Command } from 'commander';
import { compareCommand } from '../../bench/compare-command.js';
import { RESULTS_FOLDER } from '../../bench/results-folder.js';
import { UsageError } from '../../bench/usage-error.js';
import { quote } from '../base/show.js';

const DEFAULT_MIN_EFFECT = '5%';

const HELP = `
A and B are two files of consort bench --json; or two rows of one file (native, ts, mixed, limit, tcp, dgram), which were
measured in turns; or two commits, as git names them, of which results/ has results. Ratios are B / A.

A verdict is given with care: better and worse need an interval of 95 % on one side of 1, and more than --min-effect. Two
runs of the same code differ by more than their spread says, so between two files a difference has to be larger, too, than
what the machine itself has moved by: limit, tcp and dgram tell, which have no code of consort in them. To gate a change
use a comparison that runs both sides together.

Examples:
  consort compare before.json after.json
  consort compare native ts --in results/baseline.json
  consort compare tcp native                       within the newest of results/
  consort compare v0.1.0 HEAD                      commits that results/ has results of
  consort compare before.json after.json --markdown - >> "$GITHUB_STEP_SUMMARY"
  consort compare before.json after.json --html page.html --json compared.json

Exit codes:
  0    compared, whatever came out
  2    the command line makes no sense, or a file can't be written
  3    the machines or the ways of measuring differ, so figures say nothing about each other; --force compares all the same
  4    a file, a row or results of a commit are not there
  5    the two have no row in common
  6    a file holds something else, or results of another version

docs/benchmarking.md explains the verdicts and the JSON.
`;

interface Flags {
  readonly in?: string;
  readonly results: string;
  readonly minEffect: string;
  readonly force?: boolean;
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

/** @param onDone gets the exit code */
export function makeCompareCommand(onDone: (exitCode: number) => void): Command {
  return new Command('compare')
    .description('Compares two results, two modes of one result, or the results of two commits.')
    .argument('<A>', 'a file, a row, or a commit')
    .argument('<B>', 'what is compared with it')
    .option('--in <FILE>', 'The result whose rows are compared. Default: the newest of --results.')
    .option('--results <FOLDER>', 'Where results of commits are.', RESULTS_FOLDER)
    .option('--min-effect <SHARE>', 'The smallest difference that counts, as in 5% or 0.05.', DEFAULT_MIN_EFFECT)
    .option('--force', 'Compares results of different machines.')
    .option('--json <FILE>', "Writes the comparison as JSON; '-': to standard output, and nothing else.")
    .option('--markdown <FILE>', "Writes tables as Markdown, the verdict first; '-': to standard output.")
    .option('--html <FILE>', 'Writes a page with charts.')
    .option('--quiet', 'Shows nothing.')
    .addHelpText('after', HELP)
    .action(async (a: string, b: string, flags: Flags) => {
      const { in: within, results: folder, minEffect, force = false, json, markdown, html, quiet = false } = flags;
      const options = { a, b, within, folder, minEffect: parseShare(minEffect), force, json, markdown, html, quiet };
      onDone(await compareCommand(options));
    });
}

function parseShare(word: string): number {
  const match = /^(\d*\.?\d+)(%?)$/.exec(word.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 10) return share;
  throw new UsageError(`--min-effect: got ${quote(word)}, want a share from 0 to 10, as in 5% or 0.05`);
}
