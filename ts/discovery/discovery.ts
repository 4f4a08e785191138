/**
 * How views of one group hear of each other: whoever has a view announces it now and then, discovery carries these datagrams to all that may be
 * concerned. Nothing is promised about one of them: it may be lost, come late, twice, or out of order, and the sender may hear itself.
 *
 *   multicast   announce -> one datagram to a multicast group on each interface -> receive
 *   gossip      announce -> one datagram to each server, which reflects it      -> receive
 *   static,dns  announce -> context.sendTo each address -> the other's plane (onUnattached), past its discovery
 */
import { ConsortArgumentError } from '../base/errors.js';
import { show } from '../base/show.js';
import type { Address } from '../data-plane/data-plane.js';
import { MAX_ANNOUNCEMENT_BYTES } from './limits.js';

export interface Discovery {
  /** To whoever listens for this group: unreliable, at most MAX_ANNOUNCEMENT_BYTES. Copied: the bytes may be used again at once. */
  announce(bytes: Uint8Array): void;
  /** Resolves when sockets and timers are gone. Idempotent. */
  close(): Promise<void>;
}

export interface DiscoveryContext {
  readonly groupName: string;
  /** Separates groups of one name; not a secret. */
  readonly key: string;
  /** Where my own plane is bound. */
  readonly address: Address;
  /** Sends a datagram outside of any view from my plane's socket; it comes out of the other's plane (onUnattached), not out of its discovery. */
  sendTo(to: Address, bytes: Uint8Array): void;
  /** An announcement of somebody, maybe my own. The bytes are the receiver's to keep. */
  receive(bytes: Uint8Array): void;
  /** Something that no call can be blamed for (lost server, no such name): told once until it is over. Must not throw. */
  report(error: Error): void;
}

export type DiscoveryFactory = (context: DiscoveryContext) => Promise<Discovery>;

/** @throws ConsortArgumentError for what does not fit into an announcement */
export function checkAnnouncement(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array && bytes.length <= MAX_ANNOUNCEMENT_BYTES) return;
  const want = `a Uint8Array of at most ${MAX_ANNOUNCEMENT_BYTES} bytes`;
  throw new ConsortArgumentError('ERR_INVALID_ARGUMENT', `announcement: got ${show(bytes)}, want ${want}`, {
    details: { path: 'announcement', got: bytes, want },
  });
}
