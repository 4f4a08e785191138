/**
 * The requester of a full synchronization: a replica that cannot go on from the leader's log. It asks the leader, gets the store from the provider that
 * the leader names, goes on from the log, and tells the leader that it has finished.
 *
 *   idle --syncStart--> starting --granted--> granted --the store is whole--> finishing --finish-reply--> idle
 *                          ^  |                  |
 *                          |  '--denied,         | provider or leader failed,
 *                          |     no reply        | or is silent
 *                          |        v            v
 *                          '------- waiting, for a while or for a leader
 *
 * What was copied stays through all of these: the next provider goes on after the last key, from a snapshot of another version, which is why the log is
 * applied from the oldest of these versions on. From scratch it starts when the log does not reach back so far any more, and after a crash.
 */
import { ConsortError } from '../base/errors.js';
import type { Timer } from '../stack/environment.js';
import type { SyncProgress } from './replica-port.js';
import { SyncCopy } from './sync-copy.js';
import { type FetchOrder, SyncFetch } from './sync-fetch.js';
import {
  FINISH_ATTEMPTS,
  FINISH_REPLY_TIMEOUT_MS,
  FIRST_RETRY_MS,
  HEARTBEAT_MS,
  HEARTBEAT_TIMEOUT_MS,
  MAX_RETRY_MS,
  MOST_AVOIDED,
  START_TIMEOUT_MS,
} from './sync-limits.js';
import { type ReceivedChunk, type StartReply, type SyncRole, type SyncStatement, writeSync } from './sync-messages.js';
import type { SyncRequesterPort } from './sync-port.js';

/** The contexts of the seed document: C_SyncStartTimeout, C_SyncStartRetry, C_HeartbeatTimeout, C_SyncFinishReplyTimeout; and when to send a heartbeat. */
type TimerName = 'syncStartTimeout' | 'syncStartRetry' | 'heartbeatTimeout' | 'syncFinishReplyTimeout' | 'heartbeat';

export class SyncRequester {
  private phase: 'idle' | 'waiting' | 'starting' | 'granted' | 'finishing' = 'idle';
  /** Of the latest attempt. */
  private sync = 0;
  /** Who was asked. */
  private syncLeader = '';
  /** What the leader granted in it; undefined: nothing, or not any more. */
  private order: FetchOrder | undefined;
  /** Who gives the store; undefined: nobody does now. */
  private syncProvider: SyncFetch | undefined;
  private readonly copy: SyncCopy;
  private readonly timers = new Map<TimerName, Timer>();
  /** Attempts that failed since something came of one. */
  private failures = 0;
  /** Providers that failed since all were tried. */
  private avoid: string[] = [];
  /** How far the log was applied to the copy. */
  private appliedVersion = 0;
  private finishAttempts = 0;
  private totalBytes = 0;
  private lastProvider = '';
  /** Why it waits, in words. */
  private reason = '';

  constructor(private readonly port: SyncRequesterPort) {
    this.copy = new SyncCopy(
      port,
      () => this.syncProvider?.written(),
      (error) => this.databaseFailed(error),
    );
  }

  /** Whether the store is being replaced, or is to be. */
  get isActive(): boolean {
    return this.phase !== 'idle' && this.phase !== 'finishing';
  }

  /** The data are no state of the store, and nothing but a synchronization makes them one: it begins by itself when there is a leader. */
  get isHalf(): boolean {
    return this.copy.isHalf;
  }

  /** A chunk in memory that stays until it is written. */
  copyOf(chunk: Uint8Array): Uint8Array {
    return this.copy.memory.copyOf(chunk);
  }

  get progress(): SyncProgress | undefined {
    if (!this.isActive) return undefined;
    const { copy, totalBytes, lastProvider } = this;
    const { bytes, keys } = copy;
    return { provider: lastProvider, bytes, totalBytes: totalBytes === 0 ? 0 : Math.max(totalBytes, bytes), keys };
  }

  /** Why it waits for another attempt; undefined: it does not. */
  get waitsBecause(): string | undefined {
    return this.phase === 'waiting' ? this.reason : undefined;
  }

  /** The replica cannot go on from the log. */
  syncStart(): void {
    if (this.isActive || this.copy.state === 'completing') return;
    this.syncRequesterCleanup();
    this.failures = 0;
    this.avoid = [];
    this.askLeader();
  }

