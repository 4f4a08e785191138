// Replicas that synchronize, over links that carry a message when the test says so. What is committed is never lost here: all that a replica's log has to
// say of itself is where it begins, and up to where this replica has it.
import type { Operation } from '../../../ts/store/database.js';
import {
  DATA_RANGE,
  dataKey,
  HALF_KEY,
  metaKey,
  putVersion,
  VERSION_BYTES,
  versionAt,
} from '../../../ts/store/keys.js';
import { Sync } from '../../../ts/store/sync.js';
import { SYNC_LIMITS, type SyncLimits } from '../../../ts/store/sync-limits.js';
import { readSync, type SyncMessage } from '../../../ts/store/sync-messages.js';
import type { LogExtent, StoreSnapshot, SyncPort, SyncResult } from '../../../ts/store/sync-port.js';
import { FakeEnvironment } from '../layers/fake-context.js';
import { FakeDatabase, text } from './fake-database.js';

/** So small that a store of a few keys has many chunks, and each bound is met. */
export const SMALL: SyncLimits = {
  ...SYNC_LIMITS,
  chunkBytes: 100,
  windowBytes: 300,
  writingBytes: 200,
  wipeKeys: 3,
  wipeBytes: 100,
};

const APPLIED_KEY = metaKey('applied');
const DATA = text(DATA_RANGE.from);

/** One committed version: a key that is put, or deleted where there is no value. */
export interface TestEffect {
  readonly key: string;
  readonly value: string | undefined;
}

export class SyncCrew {
  readonly environment = new FakeEnvironment();
  readonly replicas = new Map<string, TestReplica>();
  /** Of version v at v - 1. */
  readonly effects: TestEffect[] = [];
  readonly epochs: number[] = [];
  /** By sender and receiver, in order. */
  readonly links = new Map<string, Uint8Array[]>();
  view: readonly string[] = [];
  leader: string | undefined;
  epoch = 0;
  /** Versions that a trimmed log has. */
  logEntries = 4;
  /** Called before each step of whatever could happen next. */
  onStep: () => void = () => {};
  /** Called before each message is delivered. */
  onCarry: (from: string, to: string, message: SyncMessage) => void = () => {};

  constructor(
    names: readonly string[],
    readonly limits: SyncLimits = SMALL,
  ) {
    for (const name of names) this.replicas.set(name, new TestReplica(this, name));
    this.install(names);
  }

  get committed(): number {
    return this.effects.length;
  }

  replica(name: string): TestReplica {
    return this.replicas.get(name) as TestReplica;
  }

  /** What the store is at a version. */
  stateAt(version: number): Map<string, string> {
    const state = new Map<string, string>();
    for (const [index, { key, value }] of this.effects.slice(0, version).entries()) {
      if (value === undefined) state.delete(key);
      else state.set(key, `${index + 1}:${value}`);
    }
    return state;
  }

  /** The leader commits; those of the view that are whole have it in their logs at once, and in their databases when they follow. */
  write(key: string, value: string | undefined): void {
    if (this.leader === undefined) return;
    this.effects.push({ key, value });
    this.epochs.push(this.epoch);
    for (const name of this.view) this.replica(name).learn();
  }

  trim(): void {
    if (this.leader === undefined) return;
    const leader = this.replica(this.leader);
    if (leader.sync.leader.isTrimDisabled) return;
    for (const name of this.view) this.replica(name).trimTo(this.committed - this.logEntries);
  }

  /** A new view. Of what is on a link between two that stay, the first `kept` messages arrive. */
  install(members: readonly string[], kept = 0): void {
    for (const [key, link] of this.links) {
      const [from, to] = key.split('>') as [string, string];
      const stays = members.includes(from) && members.includes(to);
      for (let i = 0; stays && i < kept && link.length > 0; i++) this.carry(from, to);
    }
    this.links.clear();
    for (const name of this.view) this.replica(name).sync.resetSync();
    this.view = members;
    this.leader = members.find((name) => this.replica(name).couldLead);
    this.epoch++;
    for (const name of members) this.replica(name).enterEpoch();
  }

  /** Its process ends; of the writes that were not durable the first `kept` are on its disk. */
  crash(name: string, kept: number): void {
    if (!this.view.includes(name)) return;
    const replica = this.replica(name);
    this.install(this.view.filter((each) => each !== name));
    replica.crash(kept);
  }

  /** Is cut off from the others, and lives. */
  leave(name: string): void {
    if (this.view.includes(name)) this.install(this.view.filter((each) => each !== name));
  }

