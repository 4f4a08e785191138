/** One run of a replica: a process with a replica in it, its database, and its place in the group. */
import type { ConsortError } from '../../base/errors.js';
import type { Environment } from '../../stack/environment.js';
import type { Database, Entry, Operation } from '../../store/database.js';
import { DATA_RANGE, HALF_KEY, userKey, VERSION_BYTES, versionAt } from '../../store/keys.js';
import { Replica } from '../../store/replica.js';
import type { ReplicaPort } from '../../store/replica-port.js';
import { type SimClock, SkewedClock } from '../clock.js';
import type { Dice } from '../seeds.js';
import { SimDatabase } from '../sim-database.js';
import type { CrashKind, SimDisk } from '../sim-disk.js';
import type { StoreScenario } from './actions.js';
import type { GroupListener, SimGroup, SimGroupMember } from './group.js';
import type { Cell, Key, ReplicaEntry, StoreInvariant } from './history.js';
import { appliedOf, keyIn, valueIn } from './values.js';

export type WriteMoment = 'before' | 'during' | 'after';

/** What a process needs of the run that it is part of, and tells it. */
export interface ProcessWorld {
  readonly clock: SimClock;
  readonly group: SimGroup;
  readonly scenario: StoreScenario;
  readonly names: readonly string[];
  log(process: StoreProcess, entry: ReplicaEntry): void;
  found(invariant: StoreInvariant, text: string, process: StoreProcess): void;
  /** A write begins, is under way, or is done and nobody knows yet. */
  onWrite(process: StoreProcess, moment: WriteMoment, operations: readonly Operation[]): void;
  /** It can be used, or has become something else. */
  onStatus(process: StoreProcess): void;
  /** It will do nothing more by itself. */
  onFailed(process: StoreProcess, error: ConsortError): void;
}

/** All of it is there at once: stores are small here. */
const EVERYTHING = { limit: 1_000_000, bytes: 1 << 30 };

export class StoreProcess implements GroupListener {
  isAlive = true;
  replica: Replica | undefined;
  member: SimGroupMember | undefined;
  /** Operations of clients that have no result yet. */
  pending = 0;
  private database: SimDatabase | undefined;
  private lastStatus = '';

  constructor(
    private readonly world: ProcessWorld,
    readonly place: number,
    readonly run: number,
    private readonly disk: SimDisk,
    private readonly dice: Dice,
  ) {}

  get name(): string {
    return this.world.names[this.place] as string;
  }

  start(): void {
    this.world.log(this, { type: 'started' });
    SimDatabase.open(this.disk, (error, database) => {
      if (!this.isAlive) return;
      if (database === undefined) return this.failed(error as ConsortError);
      this.database = database;
      this.open(database);
    });
  }

  private open(database: SimDatabase): void {
    const { scenario, names } = this.world;
    const { durability, logEntries, logBytes, limits, syncLimits } = scenario;
    const settings = { name: this.name, members: names, durability, incarnation: this.run, logEntries, logBytes };
    Replica.open({ port: this.port(database), settings, limits, syncLimits }, (error, replica) => {
      if (!this.isAlive) return;
      if (replica === undefined) return this.failed(error as ConsortError);
      this.replica = replica;
      this.world.log(this, { type: 'opened' });
      this.member = this.world.group.join(this.place, this);
      this.world.onStatus(this);
    });
  }

