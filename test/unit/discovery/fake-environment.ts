// A world for discovery without sockets, clocks and name servers: one network of a few machines, all in this process.
import type { RemoteInfo } from 'node:dgram';
import type { Address } from '../../../ts/data-plane/data-plane.js';
import type { DiscoveryContext } from '../../../ts/discovery/discovery.js';
import type {
  DiscoveryEnvironment,
  DiscoverySocket,
  InterfaceAddress,
  Resolver,
} from '../../../ts/discovery/environment.js';
import type { HostAndPort } from '../../../ts/transport/address.js';
import type { UdpEvents, UdpOptions } from '../../../ts/transport/udp.js';

interface FakeTimer {
  readonly intervalMs: number;
  readonly callback: () => void;
  dueMs: number;
}

export interface SentDatagram {
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
}

export class FakeEnvironment implements DiscoveryEnvironment {
  nowMs = 0;
  readonly sent: SentDatagram[] = [];
  readonly sockets: FakeSocket[] = [];
  interfaceList: InterfaceAddress[] = [{ name: 'lo', host: '127.0.0.1', family: 4, internal: true }];
  /** What a name is found to be; a name that is not here is not found. */
  readonly hosts = new Map<string, readonly string[]>();
  readonly serviceRecords = new Map<string, readonly HostAndPort[]>();
  readonly lookups: string[] = [];
  /** Interfaces (as `through`) without multicast. */
  readonly broken = new Set<string>();
  bindError: Error | undefined;
  readonly timers = new Set<FakeTimer>();
  private nextPort = 50_000;

  readonly resolver: Resolver = {
    addresses: async (host) => {
      this.lookups.push(host);
      return found(this.hosts, host);
    },
    services: async (name) => found(this.serviceRecords, name),
  };

  now = () => this.nowMs;

  every(intervalMs: number, callback: () => void) {
    const timer: FakeTimer = { intervalMs, callback, dueMs: this.nowMs + intervalMs };
    this.timers.add(timer);
    return { stop: () => void this.timers.delete(timer) };
  }

  interfaces = () => this.interfaceList;

  async openSocket(options: UdpOptions, events: UdpEvents): Promise<FakeSocket> {
    if (this.bindError !== undefined) throw this.bindError;
    const { host, port } = options.address;
    const socket = new FakeSocket(this, { host, port: port || this.nextPort++ }, events);
    this.sockets.push(socket);
    return socket;
  }

  /** Lets time pass; whatever was promised meanwhile has happened. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > end) break;
      this.nowMs = next.dueMs;
      next.dueMs += next.intervalMs;
      next.callback();
      await settled();
    }
    this.nowMs = end;
    await settled();
  }

  deliver({ from, to, bytes }: SentDatagram): void {
    for (const socket of this.sockets) {
      const { host, port } = socket.address;
      if (port !== to.port || socket.closed) continue;
      if (host !== to.host && host !== '0.0.0.0' && !socket.groups.some(([group]) => group === to.host)) continue;
      socket.events.onDatagram(Uint8Array.from(bytes), remote(from));
    }
  }
}

export class FakeSocket implements DiscoverySocket {
  readonly groups: [group: string, through: string][] = [];
  through: string | undefined;
  ttl: number | undefined;
  referenced = true;
  closed = false;

  constructor(
    private readonly network: FakeEnvironment,
    readonly address: Address,
    readonly events: UdpEvents,
  ) {}

  send(datagram: Uint8Array, host: string, port: number): void {
    if (this.closed) return;
    const sent = { from: this.address, to: { host, port }, bytes: Uint8Array.from(datagram) };
    this.network.sent.push(sent);
    this.network.deliver(sent);
  }

  joinGroup(group: string, through: string): void {
    if (this.network.broken.has(through)) throw Object.assign(new Error('addMembership ENODEV'), { code: 'ENODEV' });
    if (this.groups.some(([, known]) => known === through))
      throw Object.assign(new Error('in it'), { code: 'EADDRINUSE' });
    this.groups.push([group, through]);
  }

  sendGroupsThrough(through: string): void {
    this.through = through;
  }

  setGroupTtl(hops: number): void {
    this.ttl = hops;
  }

  unref(): void {
    this.referenced = false;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** What a discovery told its owner. */
export interface Heard {
  readonly context: DiscoveryContext;
  readonly received: string[];
  readonly errors: Error[];
  /** What it gave to sendTo(). */
  readonly sent: { readonly to: Address; readonly text: string }[];
}

export function makeContext(changes: Partial<DiscoveryContext> = {}): Heard {
  const heard: Omit<Heard, 'context'> = { received: [], errors: [], sent: [] };
  const context: DiscoveryContext = {
    groupName: 'demo',
    key: '',
    address: { host: '127.0.0.1', port: 4_000 },
    sendTo: (to, bytes) => void heard.sent.push({ to, text: textOf(bytes) }),
    receive: (bytes) => void heard.received.push(textOf(bytes)),
    report: (error) => void heard.errors.push(error),
    ...changes,
  };
  return { ...heard, context };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Resolves when all promises that can be settled are. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function found<T>(table: ReadonlyMap<string, T>, name: string): T {
  const value = table.get(name);
  if (value === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  return value;
}

function remote({ host, port }: Address): RemoteInfo {
  return { address: host, port, family: host.includes(':') ? 'IPv6' : 'IPv4', size: 0 };
}