  /** Another view, or another leader in it: whatever was granted is void. */
  leaderChanged(): void {
    this.resetSync();
    if (this.isActive) this.askLeader();
  }

  /** The view is over. What was copied stays; where nothing was begun, the next leader's log may do. */
  resetSync(): void {
    this.syncRequesterCleanup();
    this.failures = 0;
    this.avoid = [];
    if (!this.isHalf || this.copy.state === 'completing') return;
    this.phase = 'waiting';
    this.reason = 'no leader is known';
  }

  /** What was copied is of no use: the leader's log does not go on from it. From scratch. */
  syncRequesterAbort(reason: string): void {
    if (!this.isActive) return this.syncStart();
    if (this.copy.state === 'completing') return;
    this.copy.forget();
    this.attemptFailed(reason);
  }

  /** The replica has applied the log to the copy so far. */
  applied(version: number): void {
    if (this.copy.state !== 'copied') return;
    this.appliedVersion = version;
    if (version < this.copy.high) return;
    this.copy.complete(() => {
      this.port.completed();
      this.syncStop();
    });
  }

  /** Nothing more comes of this replica; leader and provider need not wait for it. */
  syncAbort(reason: string): void {
    const { phase, sync, syncLeader } = this;
    this.syncProvider?.abort(reason);
    if (phase === 'granted' || phase === 'starting')
      this.port.send(syncLeader, writeSync({ type: 'abort', sync, role: 'leader', reason }));
    this.syncRequesterCleanup();
    this.copy.forget();
    this.phase = 'idle';
  }

  handleSyncStartReply(from: string, reply: StartReply): void {
    if (this.phase !== 'starting' || !this.isCurrent(from, reply.sync)) return;
    this.stopTimer('syncStartTimeout');
    if (reply.granted) return this.begin(reply.provider, reply.base);
    // Perhaps because nobody is left; and whoever has failed may have been helped since.
    this.avoid = [];
    this.waitFor(
      Math.max(this.backOffMs(), Math.min(reply.retryMs, MAX_RETRY_MS)),
      `denied by ${from}: ${reply.reason}`,
    );
  }

  handleSyncHeartbeatReply(from: string, sync: number): void {
    if (this.phase === 'granted' && this.isCurrent(from, sync)) this.waitForHeartbeatReply();
  }

  /** Of the provider. */
  handleSyncHeartbeat(from: string, sync: number): void {
    if (this.syncProvider?.isWith(from, sync) === true) this.syncProvider.handleSyncHeartbeat();
  }

  handleSyncChunk(from: string, chunk: ReceivedChunk): void {
    const { syncProvider } = this;
    if (syncProvider?.isWith(from, chunk.sync) !== true) return;
    syncProvider.handleSyncChunk(chunk);
    this.totalBytes = syncProvider.totalBytes;
    // Of a chunk that was wrong nothing came.
    if (this.phase === 'granted') this.failures = 0;
    this.port.progressed();
  }

  /** Bytes that are no message came from there. */
  handleMalformed(from: string, what: string): void {
    if (this.syncProvider?.order.provider === from) this.syncProvider.fail(`it sent what it should not: ${what}`);
  }

  handleSyncFinishReply(from: string, sync: number): void {
    if (this.phase === 'finishing' && this.isCurrent(from, sync)) this.syncRequesterCleanup();
  }

  handleSyncAbort(from: string, sync: number, role: SyncRole, reason: string): void {
    if (role === 'provider') {
      if (this.syncProvider?.isWith(from, sync) === true) this.syncProvider.fail(reason);
    } else if (this.phase === 'granted' && this.isCurrent(from, sync)) {
      this.attemptFailed(`the leader ${from} gave it up: ${reason}`);
    }
  }

  private isCurrent(from: string, sync: number): boolean {
    return from === this.syncLeader && sync === this.sync;
  }

  private askLeader(): void {
    const { leader } = this.port;
    this.phase = 'waiting';
    this.reason = 'no leader is known';
    if (leader !== undefined) {
      this.phase = 'starting';
      this.sync++;
      this.syncLeader = leader;
      this.send({ type: 'start', sync: this.sync, avoid: this.avoid });
      this.setTimer('syncStartTimeout', START_TIMEOUT_MS, () =>
        this.attemptFailed(`the leader ${leader} did not answer for ${START_TIMEOUT_MS} ms`),
      );
    }
    this.port.progressed();
  }

