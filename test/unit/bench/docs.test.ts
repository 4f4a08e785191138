import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BENCH_OPTIONS } from '../../../bench/option-table.js';
import { fakeReport } from './fake-report.js';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/benchmarking.md'), 'utf8');

/** All names of an object, however deep. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe('docs/benchmarking.md', () => {
  it.each(Object.keys(BENCH_OPTIONS))('has a line for --%s', (name) => {
    expect(docs).toContain(`| \`--${name}\` |`);
  });

  it('explains every key of the JSON', () => {
    const missing = [...new Set(keysOf(fakeReport()))].filter((key) => !new RegExp(`\\b${key}\\b`).test(docs));
    expect(missing).toEqual([]);
  });
});
