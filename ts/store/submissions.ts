/**
 * What was submitted at one replica and has no outcome yet. Each goes to the leader; the entry of the log says whose it is. When the leader changes, what
 * had been sent is looked for in the log up to the first entry of the new leader: what is not there never will be, and is sent again. So each happens
 * once (invariant S5).
 */
import { ConsortError } from '../base/errors.js';
import type { Environment, Timer } from '../stack/environment.js';
import type { StoreLimits } from './limits.js';
import type { LogEntry } from './record.js';
import type { OutcomeDone, Transaction } from './transaction.js';

interface Submission {
  readonly transaction: Transaction;
  readonly bytes: number;
  readonly done: OutcomeDone;
  /** In this epoch; 0: never. */
  sentIn: number;
  /** A compare did not hold in the state of this version. */
  refusedAt: number | undefined;
}

export interface SubmissionsPort {
  readonly environment: Environment;
  readonly limits: StoreLimits;
  /** By the order of the configured names, and the incarnation. */
  readonly replica: number;
  readonly incarnation: number;
  sendToLeader(number: number, transaction: Transaction): void;
}

export class Submissions {
  private readonly waiting = new Map<number, Submission>();
  private waitingBytes = 0;
  private numbers = 0;
  private applied = 0;
  private refused = 0;
  /** The epoch in which submissions are sent at once; 0: in none. */
  private epoch = 0;
  private timer: Timer | undefined;

  constructor(private readonly port: SubmissionsPort) {}

  submit(transaction: Transaction, done: OutcomeDone): void {
    const bytes = bytesOf(transaction);
    const { maxPendingTransactions, maxPendingBytes } = this.port.limits;
    if (this.waiting.size >= maxPendingTransactions || this.waitingBytes + bytes > maxPendingBytes) {
      return done(
        new ConsortError(
          'ERR_QUEUE_FULL',
          `${this.waiting.size} transactions of ${this.waitingBytes} bytes wait to be committed already; wait for some of them before more are submitted`,
          { details: { transactions: this.waiting.size, bytes: this.waitingBytes } },
        ),
      );
    }
    const number = ++this.numbers;
    const submission: Submission = { transaction, bytes, done, sentIn: 0, refusedAt: undefined };
    this.waiting.set(number, submission);
    this.waitingBytes += bytes;
    if (this.epoch > 0) this.send(number, submission);
  }

  /** This replica knows all that was logged before the epoch of the present leader. */
  settle(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.timer?.cancel();
    this.timer = undefined;
    for (const [number, submission] of [...this.waiting]) {
      submission.refusedAt = undefined;
      this.send(number, submission);
    }
  }

  /** The leader is gone, or not known yet. */
  unsettle(): void {
    this.epoch = 0;
    for (const submission of this.waiting.values()) submission.refusedAt = undefined;
    this.refused = 0;
  }

  onApplied(first: number, entries: readonly LogEntry[]): void {
    let version = first;
    for (const { origin } of entries) {
      if (origin?.replica === this.port.replica && origin.incarnation === this.port.incarnation) {
        this.end(origin.number)?.done(undefined, { committed: true, version });
      }
      version++;
    }
    this.applied = version - 1;
    if (this.refused > 0) this.tellRefused();
  }

  /** The leader has evaluated it: a compare did not hold in the state of `version`, which is committed. */
  refuse(number: number, version: number): void {
    const submission = this.waiting.get(number);
    if (submission === undefined) return;
    submission.refusedAt = version;
    this.refused++;
    this.tellRefused();
  }

  /** There is no majority: what waits does so for a while longer. */
  noQuorum(): void {
    if (this.timer !== undefined || this.waiting.size === 0) return;
    this.timer = this.port.environment.setTimer(this.port.limits.outcomeTimeoutMs, () => {
      this.timer = undefined;
      this.failAll('there has been no majority since');
    });
  }

  /** The whole state was replaced up to `version`: what of it came from here can't be told. */
  replaced(version: number): void {
    this.applied = version;
    for (const [number, { sentIn }] of [...this.waiting]) {
      if (sentIn > 0) this.end(number)?.done(unknown('the store was synchronized as a whole meanwhile'));
    }
  }

  /** Nothing more comes of this replica. */
  failAll(why: string): void {
    this.timer?.cancel();
    for (const [number, { sentIn }] of [...this.waiting]) {
      const error =
        sentIn > 0
          ? unknown(why)
          : new ConsortError(
              'ERR_STORE_NO_QUORUM',
              `the transaction was not committed: ${why}; nothing of it happened`,
            );
      this.end(number)?.done(error);
    }
  }

  get size(): number {
    return this.waiting.size;
  }

  private send(number: number, submission: Submission): void {
    submission.sentIn = this.epoch;
    this.port.sendToLeader(number, submission.transaction);
  }

  private tellRefused(): void {
    for (const [number, { refusedAt }] of [...this.waiting]) {
      if (refusedAt === undefined || refusedAt > this.applied) continue;
      this.refused--;
      this.end(number)?.done(undefined, { committed: false, version: refusedAt });
    }
  }

  private end(number: number): Submission | undefined {
    const submission = this.waiting.get(number);
    if (submission === undefined) return undefined;
    this.waiting.delete(number);
    this.waitingBytes -= submission.bytes;
    return submission;
  }
}

function unknown(why: string): ConsortError {
  return new ConsortError(
    'ERR_STORE_OUTCOME_UNKNOWN',
    `the transaction may have been committed or not: ${why}; read before you submit it again`,
  );
}

function bytesOf({ compares, effects }: Transaction): number {
  let bytes = 0;
  for (const { key } of compares) bytes += key.length;
  for (const effect of effects) bytes += effect.key.length + (effect.type === 'put' ? effect.value.length : 0);
  return bytes;
}
