import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseResults, ResultsError, readResults } from '../../../bench/read-results.js';
import { readResultsFolder } from '../../../bench/results-folder.js';
import { fakeReport } from './fake-report.js';

const folder = mkdtempSync(join(tmpdir(), 'consort-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = fakeReport();
const text = (changes: object) => JSON.stringify({ ...report, ...changes });

function errorOf(work: () => unknown): ResultsError {
  try {
    work();
  } catch (error) {
    if (error instanceof ResultsError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('results', () => {
  it('are read as they were written', () => {
    expect(parseResults(JSON.stringify(report), 'a.json')).toEqual(report);
  });

  it('of a time when there was no transfer yet have none', () => {
    expect(parseResults(text({ transfer: undefined }), 'a.json').transfer).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello', 'a.json: is no JSON object'],
    ['a list', '[]', 'a.json: is no JSON object'],
    ['something else', '{"name":"consort"}', 'a.json: has the schema of nothing'],
    ['another schema', text({ schema: 'other' }), 'a.json: has the schema "other"'],
    ['a version to come', text({ schemaVersion: 99 }), 'version 99, want what consort bench --json writes'],
    ['no version', text({ schemaVersion: undefined }), 'has the schema version of nothing'],
    ['no environment', text({ environment: undefined }), "has no 'environment'"],
    ['no start', text({ startedAt: 5 }), "has no 'startedAt'"],
    ['results without samples', text({ latency: [{ row: 'group' }] }), "has no samples in 'latency', result 1"],
  ])('are not believed when there is %s', (_, json, message) => {
    const error = errorOf(() => parseResults(json, 'a.json'));
    expect(error.reason).toBe('foreign');
    expect(error.message).toContain(message);
  });

  it('of a version to come are to be read by the version that wrote them', () => {
    expect(errorOf(() => parseResults(text({ schemaVersion: 3 }), 'a')).message).toContain(
      'take the version of consort',
    );
    expect(errorOf(() => parseResults(text({ schemaVersion: 0 }), 'a')).message).toContain('measure again');
  });

  it('of version 1 read as those of groups in a fixed view', () => {
    const baseline = join(import.meta.dirname, '../../../results/2026-11-23.json');
    const old = JSON.parse(readFileSync(baseline, 'utf8')) as { throughput: { samples: { receivers: object[] }[] }[] };
    const samples = old.throughput.map((result) => ({
      ...result,
      samples: result.samples.map((sample) => ({ ...sample, receivers: [{ rank: 1, messages: 5 }] })),
    }));
    const { schemaVersion, throughput, views } = parseResults(
      JSON.stringify({ ...old, schemaVersion: 1, throughput: samples, views: undefined }),
      'old.json',
    );
    expect({ schemaVersion, views }).toEqual({ schemaVersion: 2, views: [] });
    expect(throughput.find(({ row }) => row === 'group')).toMatchObject({ properties: 'Frag:Flow', ordering: 'fifo' });
    expect(throughput.find(({ row }) => row === 'tcp')).not.toHaveProperty('properties');
    expect(throughput[0]?.samples[0]?.receivers).toEqual([{ member: 1, messages: 5 }]);
  });
});

describe('a file of results', () => {
  it('that is not there, or is a folder, is missing', () => {
    const missing = errorOf(() => readResults(join(folder, 'none.json')));
    expect(missing.reason).toBe('missing');
    expect(missing.message).toContain('none.json: there is no such file');
    expect(errorOf(() => readResults(folder))).toMatchObject({ reason: 'missing' });
  });
});

describe('a folder of results', () => {
  it('has them from the oldest to the newest, and says what it leaves out', () => {
    const write = (name: string, changes: object) => writeFileSync(join(folder, name), text(changes));
    write('b.json', { startedAt: '2026-01-02T00:00:00.000Z' });
    write('a.json', { startedAt: '2026-01-03T00:00:00.000Z' });
    write('c.json', { startedAt: '2026-01-01T00:00:00.000Z' });
    write('again.json', { startedAt: '2026-01-01T00:00:00.000Z' });
    write('other.json', { schema: 'other' });
    writeFileSync(join(folder, 'README.md'), 'about');
    const { files, skipped } = readResultsFolder(folder);
    expect(files.map((file) => file.report.startedAt.slice(0, 10))).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    expect(skipped).toEqual([expect.stringContaining('other.json: has the schema "other"')]);
  });

  it('that is not there is missing', () => {
    expect(errorOf(() => readResultsFolder(join(folder, 'none')))).toMatchObject({ reason: 'missing' });
  });
});
