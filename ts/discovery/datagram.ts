/**
 * What multicast and gossip put around an announcement:
 *
 *   0       4         5      6        8               16
 *   | magic | version | kind | length | group's hash  | body: `length` bytes, to the end
 *   | CnSD  | 1       |      | LE     |               |
 *
 * The hash is of group name and key, so that those whom an announcement does not concern drop it without a look into its body. A
 * gossip server knows groups by their hash only, and reflects an ANNOUNCE as it is.
 */
import { createHash } from 'node:crypto';
import { MAX_ANNOUNCEMENT_BYTES } from './limits.js';

export const HEADER_BYTES = 16;
export const HASH_BYTES = 8;
export const MAX_DATAGRAM_BYTES = HEADER_BYTES + MAX_ANNOUNCEMENT_BYTES;
/** Body of a KEEP_ALIVE and of its answer: a number that only the one who was asked can know. */
export const TOKEN_BYTES = 8;

const MAGIC = Buffer.from('CnSD', 'latin1');
const VERSION = 1;

export const Kind = {
  /** Body: what somebody announces. */
  announce: 1,
  /** Client to server: I am here. Body: a token. */
  keepAlive: 2,
  /** Server to client: so am I. Body: the token of the KEEP_ALIVE, so an answer is never longer than its question. */
  alive: 3,
  /** Client to server: I am gone. No body. */
  goodbye: 4,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Datagram {
  readonly kind: Kind;
  /** The group's hash, in hexadecimal. */
  readonly group: string;
  /** A part of the bytes that were parsed. */
  readonly body: Uint8Array;
}

/** Why bytes are no datagram of ours: not one at all, or one of another version. */
export type Rejected = 'garbage' | 'version';

/** What of a group is told to the world, in hexadecimal. */
export function groupHash(groupName: string, key: string): string {
  const hash = createHash('sha256').update('consort discovery\0');
  for (const text of [groupName, key]) {
    const bytes = Buffer.from(text);
    // The length keeps ('ab', 'c') and ('a', 'bc') apart.
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex').slice(0, 2 * HASH_BYTES);
}

export function encodeDatagram(kind: Kind, group: string, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  MAGIC.copy(bytes);
  bytes[4] = VERSION;
  bytes[5] = kind;
  bytes.writeUInt16LE(body.length, 6);
  bytes.write(group, 8, HASH_BYTES, 'hex');
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Takes a datagram apart; every length is checked before it is used. */
export function decodeDatagram(datagram: Uint8Array): Datagram | Rejected {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return 'garbage';
  if (MAGIC.compare(bytes, 0, 4) !== 0) return 'garbage';
  if (bytes[4] !== VERSION) return 'version';
  const kind = bytes[5] as number;
  if (bytes.readUInt16LE(6) !== bytes.length - HEADER_BYTES || !fits(kind, bytes.length - HEADER_BYTES)) {
    return 'garbage';
  }
  return {
    kind: kind as Kind,
    group: bytes.toString('hex', 8, 8 + HASH_BYTES),
    body: datagram.subarray(HEADER_BYTES),
  };
}

function fits(kind: number, bodyBytes: number): boolean {
  switch (kind) {
    case Kind.announce:
      return true;
    case Kind.keepAlive:
    case Kind.alive:
      return bodyBytes === TOKEN_BYTES;
    case Kind.goodbye:
      return bodyBytes === 0;
    default:
      return false;
  }
}
