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
import { type Candidate, commonStore, type Election, elect, eligible, majorityOf } from './election.js';
import { Follower } from './follower.js';
import { Hellos } from './hellos.js';
import { Leader } from './leader.js';
import { STORE_LIMITS, type StoreLimits } from './limits.js';
import type { Versioned } from './overlay.js';
import { pooledCopy } from './pooled.js';
import { Barriers } from './read-index.js';
import type { LogEntry } from './record.js';
import { metaOperation, type ReplicaMeta, readMeta } from './replica-meta.js';
import type { ReplicaPort, ReplicaSettings, ReplicaState, ReplicaStatus } from './replica-port.js';
import type { Seat } from './seat.js';
import { StateMachine } from './state-machine.js';
import { isSubmit, readMessage, type Standing, type StoreMessage, writeMessage } from './store-messages.js';
import { Submissions } from './submissions.js';
import { SYNC_LIMITS, type SyncLimits } from './sync-limits.js';
import { isSyncMessage } from './sync-messages.js';
import { Synchronization, type SynchronizationHost } from './synchronization.js';
import type { OutcomeDone, Transaction } from './transaction.js';

export interface ReplicaOptions {
  readonly port: ReplicaPort;
  readonly settings: ReplicaSettings;
  readonly limits?: Partial<StoreLimits>;
  readonly syncLimits?: Partial<SyncLimits>;
}

/** Of the configured names: replicas that were configured differently do not work together. */
function membersHash(names: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const name of [...names].sort()) {
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  }
  return hash >>> 0;
}

const STORE_ID_DIGITS = 16;

/** One epoch of a view, as this replica takes part in it. */
interface Term {
  readonly seat: Seat;
  readonly leader: Leader | undefined;
  readonly follower: Follower | undefined;
}

