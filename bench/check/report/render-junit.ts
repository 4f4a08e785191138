/** A check as JUnit XML: a test case for each benchmark, and for each control. */
import { firstLine } from '../../report/format.js';
import type { BenchmarkResult, CheckReport } from '../check-report.js';
import { counterText, headline, interval, rises, signed, verdictText } from './wording.js';

interface Case {
  readonly name: string;
  readonly kind: 'passed' | 'failure' | 'skipped' | 'error';
  readonly message: string;
}

export function renderCheckJunit(report: CheckReport, countersFail: boolean): string {
  const invalid = report.outcome === 'invalid';
  const cases: readonly Case[] = [
    ...report.benchmarks.map((result) => (invalid ? withoutVerdict(result) : caseOf(result, countersFail))),
    ...report.controls.map(({ control, moved, change }): Case => {
      const kind = moved ? 'error' : 'passed';
      return {
        name: `control: ${control}`,
        kind,
        message: `both sides are the same, and it moved by ${signed(change)}`,
      };
    }),
  ];
  const count = (kind: Case['kind']) => cases.filter((each) => each.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="consort check" ${counts} time="${report.durationSeconds.toFixed(3)}">`,
    `  <testsuite name="${escaped(headline(report))}" ${counts} timestamp="${report.startedAt}" time="${report.durationSeconds.toFixed(3)}">`,
    ...cases.map((each) => `    ${caseXml(each)}`),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseOf(result: BenchmarkResult, countersFail: boolean): Case {
  const { name, verdict } = result;
  const message = `${verdictText(result)}: ${signed(result.change)} (${interval(result)})`;
  if (verdict === 'regression') return { name, kind: 'failure', message };
  const risen = rises(result);
  if (countersFail && risen.length > 0) return { name, kind: 'failure', message: risen.map(counterText).join('; ') };
  return { name, kind: verdict === 'inconclusive' ? 'skipped' : 'passed', message };
}

function withoutVerdict({ name }: BenchmarkResult): Case {
  return { name, kind: 'skipped', message: 'a control has moved: there is no verdict' };
}

function caseXml({ name, kind, message }: Case): string {
  const head = `<testcase classname="consort check" name="${escaped(name)}"`;
  if (kind === 'passed') return `${head}/>`;
  return `${head}><${kind} message="${escaped(firstLine(message))}"/></testcase>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
