/**
 * The options of `consort check`, declared once as data: the command line, its help, the checks' messages and the table in docs/benchmarking.md come
 * from here.
 */
import type { BenchOptionDeclaration } from '../option-table.js';

export const CHECK_OPTIONS = {
  base: {
    argument: 'REF',
    sentence: 'What it was before: a commit, branch or tag.',
    defaultText: 'where the work tree left the main branch, or else the commit before',
  },
  head: { argument: 'REF', sentence: 'What it is now.', defaultText: 'the work tree, with what is in no commit yet' },
  build: {
    argument: 'COMMAND',
    sentence: 'Builds a side; run by a shell in its folder.',
    defaultText:
      'npm ci, unless the checkout has the same packages installed; then npm run build, if there is that script',
  },
  overlay: {
    argument: 'LIST',
    sentence:
      'Files and folders that the base gets from the head before it is built, so that both run the same benchmarks. The file of benchmarks is always one of them.',
  },
  'base-dir': { argument: 'DIR', sentence: 'The base, built already; with --head-dir.' },
  'head-dir': { argument: 'DIR', sentence: 'The head, built already; with --base-dir, or with --self-test.' },
  filter: { argument: 'LIST', sentence: 'Only benchmarks whose name contains one of these.' },
  'min-effect': {
    argument: 'P',
    want: 'a percentage from 0.1% to 50%, as in 2.5%',
    sentence: 'A change up to this size is none.',
    defaultText: '2.5%',
  },
  alpha: {
    argument: 'P',
    want: 'a percentage from 0.1% to 20%, as in 5%',
    sentence:
      'With at most this probability the first launches take any benchmark for slower that is not; the launches that confirm it may err as often again.',
    defaultText: '5%',
  },
  looks: {
    argument: 'N',
    want: '1, 2 or 3',
    sentence: 'How often it is looked at what has become slower, each time with more launches of what is undecided.',
    defaultText: '3 (with --quick 2)',
  },
  minutes: {
    argument: 'N',
    want: 'a number from 0.1 to 600',
    sentence: 'When so many have passed, what is undecided gets no more launches. What has changed is still confirmed.',
    defaultText: '5',
  },
  'warm-up': {
    argument: 'MS',
    want: 'an integer from 1 to 60000',
    sentence: 'How long each process runs a benchmark before it is measured, in CPU time: until it is compiled.',
    defaultText: '150 (with --quick 60)',
  },
  quartets: {
    argument: 'N',
    want: 'an integer from 3 to 10000',
    sentence:
      'Measured in each launch at most, until its effect has settled: four batches of 0.2 ms each, in the order base, head, head, base. Fewer where a batch takes longer, but not fewer than 60.',
    defaultText: '400 (with --quick 200)',
  },
  counters: {
    argument: 'WHAT',
    want: 'fail or report',
    sentence: 'Whether an exact counter that has risen is a regression, or only told.',
    defaultText: 'fail',
  },
  inconclusive: {
    argument: 'WHAT',
    want: 'fail or pass',
    sentence: 'Whether a check that stays undecided, or is invalid, ends with code 3 or with 0.',
    defaultText: 'fail',
  },
  instructions: {
    argument: 'WHICH',
    want: 'undecided, all or none',
    sentence:
      'Counts instructions per iteration with callgrind, where valgrind is installed: of what is not the same, in what is left of --minutes; of all; or of none.',
    defaultText: 'undecided (with --quick none)',
  },
  'self-test': {
    argument: 'KIND',
    want: 'aa, or inject=P with a percentage from 0.5% to 100%, as in inject=5%',
    sentence:
      'Tries the check itself on this machine: head against head, which has to come out the same (aa), or with a slowdown on purpose, which has to be found.',
  },
  cpus: {
    argument: 'LIST',
    want: 'numbers of CPUs that this process may use, as in 0,1',
    sentence: 'Where the processes run that are measured: on each of them a launch, side by side.',
    defaultText: 'the last two',
  },
  seed: {
    argument: 'N',
    want: 'an integer from 0 to 4294967295',
    sentence: 'Of the permutations that are drawn, where there are too many to count.',
    defaultText: '1',
  },
  cache: { argument: 'DIR', sentence: 'Where builds are kept.', defaultText: '~/.cache/consort/check' },
  json: {
    argument: 'FILE',
    sentence: "Writes the result as JSON; '-' writes it, and nothing else, to standard output.",
  },
  markdown: { argument: 'FILE', sentence: 'Writes it as Markdown, for the summary of a pull request.' },
  junit: { argument: 'FILE', sentence: 'Writes it as JUnit XML: a test case for each benchmark.' },
  annotations: {
    sentence: 'Prints annotations for GitHub, to standard error.',
    defaultText: 'yes where GITHUB_ACTIONS is true',
  },
  quick: { sentence: 'Fewer benchmarks, shorter launches and two looks: under a minute, without the builds.' },
  quiet: { sentence: 'No progress.' },
} as const satisfies Record<string, BenchOptionDeclaration>;

export type CheckOptionName = keyof typeof CHECK_OPTIONS;
