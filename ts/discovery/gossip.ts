/**
 * 'gossip': announcements go to gossip servers (gossip-server.ts), which reflect them to all others of the group. Each server gets all, so that
 * the loss of one is survived; who hears of a view by two of them hears twice.
 *
 * A server knows its clients by what they send, so a client shows itself every 5 s, more often while there is no answer: a server that was
 * started again knows everybody after these 5 s.
 */
import { randomBytes } from 'node:crypto';
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { familyOf, type HostAndPort } from '../transport/address.js';
import { decodeDatagram, encodeDatagram, groupHash, Kind, TOKEN_BYTES } from './datagram.js';
import { checkAnnouncement, type Discovery, type DiscoveryContext } from './discovery.js';
import type { DiscoveryEnvironment, DiscoverySocket, Timer } from './environment.js';
import { KEEP_ALIVE_MS, KEEP_ALIVE_RETRY_MS, SERVER_LOST_MS, SOCKET_BUFFER_BYTES } from './limits.js';
import { keyOf, Peers } from './peers.js';
import { receiveSafely } from './receive-safely.js';
import { peersOf } from './static.js';
import { Troubles } from './troubles.js';

export interface GossipChoice {
  readonly type: 'gossip';
  readonly servers: readonly HostAndPort[];
}

interface Server {
  readonly address: Address;
  /** The server sends it back with ALIVE. So it is known by whatever address it answers from, and nobody else can answer in its place. */
  readonly token: Uint8Array;
  askedMs: number;
  /** When it last answered; before it ever did, when it was first asked. */
  aliveMs: number;
  /** Whether the last KEEP_ALIVE was answered. */
  answered: boolean;
}

const NO_BODY = new Uint8Array(0);

/**
 * @throws ConsortError `ERR_BIND` when there is no socket to be had
 * @throws ConsortArgumentError for a server whose address is of another family than mine
 */
export async function openGossip(
  choice: GossipChoice,
  context: DiscoveryContext,
  environment: DiscoveryEnvironment,
): Promise<GossipDiscovery> {
  const discovery = new GossipDiscovery(choice, context, environment);
  await discovery.start();
  return discovery;
}

export class GossipDiscovery implements Discovery {
  /** Datagrams that were not for this group, or not ours at all. */
  ignored = 0;
  private readonly group: string;
  private readonly troubles: Troubles;
  private readonly peers: Peers;
  private servers: readonly Server[] = [];
  private socket: DiscoverySocket | undefined;
  private timer: Timer | undefined;
  /** The last announcement, as it goes out: a server that is found later, or comes back, gets it at once. */
  private last: Uint8Array | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    choice: GossipChoice,
    private readonly context: DiscoveryContext,
    private readonly environment: DiscoveryEnvironment,
  ) {
    this.group = groupHash(context.groupName, context.key);
    this.troubles = new Troubles((error) => context.report(error), environment.now);
    const family = familyOf(context.address);
    this.peers = new Peers(
      {
        ...peersOf(choice.servers, 'options.discovery.servers', family, environment),
        family,
        isMine: () => false,
        onNew: () => this.meet(),
      },
      environment,
      this.troubles,
    );
  }

  async start(): Promise<void> {
    const address = { host: this.context.address.host, port: 0 };
    try {
      this.socket = await this.environment.openSocket(
        { address, bufferBytes: SOCKET_BUFFER_BYTES, shared: false },
        {
          onDatagram: (bytes) => this.handle(bytes),
          // A firewall that forbids, for example. The socket stays.
          onFailure: (cause) => this.fail('socket', `the socket: ${cause.message}`, cause),
        },
      );
    } catch (cause) {
      this.peers.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConsortError(
        'ERR_BIND',
        `discovery by gossip: the socket can't be bound to ${address.host}: ${reason}`,
        {
          cause,
          details: { address },
        },
      );
    }
    this.socket.unref();
    this.timer = this.environment.every(KEEP_ALIVE_RETRY_MS, () => this.keepAlive());
    this.peers.start();
  }

  announce(bytes: Uint8Array): void {
    checkAnnouncement(bytes);
    if (this.closing !== undefined) return;
    this.last = encodeDatagram(Kind.announce, this.group, bytes);
    for (const { address } of this.servers) this.send(this.last, address);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.timer?.stop();
    this.peers.close();
    this.troubles.close();
    const goodbye = encodeDatagram(Kind.goodbye, this.group, NO_BODY);
    for (const { address } of this.servers) this.send(goodbye, address);
    await this.socket?.close();
  }

  /** Some server has an address that it did not have before. */
  private meet(): void {
    const now = this.environment.now();
    const known = new Map(this.servers.map((server) => [keyOf(server.address), server]));
    const isNew = (server: Server) => !known.has(keyOf(server.address));
    this.servers = [...this.peers.addresses].map((address) => known.get(keyOf(address)) ?? newServer(address, now));
    for (const server of this.servers.filter(isNew)) this.greet(server, now);
  }

  private greet(server: Server, now: number): void {
    server.askedMs = now;
    this.send(encodeDatagram(Kind.keepAlive, this.group, server.token), server.address);
    if (this.last !== undefined) this.send(this.last, server.address);
  }

  private keepAlive(): void {
    const now = this.environment.now();
    for (const server of this.servers) {
      const { address, answered, aliveMs, askedMs, token } = server;
      if (!answered && now - aliveMs >= SERVER_LOST_MS) {
        this.fail(keyOf(address), `the server ${address.host}:${address.port} does not answer`);
      }
      // Half of the timer's interval, for a timer that is early.
      const interval = (answered ? KEEP_ALIVE_MS : KEEP_ALIVE_RETRY_MS) - KEEP_ALIVE_RETRY_MS / 2;
      if (now - askedMs < interval) continue;
      server.askedMs = now;
      server.answered = false;
      this.send(encodeDatagram(Kind.keepAlive, this.group, token), address);
    }
  }

  private handle(bytes: Uint8Array): void {
    if (this.closing !== undefined) return;
    const datagram = decodeDatagram(bytes);
    if (typeof datagram !== 'object' || datagram.group !== this.group) {
      this.ignored++;
    } else if (datagram.kind === Kind.announce) {
      receiveSafely(this.context, this.troubles, datagram.body);
    } else {
      const server = this.servers.find(({ token }) => Buffer.compare(token, datagram.body) === 0);
      if (datagram.kind === Kind.alive && server !== undefined) this.hear(server);
      else this.ignored++;
    }
  }

  private hear(server: Server): void {
    const now = this.environment.now();
    const wasLost = now - server.aliveMs >= SERVER_LOST_MS;
    server.aliveMs = now;
    server.answered = true;
    this.troubles.over(keyOf(server.address));
    if (wasLost && this.last !== undefined) this.send(this.last, server.address);
  }

  private send(datagram: Uint8Array, to: Address): void {
    this.socket?.send(datagram, to.host, to.port);
  }

  private fail(name: string, what: string, cause?: unknown): void {
    this.troubles.tell(
      name,
      () =>
        new ConsortError('ERR_DISCOVERY', `discovery by gossip: ${what}`, {
          cause,
          details: { discovery: 'gossip', name },
        }),
    );
  }
}

function newServer(address: Address, now: number): Server {
  return { address, token: randomBytes(TOKEN_BYTES), askedMs: now, aliveMs: now, answered: false };
}
