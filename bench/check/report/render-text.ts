/** A check as a terminal shows it. */
import { describeEnvironment } from '../../environment.js';
import { duration } from '../../report/format.js';
import { textTable } from '../../report/table.js';
import type { CheckReport } from '../check-report.js';
import { benchmarkTable, controlTable, counterLines, noteLines } from './tables.js';
import { headline, sidesLine, signed } from './wording.js';

export function renderCheckText(report: CheckReport): string {
  const { options, durationSeconds, environment, cpus, benchmarks } = report;
  const counters = counterLines(report);
  const notes = noteLines(report);
  const parts = [
    `consort check: ${headline(report)}`,
    `${sidesLine(report)}; CPU time, changes up to ${signed(options.minEffect).slice(1)} are none; ${duration(durationSeconds)}`,
    `${describeEnvironment(environment)}${cpus === undefined ? '' : ` · on CPU ${cpus.join(' and ')}`}`,
    '',
    textTable(benchmarkTable('Benchmarks', benchmarks)),
    '',
    textTable(controlTable(report)),
  ];
  if (counters.length > 0) parts.push('', 'Exact counters', ...counters.map((line) => `  ${line}`));
  if (notes.length > 0) parts.push('', ...notes.map((line) => `note: ${line}`));
  return `${parts.join('\n')}\n`;
}
