/** Which results belong into which chart. */
import { FIFO } from '../../options.js';
import { senderCount } from '../../plan.js';
import type { ResultHead } from '../../results.js';
import { rowLabel } from '../result-head.js';
import { groupBy } from '../titles.js';
import type { Series } from './line-chart.js';
import { looksOf } from './tone.js';

/** The plainest groups of a result, and what they are compared with: as few members, senders and losses as there are, and FIFO if it is there. */
export function plainRows<Result extends ResultHead>(results: readonly Result[]): readonly Result[] {
  const groups = results.filter(({ row }) => row === 'group');
  const plain = [({ members }: Result) => members, senderCount, lossOf, orderOf].reduce<readonly Result[]>(
    withLeast,
    groups,
  );
  return results.filter((result) => result.row !== 'group' || plain.includes(result));
}

/** Groups that lose as little as any. */
export function leastLossy<Result extends ResultHead>(results: readonly Result[]): readonly Result[] {
  return withLeast(
    results.filter(({ row }) => row === 'group'),
    lossOf,
  );
}

function withLeast<Result>(results: readonly Result[], measure: (result: Result) => number): readonly Result[] {
  const least = Math.min(...results.map(measure));
  return results.filter((result) => measure(result) === least);
}

function lossOf({ lossRate = 0 }: ResultHead): number {
  return lossRate;
}

function orderOf({ ordering = FIFO }: ResultHead): number {
  return ordering === FIFO ? 0 : 1;
}

/** Results by their row's name, which is the same over all sizes; each with a look of its own. */
export function seriesOf<Result extends ResultHead>(
  results: readonly Result[],
  pointsOf: (results: readonly Result[]) => Series['points'],
  labelOf: (result: Result) => string = rowLabel,
): readonly Series[] {
  const rows = groupBy(results, labelOf);
  const looks = looksOf(rows.map(([, [first]]) => first as Result));
  return rows.flatMap(([label, some], at) => {
    const points = pointsOf(some);
    const look = looks[at];
    return points.length === 0 || look === undefined ? [] : [{ label, ...look, points }];
  });
}

export function distinct<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)];
}
