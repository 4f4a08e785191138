/** What must hold after every run of a replicated store (docs/simulation.md). */
import type { ClientOperation, StoreHistory, StoreViolation } from './history.js';
import { checkLinearizable, checkLocalReads } from './read-checks.js';
import { describeCell, describeEffects, describeOperation, type Fail, Truth } from './truth.js';

/** More than these tell nothing more. */
const MOST_VIOLATIONS = 20;

export function checkStore(history: StoreHistory): StoreViolation[] {
  const violations: StoreViolation[] = [];
  const fail: Fail = (violation) => {
    if (violations.length < MOST_VIOLATIONS) violations.push(violation);
  };
  for (const violation of history.found) fail(violation);
  const truth = new Truth(history, fail);
  checkDensity(truth, fail);
  checkWatchers(history, fail);
  checkDurable(history, truth, fail);
  checkOnce(history, truth, fail);
  checkCompares(history, truth, fail);
  checkRefusals(history, truth, fail);
  checkLocalReads(history, truth, fail);
  checkLinearizable(history, truth, fail);
  checkLiveness(history, fail);
  checkSameState(history, truth, fail);
  return violations;
}

/** Invariant 1: no version is left out. */
function checkDensity(truth: Truth, fail: Fail): void {
  for (let version = 1; version <= truth.last; version++) {
    if (truth.versions.has(version)) continue;
    fail({
      invariant: 'one order',
      text: `nobody has applied version ${version}, and somebody version ${truth.last}`,
      replicas: [],
    });
    return;
  }
}

/** Invariant 10: each run of a replica tells of each version once, in order, but for those that a synchronization brought. */
function checkWatchers(history: StoreHistory, fail: Fail): void {
  const next = new Map<string, number>();
  for (const { replica, run, entry } of history.lines) {
    const who = `${replica}, run ${run}`;
    if (entry.type === 'replaced') next.set(who, entry.version + 1);
    if (entry.type !== 'applied') continue;
    for (const { version } of entry.versions) {
      const expected = next.get(who) ?? version;
      if (version !== expected) {
        fail({
          invariant: 'watchers',
          text: `${who} told of version ${version} where ${expected} was next`,
          replicas: [replica],
        });
      }
      next.set(who, version + 1);
    }
  }
}

/** Invariant 2: what was acknowledged is there, at its version, everywhere. */
function checkDurable({ operations, finals }: StoreHistory, truth: Truth, fail: Fail): void {
  const byVersion = new Map<number, ClientOperation>();
  for (const operation of operations) {
    if (operation.result?.type !== 'committed') continue;
    const { version } = operation.result;
    const other = byVersion.get(version);
    const lost = (text: string, replicas: readonly string[] = []) =>
      fail({
        invariant: 'durable',
        text: `${describeOperation(operation)}, acknowledged as version ${version}, ${text}`,
        replicas: [operation.replica, ...replicas],
      });
    if (other !== undefined) lost(`has the version of ${describeOperation(other)}`, [other.replica]);
    byVersion.set(version, operation);
    const found = truth.versions.get(version);
    if (found === undefined) lost('was never applied');
    else if (describeEffects({ effects: found.effects }) !== describeEffects(effectsOf(operation)))
      lost(`is ${describeEffects(found)} now`);
    const behind = finals.find(({ state, committed }) => state !== 'gone' && committed < version);
    if (behind !== undefined)
      lost(`is not committed at ${behind.replica}, which is at ${behind.committed}`, [behind.replica]);
  }
}

function effectsOf({ id, puts, deletes }: ClientOperation): { effects: { key: number; value: number }[] } {
  return { effects: [...puts.map((key) => ({ key, value: id })), ...deletes.map((key) => ({ key, value: 0 }))] };
}

/** Invariant 7: each operation happens once at most, as it was asked for, and nothing else happens. */
function checkOnce({ operations }: StoreHistory, truth: Truth, fail: Fail): void {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const deletions = new Map<string, number>();
  for (const operation of operations) {
    if (operation.puts.length > 0 || operation.deletes.length === 0) continue;
    const what = describeEffects(effectsOf(operation));
    deletions.set(what, (deletions.get(what) ?? 0) + 1);
  }
  for (const { version, effects } of truth.versions.values()) {
    if (effects.length === 0) continue;
    const what = describeEffects({ effects });
    const id = effects.find(({ value }) => value !== 0)?.value;
    if (id === undefined) {
      const left = deletions.get(what) ?? 0;
      if (left === 0)
        fail({
          invariant: 'once',
          text: `version ${version} is ${what} once more than it was asked for`,
          replicas: [],
        });
      deletions.set(what, left - 1);
      continue;
    }
    const operation = byId.get(id);
    if (operation === undefined || describeEffects(effectsOf(operation)) !== what)
      fail({ invariant: 'once', text: `nobody asked for version ${version}: ${what}`, replicas: [] });
  }
  for (const [id, versions] of truth.writers) {
    const operation = byId.get(id);
    if (versions.length < 2 || operation === undefined) continue;
    fail({
      invariant: 'once',
      text: `${describeOperation(operation)} happened as each of the versions ${versions.join(', ')}`,
      replicas: [operation.replica],
    });
  }
}

