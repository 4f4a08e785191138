/** What the subclasses of GroupMember in this folder get of it, and nobody else: by a symbol, so that users' subclasses may use any name. */
import type { Endpoint } from '../base/endpoint.js';
import type { Message } from '../base/message.js';
import type { Environment } from '../stack/environment.js';
import type { Session } from './session.js';
import type { ViewData } from './view.js';

export const inside = Symbol('consort.inside');

export interface Inside {
  /** This member's part in its group. @throws ConsortError when there is none */
  session(call: string): Session;
  /** The same, undefined when there is none. */
  readonly anySession: Session | undefined;
  /** The view that this member is in, also while it leaves. */
  readonly view: ViewData | undefined;
  /** Whether this member is in a view, or on its way into or out of one. */
  readonly isJoined: boolean;
  readonly maxMessageSize: number;
  /** For a `for await` loop over the member, if there is one. */
  pushMessage(type: 'scast' | 'lsend', origin: Endpoint, message: Message): void;
  /** Runs a callback of the application; what it throws is reported. */
  guard(callback: string, run: () => unknown): void;
  report(error: Error): void;
  /** Timers that go on while this member blocks its thread. */
  readonly setTimer: Environment['setTimer'];
  /** Throws where this thread can't be blocked by a call. */
  checkBlocking(call: string): void;
  /** Blocks this thread until it is done, or there is no session any more. */
  blockUntil(isDone: () => boolean): void;
}
