/** A member's place in a view, fixed or not, as the member itself sees it. */
import type { Endpoint } from '../base/endpoint.js';
import type { Outbox } from './outbox.js';
import type { ViewData } from './view.js';

export interface Membership {
  /** The view. */
  readonly data: ViewData;
  readonly outbox: Outbox;
  /** The ranks of the very objects in `data.members`, for the fast road. */
  readonly ranks: ReadonlyMap<Endpoint, number>;
  /** Bytes of memory in use. */
  readonly memoryBytes: number;
  /** The rank that a destination means; throws when it means none, or this member. */
  ranksOf(destination: unknown): readonly number[];
  /** While paused nothing is handed over to the application, and flow control slows the senders. */
  pause(): void;
  resume(): void;
  /** After each batch of the plane. Returns whether a sender that was told to wait may go on. */
  progress(): boolean;
  /** Resolves when this member is not needed any more: what it sent has arrived, or `lingerMs` are over. */
  leave(lingerMs: number): Promise<void>;
  /** From here on nothing is handed over, not even what is being walked over now. */
  stop(): void;
  /** It is over: streams and memory are gone. */
  retire(): void;
}
