// What passes between a driver in thread mode `multi` and its worker. Bytes of streams never do: they are in shared rings.
//
//   event loop   commands, WAKE if `asleep` was set ------>  worker
//                <------ READY if `listening` was set, what it wants or has received of no view, whose rings it has let go of, by a port of their own
import type { MessagePort } from 'node:worker_threads';
import type { Address, DriverOptions, StreamKind, ViewConfig } from '../data-plane.js';
import type { Unattached, WantedStream } from './io-endpoint.js';

/** JavaScript has published or consumed. */
export const WAKE = 0;
/** The plane has something for JavaScript to look at. */
export const READY = 0;

export interface WorkerData {
  readonly options: DriverOptions;
  /** For reports: a port of their own can be read without the event loop, while that is blocked. */
  readonly reports: MessagePort;
  /** Written by the worker after each turn: see Endpoint.readStats. */
  readonly stats: Float64Array;
  /** Word 0 counts the wanted streams, unattached datagrams and refusals that the event loop has taken. */
  readonly taken: Int32Array;
}

export type Command =
  | typeof WAKE
  | { readonly type: 'install'; readonly view: number; readonly config: ViewConfig; readonly counters: Int32Array }
  | {
      readonly type: 'open';
      readonly outgoing: boolean;
      readonly view: number;
      readonly kind: StreamKind;
      readonly rank: number;
      readonly ring: Uint8Array;
      readonly slot: number;
    }
  | {
      readonly type: 'watch';
      readonly view: number;
      readonly ranks: readonly number[];
      readonly intervalMs: number;
    }
  | { readonly type: 'exclude'; readonly view: number; readonly rank: number }
  | {
      readonly type: 'holder';
      readonly view: number;
      readonly origin: number;
      readonly holder: number;
      readonly upTo: number;
    }
  | { readonly type: 'stop'; readonly view: number; readonly origin: number; readonly cut: number }
  | { readonly type: 'retire'; readonly view: number }
  | { readonly type: 'unattached'; readonly to: Address; readonly bytes: Uint8Array }
  | { readonly type: 'close' };

/** An error as it passes between threads, which keeps only its message. */
export interface Failure {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Report =
  | typeof READY
  | { readonly type: 'opened'; readonly address: Address; readonly frameBytes: number }
  | { readonly type: 'refused'; readonly failure: Failure }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** The answer to 'retire': the worker touches no ring of this view any more. */
  | { readonly type: 'released'; readonly view: number }
  | { readonly type: 'wanted'; readonly stream: WantedStream }
  | { readonly type: 'unattached'; readonly datagram: Unattached }
  /** Nothing is bound to this address any more, it seems. */
  | { readonly type: 'nobody'; readonly address: Address };

export function packError(error: Error): Failure {
  // code, errno, syscall, address, port: all that dgram says about it.
  return { message: error.message, details: { ...error } };
}

export function unpackError({ message, details }: Failure): Error {
  return Object.assign(new Error(message), details);
}
