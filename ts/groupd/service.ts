/**
 * The membership service, without its sockets: connections that say who they are, each handed to its group. It keeps nothing on disk, and a new
 * one learns from its members in which views they are.
 *
 * Source: Ensemble's groupd (Manage, Actual, Coord, Member, Proxy), for one server.
 */
import { MalformedError } from '../stack/codec.js';
import type { Environment, Timer } from '../stack/environment.js';
import { FIRST_WORDS_MS, MAX_CONNECTIONS, MAX_PATIENCE_MS, MIN_PATIENCE_MS } from './limits.js';
import type { FromService, JoinMessage, ToService } from './messages.js';
import type { Peer } from './part.js';
import { ServiceGroup } from './service-group.js';
import type { GroupEnvironment } from './view-change.js';

/** What the service needs of whoever has the connections. */
export interface ServiceOutput {
  send(connection: number, message: FromService): void;
  /** Nothing comes of this connection any more. */
  close(connection: number, reason: string): void;
}

interface Connection {
  readonly id: number;
  /** Until it has said who it is. */
  patience: Timer | undefined;
  peer: Peer | undefined;
  group: ServiceGroup | undefined;
  hash: string;
}

/** Now. */
export interface ServiceCounts {
  readonly connections: number;
  readonly groups: number;
}

export class Service {
  private readonly connections = new Map<number, Connection>();
  /** By the hash of name and key; those of one name that differ in what their members must agree on stay apart. */
  private readonly groups = new Map<string, ServiceGroup[]>();
  private readonly groupEnvironment: GroupEnvironment;

  constructor(
    private readonly environment: Pick<Environment, 'setTimer'>,
    private readonly output: ServiceOutput,
  ) {
    this.groupEnvironment = {
      setTimer: (milliseconds, callback) => environment.setTimer(milliseconds, callback),
      send: (peer, message) => output.send(peer.id, message),
      hangUp: (peer) => this.hangUp(peer.id, 'it does not answer'),
    };
  }

  counts(): ServiceCounts {
    return { connections: this.connections.size, groups: this.groups.size };
  }

  connected(id: number): void {
    if (this.connections.size >= MAX_CONNECTIONS) return this.output.close(id, 'there are too many');
    const patience = this.environment.setTimer(FIRST_WORDS_MS, () => this.hangUp(id, 'it does not say who it is'));
    this.connections.set(id, { id, patience, peer: undefined, group: undefined, hash: '' });
  }

  receive(id: number, message: ToService): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    try {
      if (message.kind === 'join') this.join(connection, message);
      else if (connection.peer === undefined) this.asked(connection, message);
      else connection.group?.receive(connection.peer, message);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.hangUp(id, error.message);
    }
    this.forget(connection.hash);
  }

  disconnected(id: number): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    this.connections.delete(id);
    connection.patience?.cancel();
    if (connection.peer !== undefined) connection.group?.lost(connection.peer);
    this.forget(connection.hash);
  }

  /** For what no member sends: the connection ends, and its member is gone. */
  hangUp(id: number, reason: string): void {
    if (!this.connections.has(id)) return;
    this.output.close(id, reason);
    this.disconnected(id);
  }

  private join(connection: Connection, join: JoinMessage): void {
    connection.patience?.cancel();
    if (connection.peer === undefined) this.introduce(connection, join);
    else if (!connection.peer.me.equals(join.me)) throw new MalformedError('it says that it is another');
    else if (connection.hash !== join.group) throw new MalformedError('it changes its group');
    connection.group?.join(connection.peer as Peer, join);
  }

  /** It was between two views when it was connected: nothing that it says before it has joined counts. */
  private asked({ id }: Connection, message: ToService): void {
    if (message.kind === 'installed') this.output.send(id, { kind: 'ask', view: message.view });
  }

  private introduce(connection: Connection, join: JoinMessage): void {
    this.replace(join);
    const patienceMs = Math.min(Math.max(join.patienceMs, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
    const peer: Peer = { id: connection.id, me: join.me, patienceMs, part: undefined, leaving: false };
    connection.peer = peer;
    connection.hash = join.group;
    connection.group = this.groupOf(join);
    this.tellOthers(peer, join, connection.group);
  }

  /** A member that connects again has lost its first connection, also where that has not been noticed here yet. */
  private replace({ me, group }: JoinMessage): void {
    for (const { id, peer, hash } of [...this.connections.values()]) {
      if (hash === group && peer?.me.equals(me)) this.hangUp(id, 'it has connected again');
    }
  }

  private groupOf({ group: hash, protocol, compatibility, maxMembers }: JoinMessage): ServiceGroup {
    const groups = this.groups.get(hash) ?? [];
    const known = groups.find((each) => each.protocol === protocol && each.compatibility === compatibility);
    if (known !== undefined) return known;
    const made = new ServiceGroup(protocol, compatibility, maxMembers, this.groupEnvironment);
    this.groups.set(hash, [...groups, made]);
    return made;
  }

  /** Members of one name that can't be in one view: both sides hear of it. */
  private tellOthers(peer: Peer, join: JoinMessage, mine: ServiceGroup): void {
    for (const other of this.groups.get(join.group) ?? []) {
      if (other === mine) continue;
      const members = mine.members + other.members;
      const { protocol, compatibility } = join;
      for (const { id, me } of other.coordinators) {
        this.output.send(id, { kind: 'denied', peer: peer.me, protocol, compatibility, members });
        const theirs = { protocol: other.protocol, compatibility: other.compatibility };
        this.output.send(peer.id, { kind: 'denied', peer: me, ...theirs, members });
      }
    }
  }

  private forget(hash: string): void {
    const groups = this.groups.get(hash)?.filter(({ isEmpty }) => !isEmpty);
    if (groups === undefined) return;
    if (groups.length === 0) this.groups.delete(hash);
    else this.groups.set(hash, groups);
  }
}