  enter(name: string, kept = 0): void {
    if (!this.view.includes(name))
      this.install(
        [...this.replicas.keys()].filter((each) => each === name || this.view.includes(each)),
        kept,
      );
  }

  send(from: string, to: string, bytes: Uint8Array): void {
    if (this.view.includes(from) && this.view.includes(to) && from !== to) this.link(from, to).push(bytes.slice());
  }

  link(from: string, to: string): Uint8Array[] {
    const key = `${from}>${to}`;
    const link = this.links.get(key) ?? [];
    this.links.set(key, link);
    return link;
  }

  /** Brings the oldest message of a link. False: there is none. */
  carry(from: string, to: string): boolean {
    const bytes = this.link(from, to).shift();
    if (bytes === undefined) return false;
    const message = readOrUndefined(bytes);
    if (message !== undefined) this.onCarry(from, to, message);
    // Whoever looked may have ended the view.
    if (!this.view.includes(from) || !this.view.includes(to)) return true;
    this.replica(to).sync.handleSync(from, bytes);
    // Bytes are valid only during the call.
    bytes.fill(0xee);
    return true;
  }

  /** Until nothing is to be carried, written, read or applied; or for so many steps. */
  settle(most = Number.POSITIVE_INFINITY): void {
    let steps = 0;
    for (let idle = false; !idle; ) {
      idle = true;
      for (const step of this.possibleSteps()) {
        if (steps++ >= most) return;
        this.onStep();
        if (step()) idle = false;
      }
    }
  }

  /** One for each link and each database that has something to do, and each replica. */
  private *possibleSteps(): Iterable<() => boolean> {
    for (const [key, link] of [...this.links]) {
      const [from, to] = key.split('>') as [string, string];
      if (link.length > 0) yield () => this.carry(from, to);
    }
    for (const replica of this.replicas.values()) {
      if (replica.database.isBusy) yield () => replica.database.step();
      if (replica.isBehind) yield () => replica.follow();
    }
  }

  /** Lets time go by too, in which the leader trims its log, until the condition holds. */
  runUntil(condition: () => boolean, mostMs = 600_000): void {
    for (let ms = 0; ; ms += 250) {
      this.settle();
      if (condition()) return;
      if (ms > mostMs) throw new Error(`it did not come to that within ${mostMs} ms`);
      this.environment.advance(250);
      this.trim();
    }
  }
}

export class TestReplica implements SyncPort {
  readonly environment: FakeEnvironment;
  readonly limits: SyncLimits;
  readonly database = new FakeDatabase();
  readonly logEntries: number;
  readonly logBytes = 1_000_000;
  sync: Sync;
  /** Its log has the versions after this one, up to `known`. */
  base = 0;
  known = 0;
  /** 'half': nothing of its data is of use. 'replaying': half, and the copy is there. */
  mode: 'whole' | 'half' | 'replaying' = 'whole';
  applied = 0;
  isFull = false;
  totalBytes = 0;
  readonly troubles: string[] = [];
  readonly results: SyncResult[] = [];
  failure: Error | undefined;
  timesTrimEnabled = 0;

  constructor(
    private readonly crew: SyncCrew,
    readonly name: string,
  ) {
    this.environment = crew.environment;
    this.limits = crew.limits;
    this.logEntries = crew.logEntries;
    this.sync = new Sync(this);
  }

  send(to: string, bytes: Uint8Array): void {
    this.crew.send(this.name, to, bytes);
  }

  get leader(): string | undefined {
    return this.crew.view.includes(this.name) ? this.crew.leader : undefined;
  }

  get isLeader(): boolean {
    return this.leader === this.name;
  }

  /** It has all that was ever committed. */
  get couldLead(): boolean {
    return this.mode === 'whole' && this.known === this.crew.committed;
  }

  providers(): readonly string[] {
    const fits = (name: string) => {
      const { mode, applied } = this.crew.replica(name);
      return mode === 'whole' && applied >= this.base;
    };
    return this.crew.view.filter((name) => name !== this.name && fits(name));
  }

  log(): LogExtent {
    return { base: this.base, versions: this.known - this.base, bytes: 10 * (this.known - this.base) };
  }

  trimEnabled(): void {
    this.timesTrimEnabled++;
  }

  openSnapshot(): StoreSnapshot | undefined {
    if (this.mode !== 'whole') return undefined;
    const snapshot = this.database.snapshot();
    const version = appliedIn((key) => snapshot.get(key));
    return { snapshot, version, epoch: this.crew.epochs[version - 1] ?? 0, totalBytes: this.totalBytes };
  }

  replacing(): readonly Operation[] {
    this.mode = 'half';
    this.applied = 0;
    this.known = 0;
    this.base = 0;
    return [{ type: 'delete', key: APPLIED_KEY }];
  }

