/** The events of a member, as listeners and as `for await` loops get them. */

import type { Endpoint } from '../base/endpoint.js';
import type { Message } from '../base/message.js';
import type { TransferProgress } from './state-transfer.js';
import type { ViewData } from './view.js';

/** Listeners: `member.on('cast', (origin, message) => ...)`. A message is valid only during the call; `message.copy()` keeps. */
export interface GroupMemberEvents {
  cast: [origin: Endpoint, message: Message];
  send: [origin: Endpoint, message: Message];
  /** Of clients and servers. */
  scast: [origin: Endpoint, message: Message];
  lsend: [origin: Endpoint, message: Message];
  /** Of ClientServer: another member asks for the state, or sends a part of it. */
  askState: [origin: Endpoint, message: Message];
  receiveState: [origin: Endpoint, message: Message];
  /** Of StateTransferServer. */
  transferProgress: [progress: TransferProgress];
  view: [view: ViewData, message: Message | undefined];
  /** The view ends: the last chance to send in it. */
  block: [];
  /** What flow control held back is under way: `writableNeedDrain` is false again. */
  drain: [];
  heartbeat: [time: number];
  /** The member has left its view: the last event, unless it joins again. */
  exit: [];
  error: [error: Error];
}

/** What `for await (const event of member)` gives, in the one order in which it happened. A message of an event stays valid. */
export type GroupEvent =
  | { readonly type: 'view'; readonly view: ViewData }
  | { readonly type: 'cast'; readonly origin: Endpoint; readonly message: Message }
  | { readonly type: 'send' | 'scast' | 'lsend'; readonly origin: Endpoint; readonly message: Message }
  /** The member has left its view; the loop ends after it. */
  | { readonly type: 'exit' };
