/** One epoch of a view, as a replica takes part in it: as its leader, or as a follower. */
import { type Candidate, commonStore, type Election } from './election.js';
import { Follower } from './follower.js';
import { Leader } from './leader.js';
import type { StoreLimits } from './limits.js';
import type { Barriers } from './read-index.js';
import type { ReplicaPort, ReplicaSettings } from './replica-port.js';
import type { ReplicaStanding } from './replica-standing.js';
import type { Seat } from './seat.js';
import type { StateMachine } from './state-machine.js';
import { type StoreMessage, writeMessage } from './store-messages.js';
import type { Submissions } from './submissions.js';
import type { Synchronization } from './synchronization.js';

/** What it has of its replica. */
export interface TermHost {
  readonly port: ReplicaPort;
  readonly settings: ReplicaSettings;
  readonly limits: StoreLimits;
  readonly machine: StateMachine;
  readonly standing: ReplicaStanding;
  readonly submissions: Submissions;
  readonly barriers: Barriers;
  readonly synchronization: Synchronization;
}

/** This replica's place in the view. */
export interface Place {
  readonly rank: number;
  readonly size: number;
}

export class Term {
  readonly leader: Leader | undefined;
  readonly follower: Follower | undefined;
  /** The first entry of the epoch is applied here. */
  isReady = false;
  private readonly seat: Seat;
  private ended = false;

  constructor(
    private readonly host: TermHost,
    private readonly place: Place,
    { epoch, leader, counted }: Extract<Election, { type: 'elected' }>,
    replicas: readonly Candidate[],
  ) {
    this.seat = this.makeSeat(epoch, leader, replicas);
    if (leader.rank === place.rank) this.leader = this.makeLeader(counted);
    else this.follower = this.makeFollower();
  }

  get epoch(): number {
    return this.seat.epoch;
  }

  get leaderName(): string | undefined {
    return this.nameOf(this.seat.leaderRank);
  }

  nameOf(rank: number): string | undefined {
    return this.seat.replicas.get(rank)?.name;
  }

  rankOf(name: string): number | undefined {
    return [...this.seat.replicas].find(([, hello]) => hello.name === name)?.[0];
  }

  /** Its epoch is promised, durably if anything is. */
  promised(): void {
    this.toLeader({ type: 'promised', epoch: this.epoch });
  }

  receive(from: number, message: Exclude<StoreMessage, { type: 'hello' }>): void {
    if (message.epoch === this.epoch && this.seat.replicas.has(from)) this.dispatch(from, message);
  }

  toLeader(message: StoreMessage): void {
    this.seat.send(this.seat.leaderRank, message);
  }

  /** More of the log is durable. */
  durable(): void {
    (this.leader ?? this.follower)?.durable();
  }

  end(): void {
    this.ended = true;
    this.leader?.end();
  }

  private dispatch(from: number, message: StoreMessage): void {
    const { submissions, barriers, machine } = this.host;
    this.leader?.receive(from, message);
    if (from !== this.seat.leaderRank) return;
    if (message.type === 'refused') submissions.refuse(message.number, message.version);
    else if (message.type === 'read-at') barriers.answered(message.number, message.version, machine.applied);
    else this.follower?.receive(message);
  }

  private makeSeat(epoch: number, leader: Candidate, replicas: readonly Candidate[]): Seat {
    const { port, settings, limits, machine } = this.host;
    const { rank, size } = this.place;
    return {
      environment: port.environment,
      settings,
      limits,
      group: port.group,
      machine,
      epoch,
      storeId: commonStore(replicas) || leader.newStoreId,
      myRank: rank,
      leaderRank: leader.rank,
      replicas: new Map(replicas.map((replica) => [replica.rank, replica])),
      cast: (message) => {
        if (!this.ended && size > 1) port.group.cast(writeMessage(message));
      },
      send: (to, message) => {
        if (this.ended) return;
        if (to === rank) this.dispatch(rank, message);
        else port.group.send(to, writeMessage(message));
      },
      ready: () => this.ready(),
    };
  }

  private makeLeader(counted: ReadonlySet<number>): Leader {
    const { synchronization } = this.host;
    return new Leader(this.seat, {
      counted,
      begins: (first) => {
        this.countsFrom(first, first);
        synchronization.lead();
      },
      isTrimDisabled: () => synchronization.isTrimDisabled(),
    });
  }

  private makeFollower(): Follower {
    const { synchronization, standing } = this.host;
    return new Follower(this.seat, {
      mustSync: () => synchronization.start(),
      get isCopying() {
        return synchronization.isCopying;
      },
      beforeAppend: (last, first) => this.countsFrom(last, first),
      get isHalf() {
        return standing.isHalf;
      },
    });
  }

  countsFrom(last: number, first: number): void {
    this.host.standing.countsFrom(last, first, this.seat.storeId);
  }

  private ready(): void {
    const { submissions, barriers, port } = this.host;
    const { epoch } = this;
    this.isReady = true;
    submissions.settle(epoch);
    barriers.settle((number) => this.toLeader({ type: 'read-index', epoch, number }));
    port.onStatus();
  }
}
