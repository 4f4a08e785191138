/**
 * What the three roles of a full synchronization say to each other, under the names of the seed document (MMonSync):
 *
 *   requester → leader     start, heartbeat, finish, abort          leader → requester    start-reply, heartbeat-reply, finish-reply, abort
 *   requester → provider   start-chunks, chunk-reply, abort         provider → requester  chunk, abort
 *
 * `sync` is the requester's number for one attempt, so that what is late from an earlier one is told from it.
 */
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Entry } from './database.js';

export type SyncMessage =
  | { readonly type: 'start'; readonly sync: number }
  | {
      readonly type: 'start-reply';
      readonly sync: number;
      readonly granted: boolean;
      /** Name of the provider; empty when it is denied. */
      readonly provider: string;
      /** Denied: ask again after so long. */
      readonly retryMs: number;
      readonly reason: string;
    }
  | { readonly type: 'heartbeat'; readonly sync: number }
  | { readonly type: 'heartbeat-reply'; readonly sync: number }
  | {
      readonly type: 'start-chunks';
      readonly sync: number;
      /** Go on after this key; empty: from the beginning. Keys as the user knows them. */
      readonly after: Uint8Array;
    }
  | {
      readonly type: 'chunk';
      readonly sync: number;
      /** Counts from 0 since start-chunks. */
      readonly number: number;
      /** Of the provider's snapshot: applied version, and the epoch of the record it is in. */
      readonly version: number;
      readonly epoch: number;
      /** Bytes of the whole, about; for progress. */
      readonly totalBytes: number;
      readonly entries: readonly Entry[];
      /** CRC-32C of the entries; and of all chunks since start-chunks, this one included. */
      readonly checksum: number;
      readonly runningChecksum: number;
      readonly last: boolean;
    }
  | { readonly type: 'chunk-reply'; readonly sync: number; readonly number: number }
  | { readonly type: 'finish'; readonly sync: number }
  | { readonly type: 'finish-reply'; readonly sync: number }
  | { readonly type: 'abort'; readonly sync: number; readonly reason: string };
