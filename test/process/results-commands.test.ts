// consort report and consort compare as users run them, on results that were made up.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CompareReport } from '../../bench/compare/report.js';
import type { BenchReport } from '../../bench/results.js';
import { consort } from '../helpers/consort.js';
import { fakePageReport } from '../unit/bench/fake-page.js';

const folder = mkdtempSync(join(tmpdir(), 'consort-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, report: object): string {
  writeFileSync(join(folder, name), JSON.stringify(report));
  return name;
}

const at = (startedAt: string, factor: number, changes: Partial<BenchReport> = {}) =>
  fakePageReport(factor, { startedAt, ...changes });

const first = at('2026-01-01T00:00:00.000Z', 1);
mkdirSync(join(folder, 'results'));
mkdirSync(join(folder, 'empty'));
write('results/first.json', first);
write('results/second.json', at('2026-01-02T00:00:00.000Z', 2));
write('mine.json', at('2026-01-03T00:00:00.000Z', 3));
write('elsewhere.json', { ...first, environment: { ...first.environment, cpuModel: 'Other CPU' } });
write(
  'views.json',
  at('2026-01-04T00:00:00.000Z', 1, { throughput: [], latency: [], transfer: [], store: [], layers: [], scale: [] }),
);
write('transfer.json', at('2026-01-05T00:00:00.000Z', 1, { throughput: [], latency: [], views: [] }));
write('newer.json', { ...first, schemaVersion: 3 });
write('package.json', { name: 'something' });

const run = (...args: readonly string[]) => consort(args, folder);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('consort report', () => {
  it('makes a page of what is in results/', async () => {
    const { code, stdout, stderr } = await run('report');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^report: 2 results, \d+(\.\d+)? KiB: report\.html\n$/);
    expect(read('report.html')).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(read('report.html')).toContain('id="history"');
  });

  it('makes a page of files, with results/ as their history, to standard output and as JSON', async () => {
    const { code, stdout, stderr } = await run('report', 'mine.json', '-o', '-', '--json', 'history.json', '--quiet');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('data-scenario="history"');
    const json = JSON.parse(read('history.json')) as { results: { file: string }[]; history: { median: number }[] };
    expect(json).toMatchObject({ schema: 'consort-report', schemaVersion: 1 });
    expect(json.results.map(({ file }) => file)).toEqual(['results/first.json', 'results/second.json', 'mine.json']);
    expect(json.history[0]?.median).toBe(first.throughput[0]?.messagesPerSecond?.median);
  });

  it.each([
    [['none.json'], 4, 'none.json: there is no such file'],
    [['package.json'], 6, 'package.json: has the schema of nothing'],
    [['newer.json'], 6, 'newer.json: has the schema version 3'],
    [['--history', 'nowhere'], 4, 'nowhere: there is no such folder of results'],
    [['--history', 'empty'], 4, 'there are none in empty/'],
    [['--output', 'nowhere/page.html'], 2, "nowhere/page.html: can't be written"],
    [['--wrong'], 2, 'unknown option'],
  ])('with %j ends with %d', async (args, wanted, message) => {
    const { code, stdout, stderr } = await run('report', ...args);
    expect({ code, stdout }).toEqual({ code: wanted, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('consort compare', () => {
  it('compares two files: text, JSON, Markdown and a page', async () => {
    const files = ['--json', 'c.json', '--markdown', 'c.md', '--html', 'c.html'];
    const { code, stdout, stderr } = await run('compare', 'results/first.json', 'mine.json', ...files);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(read('c.json')) as CompareReport;
    expect(report).toMatchObject({ schema: 'consort-compare', schemaVersion: 1, inTurns: false, minEffect: 0.05 });
    expect(report.base.name).toBe('results/first.json');
    expect(stdout.trim().split('\n').at(-1)).toContain(`${report.verdicts.better} better`);
    expect(read('c.md')).toContain('## consort compare');
    expect(read('c.html')).toContain('data-scenario="compare"');
  });

  it('compares modes of the newest in results/, and writes nothing but JSON to standard output', async () => {
    const { code, stdout } = await run('compare', 'ts', 'native', '--json', '-', '--min-effect', '10%');
    const report = JSON.parse(stdout) as CompareReport;
    expect({ code, inTurns: report.inTurns, minEffect: report.minEffect }).toEqual({
      code: 0,
      inTurns: true,
      minEffect: 0.1,
    });
    expect(report.base.name).toBe('ts of results/second.json');
    expect(report.rows[0]).toMatchObject({ ratio: expect.closeTo(2, 3), verdict: 'better' });
  });

  it('refuses results of another machine, and compares them by force', async () => {
    const refused = await run('compare', 'mine.json', 'elsewhere.json');
    expect(refused).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('CPU: Some CPU and Other CPU'),
    });
    const forced = await run('compare', 'mine.json', 'elsewhere.json', '--force');
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining('note: CPU: Some CPU and Other CPU') });
  });

  it.each([
    [['mine.json'], 2, 'missing required argument'],
    [['mine.json', 'native'], 2, 'is a row within a result'],
    [['mine.json', 'mine.json'], 2, 'are the same results'],
    [['mine.json', 'views.json', '--min-effect', 'much'], 2, "--min-effect: got 'much'"],
    [['mine.json', 'none.json'], 4, 'none.json: there is no such file'],
    [['native', 'mixed', '--in', 'mine.json'], 4, "mine.json: has no row 'mixed'"],
    [['views.json', 'transfer.json'], 5, 'have no row in common'],
    [['mine.json', 'package.json'], 6, 'package.json: has the schema of nothing'],
    [['newer.json', 'mine.json'], 6, 'newer.json: has the schema version 3'],
  ])('with %j ends with %d', async (args, wanted, message) => {
    const { code, stdout, stderr } = await run('compare', ...args);
    expect({ code, stdout }).toEqual({ code: wanted, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
