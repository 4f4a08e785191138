/**
 * A gossip server: reflects what a client announces to all other clients of the same group. Clients are those that it has heard of in the last
 * 20 s, by an announcement or a KEEP_ALIVE. It knows nothing else, writes nothing down, and may be ended and started at any time.
 *
 * Source: Ensemble's `gossip` program (appl/reflect.ml).
 */
import { createHash } from 'node:crypto';
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { decodeDatagram, encodeDatagram, Kind } from './datagram.js';
import { type DiscoveryEnvironment, type DiscoverySocket, systemEnvironment, type Timer } from './environment.js';
import { GossipTable } from './gossip-table.js';
import { SERVER_BUFFER_BYTES, SWEEP_INTERVAL_MS } from './limits.js';

/** What a server has done since it began. */
export interface GossipCounts {
  /** Datagrams that came, of any kind. */
  readonly received: number;
  readonly announcements: number;
  /** Datagrams that went out to other clients. */
  readonly reflected: number;
  readonly keepAlives: number;
  /** The same message from the same client within 0.1 s: dropped. */
  readonly repeated: number;
  /** More messages of one client than a second may have: dropped. */
  readonly tooFast: number;
  /** No datagrams of ours: dropped. */
  readonly garbage: number;
  /** Datagrams of a version that this server doesn't know: dropped. */
  readonly wrongVersion: number;
  /** Datagrams that the system refused to send, as a firewall on this machine makes it do. */
  readonly refused: number;
  /** Clients that had to make room for others. */
  readonly evicted: number;
  /** Now. */
  readonly clients: number;
  /** Now. */
  readonly groups: number;
}

export class GossipServer {
  private readonly table = new GossipTable();
  private readonly counted = {
    received: 0,
    announcements: 0,
    reflected: 0,
    keepAlives: 0,
    repeated: 0,
    tooFast: 0,
    garbage: 0,
    wrongVersion: 0,
    refused: 0,
  };
  private socket!: DiscoverySocket;
  private timer: Timer | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly environment: DiscoveryEnvironment) {}

  /**
   * @param onFailure gets what the socket fails with later
   * @throws ConsortError `ERR_BIND`
   */
  static async open(
    address: Address,
    onFailure: (error: Error) => void,
    environment: DiscoveryEnvironment = systemEnvironment,
  ): Promise<GossipServer> {
    const server = new GossipServer(environment);
    try {
      server.socket = await environment.openSocket(
        { address, bufferBytes: SERVER_BUFFER_BYTES, shared: false },
        {
          onDatagram: (bytes, from) => server.handle(bytes, { host: from.address, port: from.port }),
          onFailure: (error) => {
            // What one client can't be sent is no reason to leave the others alone.
            if ((error as NodeJS.ErrnoException).syscall === 'send') server.counted.refused++;
            else onFailure(error);
          },
        },
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConsortError('ERR_BIND', `the gossip server's socket can't be bound: ${reason}`, {
        cause,
        details: { address },
      });
    }
    server.timer = environment.every(SWEEP_INTERVAL_MS, () => server.table.sweep(environment.now()));
    return server;
  }

  /** Where it listens. */
  get address(): Address {
    return this.socket.address;
  }

  counts(): GossipCounts {
    const { evicted, clients, groupCount } = this.table;
    return { ...this.counted, evicted, clients, groups: groupCount };
  }

  close(): Promise<void> {
    this.timer?.stop();
    this.closing ??= this.socket.close();
    return this.closing;
  }

  private handle(bytes: Uint8Array, from: Address): void {
    this.counted.received++;
    const datagram = decodeDatagram(bytes);
    if (datagram === 'version') {
      this.counted.wrongVersion++;
    } else if (datagram === 'garbage') {
      this.counted.garbage++;
    } else {
      const { kind, group, body } = datagram;
      if (kind === Kind.announce) this.reflect(group, from, bytes, body);
      else if (kind === Kind.keepAlive) this.answer(group, from, body);
      else if (kind === Kind.goodbye) this.table.remove(group, from);
      // Servers say ALIVE, and nobody to a server.
      else this.counted.garbage++;
    }
  }

  private reflect(group: string, from: Address, bytes: Uint8Array, body: Uint8Array): void {
    this.counted.announcements++;
    const now = this.environment.now();
    const client = this.table.touch(group, from, now);
    const admission = this.table.admit(client, createHash('sha256').update(body).digest('base64'), now);
    if (admission !== 'reflect') {
      this.counted[admission]++;
      return;
    }
    for (const { host, port } of this.table.listeners(group, client, now)) {
      this.socket.send(bytes, host, port);
      this.counted.reflected++;
    }
  }

  private answer(group: string, from: Address, token: Uint8Array): void {
    this.counted.keepAlives++;
    this.table.touch(group, from, this.environment.now());
    this.socket.send(encodeDatagram(Kind.alive, group, token), from.host, from.port);
  }
}
