/**
 * A trial of `consort check` itself: head against head, and head against head with a slowdown of 5 % or 10 % in the data plane, many times. How
 * often does it alarm for nothing, and how often does it find what is there? It takes hours, so it goes on where it was left: each run is a
 * line in a file. docs/benchmarking.md holds the result.
 *
 * Beside what the runs have found, the report tells what checks would find whose launches are drawn from those that were measured: many more checks
 * than there were runs, but of the same launches.
 *
 * Runs of different kinds take turns, so that all see the same weather.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../dist/ts/data-plane/typescript/random.js';
import { root } from './lib/project.mjs';

/** What share of --runs there is of each. */
const SHARES = new Map([
  ['aa', 1],
  ['inject=5%', 0.5],
  ['inject=10%', 0.5],
]);
const KINDS = [...SHARES.keys()];
const CONFIDENCE = 0.95;
const DRAWN_CHECKS = 5000;

const HELP = `node scripts/check-trial.mjs [options] [-- options of consort check]

Tries consort check itself, with --self-test aa, inject=5% and inject=10% in turns. Each run is a line in a file; it goes on where it was left.

  --runs N       of head against head, and half as many of each slowdown; with those that are in the file (200)
  --minutes N    begins no run after so many (as long as it takes)
  --out FILE     where the runs are kept (results/check-trial.jsonl)
  --report       runs nothing: tells what is in the file
  --help         this

  node scripts/check-trial.mjs --minutes 60 -- --quick
  node scripts/check-trial.mjs --report
`;

/** Of the command line; ends the process where it makes no sense. */
function readOptions() {
  const options = {
    runs: { type: 'string', default: '200' },
    minutes: { type: 'string', default: 'Infinity' },
    out: { type: 'string', default: 'results/check-trial.jsonl' },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  };
  const end = process.argv.indexOf('--');
  const [own, rest] = end < 0 ? [process.argv.slice(2), []] : [process.argv.slice(2, end), process.argv.slice(end + 1)];
  try {
    const { values } = parseArgs({ options, args: own });
    for (const name of ['runs', 'minutes'])
      if (!(Number(values[name]) > 0)) throw new Error(`--${name}: got '${values[name]}', want a number above 0`);
    return { ...values, file: resolve(root, values.out), checkArguments: rest };
  } catch (error) {
    console.error(`check-trial: ${error.message.split('. ')[0]}; see --help`);
    return process.exit(2);
  }
}

const { runs, minutes, file, report: onlyReports, help, checkArguments } = readOptions();

function readRuns() {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The check that runs: it is told when this ends, and cleans up. */
let running;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill('SIGINT');
    running?.once('close', () => process.exit(130));
  });
}

function check(kind, seed) {
  const command = [
    'check',
    '--self-test',
    kind,
    '--seed',
    String(seed),
    '--instructions',
    'none',
    '--quiet',
    '--json',
    '-',
  ];
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(root, 'dist/ts/cli/main.js'), ...command, ...checkArguments], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running = child;
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    child.on('error', failed);
    child.on('close', (code) =>
      text === '' ? failed(new Error(`the check ended with code ${code}`)) : done(JSON.parse(text)),
    );
  });
}

/** What is kept of a run. */
function lineOf(kind, report) {
  const { outcome, durationSeconds, startedAt, benchmarks, controls } = report;
  return {
    kind,
    outcome,
    startedAt,
    seconds: Math.round(durationSeconds),
    load: Number(loadavg()[0].toFixed(1)),
    benchmarks: benchmarks.map(({ name, verdict, change, changes, confirmation }) => ({
      name,
      verdict,
      change: rounded(change),
      changes: changes.map(rounded),
      confirming: (confirmation?.changes ?? []).map(rounded),
    })),
    controls: controls.map(({ control, moved, change, changes }) => ({
      control,
      moved,
      change: rounded(change),
      changes: changes.map(rounded),
    })),
  };
}

function rounded(value) {
  return Number(value.toFixed(5));
}

async function runTrial() {
  mkdirSync(dirname(file), { recursive: true });
  const start = performance.now();
  const counts = new Map(KINDS.map((kind) => [kind, readRuns().filter((run) => run.kind === kind).length]));
  const done = (kind) => counts.get(kind) / (Number(runs) * SHARES.get(kind));
  while (performance.now() - start < Number(minutes) * 60_000) {
    const kind = KINDS.toSorted((a, b) => done(a) - done(b))[0];
    if (done(kind) >= 1) break;
    const report = await check(kind, counts.get(kind) + 1);
    appendFileSync(file, `${JSON.stringify(lineOf(kind, report))}\n`);
    counts.set(kind, counts.get(kind) + 1);
    console.error(`${kind}, run ${counts.get(kind)}: ${report.outcome}, ${report.durationSeconds.toFixed(0)} s`);
  }
}

