import { describe, expect, it } from 'vitest';
import type { BenchmarkResult, CheckReport, ControlResult } from '../../../../bench/check/check-report.js';
import { compareAllocated, compareCounters } from '../../../../bench/check/counters.js';
import { outcomeOf } from '../../../../bench/check/outcome.js';
import { renderCheckAnnotations } from '../../../../bench/check/report/render-annotations.js';
import { renderCheckJunit } from '../../../../bench/check/report/render-junit.js';
import { renderCheckMarkdown } from '../../../../bench/check/report/render-markdown.js';
import { renderCheckText } from '../../../../bench/check/report/render-text.js';
import { headline } from '../../../../bench/check/report/wording.js';
import { fakeBenchmark, fakeCheckReport } from './fake-report.js';

const report = fakeCheckReport();

function invalid(): CheckReport {
  const [first, second] = report.controls as [ControlResult, ControlResult];
  return fakeCheckReport({
    outcome: 'invalid',
    exitCode: 3,
    controls: [first, { ...second, moved: true, change: 0.04 }],
  });
}

describe('the text of a check', () => {
  const text = renderCheckText(report);

  it('says the verdict first', () => {
    expect(text.split('\n')[0]).toBe('consort check: REGRESSION: slower: 1 of 6 benchmarks; a counter has risen: 1');
    expect(text).toContain('base main (0123456789ab), head the work tree (fedcba987654, changed)');
  });

  it('shows each benchmark, with its interval, and why it is undecided', () => {
    expect(text).toMatch(/parse <&> \| join +REGRESSION +\+10\.1 % +\+9\.1 % … \+11\.1 % +2 +\+9\.9 %/);
    expect(text).toMatch(/wild +undecided: finds \+8\.0 % /);
    expect(text).toMatch(/odd +undecided: not confirmed /);
    expect(text).toMatch(/quick +improvement +−6\.0 %/);
  });

  it('shows the counters that differ, the controls, and what a reader has to know', () => {
    expect(text).toContain('chatty: datagrams: 2 → 2.5 per iteration');
    expect(text).toContain('chatty: garbage: differs from launch to launch, so it is not compared');
    expect(text).toMatch(/frozen +still/);
    expect(text).toContain('note: only in the base, so not compared: old');
    expect(text).toContain('note: this machine does without setarch -R');
  });

  it('knows no verdict when a control has moved', () => {
    expect(renderCheckText(invalid())).toContain(
      "invalid, no verdict: the control 'frozen', the same on both sides, has moved by +4.0 %",
    );
  });

  it.each([
    [{ outcome: 'passed', benchmarks: [fakeBenchmark('a', 0)] }, 'no regression in 1 benchmark'],
    [
      { outcome: 'passed', benchmarks: [fakeBenchmark('a', 0), fakeBenchmark('b', -0.1, { verdict: 'improvement' })] },
      'no regression in 2 benchmarks (1 faster)',
    ],
    [{ outcome: 'inconclusive' }, 'undecided: 2 of 6 benchmarks'],
    [
      { outcome: 'passed', options: { ...report.options, selfTest: 0.05 } },
      'self-test passed: +5.0 % was found in all 6',
    ],
    [
      { outcome: 'selfTestFailed', options: { ...report.options, selfTest: 0.05 } },
      'was found in 1 of 6 benchmarks only',
    ],
    [{ outcome: 'selfTestFailed', options: { ...report.options, selfTest: 0 } }, 'something was found in 1 of 6'],
  ] as const)('has a headline for %j', (more, words) => {
    expect(headline(fakeCheckReport(more as Partial<CheckReport>))).toContain(words);
  });
});

