/** What others would take, as data: options, plan, tables and docs/benchmarking.md name them so. */
export interface PeerDeclaration {
  /** What it is, for people. */
  readonly title: string;
  /** Debian's packages; empty: it comes from the npm registry. */
  readonly packages: readonly string[];
  /** The package that a project needs for it. */
  readonly npm?: string;
  /** The longest message that it takes. */
  readonly maxBytes?: number;
}

export const PEERS = {
  nats: { title: 'NATS, one server, its text protocol over TCP', packages: ['nats-server'], maxBytes: 2 ** 20 },
  redis: { title: 'Redis pub/sub, one server, RESP over TCP', packages: ['redis-server'] },
  zeromq: { title: 'ZeroMQ, publisher to subscriber over TCP', packages: [], npm: 'zeromq' },
  corosync: {
    title: 'corosync CPG, a C program on each side',
    packages: ['corosync', 'libcpg-dev', 'gcc', 'libc6-dev'],
    maxBytes: 1_000_000,
  },
  jgroups: {
    title: 'JGroups, a Java program on each side',
    packages: ['libjgroups-java', 'default-jdk-headless'],
  },
} as const satisfies Record<string, PeerDeclaration>;

export type PeerName = keyof typeof PEERS;

export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

/** The longest message that a peer takes. Bytes. */
export function maxPeerBytes(peer: PeerName): number {
  const { maxBytes = Number.POSITIVE_INFINITY }: PeerDeclaration = PEERS[peer];
  return maxBytes;
}

/** Where there are peers. */
export const COMPARED_WITH_PEERS = ['throughput', 'latency', 'transfer'] as const;
