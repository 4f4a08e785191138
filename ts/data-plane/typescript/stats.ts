// What a plane counts. Only grows. Twin: native/core/stats.h, which has the same indices.
import { Reject } from './frame.js';

/** The numbers are the indices of `stats.counts`. */
export const Stat = {
  datagramsSent: 0,
  datagramsReceived: 1,
  bytesSent: 2,
  bytesReceived: 3,
  dataBytesSent: 4,
  resentBytes: 5,
  duplicateBytes: 6,
  naksSent: 7,
  naksReceived: 8,
  statusSent: 9,
  statusReceived: 10,
  heartbeatsSent: 11,
  heartbeatsReceived: 12,
  refusedBySocket: 13,
  droppedOnPurpose: 14,
  systemCalls: 15,
} as const;
export type Stat = (typeof Stat)[keyof typeof Stat];

export type CounterUnit = 'bytes' | 'datagrams' | 'parts' | 'datagrams or parts' | 'bursts' | 'calls';

/** How a counter shows in the docs, in `--help` and in metrics. */
export interface CounterDeclaration {
  readonly name: string;
  readonly unit: CounterUnit;
  readonly description: string;
}

/** Declares each counter, by its index in `stats.counts`. */
export const statDeclarations: readonly CounterDeclaration[] = [
  {
    name: 'datagramsSent',
    unit: 'datagrams',
    description: 'Datagrams that the socket took, resends and control frames included.',
  },
  {
    name: 'datagramsReceived',
    unit: 'datagrams',
    description: 'Datagrams that came out of the socket, before any check.',
  },
  { name: 'bytesSent', unit: 'bytes', description: 'Bytes in the datagrams sent, without what UDP and IP add.' },
  {
    name: 'bytesReceived',
    unit: 'bytes',
    description: 'Bytes in the datagrams received, without what UDP and IP add.',
  },
  {
    name: 'dataBytesSent',
    unit: 'bytes',
    description: 'Stream bytes sent for the first time, counted once however many members they go to.',
  },
  { name: 'resentBytes', unit: 'bytes', description: 'Stream bytes sent again because a NAK asked for them.' },
  { name: 'duplicateBytes', unit: 'bytes', description: 'Stream bytes received that were here already.' },
  { name: 'naksSent', unit: 'parts', description: 'NAKs sent: requests to send ranges of a stream again.' },
  { name: 'naksReceived', unit: 'parts', description: 'NAKs received.' },
  { name: 'statusSent', unit: 'parts', description: 'STATUS parts sent: what this member has of a stream.' },
  { name: 'statusReceived', unit: 'parts', description: 'STATUS parts received.' },
  { name: 'heartbeatsSent', unit: 'parts', description: 'HEARTBEATs sent: how far a stream of this member reaches.' },
  { name: 'heartbeatsReceived', unit: 'parts', description: 'HEARTBEATs received.' },
  {
    name: 'refusedBySocket',
    unit: 'bursts',
    description:
      'Bursts that the socket had no room for; data is offered again, control frames are repeated by their timers.',
  },
  { name: 'droppedOnPurpose', unit: 'datagrams', description: 'Datagrams thrown away because a test asked for loss.' },
  { name: 'systemCalls', unit: 'calls', description: 'System calls made to send, receive and wait.' },
];

/** Declares each reason for dropping something, by its index in `stats.rejected`; what each means is in docs/wire-format.md. */
export const rejectDeclarations: readonly CounterDeclaration[] = [
  { name: 'none', unit: 'datagrams or parts', description: 'Nothing was wrong; stays 0.' },
  { name: 'short', unit: 'datagrams', description: 'Shorter than a frame header and the smallest part.' },
  { name: 'long', unit: 'datagrams', description: 'Longer than a frame may be.' },
  {
    name: 'magic',
    unit: 'datagrams',
    description: 'Does not begin as a frame does: something else talks to this port.',
  },
  {
    name: 'version',
    unit: 'datagrams',
    description: 'Another version of the wire format, or flags that this one does not have.',
  },
  {
    name: 'checksum',
    unit: 'datagrams',
    description: 'The trailer does not match the bytes before it, or is missing where the view demands one.',
  },
  {
    name: 'connection',
    unit: 'datagrams',
    description: 'Belongs to another view or group, or was made with another key.',
  },
  {
    name: 'rank',
    unit: 'datagrams',
    description: 'From nobody in the view, from one who failed, from this member itself, or for somebody else.',
  },
  { name: 'part', unit: 'datagrams', description: 'Holds a part that is malformed.' },
  { name: 'stream', unit: 'parts', description: 'About a stream that is not open here.' },
  {
    name: 'overrun',
    unit: 'parts',
    description:
      'Claims or asks for bytes beyond what flow control allows, is one gap too many, or asks for nothing that is held.',
  },
  { name: 'origin', unit: 'parts', description: 'About a stream of a member that the sender may not speak for.' },
];

/** What `stats()` shows: each counter by its name, and what was dropped by reason. */
export type PlaneStats = { readonly [Name in keyof typeof Stat]: number } & {
  readonly rejected: { readonly [Reason in keyof typeof Reject]: number };
};

/** Names the numbers that either twin has counted, given in the order of their indices. */
export function planeStats(counts: ArrayLike<number>, rejected: ArrayLike<number>): PlaneStats {
  return { ...byName(Stat, counts), rejected: byName(Reject, rejected) };
}

function byName<Name extends string>(indices: Readonly<Record<Name, number>>, values: ArrayLike<number>) {
  const entries = Object.entries<number>(indices).map(([name, index]) => [name, values[index] ?? 0]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

export class Stats {
  readonly counts = new Float64Array(Object.keys(Stat).length);
  readonly rejected = new Float64Array(Object.keys(Reject).length);

  add(stat: Stat, amount = 1): void {
    this.counts[stat] = (this.counts[stat] as number) + amount;
  }

  reject(reason: Reject): void {
    this.rejected[reason] = (this.rejected[reason] as number) + 1;
  }

  get(stat: Stat): number {
    return this.counts[stat] as number;
  }

  snapshot(): PlaneStats {
    return planeStats(this.counts, this.rejected);
  }

  getRejected(reason: Reject): number {
    return this.rejected[reason] as number;
  }
}
