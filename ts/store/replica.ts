/**
 * One replica of a store, without its group and its disk: in each view the replicas say hello, elect a leader, promise it its epoch, and then its log is
 * theirs (leader.ts, follower.ts); who has too little in common with it synchronizes as a whole (synchronization.ts).
 *
 * Source: the paxos of Ceph's monitors (elections, collect, begin, accept, commit; ceph-monitor-store-sync.txt), with the rules of Raft for logs, on
 * views of virtual synchrony.
 */
import { ConsortError } from '../base/errors.js';
import { MalformedError } from '../stack/codec.js';
import type { Done } from './database.js';
import { type Candidate, type Election, elect, eligible, membersHash } from './election.js';
import { Hellos } from './hellos.js';
import { STORE_LIMITS, type StoreLimits } from './limits.js';
import type { Versioned } from './overlay.js';
import { pooledCopy } from './pooled.js';
import { Barriers } from './read-index.js';
import type { LogEntry } from './record.js';
import type { ReplicaPort, ReplicaSettings, ReplicaState, ReplicaStatus } from './replica-port.js';
import { ReplicaStanding } from './replica-standing.js';
import { StateMachine } from './state-machine.js';
import { isSubmit, readMessage, type StoreMessage, writeMessage } from './store-messages.js';
import { lookForStrangers } from './strangers.js';
import { Submissions } from './submissions.js';
import { SYNC_LIMITS, type SyncLimits } from './sync-limits.js';
import { isSyncMessage } from './sync-messages.js';
import { Synchronization, type SynchronizationHost } from './synchronization.js';
import { Term } from './term.js';
import type { OutcomeDone, Transaction } from './transaction.js';

export interface ReplicaOptions {
  readonly port: ReplicaPort;
  readonly settings: ReplicaSettings;
  readonly limits?: Partial<StoreLimits>;
  readonly syncLimits?: Partial<SyncLimits>;
}

const STORE_ID_DIGITS = 16;

export class Replica {
  private readonly port: ReplicaPort;
  readonly settings: ReplicaSettings;
  private readonly limits: StoreLimits;
  private readonly syncLimits: SyncLimits;
  private readonly machine: StateMachine;
  private readonly submissions: Submissions;
  private readonly barriers = new Barriers();
  private readonly synchronization: Synchronization;
  private readonly standing: ReplicaStanding;
  private hellos: Hellos | undefined;
  private size = 0;
  private myRank = 0;
  private term: Term | undefined;
  private election: Election | undefined;
  private failure: ConsortError | undefined;
  private readonly newStoreId: string;

  /** Reads what the database holds of this replica. `done` with `ERR_STORE_CORRUPT` or `ERR_STORE_FOREIGN` when that is none of its. */
  static open(options: ReplicaOptions, done: (error: ConsortError | undefined, replica?: Replica) => void): void {
    const replica = new Replica(options);
    replica.load((error) => {
      if (error === undefined) return done(undefined, replica);
      replica.machine.pipeline.stop();
      done(error);
    });
  }

  private constructor({ port, settings, limits, syncLimits }: ReplicaOptions) {
    this.port = port;
    // Entries name replicas by the order of their names.
    this.settings = { ...settings, members: [...settings.members].sort() };
    this.limits = { ...STORE_LIMITS, ...limits };
    this.syncLimits = { ...SYNC_LIMITS, ...syncLimits };
    const { environment, database } = port;
    this.newStoreId = Array.from({ length: STORE_ID_DIGITS }, () => environment.random(16).toString(16)).join('');
    this.machine = new StateMachine(database, environment, this.limits, settings.durability === 'disk', {
      onDurable: () => this.term?.durable(),
      onApplied: (first, entries) => this.applied(first, entries),
      onWritten: () => {
        this.term?.leader?.drained();
        this.term?.follower?.written();
        this.synchronization.written(this.machine.written);
      },
      onFailed: (error) => this.diskFailed(error),
    });
    this.standing = new ReplicaStanding(settings.name, this.machine.pipeline, settings.durability === 'disk');
    this.submissions = new Submissions({
      environment,
      limits: this.limits,
      replica: this.settings.members.indexOf(settings.name),
      incarnation: settings.incarnation,
      sendToLeader: (number, transaction) =>
        this.term?.toLeader({ type: 'submit', epoch: this.term.epoch, number, transaction }),
    });
    this.synchronization = new Synchronization(this.syncHost());
  }

