/** The command line of `consort report`. */
import { Command } from 'commander';
import { reportCommand } from '../../bench/report-command.js';

const DEFAULT_OUTPUT = 'report.html';

const HELP = `
The page is one file that asks nobody for anything: send it, keep it, print it. It shows throughput by size, ratios as a
heat map, round trips by percentile, views, state transfer, loss, the machine, all tables, and how each row has come
along over the results of a folder. With several files the newest that has a scenario is shown.

Examples:
  consort bench --json today.json && consort report today.json
  consort report                                  what is in results/, to report.html
  consort report results/baseline.json -o page.html
  consort report today.json --history old/        the history of another folder
  consort report today.json -o - > page.html
  consort report --json history.json              the figures behind the history, for charts of your own

Exit codes:
  0    written
  2    the command line makes no sense, or the page can't be written
  4    a file or folder is not there, or there are no results in it
  6    a file holds something else, or results of another version

docs/benchmarking.md explains the numbers.
`;

interface Flags {
  readonly output: string;
  readonly history?: string;
  readonly json?: string;
  readonly quiet?: boolean;
}

/** @param onDone gets the exit code */
export function makeReportCommand(onDone: (exitCode: number) => void): Command {
  return new Command('report')
    .description('Makes one page with charts of results of consort bench.')
    .argument('[file...]', 'what consort bench --json has written (default: those in results/)')
    .option('-o, --output <FILE>', "Where the page goes; '-': to standard output.", DEFAULT_OUTPUT)
    .option('--history <FOLDER>', 'Results of other days. Default: results/, if there is one.')
    .option('--json <FILE>', "Writes the figures of the history as JSON; '-': to standard output.")
    .option('--quiet', 'Says nothing but errors.')
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], { output, history, json, quiet = false }: Flags) => {
      onDone(await reportCommand({ files, output, history, json, quiet }));
    });
}
