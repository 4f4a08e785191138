/**
 * One replica's log and the state that follows from it. A version is appended first, then committed, then applied: its effects are read from then on,
 * from the overlay until they are in the database.
 *
 * Invariant S2: what is applied is the effects of the log's committed versions, in order, each once; also after a crash, since the mark of what was
 * applied is in the same write as the effects.
 */
import type { Environment } from '../stack/environment.js';
import type { Database, Done, Operation } from './database.js';
import { dataKey } from './keys.js';
import type { StoreLimits } from './limits.js';
import { Log, type LogBase } from './log.js';
import { Overlay, type Versioned, versioned, withVersion } from './overlay.js';
import { type LogEntry, lastOf, readEntries } from './record.js';
import { appliedOperation, readApplied } from './replica-meta.js';
import { WritePipeline } from './write-pipeline.js';

export interface StateMachineEvents {
  /** More of the log is durable, as far as durability is asked for. */
  onDurable(): void;
  /** In order; `first` is the version of the first of them. */
  onApplied(first: number, entries: readonly LogEntry[]): void;
  /** `isBehind` may be over. */
  onWritten(): void;
  onFailed(error: Error): void;
}

export class StateMachine {
  readonly log: Log;
  readonly overlay = new Overlay();
  readonly pipeline: WritePipeline;
  /** Of the log, up to here. */
  durable = 0;
  committed = 0;
  /** Read by all here; not in the database yet, maybe. */
  applied = 0;
  /** In the database. */
  written = 0;
  private writtenWaiters: { readonly version: number; readonly done: () => void }[] = [];
  /** Change when the log is cut, and when all is replaced: a write that was under way then says nothing of what is there now. */
  private cuts = 0;
  private restarts = 0;

  constructor(
    readonly database: Database,
    environment: Environment,
    private readonly limits: StoreLimits,
    private readonly waitsForDisk: boolean,
    private readonly events: StateMachineEvents,
  ) {
    this.log = new Log(database, limits.cachedLogBytes);
    this.pipeline = new WritePipeline(database, environment, limits, {
      onWritten: () => {
        events.onWritten();
        this.apply();
      },
      onFailed: (error) => events.onFailed(error),
    });
  }

  load(done: Done): void {
    this.log.load((error) => {
      if (error !== undefined) return done(error);
      try {
        const { version } = readApplied(this.database);
        this.committed = this.applied = this.written = version;
      } catch (problem) {
        return done(problem as Error);
      }
      this.durable = this.log.lastVersion;
      if (this.applied < this.log.base.version || this.applied > this.log.lastVersion) {
        const { base, lastVersion } = this.log;
        return done(new Error(`applied ${this.applied} of a log from ${base.version} to ${lastVersion}`));
      }
      done();
    });
  }

  /** The next record of the log, with what has to be written together with it, and what is in it if that is at hand. `record` is kept. */
  append(record: Uint8Array, more: readonly Operation[] = [], entries?: readonly LogEntry[]): void {
    const { cuts } = this;
    const operations = [...more, this.log.append(record, entries)];
    const last = this.log.lastVersion;
    const isDurable = () => {
      this.durable = last;
      this.events.onDurable();
    };
    const isWritten = () => {
      if (cuts !== this.cuts) return;
      this.log.written(last);
      if (this.waitsForDisk) isDurable();
    };
    if (this.waitsForDisk) return this.pipeline.write(operations, true, isWritten);
    this.pipeline.writeLater(operations, record.length, isWritten);
    isDurable();
  }

  /** Records after this version are of a leader that did not commit them, and make room for those of one that will. */
  truncateAfter(version: number): Operation[] {
    if (version < this.committed)
      throw new Error(`version ${this.committed} is committed, and nothing of it is cut off`);
    this.cuts++;
    this.durable = Math.min(this.durable, version);
    return this.log.truncateAfter(version);
  }

  /** All up to this version, which is in the log, is committed. */
  commit(version: number): void {
    if (version <= this.committed) return;
    this.committed = version;
    this.apply();
  }

