/** What `consort report --json` writes: what the history is made of, in a form for charts of one's own. docs/benchmarking.md describes it. */
import { measuredRows } from '../measured.js';
import type { ResultsFile } from '../read-results.js';
import type { Summary } from '../stats/summary.js';

export const REPORT_SCHEMA = 'consort-report';
export const REPORT_SCHEMA_VERSION = 1;

export interface HistoryPoint extends Summary {
  readonly file: string;
  readonly startedAt: string;
  readonly commit?: string;
  readonly scenario: string;
  readonly block: string;
  readonly row: string;
  readonly metric: string;
  readonly unit: string;
}

/** @param files from the oldest to the newest */
export function reportJson(files: readonly ResultsFile[]) {
  return {
    schema: REPORT_SCHEMA,
    schemaVersion: REPORT_SCHEMA_VERSION,
    results: files.map(({ name, report: { startedAt, passed, options, environment } }) => ({
      file: name,
      startedAt,
      passed,
      options,
      environment,
    })),
    history: files.flatMap(pointsOf),
  };
}

function pointsOf({ name, report }: ResultsFile): readonly HistoryPoint[] {
  const { commit } = report.environment;
  return measuredRows(report).flatMap(({ scenario, block, label, metrics }) =>
    metrics.map((metric) => ({
      file: name,
      startedAt: report.startedAt,
      ...(commit === undefined ? {} : { commit }),
      scenario,
      block,
      row: label,
      metric: metric.name,
      unit: metric.unit,
      ...metric.summary,
    })),
  );
}
