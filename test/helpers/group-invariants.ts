// The invariants of docs/simulation.md, over the logs of real processes.
import { historyOf, type Violation } from '../../ts/sim/history.js';
import { checkHistory } from '../../ts/sim/invariants.js';
import type { MemberLog } from '../../ts/sim/log.js';

/** More tell nothing more. */
const MOST_VIOLATIONS = 10;

export function checkLogs(logs: readonly MemberLog[]): Violation[] {
  const violations: Violation[] = [];
  const fail = (violation: Violation) => {
    if (violations.length < MOST_VIOLATIONS) violations.push(violation);
  };
  checkHistory(historyOf(logs), fail);
  for (const { name, log, end, leaving } of logs) {
    if (leaving && log.at(-1)?.type !== 'exit')
      fail({ invariant: 'liveness', text: `${name}: exit is not the last that it was told`, members: [name] });
    const last = log.findLast(({ type }) => type === 'view' || type === 'block');
    if (end === 'alive' && last?.type === 'block')
      fail({ invariant: 'liveness', text: `${name} stays blocked`, members: [name] });
  }
  return violations;
}
