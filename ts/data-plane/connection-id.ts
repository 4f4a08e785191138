/** The number by which datagrams name the view that they belong to: the same at all its members, and at nobody else. */
import { createHash } from 'node:crypto';
import { type Address, StreamKind } from './data-plane.js';
import type { RingSizes } from './ring-sizes.js';

export interface ViewIdentity {
  readonly groupName: string;
  readonly viewTime: number;
  /** In the order of ranks; with their incarnations, where they have any, so that a member that comes again is another. */
  readonly addresses: readonly (Address & { readonly incarnation?: number })[];
  /** Members with other ring sizes can't understand each other: they must not meet. */
  readonly ringSizes: RingSizes;
  readonly key: string;
}

export interface ConnectionId {
  readonly low: number;
  readonly high: number;
}

/** 64 bits of SHA-256 over a text that no two different views share; never 0, which means no view. */
export function connectionId(identity: ViewIdentity): ConnectionId {
  const { ringSizes } = identity;
  // JSON quotes the strings, so that no choice of names makes two texts alike.
  const text = JSON.stringify([
    'consort view 1',
    identity.groupName,
    identity.viewTime,
    // What follows % names an interface of one machine only.
    identity.addresses.map(({ host, port, incarnation = 0 }) => [host.replace(/%.*/, ''), port, incarnation]),
    [
      ringSizes[StreamKind.cast],
      ringSizes[StreamKind.controlCast],
      ringSizes[StreamKind.pt2pt],
      ringSizes[StreamKind.controlPt2pt],
    ],
    identity.key,
  ]);
  const hash = createHash('sha256').update(text).digest();
  const low = hash.readUInt32LE(0);
  const high = hash.readUInt32LE(4);
  return low === 0 && high === 0 ? { low: 1, high } : { low, high };
}
