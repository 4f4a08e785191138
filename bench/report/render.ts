/** A report as text for a terminal, and as Markdown. */
import { describeEnvironment } from '../environment.js';
import { installCommands } from '../peers/find-peers.js';
import { allResults, type BenchReport, type PeerState, type ResultLists } from '../results.js';
import { type BarOptions, latencyBars, throughputBars } from './bars.js';
import { duration, firstLine, size } from './format.js';
import { rowLabel } from './result-head.js';
import { markdownTable, textTable } from './table.js';
import { LEGEND, reportTables } from './tables.js';

/** Under the tables of rates and of round trips stands a chart of them. */
export function renderText(report: BenchReport, options: BarOptions = { colors: false, columns: 80 }): string {
  const tables = (part: Partial<ResultLists>) => join(reportTables(part).map(textTable));
  const { throughput, latency, views, transfer, store, layers, scale, soak } = report;
  return [
    describeEnvironment(report.environment),
    '',
    ...tables({ throughput }),
    ...throughputBars(report, options),
    ...tables({ latency }),
    ...latencyBars(report, options),
    ...tables({ views, transfer, store, layers, scale, soak }),
    ...LEGEND,
    '',
    ...peerLines(report),
    verdict(report),
    '',
  ].join('\n');
}

export function renderMarkdown(report: BenchReport): string {
  const tables = reportTables(report).map(markdownTable);
  const legend = LEGEND.map((line) => `- ${line}`);
  const about = [describeEnvironment(report.environment), ...peerLines(report)];
  const head = ['## consort bench', '', verdict(report), '', ...about, ''];
  return [...head, ...join(tables), ...legend, ''].join('\n');
}

/** Which peers, in which versions, and which were not here. */
function peerLines({ peers }: BenchReport): readonly string[] {
  const here = peers.filter(({ installed }) => installed).map(({ peer, version }) => `${peer} ${version}`);
  const absent = absentPeers(peers);
  return [...(here.length === 0 ? [] : [`peers: ${here.join(', ')}`]), ...(absent === undefined ? [] : [absent])];
}

/** What went wrong, if anything. */
export function verdict(report: BenchReport): string {
  const { options, interrupted, durationSeconds } = report;
  const failed = allResults(report).filter(({ error }) => error !== undefined);
  const how = `${repetitions(report)} × ${options.seconds} s, members in ${options.isolation}, seed ${options.seed}, took ${duration(durationSeconds)}`;
  if (interrupted) return `INTERRUPTED: these are the measurements that were complete (${how})`;
  if (failed.length === 0) return `passed: every receiver has got everything, in order and unchanged (${how})`;
  const rows = new Map(
    failed.map((result) => [`${size(result.sizeBytes)} ${rowLabel(result)}`, firstLine(result.error ?? '')]),
  );
  return [`FAILED (${how}):`, ...[...rows].map(([row, error]) => `  ${row}: ${error}`)].join('\n');
}

/** Those that groups could not be compared with, and what would bring them. Undefined: all are here. */
export function absentPeers(peers: readonly PeerState[]): string | undefined {
  const absent = peers.filter(({ installed }) => !installed);
  if (absent.length === 0) return undefined;
  const names = absent.map(({ peer, missing }) => `${peer} (no ${missing})`).join(', ');
  return `not compared with ${names}; ${installCommands(absent.map(({ peer }) => peer)).join(' && ')} brings them`;
}

/** How often rows were measured: with --quick not always as often as planned. */
function repetitions(report: BenchReport): string {
  const counts = allResults(report)
    .map(({ samples }) => samples.length)
    .filter((count) => count > 0);
  if (counts.length === 0) return '0';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function join(tables: readonly string[]): readonly string[] {
  return tables.flatMap((table) => [table, '']);
}
