/**
 * The leader of an epoch: gives versions to transactions, has records written by all, and says what is committed.
 *
 * Nothing is written in its epoch before a majority has promised it, so an epoch has one leader. A version is committed when a majority of the configured
 * replicas has it durably, and all before it by that; but none of an earlier epoch by itself: only with the first of this one (invariant S1; section 5.4.2 of
 * Raft's paper says why).
 */

import type { Timer } from '../stack/environment.js';
import { majorityOf } from './election.js';
import { lookUp, Overlay } from './overlay.js';
import { PeerLog } from './peer-log.js';
import { ReadIndex } from './read-index.js';
import { type LogEntry, type Origin, writeRecord } from './record.js';
import type { Seat } from './seat.js';
import type { EpochRun, StoreMessage } from './store-messages.js';
import type { Compare, Transaction } from './transaction.js';

/** What an entry costs besides its keys and values, about. Bytes. */
const ENTRY_BYTES = 16;
/** Trims by this share of the bounds at once, so that it is not done for each record. */
const TRIM_SLACK = 8;

interface Refusal {
  readonly rank: number;
  readonly number: number;
  readonly version: number;
}

interface Early {
  readonly from: number;
  readonly number: number;
  readonly transaction: Transaction;
}

export interface LeaderOptions {
  /** Ranks of those whose promises count. */
  readonly counted: ReadonlySet<number>;
  /** It has its majority; its first entry is about to be written. */
  begins(first: number): void;
  /** A synchronization is on: the log has to stay. */
  isTrimDisabled(): boolean;
}

export class Leader {
  /** Version of the first entry of the epoch; 0: it does not lead yet. */
  private first = 0;
  private readonly promises = new Set<number>();
  private readonly peers = new Map<number, PeerLog>();
  private readonly majority: number;
  /** What waits for a majority: compares see it. */
  private readonly pending = new Overlay();
  /** Have versions, and are in no record yet. */
  private unsealed: LogEntry[] = [];
  private unsealedBytes = 0;
  private nextVersion = 0;
  private refusals: Refusal[] = [];
  /** Submitted before it was ready. */
  private early: Early[] = [];
  private sealing = false;
  /** What is committed has not been told yet. */
  private wordDue = false;
  /** Another replica waits to hear it. */
  private wordAwaited = false;
  private wordScheduled = false;
  private wordTimer: Timer | undefined;
  private isReady = false;
  private ended = false;
  /** It is looked whether there is something to trim when the log is longer than this. */
  private trimLength: number;
  private trimBytes: number;
  private readonly reads: ReadIndex;
  /** By rank, their places in the order of the configured names. */
  private readonly replicaOf: readonly number[];

  constructor(
    private readonly seat: Seat,
    private readonly options: LeaderOptions,
  ) {
    this.majority = majorityOf(seat.settings.members.length);
    const { logEntries, logBytes } = seat.settings;
    this.trimLength = logEntries * (1 + 1 / TRIM_SLACK);
    this.trimBytes = logBytes * (1 + 1 / TRIM_SLACK);
    this.replicaOf = placesOf(seat);
    for (const rank of seat.replicas.keys()) {
      if (rank !== seat.myRank) this.peers.set(rank, new PeerLog(rank, seat));
    }
    this.reads = new ReadIndex(
      {
        environment: seat.environment,
        majority: this.majority,
        confirm: (round) => seat.cast({ type: 'confirm', epoch: seat.epoch, round }),
        committed: () => (this.isReady && !this.ended ? seat.machine.committed : undefined),
      },
      seat.myRank,
    );
  }

  /** Of others, and of its own replica. */
  receive(from: number, message: StoreMessage): void {
    switch (message.type) {
      case 'promised':
        return this.promised(from);
      case 'accepted':
        return this.accepted(from, message.version, message.counts);
      case 'catch-up':
        return this.catchUp(from, message.runs);
      case 'submit':
        return this.submitted(from, message.number, message.transaction);
      case 'read-index':
        return this.answerRead(from, message.number);
      case 'confirmed':
        return this.reads.confirmed(from, message.round);
      default:
        return;
    }
  }

  private answerRead(rank: number, number: number): void {
    const { seat } = this;
    this.reads.ask((version) => {
      this.sayCommitted();
      seat.send(rank, { type: 'read-at', epoch: seat.epoch, number, version });
    });
  }

  /** Its own log is durable further than before. */
  durable(): void {
    this.advance();
    this.scheduleSeal();
  }