/** Invariant 8: compares held where their transaction happened, and one of them did not where it is said so. */
function checkCompares({ operations }: StoreHistory, truth: Truth, fail: Fail): void {
  for (const operation of operations) {
    const { guards, result, replica, id } = operation;
    if (result?.type === 'unchanged') {
      if (!guards.every((guard) => holds(guard, truth, result.version))) continue;
      fail({
        invariant: 'compares',
        text: `${describeOperation(operation)} was refused at version ${result.version}, where all its compares hold`,
        replicas: [replica],
      });
    }
    const version = result?.type === 'committed' ? result.version : truth.writers.get(id)?.[0];
    if (version === undefined) continue;
    const wrong = guards.find((guard) => !holds(guard, truth, version - 1));
    if (wrong === undefined) continue;
    fail({
      invariant: 'compares',
      text:
        `${describeOperation(operation)} happened as version ${version}, and k${wrong.key} was ` +
        `${describeCell(truth.cellAt(wrong.key, version - 1))} before, not ${wrong.value} of version ${wrong.version}`,
      replicas: [replica],
    });
  }
}

function holds({ key, by, value, version }: ClientOperation['guards'][number], truth: Truth, at: number): boolean {
  const cell = truth.cellAt(key, at);
  return by === 'value' ? (cell?.value ?? 0) === value : (cell?.version ?? 0) === version;
}

/** Invariant 9: what was refused for want of a majority never happens. */
function checkRefusals({ operations }: StoreHistory, truth: Truth, fail: Fail): void {
  for (const operation of operations) {
    const { result, id, replica } = operation;
    const versions = truth.writers.get(id);
    if (result?.type !== 'error' || result.code !== 'ERR_STORE_NO_QUORUM' || versions === undefined) continue;
    fail({
      invariant: 'refusals',
      text: `${describeOperation(operation)} was refused with ${result.code}, and happened as version ${versions[0]}`,
      replicas: [replica],
    });
  }
}

/** Invariant 13: after all faults the replicas come together, and each commits. */
function checkLiveness({ togetherAt, hung, finals, operations }: StoreHistory, fail: Fail): void {
  const states = finals.map(({ replica, state, applied, committed }) => `${replica} ${state} ${applied}/${committed}`);
  const failed = (text: string) =>
    fail({ invariant: 'store liveness', text: `${text}: ${states.join(', ')}`, replicas: [] });
  if (hung) return failed('something happens over and over, and time stands still');
  if (togetherAt === undefined) return failed('the replicas did not come together in time');
  if (finals.some(({ state }) => state !== 'leader' && state !== 'follower'))
    failed('the replicas were together, and are not any more');
  if (finals.filter(({ state }) => state === 'leader').length !== 1) failed('there should be one leader');
  for (const operation of operations) {
    if (operation.at < togetherAt || operation.result?.type === 'committed') continue;
    if (operation.puts.length === 0) continue;
    failed(`${describeOperation(operation)} was submitted when all was well, and was not committed`);
  }
}

/** Invariant 3: the state is what the versions up to it made, the same everywhere. */
function checkSameState({ finals, togetherAt }: StoreHistory, truth: Truth, fail: Fail): void {
  for (const { replica, cells, applied } of finals) {
    if (cells === undefined) continue;
    const keys = new Set([...cells.keys(), ...truth.keys]);
    for (const key of keys) {
      const expected = truth.cellAt(key, applied);
      const found = cells.get(key);
      if (found?.version === expected?.version && found?.value === expected?.value) continue;
      fail({
        invariant: 'same state',
        text: `${replica} has applied version ${applied}, and k${key} is ${describeCell(found)}, not ${describeCell(expected)}`,
        replicas: [replica],
      });
      break;
    }
  }
  if (togetherAt === undefined) return;
  const [first] = finals;
  const other = finals.find(({ applied }) => applied !== first?.applied);
  if (first !== undefined && other !== undefined)
    fail({
      invariant: 'same state',
      text: `${first.replica} has applied version ${first.applied}, and ${other.replica} version ${other.applied}, when all was well`,
      replicas: [first.replica, other.replica],
    });
}
