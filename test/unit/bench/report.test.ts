import { describe, expect, it } from 'vitest';
import { duration, percent, quantity, range, size, spread } from '../../../bench/report/format.js';
import { renderMarkdown, renderText } from '../../../bench/report/render.js';
import { rowLabel } from '../../../bench/report/result-head.js';
import { makeTable, markdownTable, textTable } from '../../../bench/report/table.js';
import { fakeReport } from './fake-report.js';

describe('numbers', () => {
  it.each([
    [12_345_678, '12.3 M'],
    [999_999, '1000 k'],
    [1_500_000_000, '1.50 G'],
    [311_400, '311 k'],
    [7.25, '7.25'],
    [0.0123, '0.012'],
    [0, '0.00'],
    [undefined, ''],
    [Number.NaN, ''],
  ])('%d reads %s', (value, text) => {
    expect(quantity(value)).toBe(text);
  });

  it('have units', () => {
    expect(percent(0.123)).toBe('12.3 %');
    expect([size(64), size(1024), size(65536), size(1.5 * 2 ** 20)]).toEqual(['64 B', '1 KiB', '64 KiB', '1.5 MiB']);
    expect([duration(9.6), duration(125)]).toEqual(['10 s', '2 min 5 s']);
  });

  it('of one measurement have no spread', () => {
    const summary = { count: 1, median: 5, min: 5, max: 5, mad: 0 };
    expect([spread(summary), range(summary)]).toEqual(['', '']);
    const more = { count: 3, median: 200, min: 100, max: 300, mad: 10 };
    expect([spread(more), range(more)]).toEqual(['± 5.00 %', '100 – 300']);
  });
});

describe('a table', () => {
  const columns = [
    { title: 'name', cell: (row: readonly [string, string]) => row[0] },
    { title: 'none', cell: () => '' },
    { title: 'value', cell: (row: readonly [string, string]) => row[1] },
  ];
  const table = makeTable('title', columns, [
    ['a', '1'],
    ['long|name', '1234567'],
  ]);

  it('leaves out a column with nothing in it, and lines up the others', () => {
    expect(textTable(table).split('\n')).toEqual([
      'title',
      '  name         value',
      '  a                1',
      '  long|name  1234567',
    ]);
  });

  it('can be Markdown', () => {
    expect(markdownTable(table).split('\n')).toEqual([
      '### title',
      '',
      '| name | value |',
      '| --- | ---: |',
      '| a | 1 |',
      '| long\\|name | 1234567 |',
    ]);
  });
});

describe('a row', () => {
  const head = { row: 'group', sizeBytes: 64, mtu: 'auto', mode: 'native', threads: 'multi' } as const;

  it('says what tells it from the others', () => {
    expect(rowLabel({ ...head, members: 2, senders: 'one' })).toBe('native multi');
    expect(rowLabel({ ...head, members: 3, senders: 'all', lossRate: 0.01 })).toBe(
      'native multi, 3 members, all send, 1 % loss',
    );
    expect(rowLabel({ ...head, row: 'limit', members: 2, senders: 'one' })).toBe('limit');
  });
});

describe('a report', () => {
  it('shows the machine, a table for each block, and the verdict', () => {
    const text = renderText(fakeReport());
    expect(text).toContain('Some CPU, 2 CPUs · linux-x64 6.18 · Node 20.20.2 · consort 0.1.0 (0123456789ab, changed)');
    expect(text).toContain("throughput, messages of 64 B, frames of the interface's MTU\n");
    expect(text).toMatch(/ {2}native multi +11\.0 M +± 9\.09 % .* 300 % .* 2\.00 ×/);
    expect(text).toContain('round trip, messages of 64 B');
    expect(text).toContain('passed: every receiver has got everything');
  });

  it('names the rows that failed, and why', () => {
    const report = fakeReport({ passed: false });
    const [first, ...others] = report.throughput;
    if (first === undefined) throw new Error('no row');
    const failed = {
      ...report,
      throughput: [{ ...first, error: 'not verified: 3 messages came, 4 were sent' }, ...others],
    };
    expect(renderText(failed)).toContain('FAILED');
    expect(renderText(failed)).toContain('  64 B native multi: not verified: 3 messages came, 4 were sent');
    expect(renderMarkdown(failed)).toContain('| not verified: 3 messages came, 4 were sent |');
  });

  it('says that it is not whole when it was interrupted', () => {
    expect(renderText(fakeReport({ passed: false, interrupted: true }))).toContain('INTERRUPTED');
  });
});