  /** Cuts off the beginning of the log, as far as it is applied. */
  trimTo(version: number): void {
    const operations = this.log.trimTo(Math.min(version, this.written));
    if (operations.length > 0) this.pipeline.writeLater(operations, 0, () => {});
  }

  /** The database is slower than what comes: no more should. */
  get isBehind(): boolean {
    return this.pipeline.waitingBytes >= this.limits.applyBytes;
  }

  /** The record that holds this version, if that is applied and in the log. */
  entriesAt(version: number): { readonly first: number; readonly entries: readonly LogEntry[] } | undefined {
    const place = this.log.placeOf(version);
    if (place === undefined || lastOf(place) > this.applied) return undefined;
    const record = this.log.recordAt(place.version);
    return record && { first: place.version, entries: readEntries(record) };
  }

  /** What it gives is the caller's. */
  get(key: Uint8Array): Versioned | undefined {
    const write = this.overlay.get(key);
    if (write !== undefined) {
      // It lies in a record of the log.
      return write.value && { version: write.version, value: new Uint8Array(write.value) };
    }
    const bytes = this.database.get(dataKey(key));
    return bytes && versioned(bytes);
  }

  /** Whether the log begins after this version. */
  isTrimmed(version: number): boolean {
    return version <= this.log.base.version;
  }

  /** When all that is applied now is in the database. */
  whenWritten(done: () => void): void {
    if (this.written >= this.applied) return done();
    this.writtenWaiters.push({ version: this.applied, done });
    this.pipeline.hurry();
  }

  /** The database holds what a synchronization brought: all effects up to `base`, and none missing after it that the log does not bring. */
  restart(base: LogBase): Operation[] {
    this.cuts++;
    this.restarts++;
    this.overlay.clear();
    this.committed = this.applied = this.written = this.durable = base.version;
    this.tellWritten();
    return [...this.log.restart(base), appliedOperation(base)];
  }

  /** Whole records, and no more than the pipeline takes. */
  private apply(): void {
    const first = this.applied + 1;
    const entries: LogEntry[] = [];
    let bytes = 0;
    let epoch = 0;
    while (this.applied < this.committed && this.pipeline.waitingBytes + bytes < this.limits.applyBytes) {
      const place = this.log.placeOf(this.applied + 1);
      if (place === undefined || lastOf(place) > this.committed) break;
      const recorded = this.log.takeEntries(place.version);
      if (recorded === undefined) break;
      let { version } = place;
      for (const entry of recorded) {
        this.overlay.add(version++, entry.effects);
        entries.push(entry);
      }
      bytes += place.size;
      epoch = place.epoch;
      this.applied = lastOf(place);
    }
    if (entries.length === 0) return;
    this.write(first, entries, bytes, epoch);
    this.events.onApplied(first, entries);
  }

  /** Whoever reads finds them in the overlay meanwhile, and after a crash they are in the log. */
  private write(first: number, entries: readonly LogEntry[], bytes: number, epoch: number): void {
    const { restarts, applied } = this;
    const operations = () => [...operationsOf(first, entries), appliedOperation({ version: applied, epoch })];
    this.pipeline.writeLater(operations, bytes, () => {
      if (restarts !== this.restarts) return;
      let version = first;
      for (const { effects } of entries) this.overlay.remove(version++, effects);
      this.written = Math.max(this.written, applied);
      this.tellWritten();
    });
  }

  /** Whoever waited for what is written now. */
  private tellWritten(): void {
    if (this.writtenWaiters.length === 0) return;
    const ready = this.writtenWaiters.filter(({ version }) => version <= this.written);
    this.writtenWaiters = this.writtenWaiters.filter(({ version }) => version > this.written);
    for (const { done } of ready) done();
  }
}

function operationsOf(first: number, entries: readonly LogEntry[]): Operation[] {
  const operations: Operation[] = [];
  let version = first;
  for (const { effects } of entries) {
    for (const effect of effects) {
      const key = dataKey(effect.key);
      if (effect.type === 'delete') operations.push({ type: 'delete', key });
      else operations.push({ type: 'put', key, value: withVersion(version, effect.value) });
    }
    version++;
  }
  return operations;
}