/** Of `hits` in `trials`, the share that the true one is at most, and at least, with confidence: Clopper and Pearson, one-sided. */
function upperBound(hits, trials) {
  if (hits === trials) return 1;
  return solve((share) => atMost(hits, trials, share) > 1 - CONFIDENCE);
}

function lowerBound(hits, trials) {
  return 1 - upperBound(trials - hits, trials);
}

function solve(isBelow) {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The probability of at most so many hits. */
function atMost(hits, trials, share) {
  let sum = 0;
  let term = (1 - share) ** trials;
  for (let hit = 0; hit <= hits; hit++) {
    sum += term;
    term *= ((trials - hit) / (hit + 1)) * (share / (1 - share));
  }
  return sum;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function reportTrial() {
  const all = readRuns();
  const rows = [
    '| | runs | found | by benchmark | invalid | undecided | median time | load |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const kind of KINDS) {
    const some = all.filter((run) => run.kind === kind);
    if (some.length === 0) continue;
    const valid = some.filter(({ outcome }) => outcome !== 'invalid');
    const isFound = ({ verdict }) => verdict === 'regression';
    // An alarm is one benchmark; a slowdown is found when the check fails, and counted by benchmark too.
    const found = valid.filter(({ benchmarks }) => benchmarks.some(isFound)).length;
    const each = valid.flatMap(({ benchmarks }) => benchmarks);
    const undecided = valid.filter(({ benchmarks }) =>
      benchmarks.some(({ verdict }) => verdict === 'inconclusive'),
    ).length;
    const bound = (hits, trials) =>
      kind === 'aa' ? `at most ${percent(upperBound(hits, trials))}` : `at least ${percent(lowerBound(hits, trials))}`;
    const loads = some.map(({ load }) => load);
    rows.push(
      `| ${titleOf(kind)} | ${some.length} | ` +
        `${found} of ${valid.length} (${bound(found, valid.length)}) | ` +
        `${each.filter(isFound).length} of ${each.length} (${bound(each.filter(isFound).length, each.length)}) | ` +
        `${some.length - valid.length} | ${undecided} | ${median(some.map(({ seconds }) => seconds))} s | ` +
        `${Math.min(...loads)} – ${Math.max(...loads)} |`,
    );
  }
  console.log(rows.join('\n'));
}

/** Checks of launches that are drawn from all that were measured, each benchmark's from its own. */
async function reportDrawn() {
  const { decide } = await import('../dist/bench/check/decide.js');
  const all = readRuns();
  const effect = (change) => Math.log1p(change);
  const controls = all.flatMap(({ controls: each }) => each.map(({ changes }) => changes.map(effect)));
  console.log(`\n${DRAWN_CHECKS} checks of each kind, their launches drawn from those that were measured:\n`);
  console.log('| | launches | found | by benchmark | invalid | undecided |\n|---|---:|---:|---:|---:|---:|');
  for (const kind of KINDS) {
    const pools = new Map();
    for (const { benchmarks } of all.filter((run) => run.kind === kind))
      for (const { name, changes, confirming } of benchmarks)
        pools.set(name, [...(pools.get(name) ?? []), ...[...changes, ...confirming].map(effect)]);
    if (pools.size === 0) continue;
    const rows = [...pools.values(), controls.flat(), controls.flat()];
    const kinds = [...[...pools.values()].map(() => 'benchmark'), 'null', 'frozen'];
    const settings = { alpha: 0.05, minEffect: 0.025, looks: 2, hasTime: () => true };
    const counts = { found: 0, each: 0, invalid: 0, undecided: 0 };
    const random = new Random(KINDS.indexOf(kind) + 1);
    for (let check = 0; check < DRAWN_CHECKS; check++) {
      const draw = async (row) => rows[row][random.below(rows[row].length)];
      const { rows: decided, moved } = await decide(kinds, { ...settings, seed: check }, draw);
      const verdicts = decided.flatMap(({ verdict }) => verdict ?? []);
      const regressions = verdicts.filter((verdict) => verdict === 'regression').length;
      if (moved.length > 0) counts.invalid++;
      else if (regressions > 0) counts.found++;
      else if (verdicts.includes('inconclusive')) counts.undecided++;
      if (moved.length === 0) counts.each += regressions;
    }
    const share = (count, of) => percent(count / of);
    console.log(
      `| ${titleOf(kind)} | ${[...pools.values()].flat().length} | ${share(counts.found, DRAWN_CHECKS)} | ` +
        `${share(counts.each, DRAWN_CHECKS * pools.size)} | ${share(counts.invalid, DRAWN_CHECKS)} | ${share(counts.undecided, DRAWN_CHECKS)} |`,
    );
  }
}

function titleOf(kind) {
  return kind === 'aa' ? 'A/A' : kind.replace('inject=', '').replace('%', ' %');
}

if (help) {
  process.stdout.write(HELP);
} else {
  if (!onlyReports) await runTrial();
  reportTrial();
  await reportDrawn();
}
