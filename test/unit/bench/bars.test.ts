import { describe, expect, it } from 'vitest';
import { barOf, latencyBars, throughputBars } from '../../../bench/report/bars.js';
import { renderText } from '../../../bench/report/render.js';
import { fakePageReport } from './fake-page.js';
import { fakeReport } from './fake-report.js';

const plain = { colors: false, columns: 80 };

describe('a bar', () => {
  it.each([
    [1, '████'],
    [0.5, '██'],
    [0.28, '█▏'],
    [0.01, ''],
    [2, '████'],
  ])('of %d of four characters is %s, to an eighth', (share, bar) => {
    expect(barOf(share, share, 4)).toBe(bar);
  });

  it('has a lighter part up to another share', () => {
    expect(barOf(0.25, 0.75, 4)).toBe('█░░');
  });
});

describe('charts for a terminal', () => {
  it('show the rows of a size on one scale', () => {
    const lines = throughputBars(fakeReport(), plain);
    expect(lines[0]).toContain("msg/s by size, frames of the interface's MTU");
    expect(lines[1]).toMatch(/^ {2}64 B {2}native multi {2}█{40} {2}11\.0 M$/);
    expect(lines[2]).toMatch(/^ {8}ts multi {6}█{20} {22}5\.50 M$/);
  });

  it('show p50 and p99 of round trips', () => {
    const lines = latencyBars(fakeReport(), plain).filter((line) => line.includes('native multi'));
    expect(lines[0]).toMatch(/native multi {2}█+[▏▎▍▌▋▊▉]?░* +55\.\d \/ 5\d\.\d$/);
  });

  it('fit into a narrow terminal, and have colors where they may', () => {
    const lines = throughputBars(fakePageReport(), { colors: false, columns: 76 }).filter((line) => line.includes('█'));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(76);
    expect(throughputBars(fakeReport(), { colors: true, columns: 80 })[1]).toContain('\u001b[36m█');
  });

  it('stand under the tables', () => {
    const text = renderText(fakeReport());
    const [table, chart, latency] = ['throughput, messages of 64 B', 'msg/s by size', 'round trip, messages of'].map(
      (title) => text.indexOf(title),
    );
    expect([table, chart, latency].toSorted((a = 0, b = 0) => a - b)).toEqual([table, chart, latency]);
    expect(text).not.toContain('\u001b');
  });

  it('are none of what was not measured', () => {
    expect(throughputBars({ throughput: [] }, plain)).toEqual([]);
  });
});
