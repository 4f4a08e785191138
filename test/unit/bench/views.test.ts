import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../bench/options.js';
import { crewSize, planBlocks } from '../../../bench/plan.js';
import { reportTables } from '../../../bench/report/tables.js';
import { viewsResults } from '../../../bench/report/views-results.js';
import { ChangeLog } from '../../../bench/roles/change-log.js';
import { UsageError } from '../../../bench/usage-error.js';
import { VIEW_MEASURE_NAMES } from '../../../bench/view-measures.js';
import type { ViewData } from '../../../ts/index.js';
import { fakeReport, viewsBlock, viewsOutcome } from './fake-report.js';

type Words = Parameters<typeof parseOptions>[1];

const plan = (scenarios: string[], words: Words) => planBlocks(parseOptions(scenarios, words), { noNative: undefined });
const address = (port: number) => ({ host: '127.0.0.1', port });
const viewOf = (...ports: number[]) => ({ members: ports.map(address) }) as unknown as ViewData;

describe('the plan of changes of views', () => {
  it('has groups of eight and a guest, compared with nothing', () => {
    const [block, ...others] = plan(['views'], {});
    expect(others).toEqual([]);
    expect(block?.rows).toMatchObject([
      { kind: 'group', mode: 'native', threads: 'multi', members: 8, senders: 'all' },
      { kind: 'group', mode: 'ts', threads: 'multi', members: 8, senders: 'all' },
    ]);
    for (const row of block?.rows ?? []) expect(crewSize({ scenario: 'views' }, row)).toBe(9);
  });

  it('is shorter in a quick run, unless modes are asked for', () => {
    expect(plan(['views'], { quick: true })[0]?.rows).toHaveLength(1);
    expect(plan(['views'], { quick: true, mode: 'native,ts,mixed' })[0]?.rows).toHaveLength(3);
  });

  it('is left out where views are fixed, and refused when it was asked for by name', () => {
    const scenarios = new Set(plan([], { fixed: true }).map(({ scenario }) => scenario));
    expect([...scenarios]).toEqual(['throughput', 'latency', 'layers']);
    expect(() => plan(['views'], { fixed: true })).toThrow(UsageError);
  });
});

describe('results of changes of views', () => {
  it('take all times of all repetitions together', () => {
    const results = viewsResults(viewsBlock, [viewsOutcome(20)], { quick: false, isolation: 'processes' });
    expect(results.map(({ measure }) => measure)).toEqual(VIEW_MEASURE_NAMES);
    const join = results.find(({ measure }) => measure === 'join');
    expect(join).toMatchObject({ tookMillis: { count: 4, median: 30, min: 20, max: 40 }, aimMillis: 15 });
    expect(join?.samples[0]).toEqual({ repetition: 0, tookMillis: [20, 40] });
    const blocked = results.find(({ measure }) => measure === 'blockedPrompt');
    expect(blocked?.samples[0]).toMatchObject({ verifiedMessages: 1000 });
  });

  it('have aims for groups of eight, and one for a stopped member that comes from the suspicion', () => {
    const aimOf = (measure: string, quick: boolean, members: number) => {
      const outcome = viewsOutcome(20);
      const row = { ...outcome.row, members } as typeof outcome.row;
      const results = viewsResults(viewsBlock, [{ ...outcome, row }], { quick, isolation: 'processes' });
      return results.find((result) => result.measure === measure)?.aimMillis;
    };
    expect(aimOf('formation', false, 8)).toBe(300);
    expect(aimOf('formation', false, 9)).toBeUndefined();
    expect(aimOf('hang', false, 9)).toBe(5000);
    expect(aimOf('hang', true, 8)).toBe(1000);
    expect(aimOf('merge', false, 8)).toBeUndefined();
  });

  it('have no crash where members are threads', () => {
    const results = viewsResults(viewsBlock, [viewsOutcome(20)], { quick: false, isolation: 'threads' });
    const names = results.map(({ measure }) => measure);
    expect(names).not.toContain('crash');
    expect(names).not.toContain('hang');
    expect(names).toContain('formation');
    expect(names).toContain('merge');
  });

  it('are a table that says which aims were met', () => {
    const table = reportTables({ throughput: [], latency: [], views: fakeReport().views, transfer: [], store: [] })[0];
    const met = table?.header.indexOf('met') ?? -1;
    expect(table?.title).toContain('8 members');
    expect(table?.rows.find(([title]) => title?.startsWith('all join at once'))?.[met]).toBe('yes');
    expect(table?.rows.find(([title]) => title?.includes('join() to its view'))?.[met]).toBe('no');
  });
});

describe('the log of a member', () => {
  it('tells when it was first in a view of exactly these members, before or after it is asked', async () => {
    const log = new ChangeLog();
    log.noteView(viewOf(1));
    const later = log.whenIn([address(2), address(1)], 0);
    log.noteView(viewOf(1, 2, 3));
    log.noteView(viewOf(1, 2));
    const at = await later;
    expect(await log.whenIn([address(1), address(2)], 0)).toBe(at);
    expect(log.take().map(({ ports }) => ports)).toEqual([[1], [1, 2, 3], [1, 2]]);
    expect(log.take()).toEqual([]);
  });

  it('does not take a view from before for one from after', async () => {
    const log = new ChangeLog();
    log.noteView(viewOf(1));
    const [{ acceptedMs } = { acceptedMs: 0 }] = log.take();
    log.noteView(viewOf(1));
    expect(await log.whenIn([address(1)], acceptedMs)).toBeGreaterThanOrEqual(acceptedMs);
  });

  it('knows how long a member was kept from sending', () => {
    const log = new ChangeLog();
    log.noteView(viewOf(1));
    log.noteBlock();
    log.noteBlock();
    log.noteView(viewOf(1));
    const [first, second] = log.take();
    expect(first).not.toHaveProperty('blockedMs');
    expect(second?.acceptedMs).toBeGreaterThanOrEqual(second?.blockedMs ?? Number.POSITIVE_INFINITY);
  });
});
