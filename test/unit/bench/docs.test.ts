import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sideOf } from '../../../bench/compare/compare.js';
import { compareReport } from '../../../bench/compare/report.js';
import { measuredRows } from '../../../bench/measured.js';
import { BENCH_OPTIONS } from '../../../bench/option-table.js';
import { reportJson } from '../../../bench/report/report-json.js';
import { fakePageReport } from './fake-page.js';
import { fakeReport } from './fake-report.js';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/benchmarking.md'), 'utf8');

/** All names of an object, however deep. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

function comparison() {
  const report = fakePageReport();
  const rows = measuredRows(report);
  const side = (who: string, other: string) => ({
    ...sideOf(rows, who, other),
    name: who,
    files: [{ name: 'a.json', report }],
  });
  return compareReport({ base: side('native', 'ts'), head: side('ts', 'native'), inTurns: true }, 0.05);
}

describe('docs/benchmarking.md', () => {
  it.each(Object.keys(BENCH_OPTIONS))('has a line for --%s', (name) => {
    expect(docs).toContain(`| \`--${name}\` |`);
  });

  it.each([
    ['consort bench', () => fakeReport()],
    ['consort report', () => reportJson([{ name: 'a.json', report: fakePageReport() }])],
    ['consort compare', comparison],
  ])('explains every key of the JSON of %s', (_, make) => {
    const missing = [...new Set(keysOf(make()))].filter((key) => !new RegExp(`\\b${key}\\b`).test(docs));
    expect(missing).toEqual([]);
  });
});
