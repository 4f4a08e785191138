/** What a simulated member's application has seen and done, in order: what the invariants are checked over. */
import type { ClientServerState } from '../client-server/automaton.js';
import type { Safety, TransferType } from '../client-server/safety.js';

/** Who is a server in a view, and where the member stands whose log it is. Members by name. */
export interface RolesEntry {
  readonly servers: readonly string[];
  readonly xferServers: readonly string[];
  readonly clients: readonly string[];
  readonly viewType: TransferType;
  readonly state: ClientServerState;
  readonly startTransfer: boolean;
}

/** Times in simulated microseconds. Views and members by name; messages by an id that no two share, '' for one of 0 bytes. */
export type LogEntry =
  | {
      readonly type: 'view';
      readonly at: number;
      readonly view: string;
      readonly members: readonly string[];
      readonly rank: number;
      readonly time: number;
      readonly coordinator: string;
      readonly primary: boolean;
      readonly protocol: string;
      /** What the coordinator's application says with it. */
      readonly message: string;
      /** In groups of clients and servers. */
      readonly roles?: RolesEntry;
    }
  | {
      readonly type: 'sent';
      readonly at: number;
      readonly id: string;
      /** Undefined: it goes with the casts. */
      readonly to: string | undefined;
      readonly sendView: SendView;
      readonly bytes: number;
      /** Of calls to servers and lists. */
      readonly call?: 'scast' | 'lsend';
      /** Whom they list. */
      readonly list?: readonly string[];
      /** Undefined: generic. */
      readonly safety?: Safety;
    }
  | {
      readonly type: 'received';
      readonly at: number;
      readonly cast: boolean;
      readonly from: string;
      readonly id: string;
      readonly bytes: number;
      /** Whether the view had ended below: it belongs to what the view change has found. Undefined: nobody knows. */
      readonly late?: boolean;
      /** Of calls to servers and lists. */
      readonly call?: 'scast' | 'lsend';
    }
  | { readonly type: 'block'; readonly at: number }
  /** This member's application was asked for the view message, and given these state messages. */
  | {
      readonly type: 'propose';
      readonly at: number;
      readonly members: readonly string[];
      readonly states: readonly (readonly [from: string, text: string])[];
    }
  /** From now on it wants to be a server, with such a transfer; undefined: a client. */
  | { readonly type: 'want'; readonly at: number; readonly transfer: TransferType | undefined }
  /** A transfer of the state to this member begins; it says that it has the state; or it does not want it any more. */
  | {
      readonly type: 'transfer';
      readonly at: number;
      readonly transfer: number;
      readonly what: 'begun' | 'done' | 'given up';
    }
  /** It asks for the state, or a part of it; or that has come to an end. */
  | {
      readonly type: 'request';
      readonly at: number;
      readonly number: number;
      readonly transfer: number;
      readonly what: 'asked' | 'whole' | 'terminated' | 'failed' | 'dropped';
    }
  /** A view ends for a server: what it has then. */
  | {
      readonly type: 'state';
      readonly at: number;
      /** Where its state comes from: of one who had it, or from nowhere. */
      readonly lineage: string;
      /** What has changed it, in order. */
      readonly applied: readonly string[];
      /** Whether the order counts: all stacks that the group may have had order casts totally. */
      readonly total: boolean;
    }
  /** The run ends: bytes that a transfer keeps back still. */
  | { readonly type: 'held'; readonly at: number; readonly bytes: number }
  | { readonly type: 'exit'; readonly at: number }
  | { readonly type: 'error'; readonly at: number; readonly code: string; readonly message: string };

export type SendView = 'current' | 'next' | 'unspecified';

/** One member's life, from its join to its end. */
export interface MemberLog {
  readonly name: string;
  readonly log: readonly LogEntry[];
  /** How it ended: by a crash, by leaving, or not at all. */
  readonly end: 'alive' | 'crashed' | 'left';
  /** Whether leaving was asked of it. */
  readonly leaving: boolean;
}

const VERBS = { sent: 'sent', received: 'received' } as const;

export function describeEntry(entry: LogEntry): string {
  switch (entry.type) {
    case 'view': {
      const more = `${entry.primary ? ', primary' : ''}${entry.message === '' ? '' : `, says ${entry.message}`}`;
      return `view ${entry.view} [${entry.members.join(' ')}], rank ${entry.rank}${more}${describeRoles(entry.roles)}`;
    }
    case 'sent': {
      const what = describeCall(entry);
      return `${VERBS.sent} ${what} ${entry.id || '(0 bytes)'}, ${entry.bytes} B, in view: ${entry.sendView}`;
    }
    case 'received':
      return `${VERBS.received} ${entry.call ?? (entry.cast ? 'cast' : 'send')} ${entry.id || '(0 bytes)'} of ${entry.from}, ${entry.bytes} B${entry.late === true ? ', late' : ''}`;
    case 'propose':
      return `is asked for the message of [${entry.members.join(' ')}], given ${entry.states.map(([, text]) => text).join(' ') || 'nothing'}`;
    case 'error':
      return `error ${entry.code}: ${entry.message}`;
    case 'want':
      return entry.transfer === undefined ? 'wants to be a client' : `wants to be a server, ${entry.transfer}`;
    case 'transfer':
      return `transfer ${entry.transfer}: ${entry.what}`;
    case 'request':
      return `request ${entry.number} of transfer ${entry.transfer}: ${entry.what}`;
    case 'state':
      return `has the state of ${entry.lineage}, of ${entry.applied.length} messages${entry.applied.length > 0 ? `, the last ${entry.applied.at(-1)}` : ''}`;
    case 'held':
      return `${entry.bytes} B are held back`;
    default:
      return entry.type;
  }
}

function describeCall({ to, call, list }: Extract<LogEntry, { type: 'sent' }>): string {
  if (call !== undefined) return `${call} to [${list?.join(' ') ?? ''}]`;
  return to === undefined ? 'cast' : `send to ${to}`;
}

function describeRoles(roles: RolesEntry | undefined): string {
  if (roles === undefined) return '';
  const { servers, xferServers, viewType, state, startTransfer } = roles;
  const transfer = xferServers.length === 0 ? '' : `, ${viewType} transfer to [${xferServers.join(' ')}]`;
  return `, servers [${servers.join(' ')}]${transfer}, ${state}${startTransfer ? ', which begins' : ''}`;
}
