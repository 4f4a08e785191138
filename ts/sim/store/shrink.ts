/** Makes a scenario of a store that fails smaller, as long as it fails in the same way: fewer steps, then less that is odd about its sizes and times. */
import { STORE_LIMITS } from '../../store/limits.js';
import { SYNC_LIMITS } from '../../store/sync-limits.js';
import { shrinkSteps } from '../shrink-steps.js';
import type { StoreScenario } from './actions.js';
import { runStoreScenario, type StoreOutcome } from './outcome.js';
import { PLAIN_GROUP } from './scenario.js';

/** Runs that a shrinking may take at most. */
const MOST_RUNS = 1000;

export async function shrinkStore(
  failed: StoreOutcome,
  breathe: () => Promise<void> = async () => {},
  mostRuns: number = MOST_RUNS,
): Promise<StoreOutcome> {
  const invariant = failed.violations[0]?.invariant;
  let best = failed;
  let runs = 0;
  const attempt = async (change: Partial<StoreScenario>): Promise<boolean> => {
    if (runs >= mostRuns) return false;
    runs++;
    await breathe();
    const outcome = runStoreScenario({ ...best.scenario, ...change });
    if (!outcome.violations.some((violation) => violation.invariant === invariant)) return false;
    best = outcome;
    return true;
  };
  for (let before: StoreScenario | undefined; before !== best.scenario && runs < mostRuns; ) {
    before = best.scenario;
    await shrinkSteps(
      () => best.scenario.steps,
      (steps) => attempt({ steps }),
    );
    for (const change of plainer(best.scenario)) await attempt(change);
  }
  return best;
}

/** What may be as usual, where it is not yet. */
function plainer({
  limits,
  syncLimits,
  group,
  logEntries,
  writeMicros,
  syncMicros,
}: StoreScenario): Partial<StoreScenario>[] {
  const changes: Partial<StoreScenario>[] = [];
  const { writeTimeoutMs, outcomeTimeoutMs } = limits;
  const usual = { ...STORE_LIMITS, writeTimeoutMs, outcomeTimeoutMs };
  if (JSON.stringify(limits) !== JSON.stringify(usual)) changes.push({ limits: usual });
  if (JSON.stringify(syncLimits) !== JSON.stringify(SYNC_LIMITS)) changes.push({ syncLimits: SYNC_LIMITS });
  if (group !== PLAIN_GROUP) changes.push({ group: PLAIN_GROUP });
  if (logEntries !== 1000) changes.push({ logEntries: 1000, logBytes: 1 << 20 });
  if (writeMicros[1] !== 10) changes.push({ writeMicros: [5, 10] });
  if (syncMicros[1] !== 100) changes.push({ syncMicros: [50, 100] });
  return changes;
}