  private begin(provider: string, base: number): void {
    this.phase = 'granted';
    this.lastProvider = provider;
    this.sendHeartbeat();
    this.waitForHeartbeatReply();
    const { copy } = this;
    if (copy.low !== undefined && Math.max(copy.low.version, this.appliedVersion) < base) {
      this.trouble(`it starts from scratch: the log begins after version ${base}, what was copied is older`);
      copy.forget();
    }
    if (copy.state === 'none') {
      this.appliedVersion = 0;
      this.totalBytes = 0;
      copy.startOver(() => this.syncStartChunks());
    }
    this.order = { provider, sync: this.sync, base };
    this.syncStartChunks();
    this.port.progressed();
  }

  /** When it is granted and the copy is open. A copy that is complete goes on from the log; the grant is for that. */
  private syncStartChunks(): void {
    const { order, copy } = this;
    if (order === undefined || copy.state !== 'open') return;
    this.syncProvider = new SyncFetch(
      this.port,
      copy,
      order,
      () => this.copied(),
      (reason) => {
        this.avoid = [...this.avoid, order.provider].slice(-MOST_AVOIDED);
        this.attemptFailed(reason);
      },
    );
  }

  private copied(): void {
    this.syncProvider = undefined;
    this.port.copied(this.copy.close());
  }

  /** All is there: the leader may trim again. */
  private syncStop(): void {
    const { phase } = this;
    this.syncRequesterCleanup();
    this.port.progressed();
    if (phase !== 'starting' && phase !== 'granted') return;
    this.phase = 'finishing';
    this.finishAttempts = 0;
    this.sendFinish();
  }

  /** A leader that does not answer enables trimming by its own time-out. */
  private sendFinish(): void {
    if (this.finishAttempts === FINISH_ATTEMPTS) return this.syncRequesterCleanup();
    this.finishAttempts++;
    this.send({ type: 'finish', sync: this.sync });
    this.setTimer('syncFinishReplyTimeout', FINISH_REPLY_TIMEOUT_MS, () => this.sendFinish());
  }

  private sendHeartbeat(): void {
    this.send({ type: 'heartbeat', sync: this.sync, role: 'leader' });
    this.setTimer('heartbeat', HEARTBEAT_MS, () => this.sendHeartbeat());
  }

  private waitForHeartbeatReply(): void {
    this.setTimer('heartbeatTimeout', HEARTBEAT_TIMEOUT_MS, () =>
      this.attemptFailed(`the leader ${this.syncLeader} did not answer for ${HEARTBEAT_TIMEOUT_MS} ms`),
    );
  }

  private attemptFailed(reason: string): void {
    this.trouble(reason);
    this.syncProvider?.abort(reason);
    this.waitFor(this.backOffMs(), reason);
  }

  private waitFor(milliseconds: number, reason: string): void {
    this.syncRequesterCleanup();
    this.phase = 'waiting';
    this.reason = reason;
    this.setTimer('syncStartRetry', milliseconds, () => this.askLeader());
    this.port.progressed();
  }

  /** Half of it by chance, so that requesters that failed together do not come again together. */
  private backOffMs(): number {
    const most = Math.min(FIRST_RETRY_MS * 2 ** this.failures, MAX_RETRY_MS);
    this.failures++;
    return most / 2 + this.port.environment.random(most / 2);
  }

  private syncRequesterCleanup(): void {
    for (const name of [...this.timers.keys()]) this.stopTimer(name);
    this.syncProvider?.stop();
    this.syncProvider = undefined;
    this.order = undefined;
    this.phase = 'idle';
  }

  private databaseFailed(error: Error): void {
    this.syncAbort(`its database has failed: ${error.message}`);
    this.port.failed(error);
  }

  private trouble(reason: string): void {
    this.port.trouble(
      new ConsortError(
        'ERR_STORE_SYNC_FAILED',
        `an attempt to synchronize the store failed, another one follows: ${reason}`,
        {
          details: { reason, keys: this.copy.keys, bytes: this.copy.bytes },
        },
      ),
    );
  }

  private setTimer(name: TimerName, milliseconds: number, callback: () => void): void {
    this.stopTimer(name);
    this.timers.set(name, this.port.environment.setTimer(milliseconds, callback));
  }

  private stopTimer(name: TimerName): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  private send(message: SyncStatement): void {
    this.port.send(this.syncLeader, writeSync(message));
  }
}
