/** Which results belong into which chart. */
import { FIFO } from '../../options.js';
import { senderCount } from '../../plan.js';
import type { ResultHead } from '../../results.js';
import { rowLabel } from '../result-head.js';
import { groupBy } from '../titles.js';
import type { Series } from './line-chart.js';
import { looksOf } from './tone.js';

/** The plainest groups of a result, and what they are compared with: no loss, no order, as few members and senders as there are. */
export function plainRows<Result extends ResultHead>(results: readonly Result[]): readonly Result[] {
  const groups = results.filter(({ row }) => row === 'group');
  const fewest = Math.min(...groups.map(({ members }) => members));
  const senders = Math.min(...groups.filter(({ members }) => members === fewest).map(senderCount));
  return results.filter(
    (head) =>
      head.row !== 'group' || (isLosslessFifo(head) && head.members === fewest && senderCount(head) === senders),
  );
}

export function isLosslessFifo({ lossRate = 0, ordering = FIFO }: ResultHead): boolean {
  return lossRate === 0 && ordering === FIFO;
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