  /** The group, or the database, takes more again. */
  drained(): void {
    this.scheduleSeal();
    for (const peer of this.peers.values()) peer.replay();
  }

  /** The lowest version that one who catches up from the log still needs. */
  get replayFloor(): number {
    let floor = Number.MAX_SAFE_INTEGER;
    for (const { replayNext } of this.peers.values())
      if (replayNext !== undefined) floor = Math.min(floor, replayNext - 1);
    return floor;
  }

  /** Ranks of those who have all that is committed, but for what is on its way. */
  get liveRanks(): number[] {
    if (!this.isReady) return [];
    const live = [...this.peers.values()].filter(({ isLive, matched }) => isLive && matched >= this.first);
    return live.map(({ rank }) => rank);
  }

  get hasBegun(): boolean {
    return this.first > 0;
  }

  end(): void {
    this.ended = true;
    this.wordTimer?.cancel();
  }

  /** Cuts off what the bounds leave no room for. */
  trim(): void {
    const { log } = this.seat.machine;
    const { logEntries, logBytes } = this.seat.settings;
    if (log.length > logEntries || log.bytes > logBytes) {
      if (!this.options.isTrimDisabled() && this.isTrimmable) this.seat.machine.trimTo(this.trimPoint);
    }
    // Where it must stay, to look costs as much as it is too long.
    this.trimLength = Math.max(log.length, logEntries) + logEntries / TRIM_SLACK;
    this.trimBytes = Math.max(log.bytes, logBytes) + logBytes / TRIM_SLACK;
  }

  /** Whether there is anything to cut off. One record stays however long it is, and so does what is not committed. */
  get isTrimmable(): boolean {
    return this.trimPoint > this.seat.machine.log.base.version;
  }

  private get trimPoint(): number {
    const { log, committed } = this.seat.machine;
    const { logEntries, logBytes } = this.seat.settings;
    return Math.min(log.versionWithin(logEntries, logBytes), committed, this.replayFloor);
  }

  // ---- promises ----

  private promised(from: number): void {
    if (this.options.counted.has(from)) this.promises.add(from);
    if (this.first === 0 && this.promises.size >= this.majority) this.begin();
  }

  private begin(): void {
    const { machine } = this.seat;
    this.first = machine.log.lastVersion + 1;
    this.nextVersion = this.first + 1;
    this.options.begins(this.first);
    this.write([{ origin: undefined, effects: [] }]);
  }

  // ---- transactions ----

  private submitted(from: number, number: number, transaction: Transaction): void {
    const hello = this.seat.replicas.get(from);
    if (hello === undefined) return;
    // A follower may have applied more than this one. What earlier leaders have left compares must see, and it is seen when it is applied.
    if (!this.isReady) {
      this.early.push({ from, number, transaction });
      return;
    }
    if (transaction.compares.length > 0 && !transaction.compares.every((compare) => this.holds(compare))) {
      this.refusals.push({ rank: from, number, version: this.nextVersion - 1 });
      this.tellRefusals();
      return;
    }
    const replica = this.replicaOf[from] as number;
    this.enter({ replica, incarnation: hello.incarnation, number }, transaction);
  }

  private enter(origin: Origin, { effects }: Transaction): void {
    this.pending.add(this.nextVersion++, effects);
    this.unsealed.push({ origin, effects });
    for (const effect of effects) {
      this.unsealedBytes += effect.key.length + (effect.type === 'put' ? effect.value.length : 0);
    }
    this.unsealedBytes += ENTRY_BYTES;
    this.scheduleSeal();
  }

  private holds(compare: Compare): boolean {
    const { overlay, database } = this.seat.machine;
    const found = lookUp(compare.key, [this.pending, overlay], database);
    if (compare.type === 'version') return (found?.version ?? 0) === compare.version;
    if (compare.value === undefined || found === undefined) return compare.value === found;
    return Buffer.compare(compare.value, found.value) === 0;
  }

  /**
   * What was not so in a state is told when that state is committed: else nobody could say later that it ever was. And it is a read: another may lead by now,
   * and have made it so.
   */
  private tellRefusals(): void {
    const { committed } = this.seat.machine;
    const first = this.refusals.findIndex(({ version }) => version > committed);
    const ready = this.refusals.splice(0, first < 0 ? this.refusals.length : first);
    if (ready.length === 0) return;
    const { seat } = this;
    this.reads.ask(() => {
      this.sayCommitted();
      for (const { rank, number, version } of ready)
        seat.send(rank, { type: 'refused', epoch: seat.epoch, number, version });
    });
  }

  // ---- records ----

