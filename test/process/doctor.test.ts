// consort doctor as users run it, on whatever machine this is: what it finds is not known, how it says it is.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { CHECK_NAMES } from '../../bench/doctor/check-table.js';
import { type DoctorReport, declarationOf } from '../../bench/doctor/doctor-report.js';
import { VERDICTS } from '../../bench/doctor/verdict.js';
import { root } from '../helpers/child.js';
import { consort } from '../helpers/consort.js';

const folder = mkdtempSync(join(tmpdir(), 'consort-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => consort(['doctor', ...args], folder);

/** Results are shown to others: they say what the machine can do, not where things are on it. */
function expectNoPaths(text: string): void {
  for (const path of [root, folder, process.execPath]) expect(text).not.toContain(path);
}

describe('consort doctor', () => {
  it('writes all checks as JSON, and nothing else, to standard output, and ends with 1 if one is poor', async () => {
    const { code, stdout, stderr } = await run('--quick', '--json', '-');
    const report = JSON.parse(stdout) as DoctorReport;
    expect(stderr).toBe('');
    expect(report).toMatchObject({ schema: 'consort-doctor', schemaVersion: 1, options: { quick: true } });
    expect(report.checks.map(({ check }) => check)).toEqual(CHECK_NAMES);
    for (const { verdict } of report.checks) expect(VERDICTS).toContain(verdict);
    expect(report.passed).toBe(report.checks.every(({ verdict }) => verdict !== 'poor'));
    expect(code).toBe(report.passed ? 0 : 1);
    expectNoPaths(stdout);
    const figures = Object.assign({}, ...report.checks.map((check) => check.figures)) as Record<string, unknown>;
    expect(figures.batches).toBe(800);
    expect(figures.smallestChange).toBeGreaterThanOrEqual(0);
    // What the addon, and only it, can ask the kernel for.
    expect(typeof figures.segments).toBe(figures.native === true ? 'boolean' : 'undefined');
    for (const name of ['medianMicros', 'hrtimeNanos', 'cpuUsageStepMicros', 'receiveBytes'])
      expect(figures[name], name).toBeGreaterThan(0);
  });

  it('shows all checks, and writes the same as JSON to a file', async () => {
    const { code, stdout, stderr } = await run('--quick', '--json', 'machine.json');
    const report = JSON.parse(readFileSync(join(folder, 'machine.json'), 'utf8')) as DoctorReport;
    expect({ code, stderr }).toEqual({ code: report.passed ? 0 : 1, stderr: '' });
    const lines = stripVTControlCharacters(stdout).trimEnd().split('\n');
    for (const { check, verdict } of report.checks)
      expect(
        lines.filter((line) => line.startsWith(`${verdict.padEnd(9)}${declarationOf(check).title} `)),
      ).toHaveLength(1);
    expect(lines.at(-1)).toBe(report.conclusion);
    expectNoPaths(stdout);
  });

  it('shows one line with --quiet', async () => {
    const { code, stdout, stderr } = await run('--quick', '--quiet');
    expect(stdout).toMatch(
      /^(good|fair|poor) for consort bench( \(.+\))?; (good|fair|poor) for consort check( \(.+\))?\n$/,
    );
    expect({ code, stderr }).toEqual({ code: stdout.includes('poor') ? 1 : 0, stderr: '' });
  });

  it.each([
    [['--wrong'], 'unknown option'],
    [['everything'], 'too many arguments'],
    [['--json'], 'argument missing'],
    [['--quick', '--json', 'nowhere/machine.json'], "nowhere/machine.json: can't be written"],
  ])('with %j ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
