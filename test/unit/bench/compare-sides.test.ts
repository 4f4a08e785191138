import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { differences } from '../../../bench/compare/comparable.js';
import { renderComparison, renderComparisonMarkdown } from '../../../bench/compare/render.js';
import { compareReport, graveDifferences } from '../../../bench/compare/report.js';
import { findSides } from '../../../bench/compare/sides.js';
import { ResultsError } from '../../../bench/read-results.js';
import type { BenchReport } from '../../../bench/results.js';
import { UsageError } from '../../../bench/usage-error.js';
import { fakePageReport } from './fake-page.js';

const folder = mkdtempSync(join(tmpdir(), 'consort-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const one = 'aaaa111122223333444455556666777788889999';
const other = 'bbbb111122223333444455556666777788889999';

function write(name: string, startedAt: string, commit: string, factor: number, changes: Partial<BenchReport> = {}) {
  const { environment, ...report } = fakePageReport(factor, { startedAt, ...changes });
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...report, environment: { ...environment, commit, dirty: false } }));
  return file;
}

const old = write('old.json', '2026-01-01T10:00:00.000Z', one, 1);
const views = write('views.json', '2026-01-02T10:00:00.000Z', one, 3, {
  throughput: [],
  latency: [],
  transfer: [],
  store: [],
});
const recent = write('recent.json', '2026-01-03T10:00:00.000Z', other, 2);
const options = { within: undefined, folder };

describe('two sides', () => {
  it('are two files, whose rows are those of one name', () => {
    const { base, head, inTurns } = findSides(old, recent, options);
    expect(inTurns).toBe(false);
    expect([base.files, head.files].map(([file]) => file?.name)).toEqual([old, recent]);
    const report = compareReport({ base, head, inTurns }, 0.05);
    const native = report.rows.find(({ row, metric }) => row === 'native multi' && metric === 'messagesPerSecond');
    expect(native?.ratio).toBeCloseTo(2, 2);
    expect(report.onlyBase).toEqual([]);
  });

  it('are two rows of one file, or of the newest of the folder', () => {
    const within = findSides('native', 'ts', { within: old, folder });
    expect([within.inTurns, within.base.files[0]?.name, within.head.name]).toEqual([true, old, `ts of ${old}`]);
    expect(compareReport(within, 0.05).rows[0]?.ratio).toBeCloseTo(0.5, 2);
    expect(findSides('tcp', 'native', options).base.files[0]?.name).toBe(recent);
  });

  it('are two commits, each with all results of it; of a row that is in several the newest counts', () => {
    const { base, head } = findSides('aaaa', other.slice(0, 12), options);
    expect(base.files.map(({ name }) => name)).toEqual([views, old]);
    expect(head.files.map(({ name }) => name)).toEqual([recent]);
    const join = (rows: typeof base.rows) => rows.find(({ block }) => block.startsWith('views, one more joins'));
    expect(join(base.rows)?.metrics[0]?.summary.max).toBeCloseTo(40 / 3);
    expect(base.rows.some(({ scenario }) => scenario === 'throughput')).toBe(true);
  });

  it.each([
    ['native', old, 'is a row within a result, the other is not'],
    ['native', 'native', 'is given twice'],
  ])('are not %s and %s', (a, b, message) => {
    const error = caught(() => findSides(a, b, options));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
  });

  it('are no two files within a third', () => {
    writeFileSync(join(folder, 'ts'), 'a file of that name');
    expect(caught(() => findSides(old, recent, { within: old, folder }))).toBeInstanceOf(UsageError);
  });

  it.each([
    ['nowhere.json', 'there is no such file, and git knows no such commit'],
    ['cccc', 'there are those of aaaa11112222 and bbbb11112222'],
    // Of a clone it is a commit, elsewhere nothing.
    ['HEAD', folder],
  ])('are missing where %s is one', (name, message) => {
    const error = caught(() => findSides(name, old, options));
    expect(error).toBeInstanceOf(ResultsError);
    expect(error).toMatchObject({ reason: 'missing', message: expect.stringContaining(message) });
  });

  it('say which rows there are when one is missing', () => {
    const error = caught(() => findSides('mixed', 'ts', { within: old, folder }));
    expect(error.message).toContain("has no row 'mixed'; there are native, ts, limit, tcp and dgram");
  });
});

describe('results of two machines', () => {
  const report = fakePageReport();
  const on = (changes: Partial<BenchReport['environment']>) => ({
    ...report,
    environment: { ...report.environment, ...changes },
  });

  it('are not compared', () => {
    const elsewhere = on({ cpuModel: 'Other CPU', cpuCount: 64, memoryBytes: 2 ** 36, platform: 'linux-arm64' });
    expect(differences(report, elsewhere).grave).toEqual([
      'CPU: Some CPU and Other CPU',
      'number of CPUs: 2 and 64',
      'platform: linux-x64 and linux-arm64',
      'memory: 8 GiB and 64 GiB',
    ]);
    const threads = { ...report, options: { ...report.options, isolation: 'threads' as const } };
    expect(differences(report, threads).grave).toEqual(['isolation of members: processes and threads']);
  });

  it('that are alike are, with notes of what may explain a difference', () => {
    const later = on({ memoryBytes: 2 ** 33 + 5, kernel: '7.0', node: '22.1.0', loadBefore: 9, stealShare: 0.2 });
    const { grave, notes } = differences(report, later);
    expect(grave).toEqual([]);
    expect(notes.join('\n')).toMatch(
      /kernel: 6\.18 and 7\.0\nNode: 20\.20\.2 and 22\.1\.0\n.*changes.*\n.*load was 9\.0.*\n.*20\.0 %/,
    );
  });

  it('count by all files of a side', () => {
    const threads = { ...fakePageReport().options, isolation: 'threads' as const };
    const file = write('threads.json', '2026-02-01T10:00:00.000Z', 'dddd1111', 1, { options: threads });
    expect(graveDifferences(findSides(old, file, options))).toHaveLength(1);
    expect(graveDifferences(findSides(old, recent, options))).toEqual([]);
  });
});

describe('a comparison as text', () => {
  const report = compareReport(findSides('ts', 'native', { within: old, folder }), 0.05);

  it('has a table for each block, what the words mean, and the counts at the end', () => {
    const text = renderComparison(report, { colors: false });
    expect(text).toContain(`A  ts of ${old} (2026-01-01 10:00, consort 0.1.0, commit aaaa11112222)`);
    expect(text).toMatch(/ts multi → native multi +msg\/s .* 2\.00 × +2\.00 – 2\.00 +better\n/);
    expect(text).toContain('better, worse: by more than 5 %');
    expect(text.trim().split('\n').at(-1)).toMatch(/^\d+ better, 0 worse, \d+ same, \d+ unclear$/);
    expect(text).not.toContain('\u001b');
    expect(renderComparison(report, { colors: true })).toContain('\u001b[32mbetter');
  });

  it('is Markdown with the counts first and what has not changed folded', () => {
    const files = compareReport(findSides(old, recent, options), 0.05);
    const lines = renderComparisonMarkdown(files).split('\n');
    expect(lines.slice(0, 3)).toEqual(['## consort compare', '', expect.stringMatching(/^\*\*\d+ better/)]);
    const folded = lines.indexOf('<details><summary>All other rows</summary>');
    expect(lines.slice(folded).filter((line) => /\| better \|$/.test(line))).toEqual([]);
    expect(lines.slice(folded).some((line) => /\| control \|$/.test(line))).toBe(true);
  });
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was wrong');
}
