import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECK_OPTIONS, type CheckOptionName } from '../../../../bench/check/option-table.js';
import { fakeCheckReport } from './fake-report.js';

const docs = readFileSync(join(import.meta.dirname, '../../../../docs/benchmarking.md'), 'utf8');
const section = docs.slice(docs.indexOf('## `consort check`'));

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => (key === 'environment' ? [key] : [key, ...keysOf(inner)]));
}

describe('docs/benchmarking.md on the check', () => {
  it.each(Object.keys(CHECK_OPTIONS) as CheckOptionName[])('has a line for --%s that says what it does', (name) => {
    const [, line = ''] = new RegExp(`^(\\| \`--${name}\` \\|.*)$`, 'm').exec(section) ?? [];
    expect(line).toContain(CHECK_OPTIONS[name].sentence);
  });

  it('explains every key of the JSON', () => {
    const report = fakeCheckReport({ options: { ...fakeCheckReport().options, selfTest: 0.05 } });
    const missing = [...new Set(keysOf(report))].filter((key) => !new RegExp(`\\b${key}\\b`).test(section));
    expect(missing).toEqual([]);
  });
});
