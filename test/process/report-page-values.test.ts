// The page of consort report in a real browser: what its charts show is what the JSON says.
import { afterAll, describe, expect, it } from 'vitest';
import { size } from '../../bench/report/format.js';
import { rowLabel } from '../../bench/report/result-head.js';
import type { ResultHead } from '../../bench/results.js';
import { merge } from '../../bench/stats/latency-histogram.js';
import { VIEW_MEASURES } from '../../bench/view-measures.js';
import { earlier, marksOf, PageReader, report, sorted } from '../helpers/report-page.js';

const reader = new PageReader();
afterAll(() => reader.close());

function shownAs<Result extends ResultHead>(
  results: readonly Result[],
  where: (result: Result) => string,
  value: (result: Result) => number | undefined,
): readonly string[] {
  return sorted(
    results.flatMap((result) => {
      const number = value(result);
      return number === undefined ? [] : [{ label: rowLabel(result), where: where(result), value: number }];
    }),
  );
}

/** Rows of the charts by size: no loss, no larger group. */
const plain = report.throughput.filter(({ lossRate = 0, members }) => lossRate === 0 && members === 2);

describe('the charts of the page', () => {
  it('has the rates of the JSON, by size', async (context) => {
    const { shown } = await reader.open(context);
    for (const mtu of ['auto', 1400] as const) {
      for (const metric of ['messagesPerSecond', 'bytesPerSecond'] as const) {
        const marks = await marksOf(
          shown,
          `figure[data-scenario="throughput"][data-metric="${metric}"][data-mtu="${mtu}"]`,
        );
        const results = plain.filter((result) => result.mtu === mtu);
        const wanted = shownAs(
          results,
          ({ sizeBytes }) => size(sizeBytes),
          (result) => result[metric]?.median,
        );
        expect(sorted(marks)).toEqual(wanted);
      }
    }
  });

  it('has the percentiles of the histograms in the JSON', async (context) => {
    const { shown } = await reader.open(context);
    for (const load of ['ping-pong', 'rate'] as const) {
      const marks = await marksOf(shown, `figure[data-scenario="latency"][data-load="${load}"]`);
      const results = report.latency.filter((result) => result.load === load);
      expect(new Set(marks.map(({ label }) => label))).toEqual(new Set(results.map(rowLabel)));
      for (const result of results) {
        const mine = marks.filter(({ label }) => label === rowLabel(result));
        // Of 2,000 round trips the last that one lies beyond.
        expect(mine.map(({ where }) => where)).toEqual([
          '50 %',
          '75 %',
          '90 %',
          '95 %',
          '99 %',
          '99.5 %',
          '99.9 %',
          '99.95 %',
        ]);
        expect(mine.find(({ where }) => where === '99.9 %')?.value).toBe(result.p999Micros);
        const histogram = merge(result.samples.map(({ histogramNanos }) => histogramNanos));
        for (const { where, value } of mine) {
          expect(value).toBe(histogram.getValueAtPercentile(Number.parseFloat(where)) / 1000);
        }
      }
    }
  });

  it('has the ratios of the JSON as heat maps', async (context) => {
    const { shown } = await reader.open(context);
    for (const metric of ['timesTs', 'timesTcp', 'timesDgram', 'shareOfLimit'] as const) {
      const marks = await marksOf(shown, `figure[data-kind="heat"][data-metric="${metric}"]`);
      const results = plain.filter((result) => result[metric] !== undefined);
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.map(({ value }) => value).sort()).toEqual(results.map((result) => result[metric]).sort());
    }
  });

  it('has views, transfers, loss and larger groups of the JSON', async (context) => {
    const { shown } = await reader.open(context);
    const titleOf = (title: string) => title.charAt(0).toUpperCase() + title.slice(1);
    expect(sorted(await marksOf(shown, '[data-scenario="views"]'))).toEqual(
      shownAs(
        report.views,
        ({ measure }) => titleOf(VIEW_MEASURES[measure].title),
        (result) => result.tookMillis?.median,
      ),
    );
    expect(sorted(await marksOf(shown, '[data-scenario="transfer"][data-metric="bytesPerSecond"]'))).toEqual(
      shownAs(
        report.transfer,
        ({ stateBytes }) => size(stateBytes),
        (result) => result.bytesPerSecond?.median,
      ),
    );
    const loss = await marksOf(shown, '[data-scenario="loss"]');
    const lossy = report.throughput.filter(({ lossRate = 0 }) => lossRate > 0);
    expect(
      loss
        .filter(({ where }) => where !== 'no loss')
        .map(({ value }) => value)
        .sort(),
    ).toEqual(lossy.map(({ messagesPerSecond }) => messagesPerSecond?.median).sort());
    const groups = await marksOf(shown, '[data-scenario="groups"]');
    const large = report.throughput.find(({ members, mtu }) => members === 3 && mtu === 'auto');
    expect(groups.find(({ label }) => label.includes('3 members'))?.value).toBe(large?.messagesPerSecond?.median);
  });

  it('has a point of the history for each result and row', async (context) => {
    const { shown } = await reader.open(context);
    const marks = await marksOf(shown, '[data-scenario="history"][data-metric="messagesPerSecond"]');
    const all = [...earlier, report].flatMap(({ throughput }) => throughput);
    expect(marks.map(({ value }) => value).sort()).toEqual(
      all.map(({ messagesPerSecond }) => messagesPerSecond?.median).sort(),
    );
  });

  it('has every value in a table too, and every table of the terminal', async (context) => {
    const { shown } = await reader.open(context);
    expect(await shown.locator('figure:not(.heat)').count()).toBe(await shown.locator('figure details table').count());
    const rates = shown.locator('figure[data-metric="messagesPerSecond"][data-mtu="auto"][data-scenario="throughput"]');
    expect(await rates.locator('details tbody tr').count()).toBe(4);
    expect(await shown.locator('#tables caption').allTextContents()).toContain(
      "throughput, messages of 64 B, frames of the interface's MTU",
    );
    expect(await shown.locator('#machine').innerText()).toContain('Some CPU, 2 CPUs');
  });
});
