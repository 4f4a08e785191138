/**
 * Opening, closing and failing of a store: its database, its replica and its member of the group come and go together. What is opened is closed in the
 * other order: the group is left first, so that the others go on, and the database is closed when nothing is written any more.
 */
import { abortable, throwIfAborted } from '../api/abort.js';
import { systemEnvironment } from '../api/environment.js';
import { newIncarnation } from '../api/incarnation.js';
import { ConsortAbortError, ConsortError, isConsortError } from '../base/errors.js';
import type { Database } from './database.js';
import { openLevelDatabase } from './level-database.js';
import { CLOSE_FAILED_MS } from './limits.js';
import { Replica } from './replica.js';
import type { ReplicaPort } from './replica-port.js';
import { StoreMember } from './store-member.js';
import type { CheckedStoreOptions } from './store-options.js';

export interface StoreLifeEvents {
  onStatus(): void;
  /** More can be read from the log, or the store was replaced. */
  onApplied(): void;
  /** Nothing more comes; undefined: since it was closed. */
  onEnd(failure: ConsortError | undefined): void;
  report(error: Error): void;
}

type Wait<T> = (error?: Error, value?: T) => void;

export class StoreLife {
  /** Why the store ended by itself. */
  failure: ConsortError | undefined;
  private replica: Replica | undefined;
  private opened: Database | undefined;
  private readonly member: StoreMember;
  private opening: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  /** Of calls that the replica may never answer, when it fails. */
  private readonly waiting = new Set<(error: Error) => void>();
  private isBroken = false;

  constructor(
    private readonly options: CheckedStoreOptions,
    private readonly events: StoreLifeEvents,
  ) {
    this.member = new StoreMember(
      { ...options.group, errorHandler: (error) => this.groupTroubled(error) },
      {
        enterView: (view, size, myRank) => this.replica?.enterView(view, size, myRank),
        leaveView: () => this.replica?.leaveView(),
        receive: (from, bytes) => this.replica?.receive(from, bytes),
        drained: () => this.replica?.drained(),
        report: (error) => events.report(error),
      },
    );
  }

  /** Resolves when the replica is in its group. What fails, or is given up, is closed. */
  async open(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    if (this.closing !== undefined) throw this.gone('open()');
    this.opening ??= this.openAll();
    try {
      await (signal === undefined ? this.opening : abortable(this.opening, signal));
    } catch (error) {
      if (isConsortError(error) && error.code !== 'ABORT_ERR') this.failure ??= error;
      const closed = this.close();
      // What is given up is given up at once, and closed when it can be.
      if (signal?.aborted === true) throw error;
      await closed;
      throw this.failure ?? error;
    }
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** The replica of a store that is open. */
  use(call: string): Replica {
    if (this.replica === undefined || this.closing !== undefined) throw this.gone(call);
    return this.replica;
  }

  /** It may be closed by now: for what is not asked for by a user. */
  get anyReplica(): Replica | undefined {
    return this.replica;
  }

  database(call: string): Database {
    this.use(call);
    return this.opened as Database;
  }

  /** Where the member of the group is bound. */
  get address() {
    return this.member.address;
  }

  /** What `begin` is called back with; it rejects too when the store ends before. */
  wait<T>(begin: (done: Wait<T>) => void, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(new ConsortAbortError(signal.reason));
    const promise = new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      begin((error, value) => {
        this.waiting.delete(reject);
        if (error === undefined) resolve(value as T);
        else reject(error);
      });
    });
    return signal === undefined ? promise : abortable(promise, signal);
  }

  private async openAll(): Promise<void> {
    const { directory, database = openLevelDatabase } = this.options;
    this.opened = await database(directory);
    // It may have been closed meanwhile, here and after each of the following.
    if (this.closing !== undefined) throw this.gone('open()');
    this.replica = await this.openReplica(this.opened);
    if (this.closing !== undefined) throw this.gone('open()');
    await this.member.joinAsReplica();
  }

  private openReplica(database: Database): Promise<Replica> {
    const { name, members, durability, logEntries, logBytes, limits } = this.options;
    const incarnation = newIncarnation(Date.now());
    const settings = { name, members, durability, incarnation, logEntries, logBytes };
    return new Promise((resolve, reject) => {
      Replica.open({ port: this.replicaPort(database), settings, limits }, (error, replica) => {
        if (replica === undefined) reject(error);
        else resolve(replica);
      });
    });
  }

  private replicaPort(database: Database): ReplicaPort {
    const { events } = this;
    return {
      environment: systemEnvironment,
      database,
      group: this.member.port,
      onStatus: () => events.onStatus(),
      onApplied: () => events.onApplied(),
      onReplaced: () => events.onApplied(),
      onTrouble: (error) => events.report(error),
      onFailed: (error) => {
        this.isBroken = true;
        this.fail(error);
      },
    };
  }

  private groupTroubled(error: Error): void {
    if (isConsortError(error) && error.code === 'ERR_TRANSPORT_FAILED') this.fail(error);
    else this.events.report(error);
  }

  /** The end, and nobody has asked for it. */
  private fail(error: ConsortError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.events.onStatus();
    this.events.report(error);
    this.rejectWaiting();
    void this.close();
  }

  private rejectWaiting(): void {
    const error = this.gone('the call');
    for (const reject of this.waiting) reject(error);
    this.waiting.clear();
  }

  private async closeAll(): Promise<void> {
    // Not before `closing` says so.
    await Promise.resolve();
    this.rejectWaiting();
    this.events.onEnd(this.failure);
    await this.member.close();
    await this.opening?.catch(() => {});
    if (this.replica !== undefined && !this.isBroken) await this.closeReplica(this.replica);
    if (this.opened !== undefined) await this.closeDatabase(this.opened);
    this.events.onStatus();
  }

  /** Its last write may be the one that fails. */
  private closeReplica(replica: Replica): Promise<void> {
    return this.wait<void>((done) => {
      replica.close(() => done());
    }).catch(() => {});
  }

  private closeDatabase(database: Database): Promise<void> {
    return new Promise((resolve) => {
      if (this.isBroken) setTimeout(resolve, CLOSE_FAILED_MS).unref();
      database.close((error) => {
        if (error !== undefined && !this.isBroken) this.events.report(error);
        resolve();
      });
    });
  }

  private gone(call: string): ConsortError {
    if (this.failure !== undefined) return this.failure;
    if (this.closing === undefined && this.opening === undefined) {
      return new ConsortError('ERR_NOT_OPEN', `${call}: the store is not open; await open() first`, {
        details: { call },
      });
    }
    if (this.closing === undefined) {
      return new ConsortError('ERR_NOT_OPEN', `${call}: the store is being opened; wait for open()`, {
        details: { call },
      });
    }
    return new ConsortError('ERR_CLOSED', `${call}: the store is closed; make another one`, { details: { call } });
  }
}
