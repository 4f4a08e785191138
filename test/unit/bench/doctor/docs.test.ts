import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECK_NAMES, type CheckName } from '../../../../bench/doctor/check-table.js';
import { declarationOf } from '../../../../bench/doctor/doctor-report.js';
import { DOCTOR_OPTIONS, type DoctorOptionName } from '../../../../bench/doctor/option-table.js';
import { fakeDoctorReport } from './fake-report.js';

const docs = readFileSync(join(import.meta.dirname, '../../../../docs/benchmarking.md'), 'utf8');
const [, section = ''] = /^(## `consort doctor`[\s\S]*?)^## /m.exec(docs) ?? [];

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => (key === 'environment' ? [key] : [key, ...keysOf(inner)]));
}

describe('docs/benchmarking.md on the doctor', () => {
  it.each(CHECK_NAMES)('has a line for %s that says what is good, fair and poor', (check: CheckName) => {
    const { title, uses, good, fair, poor } = declarationOf(check);
    expect(section).toContain(`| \`${check}\` | ${title} | ${uses.join(', ')} | ${good} | ${fair} | ${poor} |`);
  });

  it.each(Object.keys(DOCTOR_OPTIONS) as DoctorOptionName[])('has a line for --%s that says what it does', (name) => {
    const [, line = ''] = new RegExp(`^(\\| \`--${name}\` \\|.*)$`, 'm').exec(section) ?? [];
    expect(line).toContain(DOCTOR_OPTIONS[name].sentence);
  });

  it('explains every key of the JSON', async () => {
    const files = { '/sys/fs/cgroup/cpu.max': '100000 100000\n' };
    const reports = [
      await fakeDoctorReport({ files }),
      await fakeDoctorReport({ native: { loaded: false, reason: 'none' } }),
    ];
    const keys = reports.flatMap(keysOf);
    expect(keys).toEqual(expect.arrayContaining(['quotaCpus', 'noNative', 'governors', 'turbo', 'clockSource']));
    const missing = [...new Set(keys)].filter((key) => !new RegExp(`\\b${key}\\b`).test(section));
    expect(missing).toEqual([]);
  });
});
