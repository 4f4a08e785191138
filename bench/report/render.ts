/** A report as text for a terminal, and as Markdown. */
import { describeEnvironment } from '../environment.js';
import type { BenchReport } from '../results.js';
import { type BarOptions, latencyBars, throughputBars } from './bars.js';
import { duration, firstLine, size } from './format.js';
import { rowLabel } from './result-head.js';
import { markdownTable, textTable } from './table.js';
import { LEGEND, reportTables } from './tables.js';

/** Under the tables of rates and of round trips stands a chart of them. */
export function renderText(report: BenchReport, options: BarOptions = { colors: false, columns: 80 }): string {
  const none = { throughput: [], latency: [], views: [], transfer: [] };
  const tables = (part: Partial<BenchReport>) => join(reportTables({ ...none, ...part }).map(textTable));
  const { throughput, latency, views, transfer } = report;
  return [
    describeEnvironment(report.environment),
    '',
    ...tables({ throughput }),
    ...throughputBars(report, options),
    ...tables({ latency }),
    ...latencyBars(report, options),
    ...tables({ views, transfer }),
    ...LEGEND,
    '',
    verdict(report),
    '',
  ].join('\n');
}

export function renderMarkdown(report: BenchReport): string {
  const tables = reportTables(report).map(markdownTable);
  const legend = LEGEND.map((line) => `- ${line}`);
  const head = ['## consort bench', '', verdict(report), '', describeEnvironment(report.environment), ''];
  return [...head, ...join(tables), ...legend, ''].join('\n');
}

/** What went wrong, if anything. */
export function verdict(report: BenchReport): string {
  const { options, throughput, latency, views, transfer, interrupted, durationSeconds } = report;
  const failed = [...throughput, ...latency, ...views, ...transfer].filter(({ error }) => error !== undefined);
  const how = `${repetitions(report)} × ${options.seconds} s, members in ${options.isolation}, seed ${options.seed}, took ${duration(durationSeconds)}`;
  if (interrupted) return `INTERRUPTED: these are the measurements that were complete (${how})`;
  if (failed.length === 0) return `passed: every receiver has got everything, in order and unchanged (${how})`;
  const rows = new Map(
    failed.map((result) => [`${size(result.sizeBytes)} ${rowLabel(result)}`, firstLine(result.error ?? '')]),
  );
  return [`FAILED (${how}):`, ...[...rows].map(([row, error]) => `  ${row}: ${error}`)].join('\n');
}

/** How often rows were measured: with --quick not always as often as planned. */
function repetitions({ throughput, latency, views, transfer }: BenchReport): string {
  const counts = [...throughput, ...latency, ...views, ...transfer]
    .map(({ samples }) => samples.length)
    .filter((count) => count > 0);
  if (counts.length === 0) return '0';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function join(tables: readonly string[]): readonly string[] {
  return tables.flatMap((table) => [table, '']);
}