  copied(result: SyncResult): void {
    this.results.push(result);
    this.mode = 'replaying';
    this.applied = result.low.version;
    this.base = result.low.version;
    this.known = result.low.version;
    this.learn();
    this.database.write([appliedOperation(this.applied)], false, () => {});
    this.sync.requester.applied(this.applied);
  }

  completing(): readonly Operation[] {
    return [];
  }

  completed(): void {
    this.mode = 'whole';
  }

  progressed(): void {}

  trouble(error: Error): void {
    this.troubles.push(error.message);
  }

  failed(error: Error): void {
    this.failure = error;
  }

  enterEpoch(): void {
    if (this.isLeader) this.sync.leader.syncBegin();
    this.learn();
    this.sync.requester.leaderChanged();
  }

  /** Its log gets what the leader's has, if it goes on from there. */
  learn(): void {
    const { leader } = this;
    if (leader === undefined || this.mode === 'half') return;
    if (leader === this.name || this.crew.replica(leader).base <= this.known) this.known = this.crew.committed;
  }

  get isBehind(): boolean {
    return this.leader !== undefined && (this.applied < this.crew.committed || this.mode === 'half');
  }

  /** Applies one version of its log, or finds that it must synchronize. False: there is nothing to do. */
  follow(): boolean {
    const { leader } = this;
    if (leader === undefined || this.mode === 'half') return this.mustSync();
    this.learn();
    if (this.known < this.crew.committed) return this.mustSync();
    if (this.applied === this.known) return false;
    const effect = this.crew.effects[this.applied] as TestEffect;
    this.applied++;
    this.database.write([dataOperation(effect, this.applied), appliedOperation(this.applied)], false, () => {});
    this.sync.requester.applied(this.applied);
    return true;
  }

  trimTo(version: number): void {
    if (this.mode === 'whole' || this.mode === 'replaying')
      this.base = Math.max(this.base, Math.min(version, this.applied));
  }

  /** Comes back with what is on its disk. */
  crash(kept: number): void {
    this.sync.close('crashed');
    this.database.crash(kept);
    this.isFull = false;
    this.sync = new Sync(this);
    this.mode = this.database.get(HALF_KEY) === undefined ? 'whole' : 'half';
    this.applied = appliedIn((key) => this.database.get(key));
    this.base = Math.min(this.base, this.applied);
    if (this.mode === 'half') this.known = 0;
  }

  /** The users' keys and values, as the database has them. */
  get data(): Map<string, string> {
    const data = new Map<string, string>();
    for (const [key, value] of this.database.state) {
      if (key.startsWith(DATA)) data.set(key.slice(1), `${versionAt(value, 0)}:${text(value.subarray(VERSION_BYTES))}`);
    }
    return data;
  }

  /** Versions as the database has them, which may be behind `applied`. */
  get written(): number {
    return appliedIn((key) => this.database.get(key));
  }

  /** It has all of the store, and nothing is to be done. */
  get isDone(): boolean {
    return this.mode === 'whole' && this.applied === this.crew.committed && !this.sync.requester.isActive;
  }

  get isMarkedHalf(): boolean {
    return this.database.get(HALF_KEY) !== undefined;
  }

  private mustSync(): boolean {
    const { requester } = this.sync;
    if (this.leader === undefined || this.isLeader || (requester.isActive && this.mode !== 'replaying')) return false;
    if (this.mode === 'replaying') requester.syncRequesterAbort('the log does not go on from the copy');
    else requester.syncStart();
    if (this.mode === 'replaying') this.mode = 'half';
    return true;
  }
}

function dataOperation({ key, value }: TestEffect, version: number): Operation {
  if (value === undefined) return { type: 'delete', key: dataKey(Buffer.from(key)) };
  const bytes = new Uint8Array(VERSION_BYTES + value.length);
  putVersion(bytes, 0, version);
  bytes.set(Buffer.from(value), VERSION_BYTES);
  return { type: 'put', key: dataKey(Buffer.from(key)), value: bytes };
}

function appliedOperation(version: number): Operation {
  const value = new Uint8Array(VERSION_BYTES);
  putVersion(value, 0, version);
  return { type: 'put', key: APPLIED_KEY, value };
}

function appliedIn(get: (key: Uint8Array) => Uint8Array | undefined): number {
  const value = get(APPLIED_KEY);
  return value === undefined ? 0 : versionAt(value, 0);
}

function readOrUndefined(bytes: Uint8Array): SyncMessage | undefined {
  try {
    return readSync(bytes);
  } catch {
    return undefined;
  }
}
