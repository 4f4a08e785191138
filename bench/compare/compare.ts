/** Two sides, row by row. */

import { type MeasuredRow, type Metric, rowKey } from '../measured.js';
import { groupBy } from '../report/titles.js';
import { median, type Summary } from '../stats/summary.js';
import { pairedEstimate, type RatioEstimate, separateEstimate } from './interval.js';
import { judge, VERDICTS, type Verdict } from './verdict.js';

export const COMPARE_SCHEMA = 'consort-compare';
export const COMPARE_SCHEMA_VERSION = 1;

/** Rows and how to find their like at the other side. */
export interface ComparedSide {
  readonly rows: readonly MeasuredRow[];
  keyOf(row: MeasuredRow): string;
}

export interface ComparedRow extends RatioEstimate {
  readonly scenario: string;
  readonly block: string;
  readonly row: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Metric['better'];
  readonly base: Summary;
  readonly head: Summary;
  /** How far this block's machine moved between two runs, as a factor. */
  readonly drift: number;
  /** `control`: it is measured beside groups of two runs, and judges the machine. */
  readonly verdict: Verdict | 'control';
}

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of all blocks that tell, the median drift. Undefined: nothing tells, or both were measured in turns. */
  readonly drift?: number;
  /** Rows of one side only. */
  readonly onlyBase: readonly string[];
  readonly onlyHead: readonly string[];
}

/** @param inTurns whether both were measured in one run, in turns */
export function compareSides(base: ComparedSide, head: ComparedSide, inTurns: boolean, minEffect: number): Comparison {
  const theirs = groupBy(head.rows, (row) => head.keyOf(row));
  const byKey = new Map(theirs);
  const pairs = base.rows.flatMap((row) => (byKey.get(base.keyOf(row)) ?? []).map((other) => [row, other] as const));
  const drifts = inTurns ? new Map<string, number>() : driftByBlock(pairs);
  const usual = drifts.size === 0 ? undefined : median([...drifts.values()]);
  const rows = pairs.flatMap(([row, other]) =>
    compareRow(row, other, inTurns, { minEffect, drift: drifts.get(row.block) ?? usual ?? 1 }),
  );
  const paired = new Set(pairs.flat());
  const alone = ({ rows: all }: ComparedSide) => all.filter((row) => !paired.has(row)).map(nameOf);
  return {
    rows,
    verdicts: Object.fromEntries(
      VERDICTS.map((name) => [name, rows.filter(({ verdict }) => verdict === name).length]),
    ) as Record<Verdict, number>,
    ...(usual === undefined ? {} : { drift: usual }),
    onlyBase: alone(base),
    onlyHead: alone(head),
  };
}

/** The same row in two results. */
export function wholeSide(rows: readonly MeasuredRow[]): ComparedSide {
  return { rows, keyOf: rowKey };
}

/** Rows of one mode in a result; beside a row that is no group any group may stand, since it has no variants of its own. */
export function sideOf(rows: readonly MeasuredRow[], who: string, other: string): ComparedSide {
  const groups = rows.some((row) => row.who === other && row.head.row === 'group');
  return {
    rows: rows.filter((row) => row.who === who),
    keyOf: ({ block, variantKey, head }) =>
      head.row === 'simulated' || (groups && head.row === 'group') ? `${block} | ${variantKey}` : block,
  };
}

function compareRow(
  row: MeasuredRow,
  other: MeasuredRow,
  inTurns: boolean,
  caution: { readonly minEffect: number; readonly drift: number },
): readonly ComparedRow[] {
  return row.metrics.flatMap((metric) => {
    const match = other.metrics.find(({ name }) => name === metric.name);
    if (match === undefined) return [];
    const estimate = (inTurns ? pairedEstimate : separateEstimate)(metric.values, match.values);
    if (estimate === undefined) return [];
    const { name, unit, better, summary } = metric;
    return {
      scenario: row.scenario,
      block: row.block,
      row: row.label === other.label ? row.label : `${row.label} → ${other.label}`,
      metric: name,
      unit,
      better,
      base: summary,
      head: match.summary,
      ...estimate,
      drift: caution.drift,
      verdict: !inTurns && isControl(row) ? 'control' : judge(estimate, better, caution),
    };
  });
}

/** The largest movement of the controls of each block that has some, as a factor of at least 1. */
function driftByBlock(pairs: readonly (readonly [MeasuredRow, MeasuredRow])[]): ReadonlyMap<string, number> {
  const controls = pairs.filter(([row]) => isControl(row));
  const moved = groupBy(controls, ([row]) => row.block).map(([block, rows]) => {
    const factors = rows.flatMap(([row, other]) => {
      const [a, b] = [row.metrics[0]?.values, other.metrics[0]?.values];
      const ratio = a === undefined || b === undefined ? undefined : separateEstimate(a, b)?.ratio;
      return ratio === undefined ? [] : [Math.max(ratio, 1 / ratio)];
    });
    return [block, Math.max(1, ...factors)] as const;
  });
  return new Map(moved);
}

/** What is measured beside groups has no code of ours in it, and so no mode: when it moves, the machine has moved. */
function isControl({ head }: MeasuredRow): boolean {
  return head.mode === undefined;
}

function nameOf({ block, label }: MeasuredRow): string {
  return `${block}: ${label}`;
}
