/** The full synchronization of one replica (sync.ts), put together with its log, its database and its place in the view. */
import type { ConsortError } from '../base/errors.js';
import type { Environment } from '../stack/environment.js';
import type { Database, Operation } from './database.js';
import { HALF_KEY } from './keys.js';
import type { Leader } from './leader.js';
import { metaOperation, type ReplicaMeta, readApplied } from './replica-meta.js';
import type { ReplicaSettings, SyncProgress } from './replica-port.js';
import type { StateMachine } from './state-machine.js';
import { Sync } from './sync.js';
import type { SyncLimits } from './sync-limits.js';
import type { StoreSnapshot, SyncPort, SyncResult } from './sync-port.js';

export interface SynchronizationHost {
  readonly environment: Environment;
  readonly settings: ReplicaSettings;
  readonly syncLimits: SyncLimits;
  readonly database: Database;
  readonly machine: StateMachine;
  readonly meta: ReplicaMeta;
  /** Of the leader of this view, when it is another replica and leads. */
  readonly otherLeader: string | undefined;
  readonly leader: Leader | undefined;
  /** In the view, and not this one. */
  rankOf(name: string): number | undefined;
  nameOf(rank: number): string | undefined;
  send(rank: number, bytes: Uint8Array): void;
  readonly isFull: boolean;
  readonly isWhole: boolean;
  /** It is half from now on, and then whole again. */
  becameHalf(): void;
  becameWhole(): void;
  /** The log is to go on from here. */
  goOn(): void;
  /** Whether it takes records is otherwise. */
  onStatus(): void;
  onTrouble(error: ConsortError): void;
  onFailed(error: Error): void;
}

export class Synchronization {
  private readonly sync: Sync;
  private stopped = false;
  /** Until its log goes on from the copy. */
  private copying = false;
  /** A start waits for the writes that are under way. */
  private starting = false;
  /** Counts terms: a start of an earlier one is void. */
  private terms = 0;

  constructor(private readonly host: SynchronizationHost) {
    this.sync = new Sync(this.makePort());
  }

  /** Whether the database holds a copy that was not finished. */
  get isHalf(): boolean {
    return this.host.database.get(HALF_KEY) !== undefined;
  }

  /** From the first try until the copy is whole. */
  get isOn(): boolean {
    return this.starting || this.sync.requester.isActive;
  }

  /** No record may be taken now: there is no state that they follow. */
  get isCopying(): boolean {
    return this.copying || this.starting;
  }

  get progress(): SyncProgress | undefined {
    return this.sync.requester.progress;
  }

  /** Asked when there is something to trim. */
  isTrimDisabled(): boolean {
    const { leader } = this.sync;
    if (leader.isTrimDisabled) leader.lookAtLog();
    return leader.isTrimDisabled;
  }

  receive(from: string, bytes: Uint8Array): void {
    if (!this.stopped) this.sync.handleSync(from, bytes);
  }

  /** The leader's log has nothing in common with this one's, or there is only half a copy. */
  start(): void {
    if (this.stopped || this.starting) return;
    this.starting = true;
    const { terms } = this;
    // Nothing of the old state is written any more once the copy begins.
    this.host.machine.pipeline.whenIdle(() => {
      if (this.stopped || terms !== this.terms) return;
      this.starting = false;
      this.copying = true;
      this.sync.requester.syncRequesterAbort("the leader's log does not go on from it");
      this.host.onStatus();
    });
  }

  /** In the database, so far. */
  written(version: number): void {
    if (!this.copying && this.sync.requester.isActive) this.sync.requester.applied(version);
  }

  /**
   * A term begins. Of half a copy the rest is wanted; but who has still touched nothing may be needed as it is now, and may not need it any more: it will be
   * told if it does (invariant S1).
   */
  begin(isHalf: boolean): void {
    if (this.stopped) return;
    if (isHalf && this.sync.requester.isActive) this.sync.requester.leaderChanged();
    else if (isHalf) this.start();
    else this.cancel();
  }

  private cancel(): void {
    this.starting = this.copying = false;
    if (this.sync.requester.isActive) this.sync.requester.syncAbort('another term has begun');
  }

  /** This replica leads from now on. */
  lead(): void {
    this.sync.leader.syncBegin();
  }

  /** The term is over. */
  end(): void {
    this.terms++;
    this.starting = false;
    if (!this.stopped) this.sync.resetSync();
  }

  drained(): void {
    if (!this.stopped) this.sync.provider.drained();
  }

  stop(reason: string): void {
    if (this.stopped) return;
    this.sync.close(reason);
    this.stopped = true;
  }

  private replacing(): readonly Operation[] {
    const { machine, meta } = this.host;
    this.copying = true;
    this.host.becameHalf();
    return [...machine.restart({ version: 0, epoch: 0 }), metaOperation(meta)];
  }

  private copied({ low }: SyncResult): void {
    this.copying = false;
    const { machine } = this.host;
    machine.pipeline.write(machine.restart(low), false, () => this.written(machine.written));
    this.host.goOn();
  }

  private openSnapshot(): StoreSnapshot | undefined {
    if (!this.host.isWhole) return undefined;
    const snapshot = this.host.database.snapshot();
    return { snapshot, ...readApplied(snapshot), totalBytes: this.host.database.approximateBytes ?? 0 };
  }

  private makePort(): SyncPort {
    const { host } = this;
    return {
      environment: host.environment,
      limits: host.syncLimits,
      name: host.settings.name,
      logEntries: host.settings.logEntries,
      logBytes: host.settings.logBytes,
      database: host.database,
      send: (to, bytes) => {
        const rank = host.rankOf(to);
        if (rank !== undefined) host.send(rank, bytes);
      },
      get isLeader() {
        return host.leader?.hasBegun === true;
      },
      get isFull() {
        return host.isFull;
      },
      get leader() {
        return host.otherLeader;
      },
      providers: () =>
        (host.leader?.liveRanks ?? []).map((rank) => host.nameOf(rank)).filter((name) => name !== undefined),
      log: () => {
        const { log } = host.machine;
        const base = log.base.version;
        return host.leader?.isTrimmable === true
          ? { base, versions: log.length, bytes: log.bytes }
          : { base, versions: 0, bytes: 0 };
      },
      trimEnabled: () => host.leader?.trim(),
      openSnapshot: () => this.openSnapshot(),
      replacing: () => this.replacing(),
      copied: (result) => this.copied(result),
      completing: () => [],
      completed: () => host.becameWhole(),
      progressed: () => host.onStatus(),
      trouble: (error) => host.onTrouble(error),
      failed: (error) => host.onFailed(error),
    };
  }
}