  private scheduleSeal(): void {
    if (this.sealing || this.unsealed.length === 0) return;
    this.sealing = true;
    this.seat.environment.defer(() => {
      this.sealing = false;
      this.seal();
    });
  }

  /**
   * With a disk, one record is on its way to it: what comes meanwhile goes into the next. And while others are on their way to a majority a record is no
   * shorter than half of them: each costs every replica some waking up, however much is in it.
   */
  private seal(): void {
    const { group, machine } = this.seat;
    while (this.unsealed.length > 0 && !this.ended) {
      if (group.isFull || machine.isBehind || machine.durable < machine.log.lastVersion) return;
      if (2 * this.unsealed.length < machine.log.lastVersion - machine.committed) return;
      this.write(this.takeUnsealed());
    }
  }

  private takeUnsealed(): LogEntry[] {
    if (this.unsealedBytes <= this.seat.limits.recordBytes) {
      const all = this.unsealed;
      this.unsealed = [];
      this.unsealedBytes = 0;
      return all;
    }
    let bytes = 0;
    let count = 0;
    for (; count < this.unsealed.length && (count === 0 || bytes < this.seat.limits.recordBytes); count++) {
      for (const effect of (this.unsealed[count] as LogEntry).effects) {
        bytes += effect.key.length + (effect.type === 'put' ? effect.value.length : 0);
      }
      bytes += ENTRY_BYTES;
    }
    this.unsealedBytes -= bytes;
    return this.unsealed.splice(0, count);
  }

  private write(entries: LogEntry[]): void {
    const { machine, epoch } = this.seat;
    const { log } = machine;
    const record = writeRecord(epoch, log.lastVersion + 1, entries);
    this.wordDue = this.wordAwaited = false;
    this.seat.cast({ type: 'record', epoch, committed: machine.committed, previousEpoch: log.lastEpoch, record });
    machine.append(record, undefined, entries);
    for (const peer of this.peers.values()) peer.replay();
  }

  // ---- commits ----

  private accepted(from: number, version: number, counts: boolean): void {
    const peer = this.peers.get(from);
    if (peer === undefined) return;
    peer.accepted(version, counts);
    if (counts) this.advance();
  }

  private catchUp(from: number, runs: readonly EpochRun[]): void {
    this.peers.get(from)?.begin(runs);
  }

  private advance(): void {
    const { machine } = this.seat;
    if (this.first === 0) return;
    const matched = [machine.durable, ...[...this.peers.values()].map((peer) => peer.matched)];
    if (matched.length < this.majority) return;
    const version = matched.sort((a, b) => b - a)[this.majority - 1] as number;
    if (version < this.first || version <= machine.committed) return;
    machine.commit(version);
    this.tellRefusals();
    this.tellCommitted();
    if (machine.log.length > this.trimLength || machine.log.bytes > this.trimBytes) this.trim();
    this.scheduleSeal();
  }

  /** With the next record, if there is one soon enough; else by itself. Where one waits for it, that is at once. */
  private tellCommitted(): void {
    this.wordDue = true;
    if (!this.wordAwaited) {
      this.wordTimer ??= this.seat.environment.setTimer(this.seat.limits.wordMs, () => {
        this.wordTimer = undefined;
        this.sayCommitted();
      });
    } else if (!this.wordScheduled) {
      this.wordScheduled = true;
      this.seat.environment.defer(() => {
        this.wordScheduled = false;
        this.sayCommitted();
      });
    }
  }

  private sayCommitted(): void {
    if (!this.wordDue || this.ended) return;
    this.wordDue = this.wordAwaited = false;
    const { epoch, machine } = this.seat;
    const { committed, log } = machine;
    this.seat.cast({ type: 'committed', epoch, committed, trim: log.base.version, first: this.first });
  }

  /** Its entries were applied here: they wait for nothing any more. */
  onApplied(first: number, entries: readonly LogEntry[]): void {
    let version = first;
    for (const { effects, origin } of entries) {
      this.pending.remove(version++, effects);
      if (origin?.replica !== this.replicaOf[this.seat.myRank]) this.wordAwaited = true;
    }
    if (this.isReady || this.first === 0 || version <= this.first) return;
    this.isReady = true;
    for (const { from, number, transaction } of this.early.splice(0)) this.submitted(from, number, transaction);
    this.seat.ready();
    this.reads.ready();
  }
}

function placesOf({ replicas, settings }: Seat): number[] {
  const places: number[] = [];
  for (const [rank, { name }] of replicas) places[rank] = settings.members.indexOf(name);
  return places;
}
