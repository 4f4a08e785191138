// Runs `consort check` as users do, on a project of its own in a git repository of its own. What is slower there is slower by a factor, and what counts as a
// change is large: so the verdict depends on nothing that else runs on the machine.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../bench/check/check-report.js';
import { hasCallgrind } from '../../bench/check/launcher/instructions.js';
import { CheckProject } from '../helpers/check-project.js';
import { root } from '../helpers/child.js';

const main = join(root, 'dist/ts/cli/main.js');
const cache = mkdtempSync(join(tmpdir(), 'consort-check-'));
const briefly = ['--quick', '--warm-up', '10', '--quartets', '5', '--min-effect', '50%', '--cache', cache];
const TIMEOUT_MS = 300_000;
let project: CheckProject;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function check(folder: string, args: readonly string[], onOutput?: (stderr: string, kill: () => void) => void) {
  return new Promise<Ended>((resolve, reject) => {
    const env = { ...process.env, GITHUB_ACTIONS: '' };
    const child = spawn(process.execPath, [main, 'check', ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onOutput?.(stderr, () => child.kill('SIGINT'));
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function checkToJson(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await check(folder, [...briefly, '--quiet', '--json', '-', ...args]);
  return { code, stderr, report: (stdout === '' ? undefined : JSON.parse(stdout)) as CheckReport | undefined };
}

beforeAll(() => {
  if (!existsSync(main)) throw new Error('there is no dist/: run `npm run build` first');
});

beforeEach(() => {
  project = new CheckProject();
});

afterEach(() => project.remove());

afterAll(() => rmSync(cache, { recursive: true, force: true }));

describe('consort check', () => {
  it(
    'passes what has not changed, here two folders that are built',
    async () => {
      const { code, report } = await checkToJson(project.folder, '--base-dir', '.', '--head-dir', '.');
      expect({ code, outcome: report?.outcome }).toEqual({ code: 0, outcome: 'passed' });
      expect(report?.benchmarks).toMatchObject([{ name: 'spin', verdict: 'same', launches: 6 }]);
      expect(report?.benchmarks[0]?.counters).toMatchObject([
        { counter: 'calls', base: 1, head: 1, verdict: 'equal' },
        { counter: 'allocatedBytes', verdict: 'equal' },
      ]);
      expect(report?.controls.map(({ control, moved }) => [control, moved])).toEqual([
        ['null', false],
        ['frozen', false],
      ]);
    },
    TIMEOUT_MS,
  );

  it(
    'finds and confirms what has become slower, tells it in every form, and leaves nothing behind',
    async () => {
      project.library({ turns: 6000 });
      const files = ['--json', 'check.json', '--markdown', 'check.md', '--junit', 'check.xml', '--annotations'];
      const { code, stdout, stderr } = await check(project.folder, [...briefly, ...files]);
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringContaining('consort check: REGRESSION: slower: 1 of 1 benchmark\n'),
      });
      expect(stderr).toContain('check: confirming what has changed, with the directories swapped');
      expect(stderr).toContain('::error file=consort.check.mjs,title=consort check::spin is slower by');
      const read = (name: string) => readFileSync(join(project.folder, name), 'utf8');
      const { benchmarks } = JSON.parse(read('check.json')) as CheckReport;
      expect(benchmarks[0]).toMatchObject({ verdict: 'regression', launches: 10, confirmation: { confirmed: true } });
      expect(benchmarks[0]?.change).toBeGreaterThan(1);
      expect(read('check.md')).toMatch(/^## ❌ consort check: REGRESSION/);
      expect(read('check.xml')).toContain('<testcase classname="consort check" name="spin"><failure');
      const [ours] = readdirSync(cache);
      expect(readdirSync(join(cache, ours as string, 'runs'))).toEqual([]);
      expect(project.git('worktree', 'list').split('\n')).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it(
    'needs no statistics where a counter has risen; instructions are counted where there is callgrind',
    async () => {
      project.library({ calls: 2 });
      const { code, report } = await checkToJson(project.folder, '--instructions', 'all');
      expect(code).toBe(1);
      if (hasCallgrind()) expect(Math.abs(report?.benchmarks[0]?.instructions?.change ?? 1)).toBeLessThan(0.01);
      else expect(report?.missing).toContainEqual(expect.stringContaining('valgrind'));
      expect(report?.benchmarks[0]).toMatchObject({
        verdict: 'same',
        counters: [
          { head: 2, verdict: 'rise' },
          { counter: 'allocatedBytes', verdict: 'equal' },
        ],
      });
    },
    TIMEOUT_MS,
  );

  it(
    'measures the example',
    async () => {
      const { code, report } = await checkToJson(root, 'examples/check.mjs', '--self-test', 'aa', '--filter', 'parse');
      expect({ code, outcome: report?.outcome }).toEqual({ code: 0, outcome: 'passed' });
      expect(report?.benchmarks.map(({ name, verdict }) => [name, verdict])).toEqual([['parse', 'same']]);
    },
    TIMEOUT_MS,
  );

  it(
    'finds its own slowdown: the self-test',
    async () => {
      const { code, report } = await checkToJson(project.folder, '--self-test', 'inject=100%');
      expect({ code, outcome: report?.outcome }).toEqual({ code: 0, outcome: 'passed' });
      expect(report?.options.selfTest).toBe(1);
    },
    TIMEOUT_MS,
  );

  it(
    'says it where the sides compute different things, or do not build, or there is nothing to compare',
    async () => {
      project.library({ result: 8 });
      expect(await checkToJson(project.folder)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining("'spin': the sides disagree: the base computes 7, the head 8"),
      });
      project.write('library.mjs', 'this is no program');
      expect(await checkToJson(project.folder)).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/consort check: head failed to list: SyntaxError/),
      });
      expect(await checkToJson(project.folder, '--build', 'echo broken; exit 1')).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('head does not build'),
      });
      project.library({});
      expect(await checkToJson(project.folder, '--base', 'HEAD', '--filter', 'other')).toMatchObject({
        code: 5,
        stderr: expect.stringContaining(
          'there is no benchmark whose name contains other that both sides have; the head has spin',
        ),
      });
      project.library({ result: Number.NaN });
      expect(await checkToJson(project.folder, '--base', 'HEAD', '--self-test', 'aa')).toMatchObject({ code: 2 });
      expect(await checkToJson(project.folder, '--self-test', 'aa')).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('run() returned NaN; want a finite number or a text'),
      });
      project.write('empty.mjs', 'export const nothing = 1;');
      const { code, stderr } = await check(project.folder, [
        'empty.mjs',
        '--base',
        'HEAD',
        '--quiet',
        '--cache',
        cache,
      ]);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('it exports no `benchmarks`') });
    },
    TIMEOUT_MS,
  );

  it.each([
    [['--base', 'nowhere'], "--base: there is no commit 'nowhere' here"],
    [['--min-effect', '3'], "--min-effect: got '3'"],
    [['--bass', 'main'], '--base'],
    [['--base-dir', '.'], '--head-dir is missing'],
    [['one.mjs', 'two.mjs'], 'too many arguments'],
  ])('refuses with exit code 2: %j', async (args, message) => {
    const { code, stdout, stderr } = await check(project.folder, [...args, '--cache', cache]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it(
    'ends its processes and cleans up when it is interrupted',
    async () => {
      let interrupted = false;
      const args = [...briefly, '--self-test', 'aa'];
      const { code, stdout } = await check(project.folder, args, (stderr, kill) => {
        if (interrupted || !stderr.includes('measuring')) return;
        interrupted = true;
        kill();
      });
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      for (const each of readdirSync(cache)) {
        const runs = join(cache, each, 'runs');
        expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
      }
    },
    TIMEOUT_MS,
  );

  it('has a --help that teaches by examples', async () => {
    const { code, stdout } = await check(project.folder, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('consort check --self-test inject=5%');
    expect(stdout).toContain('Exit codes:');
  });
});