describe('the Markdown of a check', () => {
  const markdown = renderCheckMarkdown(report);

  it('has the verdict first, then what has changed, and folds what has not', () => {
    expect(markdown.split('\n')[0]).toMatch(/^## ❌ consort check: REGRESSION/);
    const folded = markdown.indexOf('<details><summary>1 unchanged, shown by a bound of 2.5 %');
    expect(markdown.indexOf('| wild |')).toBeGreaterThan(0);
    expect(markdown.indexOf('| wild |')).toBeLessThan(folded);
    expect(markdown.indexOf('| calm |')).toBeGreaterThan(folded);
    // A counter has risen there: that is worth a look though the time is the same.
    expect(markdown.indexOf('| chatty |')).toBeLessThan(folded);
    expect(markdown.match(/<details>/g)).toHaveLength(2);
    expect(markdown.match(/<\/details>/g)).toHaveLength(2);
  });

  it('lets no name end its table', () => {
    expect(markdown).toContain('| parse <&> \\| join |');
  });
});

describe('the JUnit XML of a check', () => {
  it('has a test case for each benchmark and control, and counts them', () => {
    const xml = renderCheckJunit(report, true);
    expect(xml).toContain(
      '<testsuites name="consort check" tests="8" failures="2" errors="0" skipped="2" time="61.500">',
    );
    expect(xml.match(/<testcase /g)).toHaveLength(8);
    expect(xml).toContain(
      '<testcase classname="consort check" name="parse &#60;&#38;&#62; | join"><failure message="REGRESSION: +10.1 %',
    );
    expect(xml).toContain('<failure message="datagrams: 2 → 2.5 per iteration"/>');
    expect(xml).toContain('<testcase classname="consort check" name="calm"/>');
  });

  it('lets counters pass that shall only be told', () => {
    expect(renderCheckJunit(report, false)).toContain('failures="1"');
  });

  it('has an error for a control that has moved, and no other verdict', () => {
    const xml = renderCheckJunit(invalid(), true);
    expect(xml).toContain('failures="0" errors="1" skipped="6"');
    expect(xml).toMatch(/name="control: frozen"><error /);
  });
});

describe('the annotations of a check', () => {
  it('say what is wrong on a line each, with what would end the line or the field replaced', () => {
    const odd = fakeCheckReport({ benchmarks: [fakeBenchmark('100%\n::error::x', 0.1, { verdict: 'regression' })] });
    const lines = renderCheckAnnotations(odd, true).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^::error file=bench\/hot\.mjs,title=consort check::REGRESSION/);
    expect(lines[1]).toContain('::100%25%0A::error::x is slower by +10.0 %25');
    expect(lines).toHaveLength(2);
  });

  it('warn of what is undecided or only told', () => {
    const text = renderCheckAnnotations(report, false);
    expect(text).toContain('::warning file=bench/hot.mjs,title=consort check::wild: undecided');
    expect(text).toContain('::warning file=bench/hot.mjs,title=consort check::chatty: datagrams');
    expect(renderCheckAnnotations(invalid(), true).trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('how a check ends', () => {
  const [still, moved] = [report.controls, invalid().controls];
  const rules = { countersFail: true, inconclusiveFails: true, selfTest: undefined };
  const [slower, calm, chatty, wild] = report.benchmarks as [
    BenchmarkResult,
    BenchmarkResult,
    BenchmarkResult,
    BenchmarkResult,
  ];

  it.each([
    ['nothing has changed', [calm], still, rules, 'passed', 0],
    ['one is slower', [calm, slower, wild], still, rules, 'regression', 1],
    ['a counter has risen', [calm, chatty], still, rules, 'regression', 1],
    ['a counter has risen, which is only told', [calm, chatty], still, { ...rules, countersFail: false }, 'passed', 0],
    ['one is undecided', [calm, wild], still, rules, 'inconclusive', 3],
    ['one is undecided, which may be', [calm, wild], still, { ...rules, inconclusiveFails: false }, 'inconclusive', 0],
    ['a control has moved', [slower], moved, rules, 'invalid', 3],
    ['all was found that was injected', [slower], still, { ...rules, selfTest: { share: 0.1 } }, 'passed', 0],
    ['one was not', [slower, calm], still, { ...rules, selfTest: { share: 0.1 } }, 'selfTestFailed', 1],
    ['nothing was found in itself', [calm], still, { ...rules, selfTest: { share: 0 } }, 'passed', 0],
    ['something was', [calm, slower], still, { ...rules, selfTest: { share: 0 } }, 'selfTestFailed', 1],
  ] as const)('when %s', (_, benchmarks, controls, given, outcome, exitCode) => {
    expect(outcomeOf(benchmarks, controls, given)).toEqual({ outcome, exitCode, passed: exitCode === 0 });
  });
});

describe('exact counters', () => {
  const launch = (base: number, head: number) => ({ base: { calls: base }, head: { calls: head } });

  it('are told per iteration, and compared', () => {
    expect(compareCounters([launch(8, 8), launch(8, 8)], 4)).toEqual([
      { counter: 'calls', base: 2, head: 2, verdict: 'equal' },
    ]);
    expect(compareCounters([launch(8, 9)], 4)[0]?.verdict).toBe('rise');
    expect(compareCounters([launch(8, 7)], 4)[0]?.verdict).toBe('fall');
  });

  it('are not compared when launches of one side differ', () => {
    expect(compareCounters([launch(8, 8), launch(8, 9)], 4)[0]?.verdict).toBe('unrepeatable');
  });

  it('count as 0 where a side does not have them', () => {
    expect(compareCounters([{ base: {}, head: { calls: 3 } }], 1)).toEqual([
      { counter: 'calls', base: 0, head: 3, verdict: 'rise' },
    ]);
    expect(compareCounters([], 1)).toEqual([]);
  });

  it('of what is allocated are equal within what launches differ by, and rise where all of the head are above all of the base', () => {
    const launches = (base: readonly number[], head: readonly number[]) =>
      compareAllocated(base.map((bytes, at) => ({ base: bytes, head: head[at] })));
    expect(launches([1000, 1010, 990.4], [1060, 1010, 1070])).toEqual([
      { counter: 'allocatedBytes', base: 1000, head: 1060, verdict: 'equal' },
    ]);
    expect(launches([1000, 1010, 1000], [1080, 1090, 1100])[0]?.verdict).toBe('rise');
    expect(launches([1080, 1090, 1100], [1000, 1010, 1000])[0]?.verdict).toBe('fall');
    expect(launches([1000, 1010, 1000], [1080, 1070, 1100])[0]?.verdict).toBe('equal');
  });

  it('of what is allocated: some bytes where there were none are nothing yet', () => {
    const launches = (head: number) => compareAllocated([1, 2, 3].map(() => ({ base: 0, head })));
    expect(launches(16)[0]?.verdict).toBe('equal');
    expect(launches(17)[0]?.verdict).toBe('rise');
  });

  it('of what is allocated say nothing where there are too few', () => {
    const some = { base: 0, head: 1000 };
    expect(compareAllocated([some, some, { base: 0, head: undefined }])).toEqual([]);
    expect(compareAllocated([])).toEqual([]);
  });
});
