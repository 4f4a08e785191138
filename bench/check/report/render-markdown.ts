/** A check as a pull request's summary shows it: the verdict first, what is the same folded. */
import { describeEnvironment } from '../../environment.js';
import { duration } from '../../report/format.js';
import { markdownTable } from '../../report/table.js';
import type { CheckReport, Outcome } from '../check-report.js';
import { benchmarkTable, controlTable, counterLines, noteLines } from './tables.js';
import { headline, isQuiet, sidesLine, signed } from './wording.js';

const SIGNS: Readonly<Record<Outcome, string>> = {
  passed: '✅',
  regression: '❌',
  selfTestFailed: '❌',
  inconclusive: '❔',
  invalid: '⚠️',
};

export function renderCheckMarkdown(report: CheckReport): string {
  const { benchmarks, options, environment, durationSeconds, cpus } = report;
  const loud = benchmarks.filter((each) => !isQuiet(each));
  const quiet = benchmarks.filter(isQuiet);
  const parts = [
    `## ${SIGNS[report.outcome]} consort check: ${escaped(headline(report))}`,
    escaped(`${sidesLine(report)}.`),
  ];
  if (loud.length > 0) parts.push(markdownTable(benchmarkTable('Changed or undecided', loud)));
  parts.push(...section('Exact counters that differ', counterLines(report)), ...section('Notes', noteLines(report)));
  if (quiet.length > 0)
    parts.push(
      folded(
        `${quiet.length} unchanged, shown by a bound of ${signed(options.minEffect).slice(1)}`,
        markdownTable(benchmarkTable('Unchanged', quiet)),
      ),
    );
  const how = `CPU time${cpus === undefined ? '' : ` on CPU ${cpus.join(' and ')}`}, ${duration(durationSeconds)}: ${describeEnvironment(environment)}`;
  parts.push(folded('Controls and machine', `${markdownTable(controlTable(report))}\n\n${escaped(how)}`));
  return `${parts.join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`### ${title}`, lines.map((line) => `- ${escaped(line)}`).join('\n')];
}

function folded(summary: string, inside: string): string {
  return `<details><summary>${escaped(summary)}</summary>\n\n${inside}\n\n</details>`;
}

/** Names come from whoever wrote the benchmarks. */
function escaped(text: string): string {
  return text
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign)
    .replace(/[\\`*_|[\]]/g, '\\$&');
}
