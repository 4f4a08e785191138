/** The command line of `consort check`. */
import { Command } from 'commander';
import { checkCommand } from '../../bench/check/main-command.js';
import { CHECK_OPTIONS } from '../../bench/check/option-table.js';
import { type CheckWords, DEFAULT_FILE, parseCheckOptions } from '../../bench/check/options.js';
import type { BenchOptionDeclaration } from '../../bench/option-table.js';

const HELP = `
Builds two commits, runs the same benchmarks of both in turns on one CPU, and says what has become slower: so surely that
CI may fail by it, also on a machine with other things to do. It never compares with a stored number. Each regression
is confirmed by fresh processes before it counts, and in each check there are two controls that must not move.

FILE exports benchmarks (${DEFAULT_FILE} if none is named):

  import { defineBenchmarks } from 'consort/check';
  import { parse } from './dist/parse.js';
  export const benchmarks = defineBenchmarks([
    { name: 'parse', setup: () => ({ run: (n) => { let sum = 0; while (n-- > 0) sum += parse('a=1').size; return sum; } }) },
  ]);

Examples:
  consort check                                    the work tree against where it left the main branch
  consort check --base v1.2.0 --min-effect 5%      against a release, and only for larger changes
  consort check bench/hot.mjs --build 'npm ci && npm run compile' --overlay bench
  consort check bench/hot.mjs --base-dir ../before --head-dir .      two folders that are built
  consort check --self-test aa                     does the gate hold still on this machine?
  consort check --self-test inject=5%              and does it see 5 %?
  consort check --json check.json --markdown summary.md --junit check.xml

Exit codes:
  0    passed: nothing has become slower
  1    a regression was confirmed, or an exact counter has risen; or the self-test failed
  2    the command line makes no sense
  3    undecided, or invalid because a control has moved (--inconclusive pass makes it 0)
  4    a side does not build or does not run, or the sides compute different things
  5    nothing matched: no benchmark that both sides have
  130  interrupted

docs/benchmarking.md explains the method and the JSON.
`;

/** @param onDone gets the exit code */
export function makeCheckCommand(onDone: (exitCode: number) => void): Command {
  const command = new Command('check')
    .description('Finds what has become slower between two commits: the gate for CI, also for benchmarks of your own.')
    .argument('[file]', `the benchmarks (default: ${DEFAULT_FILE})`)
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, given: Readonly<Record<string, string | boolean>>) => {
      const directory = process.cwd();
      const files = file === undefined ? [] : [file];
      const options = parseCheckOptions(files, wordsOf(given), { directory, environment: process.env });
      onDone(await checkCommand(options, directory));
    });
  for (const [name, declaration] of Object.entries<BenchOptionDeclaration>(CHECK_OPTIONS)) {
    const { argument, sentence, defaultText } = declaration;
    const flags = argument === undefined ? `--${name}` : `--${name} <${argument}>`;
    command.option(flags, defaultText === undefined ? sentence : `${sentence} Default: ${defaultText}.`);
  }
  return command;
}

/** The command line's library calls --base-dir baseDir; the table of options calls it by its name. */
function wordsOf(given: Readonly<Record<string, string | boolean>>): CheckWords {
  const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.keys(CHECK_OPTIONS).map((name) => [name, given[camelCase(name)]]));
}