export class Replica {
  private readonly port: ReplicaPort;
  readonly settings: ReplicaSettings;
  private readonly limits: StoreLimits;
  private readonly syncLimits: SyncLimits;
  private readonly machine: StateMachine;
  private readonly submissions: Submissions;
  private readonly barriers = new Barriers();
  private readonly synchronization: Synchronization;
  private meta: ReplicaMeta;
  /** As it is now: in the database it may be worse, where nothing is durable. */
  private standing: Standing = 'blank';
  /** Before it became half: it is that again when it is whole. */
  private standingBefore: Standing = 'blank';
  /** It is about to be intact. */
  private isCounting = false;
  private hellos: Hellos | undefined;
  private size = 0;
  private myRank = 0;
  private term: Term | undefined;
  private election: Election | undefined;
  private isReady = false;
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
    this.meta = { name: settings.name, storeId: '', standing: 'blank', promised: 0 };
    this.newStoreId = Array.from({ length: STORE_ID_DIGITS }, () => environment.random(16).toString(16)).join('');
    this.machine = new StateMachine(database, environment, this.limits, settings.durability === 'disk', {
      onDurable: () => (this.term?.leader ?? this.term?.follower)?.durable(),
      onApplied: (first, entries) => this.applied(first, entries),
      onWritten: () => {
        this.term?.leader?.drained();
        this.synchronization.written(this.machine.written);
      },
      onFailed: (error) => this.diskFailed(error),
    });
    this.submissions = new Submissions({
      environment,
      limits: this.limits,
      replica: this.settings.members.indexOf(settings.name),
      incarnation: settings.incarnation,
      sendToLeader: (number, transaction) => this.toLeader((epoch) => ({ type: 'submit', epoch, number, transaction })),
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
      storeId: this.meta.storeId,
      newStoreId: this.newStoreId,
      standing: this.standing,
      promised: this.meta.promised,
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
      epoch: this.term?.seat.epoch ?? this.meta.promised,
      leader: this.leaderName,
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
    return this.failure === undefined && this.standing !== 'half';
  }

  /** Writes what is left to write. Nothing may be called afterwards; leave the group before. */
  close(done: Done): void {
    this.endTerm();
    this.hellos = undefined;
    this.fail(new ConsortError('ERR_CLOSED', 'the store was closed'), 'it was closed');
    this.machine.pipeline.whenIdle(() => {
      const { pipeline } = this.machine;
      const standing = this.standing === 'half' ? this.standingBefore : this.standing;
      pipeline.write([metaOperation({ ...this.meta, standing })], true, () => {
        pipeline.stop();
        done();
      });
    });
  }

  // ---- hello, promise ----

  private load(done: (error: ConsortError | undefined) => void): void {
    const corrupt = (cause: Error) =>
      done(new ConsortError('ERR_STORE_CORRUPT', `the database of the store is damaged: ${cause.message}`, { cause }));
    try {
      this.meta = readMeta(this.port.database, this.settings.name);
    } catch (error) {
      return error instanceof ConsortError ? done(error) : corrupt(error as Error);
    }
    this.standing = this.standingBefore = this.meta.standing;
    const loaded = (error: Error | undefined) => {
      if (error !== undefined) return corrupt(error);
      if (this.settings.durability === 'disk') return done(undefined);
      // What it acknowledges from now on may be lost: next time it does not count, unless it was closed.
      this.meta = { ...this.meta, standing: 'blank' };
      this.machine.pipeline.write([metaOperation(this.meta)], true, () => done(undefined));
    };
    // Of half a copy nothing is of use, and its log may be anything.
    if (this.synchronization.isHalf) this.standing = 'half';
    if (this.standing === 'half') loaded(undefined);
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
    const electorate = { members: membersHash(this.settings.members), names: this.settings.members };
    if (this.mustNotGoOn(hellos.all, electorate.members)) return;
    this.election = elect(hellos.all, electorate);
    if (this.election.type === 'no-quorum') {
      this.submissions.noQuorum();
      this.barriers.failAll(this.refusal() as ConsortError);
    } else this.begin(this.election, eligible(hellos.all, electorate));
    this.port.onStatus();
  }

  /** Another replica has this one's name, or its store is another one. */
  private mustNotGoOn(hellos: readonly Candidate[], members: number): boolean {
    const { name } = this.settings;
    const alike = hellos.filter((hello) => hello.members === members);
    for (const other of hellos) {
      if (other.members === members) continue;
      this.trouble(
        'ERR_STORE_MEMBERS',
        `the replica '${other.name}' was configured with other members than this one, which has ${this.settings.members.join(', ')}`,
      );
    }
    if (alike.some((other) => other.name === name && other.rank < this.myRank)) {
      this.failWith(
        new ConsortError('ERR_STORE_NAME_TAKEN', `there is another replica '${name}' in the group already`),
      );
      return true;
    }
    const storeId = commonStore(alike);
    if (this.meta.storeId === '' || this.meta.storeId === storeId) return false;
    const text = `the database belongs to another store (${this.meta.storeId}) than those of other replicas (${storeId})`;
    // Who is in the minority is the stranger; where there is no majority nobody can say.
    const theirs = alike.filter((other) => other.storeId === storeId).length;
    if (theirs < majorityOf(this.settings.members.length)) this.trouble('ERR_STORE_FOREIGN', text);
    else this.failWith(new ConsortError('ERR_STORE_FOREIGN', text));
    return this.failure !== undefined;
  }

  private begin(election: Extract<Election, { type: 'elected' }>, replicas: readonly Candidate[]): void {
    const { epoch, leader, counted } = election;
    if (!replicas.some(({ rank }) => rank === this.myRank)) return;
    const isLeader = leader.rank === this.myRank;
    const seat: Seat = this.makeSeat(epoch, leader, replicas);
    this.term = {
      seat,
      leader: isLeader
        ? new Leader(seat, {
            counted,
            begins: (first) => {
              this.countsFrom(first, first);
              this.synchronization.lead();
            },
            isTrimDisabled: () => this.synchronization.isTrimDisabled(),
          })
        : undefined,
      follower: isLeader ? undefined : new Follower(seat, this.followerPort()),
    };
    this.meta = { ...this.meta, promised: Math.max(epoch, this.meta.promised) };
    this.machine.pipeline.write([metaOperation(this.meta)], this.settings.durability === 'disk', () => {
      if (this.term?.seat === seat) seat.send(leader.rank, { type: 'promised', epoch });
    });
    this.synchronization.begin(this.standing === 'half');
    for (const { from, bytes } of this.hellos?.takeEarly() ?? []) this.receive(from, bytes);
  }

  private endTerm(): void {
    this.term?.leader?.end();
    this.term = undefined;
    this.election = undefined;
    this.isReady = false;
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
    if (message.epoch !== term.seat.epoch || !term.seat.replicas.has(from)) return;
    this.dispatch(from, message, term);
  }

  private dispatch(from: number, message: StoreMessage, { leader, follower, seat }: Term): void {
    if (leader !== undefined) leader.receive(from, message);
    if (from !== seat.leaderRank) return;
    if (message.type === 'refused') this.submissions.refuse(message.number, message.version);
    else if (message.type === 'read-at') this.barriers.answered(message.number, message.version, this.machine.applied);
    else follower?.receive(message);
  }

  private receiveSync(from: number, bytes: Uint8Array): void {
    const { term, hellos } = this;
    if (term === undefined) {
      if (this.election === undefined) hellos?.hold(from, bytes, false);
      return;
    }
    const name = term.seat.replicas.get(from)?.name;
    if (name !== undefined) this.synchronization.receive(name, bytes);
  }

  private toLeader(make: (epoch: number) => StoreMessage): void {
    if (this.term === undefined) return;
    const { seat } = this.term;
    seat.send(seat.leaderRank, make(seat.epoch));
  }

  private makeSeat(epoch: number, leader: Candidate, replicas: readonly Candidate[]): Seat {
    const { myRank } = this;
    const leaderRank = leader.rank;
    const { environment, group } = this.port;
    return {
      environment,
      settings: this.settings,
      limits: this.limits,
      group,
      machine: this.machine,
      epoch,
      storeId: commonStore(replicas) || leader.newStoreId,
      myRank,
      leaderRank,
      replicas: new Map(replicas.map((replica) => [replica.rank, replica])),
      cast: (message) => {
        if (this.term?.seat.epoch === epoch && this.size > 1) group.cast(writeMessage(message));
      },
      send: (rank, message) => {
        const { term } = this;
        if (term?.seat.epoch !== epoch) return;
        if (rank === myRank) this.dispatch(myRank, message, term);
        else group.send(rank, writeMessage(message));
      },
      ready: () => this.ready(epoch),
    };
  }

  private followerPort(): ConstructorParameters<typeof Follower>[1] {
    const replica = this;
    return {
      mustSync: () => this.synchronization.start(),
      get isCopying() {
        return replica.synchronization.isCopying;
      },
      beforeAppend: (last, first) => this.countsFrom(last, first),
      get isHalf() {
        return replica.standing === 'half';
      },
    };
  }

  // ---- standing ----

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
        return replica.meta;
      },
      get otherLeader() {
        return replica.term?.leader === undefined ? replica.leaderName : undefined;
      },
      get leader() {
        return replica.term?.leader;
      },
      rankOf: (name) => [...(this.term?.seat.replicas ?? [])].find(([, hello]) => hello.name === name)?.[0],
      nameOf: (rank) => this.term?.seat.replicas.get(rank)?.name,
      send: (rank, bytes) => port.group.send(rank, bytes),
      get isFull() {
        return port.group.isFull;
      },
      get isWhole() {
        return replica.isWhole && replica.term !== undefined;
      },
      becameHalf: () => {
        if (this.standing !== 'half') this.standingBefore = this.standing;
        this.standing = 'half';
      },
      becameWhole: () => this.becameWhole(),
      goOn: () => this.term?.follower?.goOn(),
      onStatus: () => port.onStatus(),
      onTrouble: (error) => port.onTrouble(error),
      onFailed: (error) => this.diskFailed(error),
    };
  }

  /** What it had acknowledged is in the copy; but who was blank before still is, until it has the first entry of an epoch. */
  private becameWhole(): void {
    this.standing = this.standingBefore;
    const { follower } = this.term ?? {};
    if (follower !== undefined) this.countsFrom(this.machine.applied, follower.first);
    this.submissions.replaced(this.machine.applied);
    this.port.onReplaced(this.machine.applied);
    this.barriers.onApplied(this.machine.applied);
    follower?.becameWhole();
    this.port.onStatus();
  }

  /** The first entry of the epoch is in its log, and with it all that was ever committed: when that is on the disk it counts. */
  private countsFrom(last: number, first: number): void {
    if (this.standing !== 'blank' || this.isCounting || first === 0 || last < first) return;
    this.isCounting = true;
    // Together: who counts belongs to a store, or others might found another one.
    const storeId = this.meta.storeId || (this.term?.seat.storeId ?? '');
    const isDurable = this.settings.durability === 'disk';
    this.meta = { ...this.meta, storeId, standing: isDurable ? 'intact' : this.meta.standing };
    this.machine.pipeline.write([metaOperation(this.meta)], isDurable, () => {
      this.isCounting = false;
      if (this.standing === 'blank') this.standing = 'intact';
    });
  }

  private ready(epoch: number): void {
    this.isReady = true;
    this.submissions.settle(epoch);
    this.barriers.settle((number) => this.toLeader((inEpoch) => ({ type: 'read-index', epoch: inEpoch, number })));
    this.port.onStatus();
  }

  private applied(first: number, entries: readonly LogEntry[]): void {
    if (this.standing !== 'half')
      this.port.onApplied(entries.map(({ effects }, index) => ({ version: first + index, effects })));
    // Before anyone becomes ready, and submits again what has no outcome yet.
    this.submissions.onApplied(first, entries);
    this.barriers.onApplied(this.machine.applied);
    this.term?.leader?.onApplied(first, entries);
    this.term?.follower?.onApplied();
  }

  private get leaderName(): string | undefined {
    const { term } = this;
    return term?.seat.replicas.get(term.seat.leaderRank)?.name;
  }

  get state(): ReplicaState {
    if (this.failure !== undefined) return 'failed';
    if (this.election?.type === 'no-quorum') return 'no-quorum';
    if (this.term === undefined) return 'joining';
    if (this.synchronization.isOn) return 'synchronizing';
    if (this.term.leader !== undefined) return this.isReady ? 'leader' : 'joining';
    return this.isReady ? 'follower' : 'catching-up';
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
