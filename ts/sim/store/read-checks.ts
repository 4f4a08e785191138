/** What was read, and in which order things may have happened as clients see it. */
import { checkLinearizability, type Operation, REGISTER, type RegisterInput } from '../linearizability.js';
import type { AppliedVersion, Cell, ClientOperation, Key, StoreHistory } from './history.js';
import { describeCell, describeOperation, type Fail, type Truth } from './truth.js';

type Cells = ReadonlyMap<Key, Cell>;

/** The calls and returns of all operations, in order. */
function moments(operations: readonly ClientOperation[]): { operation: ClientOperation; isCall: boolean }[] {
  const all = operations.flatMap((operation) => {
    const { called, returned } = operation;
    const call = { at: called, operation, isCall: true };
    return returned === undefined ? [call] : [call, { at: returned, operation, isCall: false }];
  });
  return all.sort((a, b) => a.at - b.at);
}

/** The version whose state was read: the least that it can be. Or the key that is wrong: so it was in the state of no version from `floor` on. */
function versionRead(
  cells: Cells,
  floor: number,
  truth: Truth,
): { readonly version: number } | { readonly wrong: Key } {
  let version = floor;
  for (const cell of cells.values()) version = Math.max(version, cell?.version ?? 0);
  // What was not there may have been deleted by a later one.
  for (let before = -1; before !== version; ) {
    before = version;
    for (const [key, cell] of cells) {
      const then = cell === undefined ? truth.nextWithout(key, version) : version;
      if (then === undefined) return { wrong: key };
      version = then;
    }
  }
  for (const [key, cell] of cells) {
    const expected = truth.cellAt(key, version);
    if (expected?.version !== cell?.version || expected?.value !== cell?.value) return { wrong: key };
  }
  return { version };
}

/** Invariant 5: what is read at a replica is the state of one version, which never goes back, with all that was acknowledged there. */
export function checkLocalReads({ operations }: StoreHistory, truth: Truth, fail: Fail): void {
  const floors = new Map<string, number>();
  const floorsOfCalls = new Map<ClientOperation, number>();
  for (const { operation, isCall } of moments(operations)) {
    const who = `${operation.replica}, run ${operation.run}`;
    const { result, replica } = operation;
    const floor = floors.get(who) ?? 0;
    if (isCall) floorsOfCalls.set(operation, floor);
    else if (result?.type === 'committed') floors.set(who, Math.max(floor, result.version));
    else if (result?.type === 'read') {
      const least = floorsOfCalls.get(operation) ?? 0;
      const read = versionRead(result.cells, least, truth);
      if ('version' in read) floors.set(who, Math.max(floor, read.version));
      else
        fail({
          invariant: 'local reads',
          text: `${describeOperation(operation)} found k${read.wrong} ${describeCell(result.cells.get(read.wrong))} in the state of no version from ${least} on`,
          replicas: [replica],
        });
    }
  }
}

/** Invariant 4, in two ways: by the versions, and by the values alone. */
export function checkLinearizable({ operations }: StoreHistory, truth: Truth, fail: Fail): void {
  let floor = 0;
  const versions = new Map<ClientOperation, number>();
  const floorsOfCalls = new Map<ClientOperation, number>();
  for (const { operation, isCall } of moments(operations)) {
    if (isCall) {
      floorsOfCalls.set(operation, floor);
      continue;
    }
    const least = floorsOfCalls.get(operation) as number;
    const version = versionOf(operation, least, truth);
    if (version === undefined) continue;
    if (version < least)
      fail({
        invariant: 'linearizable',
        text: `${describeOperation(operation)} is of version ${version}, and was called when ${least} had been acknowledged or read`,
        replicas: [operation.replica],
      });
    floor = Math.max(floor, version);
    versions.set(operation, version);
  }
  for (const [operation, version] of happenings(operations, truth)) versions.set(operation, version);
  for (const key of keysOf(operations)) checkKey(key, operations, versions, fail);
}