  /** At once, in the middle of whatever it does. */
  crash(kind: CrashKind): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    if (this.member !== undefined) this.world.group.crash(this.member);
    this.disk.crash(kind);
  }

  /** Leaves the group, and closes what is open; `done` unless it crashes before. */
  stop(done: () => void): void {
    const { replica, member, database } = this;
    if (replica === undefined || database === undefined || member === undefined) return;
    this.member = undefined;
    this.world.group.leave(member);
    replica.leaveView();
    replica.close(() => {
      if (!this.isAlive) return;
      database.close(() => {
        this.isAlive = false;
        done();
      });
    });
  }

  // ---- the group ----

  onView(view: string, members: readonly SimGroupMember[], rank: number): void {
    const names = members.map(({ place }) => this.world.names[place] as string);
    this.world.log(this, { type: 'view', members: names });
    this.replica?.enterView(view, members.length, rank);
  }

  onReceive(from: number, bytes: Uint8Array): void {
    this.replica?.receive(from, bytes);
  }

  onDrain(): void {
    this.replica?.drained();
  }

  // ---- what is in it ----

  /** Whether its database is in the middle of a synchronization. */
  get isHalf(): boolean {
    return this.database?.get(HALF_KEY) !== undefined;
  }

  /** All that is applied, when it is in the database. Undefined: it is no state of a store. */
  readAll(done: (cells: ReadonlyMap<Key, Cell> | undefined) => void): void {
    this.replica?.whenWritten(() => {
      if (this.replica?.isWhole !== true || this.database === undefined) return done(undefined);
      this.checkWhole('a snapshot was taken');
      const snapshot = this.database.snapshot();
      snapshot.range({ ...DATA_RANGE, ...EVERYTHING }, (_, entries) => {
        snapshot.close();
        if (this.isAlive) done(cellsOf(entries));
      });
    });
  }

  /** What is done must not be done with half a store. */
  checkWhole(what: string): void {
    if (this.isHalf) this.world.found('half', `${what} at ${this.name} in the middle of a synchronization`, this);
  }

  // ---- the replica's port ----

  private port(database: SimDatabase): ReplicaPort {
    const process = this;
    const { world } = this;
    return {
      environment: this.environment(),
      database: this.watched(database),
      group: {
        cast: (bytes) => process.member?.cast(bytes),
        send: (rank, bytes) => process.member?.send(rank, bytes),
        get isFull() {
          return process.member?.isFull === true;
        },
      },
      onStatus: () => this.told(),
      onApplied: (first, entries) => {
        if (!this.isAlive) return;
        const versions = entries.map(({ effects }, index) => appliedOf(first + index, effects));
        world.log(this, { type: 'applied', versions });
      },
      onReplaced: (version) => {
        if (!this.isAlive) return;
        world.log(this, { type: 'replaced', version });
        world.onStatus(this);
      },
      onTrouble: ({ code, message }) => {
        if (this.isAlive) world.log(this, { type: 'trouble', code, message });
      },
      onFailed: (error) => this.failed(error),
    };
  }

  private environment(): Environment {
    const { clock, scenario } = this.world;
    const hasty = new SkewedClock(clock, scenario.haste);
    const ifAlive = (callback: () => void) => () => {
      if (this.isAlive) callback();
    };
    return {
      now: () => hasty.now / 1000,
      setTimer: (milliseconds, callback) => hasty.schedule(milliseconds * 1000, ifAlive(callback)),
      defer: (callback) => {
        if (this.isAlive) clock.schedule(0, ifAlive(callback));
      },
      random: (bound) => this.dice.below(bound),
    };
  }

  /** The database, and those who look at what is done to it. */
  private watched(database: SimDatabase): Database {
    const { world } = this;
    return {
      get: (key) => database.get(key),
      range: (range, done) => database.range(range, done),
      snapshot: () => database.snapshot(),
      close: (done) => database.close(done),
      write: (operations, durable, done) => {
        if (!this.isAlive) return;
        world.onWrite(this, 'before', operations);
        if (!this.isAlive) return;
        database.write(operations, durable, (error) => {
          if (!this.isAlive) return;
          world.onWrite(this, 'after', operations);
          if (this.isAlive) done(error);
        });
        world.onWrite(this, 'during', operations);
      },
    };
  }

  private told(): void {
    if (!this.isAlive || this.replica === undefined) return;
    const { state, epoch, leader, lastCommitted, lastApplied } = this.replica.status;
    if (state === 'leader' || state === 'follower') this.checkWhole(`a ${state}`);
    const status = `${state} ${epoch} ${leader}`;
    if (status === this.lastStatus) return;
    this.lastStatus = status;
    this.world.log(this, { type: 'status', state, epoch, leader, committed: lastCommitted, applied: lastApplied });
    this.world.onStatus(this);
  }

  private failed(error: ConsortError): void {
    if (this.isAlive) this.world.onFailed(this, error);
  }
}

function cellsOf(entries: readonly Entry[]): Map<Key, Cell> {
  return new Map(
    entries.map(([key, value]) => [
      keyIn(userKey(key)),
      { version: versionAt(value, 0), value: valueIn(value.subarray(VERSION_BYTES)) },
    ]),
  );
}
