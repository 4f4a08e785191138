/** The one history that all replicas of a run should have: what each version did, as the first one to apply it told. */
import type { AppliedVersion, Cell, ClientOperation, Key, StoreHistory, StoreViolation } from './history.js';

export type Fail = (violation: StoreViolation) => void;

interface Write {
  readonly version: number;
  /** 0: it was deleted. */
  readonly value: number;
}

export class Truth {
  readonly versions = new Map<number, AppliedVersion>();
  private readonly tellers = new Map<number, string>();
  private readonly byKey = new Map<Key, Write[]>();
  /** By value: the versions that wrote it; one, if all is well. */
  readonly writers = new Map<number, number[]>();
  last = 0;

  constructor(history: StoreHistory, fail: Fail) {
    for (const { replica, entry } of history.lines) {
      if (entry.type !== 'applied') continue;
      for (const version of entry.versions) this.add(version, replica, fail);
    }
    for (const version of [...this.versions.keys()].sort((a, b) => a - b)) this.fold(this.versions.get(version));
  }

  /** What a key holds when this version, and no later one, has been applied. */
  cellAt(key: Key, version: number): Cell {
    const last = this.writesOf(key)[this.firstAfter(key, version) - 1];
    return last === undefined || last.value === 0 ? undefined : last;
  }

  /** The first version, from this one on, in which there is no such key. */
  nextWithout(key: Key, version: number): number | undefined {
    if (this.cellAt(key, version) === undefined) return version;
    const writes = this.writesOf(key);
    for (let at = this.firstAfter(key, version); at < writes.length; at++) {
      if (writes[at]?.value === 0) return writes[at]?.version;
    }
    return undefined;
  }

  get keys(): readonly Key[] {
    return [...this.byKey.keys()];
  }

  private writesOf(key: Key): readonly Write[] {
    return this.byKey.get(key) ?? [];
  }

  /** Of the writes of a key. */
  private firstAfter(key: Key, version: number): number {
    const writes = this.writesOf(key);
    let low = 0;
    let high = writes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((writes[middle] as Write).version <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private add(version: AppliedVersion, replica: string, fail: Fail): void {
    const known = this.versions.get(version.version);
    if (known === undefined) {
      this.versions.set(version.version, version);
      this.tellers.set(version.version, replica);
      this.last = Math.max(this.last, version.version);
    } else if (!sameEffects(known, version)) {
      const teller = this.tellers.get(version.version) as string;
      fail({
        invariant: 'one order',
        text: `version ${version.version} is ${describeEffects(known)} at ${teller}, and ${describeEffects(version)} at ${replica}`,
        replicas: [teller, replica],
      });
    }
  }

  private fold(applied: AppliedVersion | undefined): void {
    if (applied === undefined) return;
    const { version, effects } = applied;
    const wrote = new Set<number>();
    for (const { key, value } of effects) {
      const writes = this.byKey.get(key);
      if (writes === undefined) this.byKey.set(key, [{ version, value }]);
      else writes.push({ version, value });
      if (value !== 0) wrote.add(value);
    }
    for (const value of wrote) this.writers.set(value, [...(this.writers.get(value) ?? []), version]);
  }
}

export function sameEffects(one: AppliedVersion, other: AppliedVersion): boolean {
  return (
    one.effects.length === other.effects.length &&
    one.effects.every(({ key, value }, i) => other.effects[i]?.key === key && other.effects[i]?.value === value)
  );
}

export function describeEffects({ effects }: Pick<AppliedVersion, 'effects'>): string {
  if (effects.length === 0) return 'nothing';
  const shown = effects.slice(0, 6).map(({ key, value }) => (value === 0 ? `-k${key}` : `k${key}=${value}`));
  return `${shown.join(' ')}${effects.length > shown.length ? ` and ${effects.length - shown.length} more` : ''}`;
}

export function describeCell(cell: Cell): string {
  return cell === undefined ? 'nothing' : `${cell.value} of version ${cell.version}`;
}

export function describeOperation({ id, replica, action }: ClientOperation): string {
  return `${action.do} ${id} at ${replica}`;
}
