/** What `consort compare` writes as JSON; text, Markdown and the page are made from it. docs/benchmarking.md describes it. */
import type { ResultsFile } from '../read-results.js';
import { differences } from './comparable.js';
import { COMPARE_SCHEMA, COMPARE_SCHEMA_VERSION, type Comparison, compareSides } from './compare.js';
import type { Side, Sides } from './sides.js';

export interface ReportedSide {
  readonly name: string;
  /** When, and which code: one text for each file. */
  readonly measured: readonly string[];
}

export interface CompareReport extends Comparison {
  readonly schema: typeof COMPARE_SCHEMA;
  readonly schemaVersion: typeof COMPARE_SCHEMA_VERSION;
  readonly base: ReportedSide;
  readonly head: ReportedSide;
  /** Whether both come from one run, in which they took turns. */
  readonly inTurns: boolean;
  readonly minEffect: number;
  /** What may explain a difference, and is none of the code. */
  readonly notes: readonly string[];
}

/** Why they should not be compared; empty: nothing is known. */
export function graveDifferences({ base, head }: Sides): readonly string[] {
  return [...new Set(pairsOf(base, head).flatMap(([a, b]) => differences(a.report, b.report).grave))];
}

export function compareReport({ base, head, inTurns }: Sides, minEffect: number): CompareReport {
  const all = pairsOf(base, head).map(([a, b]) => differences(a.report, b.report));
  return {
    schema: COMPARE_SCHEMA,
    schemaVersion: COMPARE_SCHEMA_VERSION,
    base: reported(base),
    head: reported(head),
    inTurns,
    minEffect,
    notes: [...new Set(all.flatMap(({ grave, notes }) => [...grave, ...notes]))],
    ...compareSides(base, head, inTurns, minEffect),
  };
}

function pairsOf(base: Side, head: Side): readonly (readonly [ResultsFile, ResultsFile])[] {
  return base.files.flatMap((file) => head.files.map((other) => [file, other] as const));
}

function reported({ name, files }: Side): ReportedSide {
  return { name, measured: files.map(measuredLine) };
}

/** `2026-11-23 22:57, consort 0.1.0, commit 96fbe7c8fac4`. */
export function measuredLine({ report }: ResultsFile): string {
  const { consortVersion, commit, dirty } = report.environment;
  const code = commit === undefined ? '' : `, commit ${commit.slice(0, 12)}${dirty === true ? ', changed' : ''}`;
  return `${report.startedAt.slice(0, 16).replace('T', ' ')}, consort ${consortVersion}${code}`;
}