  // ---- the group ----

  /** A view is installed; `view` is what all its members call it, and no other view. */
  enterView(view: string, size: number, myRank: number): void {
    if (this.failure !== undefined) return;
    this.endTerm();
    this.size = size;
    this.myRank = myRank;
    this.hellos = new Hellos(view, size, this.limits.heldBytes);
    const { name } = this.settings;
    const hello = {
      type: 'hello' as const,
      view,
      name,
      incarnation: this.settings.incarnation,
      members: membersHash(this.settings.members),
      storeId: this.standing.meta.storeId,
      newStoreId: this.newStoreId,
      standing: this.standing.standing,
      promised: this.standing.meta.promised,
      ...this.durableEnd(),
    };
    if (size > 1) this.port.group.cast(writeMessage(hello));
    this.heardHello(myRank, hello);
    this.port.onStatus();
  }

  /** It has left its group. */
  leaveView(): void {
    this.endTerm();
    this.hellos = undefined;
    this.port.onStatus();
  }

  /** A cast or a send of another member of the view. `bytes` are used during the call only. */
  receive(from: number, bytes: Uint8Array): void {
    if (this.failure !== undefined || this.hellos === undefined) return;
    try {
      if (isSyncMessage(bytes)) this.receiveSync(from, bytes);
      else this.receiveMessage(from, bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.trouble('ERR_STORE_PROTOCOL', `a message of the member of rank ${from} is malformed: ${error.message}`);
    }
  }

  /** `group.isFull` is over. */
  drained(): void {
    this.term?.leader?.drained();
    this.synchronization.drained();
  }

  // ---- whoever uses it ----

  /** Has it committed. `done` is called once, when it is applied here, or can't be. Keys and values are kept. */
  submit(transaction: Transaction, done: OutcomeDone): void {
    const refusal = this.failure ?? this.refusal();
    if (refusal !== undefined) return done(refusal);
    this.submissions.submit(transaction, done);
  }

  /** As it is here; the value is the caller's. Whether it may be read is for the caller to know, by `state` and `isWhole`. */
  get(key: Uint8Array): Versioned | undefined {
    return this.machine.get(key);
  }

  /** Afterwards all that was acknowledged anywhere before the call has been applied here. */
  barrier(done: (error?: Error) => void): void {
    const refusal = this.failure ?? this.refusal();
    if (refusal !== undefined) return done(refusal);
    this.barriers.ask(done);
  }

  /** All that is applied now is in the database: for ranges and snapshots. */
  whenWritten(done: () => void): void {
    this.machine.whenWritten(done);
  }

  /** The effects of versions of the log, those that are committed. Undefined: it is trimmed, or not committed yet. */
  entriesAt(version: number): { readonly first: number; readonly entries: readonly LogEntry[] } | undefined {
    return this.machine.entriesAt(version);
  }

  /** Whether `entriesAt` will never give this version, since the log begins after it. */
  isTrimmed(version: number): boolean {
    return this.machine.isTrimmed(version);
  }

  get lastApplied(): number {
    return this.machine.applied;
  }

  get status(): ReplicaStatus {
    const { log, committed, applied } = this.machine;
    return {
      state: this.state,
      epoch: this.term?.epoch ?? this.standing.meta.promised,
      leader: this.term?.leaderName,
      present: (this.hellos?.all ?? []).map(({ name }) => name).sort(),
      firstCommitted: Math.min(log.base.version + 1, committed),
      lastCommitted: committed,
      lastApplied: applied,
      sync: this.synchronization.progress,
      reason: this.election?.type === 'no-quorum' ? this.election.reason : undefined,
    };
  }

  /** Whether what it has is a whole state of the store: one that was committed. */
  get isWhole(): boolean {
    return this.failure === undefined && !this.standing.isHalf;
  }

  /** Writes what is left to write. Nothing may be called afterwards; leave the group before. */
  close(done: Done): void {
    this.endTerm();
    this.hellos = undefined;
    this.fail(new ConsortError('ERR_CLOSED', 'the store was closed'), 'it was closed');
    this.machine.pipeline.whenIdle(() => {
      const { pipeline } = this.machine;
      pipeline.write([this.standing.closing()], true, () => {
        pipeline.stop();
        done();
      });
    });
  }

  // ---- hello, promise ----

  private load(done: (error: ConsortError | undefined) => void): void {
    const corrupt = (cause: Error) =>
      done(new ConsortError('ERR_STORE_CORRUPT', `the database of the store is damaged: ${cause.message}`, { cause }));
    const { isHalf } = this.synchronization;
    try {
      this.standing.load(this.port.database, isHalf);
    } catch (error) {
      return error instanceof ConsortError ? done(error) : corrupt(error as Error);
    }
    const loaded = (error: Error | undefined) => {
      if (error !== undefined) return corrupt(error);
      if (this.settings.durability === 'disk') return done(undefined);
      this.standing.distrust(() => done(undefined));
    };
    // Of half a copy nothing is of use, and its log may be anything.
    if (isHalf) loaded(undefined);
    else this.machine.load(loaded);
  }

  /** Of the log, as far as it is durable: that is what it may be elected for. */
  private durableEnd(): { readonly lastEpoch: number; readonly lastVersion: number } {
    const { log, durable } = this.machine;
    return { lastEpoch: log.epochAt(durable) ?? log.base.epoch, lastVersion: durable };
  }

  private heardHello(rank: number, hello: Extract<StoreMessage, { type: 'hello' }>): void {
    const { hellos } = this;
    if (hellos === undefined || this.election !== undefined) return;
    hellos.add(rank, hello);
    if (!hellos.isComplete) return;
    const { settings } = this;
    const electorate = { members: membersHash(settings.members), names: settings.members };
    const self = { name: settings.name, rank: this.myRank, storeId: this.standing.meta.storeId, ...electorate };
    const { troubles, failure } = lookForStrangers(self, hellos.all);
    for (const trouble of troubles) this.port.onTrouble(trouble);
    if (failure !== undefined) return this.failWith(failure);
    this.election = elect(hellos.all, electorate);
    if (this.election.type === 'no-quorum') {
      this.submissions.noQuorum();
      this.barriers.failAll(this.refusal() as ConsortError);
    } else this.begin(this.election, eligible(hellos.all, electorate));
    this.port.onStatus();
  }

  private begin(election: Extract<Election, { type: 'elected' }>, replicas: readonly Candidate[]): void {
    const place = { rank: this.myRank, size: this.size };
    if (!replicas.some(({ rank }) => rank === place.rank)) return;
    const { port, settings, limits, machine, standing, submissions, barriers, synchronization } = this;
    const host = { port, settings, limits, machine, standing, submissions, barriers, synchronization };
    const term = new Term(host, place, election, replicas);
    this.term = term;
    this.standing.promise(term.epoch, () => term.promised());
    this.synchronization.begin(this.standing.isHalf);
    for (const { from, bytes } of this.hellos?.takeEarly() ?? []) this.receive(from, bytes);
    if (this.hellos?.hasDropped === true) this.term?.follower?.lacks();
  }

  private endTerm(): void {
    this.term?.end();
    this.term = undefined;
    this.election = undefined;
    this.submissions.unsettle();
    this.barriers.settle(undefined);
    this.synchronization.end();
  }

  // ---- messages ----

  private receiveMessage(from: number, bytes: Uint8Array): void {
    // A transaction is kept, and its bytes lie in a ring.
    const message = readMessage(isSubmit(bytes) ? pooledCopy(bytes) : bytes);
    if (message.type === 'hello') return this.heardHello(from, message);
    const { term, hellos } = this;
    if (term === undefined) {
      // Someone has heard all hellos before this one has.
      if (this.election === undefined)
        hellos?.hold(from, bytes, message.type === 'record' || message.type === 'replay');
      return;
    }
    term.receive(from, message);
  }

  private receiveSync(from: number, bytes: Uint8Array): void {
    const { term, hellos } = this;
    if (term === undefined) {
      if (this.election === undefined) hellos?.hold(from, bytes, false);
      return;
    }
    const name = term.nameOf(from);
    if (name !== undefined) this.synchronization.receive(name, bytes);
  }

  // ---- synchronizations ----

  private syncHost(): SynchronizationHost {
    const replica = this;
    const { port, machine, settings, syncLimits } = this;
    return {
      environment: port.environment,
      settings,
      syncLimits,
      database: port.database,
      machine,
      get meta() {
        return replica.standing.meta;
      },
      get otherLeader() {
        return replica.term?.leader === undefined ? replica.term?.leaderName : undefined;
      },
      get leader() {
        return replica.term?.leader;
      },
      rankOf: (name) => this.term?.rankOf(name),
      nameOf: (rank) => this.term?.nameOf(rank),
      send: (rank, bytes) => port.group.send(rank, bytes),
      get isFull() {
        return port.group.isFull;
      },
      get isWhole() {
        return replica.isWhole && replica.term !== undefined;
      },
      becameHalf: () => this.standing.becameHalf(),
      becameWhole: () => this.becameWhole(),
      goOn: () => this.term?.follower?.goOn(),
      onStatus: () => port.onStatus(),
      onTrouble: (error) => port.onTrouble(error),
      onFailed: (error) => this.diskFailed(error),
    };
  }

  /** What it had acknowledged is in the copy; but who was blank before still is, until it has the first entry of an epoch. */
  private becameWhole(): void {
    this.standing.becameWhole();
    const { follower } = this.term ?? {};
    if (follower !== undefined) this.term?.countsFrom(this.machine.applied, follower.first);
    this.submissions.replaced(this.machine.applied);
    this.port.onReplaced(this.machine.applied);
    this.barriers.onApplied(this.machine.applied);
    follower?.becameWhole();
    this.port.onStatus();
  }

  private applied(first: number, entries: readonly LogEntry[]): void {
    if (!this.standing.isHalf) this.port.onApplied(first, entries);
    // Before anyone becomes ready, and submits again what has no outcome yet.
    this.submissions.onApplied(first, entries);
    this.barriers.onApplied(this.machine.applied);
    this.term?.leader?.onApplied(first, entries);
    this.term?.follower?.onApplied();
  }

  get state(): ReplicaState {
    if (this.failure !== undefined) return 'failed';
    if (this.election?.type === 'no-quorum') return 'no-quorum';
    if (this.term === undefined) return 'joining';
    if (this.synchronization.isOn) return 'synchronizing';
    if (this.term.leader !== undefined) return this.term.isReady ? 'leader' : 'joining';
    return this.term.isReady ? 'follower' : 'catching-up';
  }

  private refusal(): ConsortError | undefined {
    if (this.election?.type !== 'no-quorum') return undefined;
    return new ConsortError(
      'ERR_STORE_NO_QUORUM',
      `no majority of the replicas can be reached, so nothing can be committed: ${this.election.reason}`,
      { details: { reason: this.election.reason } },
    );
  }

  // ---- ends ----

  private trouble(code: ConstructorParameters<typeof ConsortError>[0], message: string): void {
    this.port.onTrouble(new ConsortError(code, message));
  }

  private diskFailed(cause: Error): void {
    const error =
      cause instanceof ConsortError
        ? cause
        : new ConsortError('ERR_STORE_DISK', `the database of the store has failed: ${cause.message}`, { cause });
    this.failWith(error);
  }

  private failWith(error: ConsortError): void {
    if (this.failure !== undefined) return;
    this.endTerm();
    this.fail(error, error.message);
    this.machine.pipeline.stop();
    this.port.onFailed(error);
  }

  private fail(error: ConsortError, why: string): void {
    this.failure ??= error;
    this.synchronization.stop(why);
    this.submissions.failAll(why);
    this.barriers.failAll(error);
  }
}
