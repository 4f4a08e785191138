/**
 * One member on its way to being a server. What it is depends on its role in the view, on what it wants, and on whether it has the state:
 *
 *   role           wants     has the state of this transfer   state
 *   client         client                                     client-normal
 *   client         server                                     becoming-server     asks for a new view
 *   transferring             no                               server-xfer         a transfer (re)starts where `since` is new
 *   transferring             yes                              server-xfer-done    asks for a new view
 *   server                                                    server-normal
 *
 * Before the first view it is `joining`. Who wants to be a client and is none yet asks for a new view, too, and begins no transfer. Who asks for a new view asks again in each view that comes without what it wants.
 *
 * Source: `Maestro_ClSv_ViewData.state` of the seed documents.
 */
import type { Role } from './roles.js';
import type { TransferType } from './safety.js';

export type ClientServerState =
  | 'joining'
  | 'client-normal'
  | 'becoming-server'
  | 'server-xfer'
  | 'server-xfer-done'
  | 'server-normal';

/** Where a member stands in a view. */
export interface Standing {
  readonly state: ClientServerState;
  /** Time of the view in which its transfer began; -1: it is not transferring. */
  readonly since: number;
  /** A transfer begins with this view, or begins again. */
  readonly startTransfer: boolean;
}

export const JOINING: Standing = Object.freeze({ state: 'joining', since: -1, startTransfer: false });

/** @param doneSince the transfer, by its `since`, of which the member has the state; -1: none */
export function standingOf(role: Role, wants: TransferType | undefined, doneSince: number, before: Standing): Standing {
  switch (role.type) {
    case 'client':
      return { state: wants === undefined ? 'client-normal' : 'becoming-server', since: -1, startTransfer: false };
    case 'server':
      return { state: 'server-normal', since: -1, startTransfer: false };
    case 'transferring': {
      const { since } = role;
      if (doneSince === since) return { state: 'server-xfer-done', since, startTransfer: false };
      return { state: 'server-xfer', since, startTransfer: wants !== undefined && before.since !== since };
    }
  }
}

/**
 * Whether the view lacks what the member wants: it is to ask for another one.
 * @param serves whether it wants to be a server, in the transfer that it is in
 */
export function wantsNewView({ state }: Standing, serves: boolean): boolean {
  if (state === 'becoming-server' || state === 'server-xfer-done') return true;
  return !serves && (state === 'server-xfer' || state === 'server-normal');
}
