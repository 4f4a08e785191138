/**
 * A follower of an epoch: has its log follow the leader's, and says how far it does durably.
 *
 * A record is taken when the one before it is the same in both logs. Records of its own that differ are cut off then, never those that are the same: they
 * may be what makes a majority (invariant S1).
 */
import { lastOf, readHead } from './record.js';
import type { Seat } from './seat.js';
import type { StoreMessage } from './store-messages.js';

type RecordMessage = Extract<StoreMessage, { type: 'record' | 'replay' }>;

export interface FollowerPort {
  /** The leader's log does not reach back to what this one has. */
  mustSync(): void;
  /** There is no state yet that a record could follow. */
  readonly isCopying: boolean;
  /** What is to be written with the record that ends at `last`. */
  beforeAppend(last: number, first: number): void;
  /** The replica's log does not count, and acknowledging would be a lie (invariant S4). */
  readonly isHalf: boolean;
}

export class Follower {
  /** Up to here its log is the leader's. */
  private matched = 0;
  /** What the leader has said is committed. */
  private word = 0;
  /** Version of the first entry of the epoch; 0: not known yet. */
  first = 0;
  /** Records that came too early, by their versions. */
  private readonly held = new Map<number, RecordMessage>();
  private heldBytes = 0;
  /** The leader's log goes up to here at least; what it lacks of that was dropped for want of room. */
  private offeredUpTo = 0;
  private asked = false;
  private isReady = false;
  private told = 0;
  private saying = false;
  constructor(
    private readonly seat: Seat,
    private readonly port: FollowerPort,
  ) {}

  receive(message: StoreMessage): void {
    switch (message.type) {
      case 'record':
      case 'replay':
        if (this.port.isCopying) return;
        this.offered(message);
        return this.takeHeld();
      case 'committed':
        this.learnFirst(message.first);
        this.heard(message.committed);
        if (this.port.isCopying) return;
        // It was cast after those records: they came before this one could take them, and there was no room to keep them.
        if (message.committed > this.matched) this.askForMore();
        this.seat.machine.trimTo(message.trim);
        return;
      case 'replayed':
        this.asked = false;
        return this.checkHeld();
      case 'must-sync':
        this.matched = 0;
        return this.port.mustSync();
      case 'confirm':
        return this.seat.send(this.seat.leaderRank, {
          type: 'confirmed',
          epoch: this.seat.epoch,
          round: message.round,
        });
      default:
        return;
    }
  }

  /** Its log is durable further than before. */
  durable(): void {
    if (this.saying) return;
    this.saying = true;
    // One word for all records that came together.
    this.seat.environment.defer(() => this.accept());
  }

  /** And that is all that it will be for now. */
  written(): void {
    this.accept();
  }

  onApplied(): void {
    this.checkReady();
  }

  /** A synchronization has brought all up to here: the rest is in the leader's log. */
  goOn(): void {
    this.asked = false;
    this.matched = this.seat.machine.log.base.version;
    this.askForMore();
  }

  /** All that it acknowledges counts from now on. */
  becameWhole(): void {
    this.told = 0;
    this.durable();
    this.checkReady();
  }

  private accept(): void {
    if (!this.saying) return;
    this.saying = false;
    const version = Math.min(this.matched, this.seat.machine.durable);
    if (version === this.told || this.port.isCopying) return;
    this.told = version;
    const { epoch, leaderRank } = this.seat;
    this.seat.send(leaderRank, { type: 'accepted', epoch, version, counts: !this.port.isHalf });
  }

  private offered(message: RecordMessage): void {
    const head = readHead(message.record);
    const { machine } = this.seat;
    const { log } = machine;
    if (head.epoch === this.seat.epoch && this.first === 0) this.learnFirst(head.version);
    const last = lastOf(head);
    this.offeredUpTo = Math.max(this.offeredUpTo, last);
    if (log.epochAt(last) === head.epoch) {
      this.follows(last);
    } else if (log.epochAt(head.version - 1) === message.previousEpoch) {
      const cut = head.version <= log.lastVersion ? machine.truncateAfter(head.version - 1) : [];
      // Its bytes lie in a ring, and the log keeps them.
      const record = message.record.slice();
      this.port.beforeAppend(last, this.first);
      machine.append(record, cut);
      this.follows(last);
    } else if (head.version > log.base.version) {
      this.hold(head.version, message);
      this.askForMore();
    }
    this.heard(message.committed);
  }

  private follows(last: number): void {
    this.matched = Math.max(this.matched, last);
    if (this.seat.machine.durable >= this.matched) this.durable();
  }

  private hold(version: number, message: RecordMessage): void {
    if (this.held.has(version)) return;
    this.held.set(version, { ...message, record: message.record.slice() });
    this.heldBytes += message.record.length;
    // The oldest go first: what is sent again comes up to some later one.
    for (const [oldest, { record }] of this.held) {
      if (this.heldBytes <= this.seat.limits.heldBytes) break;
      this.held.delete(oldest);
      this.heldBytes -= record.length;
    }
  }

  private takeHeld(): void {
    for (;;) {
      const next = this.seat.machine.log.lastVersion + 1;
      const message = this.held.get(next);
      if (message === undefined) break;
      this.held.delete(next);
      this.heldBytes -= message.record.length;
      this.offered(message);
      if (this.seat.machine.log.lastVersion < next) break;
    }
    for (const [version, { record }] of this.held) {
      if (version > this.seat.machine.log.lastVersion) continue;
      this.held.delete(version);
      this.heldBytes -= record.length;
    }
  }

  /** Those that are left have a gap before them; or others came in the meantime, and were not held. */
  private checkHeld(): void {
    this.takeHeld();
    if (this.offeredUpTo > this.matched) this.askForMore();
  }

  /** Something of the leader's has come and is not there. */
  lacks(): void {
    if (!this.port.isCopying) this.askForMore();
  }

  /** Once until all has come. */
  private askForMore(): void {
    if (this.asked) return;
    this.asked = true;
    const { epoch, leaderRank, machine } = this.seat;
    this.seat.send(leaderRank, { type: 'catch-up', epoch, runs: machine.log.runs });
  }

  private learnFirst(first: number): void {
    if (this.first === 0) this.first = first;
  }

  private heard(committed: number): void {
    this.word = Math.max(this.word, committed);
    this.seat.machine.commit(Math.min(this.word, this.matched));
    this.checkReady();
  }

  private checkReady(): void {
    if (this.isReady || this.first === 0 || this.seat.machine.applied < this.first || this.port.isHalf) return;
    this.isReady = true;
    this.seat.ready();
  }
}
