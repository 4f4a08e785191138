/**
 * Who a gossip server has heard of: clients by group, each with the time of its last word. Time is an argument; nothing here does I/O.
 *
 *   groups:  hash -> clients: address -> { lastSeen, ... }
 *
 * Both maps keep the one heard of last at their end, so what has to go to make room is found at their beginning.
 */
import type { Address } from '../data-plane/data-plane.js';
import {
  CLIENT_LIFETIME_MS,
  MAX_CLIENTS,
  MAX_CLIENTS_PER_GROUP,
  MAX_GROUPS,
  MAX_MESSAGES_PER_SECOND,
  REPEAT_INTERVAL_MS,
} from './limits.js';
import { keyOf } from './peers.js';

export interface GossipClient {
  readonly address: Address;
  lastSeenMs: number;
  /** The last message that was reflected, in a few bytes, and when. */
  lastDigest: string;
  lastMessageMs: number;
  /** Messages since the begin of the second that is counted. */
  messages: number;
  secondBeganMs: number;
}

export interface TableLimits {
  readonly maxClients: number;
  readonly maxGroups: number;
  readonly maxClientsPerGroup: number;
}

/** What becomes of a message: it goes on, or was told just now, or the client tells too much. */
export type Admission = 'reflect' | 'repeated' | 'tooFast';

type Group = Map<string, GossipClient>;

export class GossipTable {
  /** Clients that had to go to make room for others. */
  evicted = 0;
  private readonly groups = new Map<string, Group>();
  private size = 0;

  constructor(
    private readonly limits: TableLimits = {
      maxClients: MAX_CLIENTS,
      maxGroups: MAX_GROUPS,
      maxClientsPerGroup: MAX_CLIENTS_PER_GROUP,
    },
  ) {}

  get clients(): number {
    return this.size;
  }

  get groupCount(): number {
    return this.groups.size;
  }

  /** A client was heard of. */
  touch(groupHash: string, address: Address, nowMs: number): GossipClient {
    const group = this.groups.get(groupHash) ?? new Map<string, GossipClient>();
    this.groups.delete(groupHash);
    this.groups.set(groupHash, group);
    const key = keyOf(address);
    const known = group.get(key);
    const client = known ?? newClient(address, nowMs);
    client.lastSeenMs = nowMs;
    group.delete(key);
    group.set(key, client);
    if (known === undefined) {
      this.size++;
      this.makeRoom(groupHash, group);
    }
    return client;
  }

  /** Whether a message of a client is to be reflected. `digest` stands for its content. */
  admit(client: GossipClient, digest: string, nowMs: number): Admission {
    if (digest === client.lastDigest && nowMs - client.lastMessageMs < REPEAT_INTERVAL_MS) return 'repeated';
    if (nowMs - client.secondBeganMs >= 1000) {
      client.secondBeganMs = nowMs;
      client.messages = 0;
    }
    if (client.messages >= MAX_MESSAGES_PER_SECOND) return 'tooFast';
    client.messages++;
    client.lastDigest = digest;
    client.lastMessageMs = nowMs;
    return 'reflect';
  }

  /** The others of a client's group that were heard of lately. */
  *listeners(groupHash: string, except: GossipClient, nowMs: number): Iterable<Address> {
    for (const client of this.groups.get(groupHash)?.values() ?? []) {
      if (client !== except && nowMs - client.lastSeenMs <= CLIENT_LIFETIME_MS) yield client.address;
    }
  }

  /** A client says that it is gone. */
  remove(groupHash: string, address: Address): void {
    const group = this.groups.get(groupHash);
    if (group !== undefined) this.drop(groupHash, group, keyOf(address));
  }

  /** Forgets who was not heard of for long. */
  sweep(nowMs: number): void {
    for (const [groupHash, group] of this.groups) {
      for (const [key, client] of group) {
        // The rest was heard of later.
        if (nowMs - client.lastSeenMs <= CLIENT_LIFETIME_MS) break;
        this.drop(groupHash, group, key);
      }
    }
  }

  private makeRoom(newest: string, group: Group): void {
    if (group.size > this.limits.maxClientsPerGroup) this.evictOldest(newest, group);
    while (this.groups.size > this.limits.maxGroups) {
      const [oldestHash, oldest] = first(this.groups);
      while (oldest.size > 0) this.evictOldest(oldestHash, oldest);
    }
    if (this.size > this.limits.maxClients) this.evictOldest(...first(this.groups));
  }

  private evictOldest(groupHash: string, group: Group): void {
    this.evicted++;
    this.drop(groupHash, group, first(group)[0]);
  }

  private drop(groupHash: string, group: Group, key: string): void {
    if (group.delete(key)) this.size--;
    if (group.size === 0) this.groups.delete(groupHash);
  }
}

function newClient(address: Address, nowMs: number): GossipClient {
  return {
    address,
    lastSeenMs: nowMs,
    lastDigest: '',
    lastMessageMs: Number.NEGATIVE_INFINITY,
    messages: 0,
    secondBeganMs: nowMs,
  };
}

/** Of a map that is not empty. */
function first<K, V>(map: ReadonlyMap<K, V>): [K, V] {
  return map.entries().next().value as [K, V];
}