/** The versions that operations were, also of those whose result nobody knows. Of deletions it may be of another one that deleted the same. */
function happenings(operations: readonly ClientOperation[], truth: Truth): Map<ClientOperation, number> {
  const found = new Map<ClientOperation, number>();
  const acknowledged = new Set<number>();
  for (const { result } of operations) if (result?.type === 'committed') acknowledged.add(result.version);
  const deletions = [...truth.versions.values()].filter(
    ({ version, effects }) =>
      effects.length > 0 && effects.every(({ value }) => value === 0) && !acknowledged.has(version),
  );
  for (const operation of operations) {
    const { result, id, puts, deletes } = operation;
    const isLike = ({ effects }: AppliedVersion) =>
      effects.length === deletes.length && effects.every(({ key }, i) => key === deletes[i]);
    let version = result?.type === 'committed' ? result.version : truth.writers.get(id)?.[0];
    if (version === undefined && puts.length === 0 && !isRefused(operation)) {
      const index = deletions.findIndex(isLike);
      version = index < 0 ? undefined : deletions.splice(index, 1)[0]?.version;
    }
    if (version !== undefined) found.set(operation, version);
  }
  return found;
}

/** It is known that nothing of it happened. */
function isRefused({ result }: ClientOperation): boolean {
  return result?.type === 'unchanged' || (result?.type === 'error' && result.code === 'ERR_STORE_NO_QUORUM');
}

/** The version in which an operation happened, as its result tells; less than `least`: in none that it could. */
function versionOf({ result, action }: ClientOperation, least: number, truth: Truth): number | undefined {
  if (result?.type === 'committed') return result.version > least ? result.version : -1;
  if (result?.type === 'unchanged') return result.version;
  if (result?.type !== 'read' || action.do !== 'read' || action.how !== 'linearizable') return undefined;
  const read = versionRead(result.cells, least, truth);
  return 'version' in read ? read.version : -1;
}

function keysOf(operations: readonly ClientOperation[]): Set<Key> {
  return new Set(operations.flatMap(({ puts, deletes }) => [...puts, ...deletes]));
}

function checkKey(
  key: Key,
  operations: readonly ClientOperation[],
  versions: ReadonlyMap<ClientOperation, number>,
  fail: Fail,
): void {
  const involved: ClientOperation[] = [];
  const history: Operation<RegisterInput>[] = [];
  for (const operation of operations) {
    const input = inputOf(operation, key, versions.has(operation));
    if (input === undefined) continue;
    involved.push(operation);
    const isKnown = operation.result !== undefined && operation.result.type !== 'error';
    history.push({ input, called: operation.called, returned: isKnown ? operation.returned : undefined });
  }
  if (history.length === 0) return;
  const verdict = checkLinearizability(REGISTER, history, guessOf(involved, versions));
  if (verdict.linearizable === true) return;
  const order = verdict.linearizable === false ? verdict.furthest.map((index) => involved[index]?.id).join(' ') : '';
  fail({
    invariant: 'linearizable',
    text:
      verdict.linearizable === undefined
        ? `too many orders to try for k${key}, of ${history.length} operations`
        : `no order of what was done with k${key} gives these results; furthest goes ${order}`,
    replicas: [],
  });
}

/** In the order of the versions: first who wrote one, then who found it. Who is known to no version is left out. */
function guessOf(operations: readonly ClientOperation[], versions: ReadonlyMap<ClientOperation, number>): number[] {
  const placed = operations.flatMap((operation, index) => {
    const version = versions.get(operation);
    const finds = operation.result?.type === 'read' || operation.result?.type === 'unchanged';
    return version === undefined ? [] : [{ index, at: 2 * version + (finds ? 1 : 0) }];
  });
  return placed.sort((a, b) => a.at - b.at).map(({ index }) => index);
}

/** What an operation did with one key; undefined: nothing that can be told. */
function inputOf(operation: ClientOperation, key: Key, happened: boolean): RegisterInput | undefined {
  const { id, action, guards, puts, deletes, result } = operation;
  if (result?.type === 'read') {
    const isAtOnce = action.do === 'read' && action.how === 'linearizable';
    return isAtOnce && result.cells.has(key) ? { found: result.cells.get(key)?.value ?? 0 } : undefined;
  }
  const guard = guards.find((each) => each.key === key);
  if (result?.type === 'unchanged') {
    // Which of several did not hold nobody knows.
    return guard !== undefined && guards.length === 1 ? { foundNot: guard.value } : undefined;
  }
  // What never happened may be left out: that no replica has it is what it means.
  if (!happened) return undefined;
  const wrote = puts.includes(key) ? id : deletes.includes(key) ? 0 : undefined;
  if (guard === undefined && wrote === undefined) return undefined;
  return { found: guard?.value, wrote };
}
