/** What a simulated member's application has seen and done, in order: what the invariants are checked over. */

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
    }
  | {
      readonly type: 'sent';
      readonly at: number;
      readonly id: string;
      /** Undefined: a cast. */
      readonly to: string | undefined;
      readonly sendView: SendView;
      readonly bytes: number;
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
    }
  | { readonly type: 'block'; readonly at: number }
  /** This member's application was asked for the view message, and given these state messages. */
  | {
      readonly type: 'propose';
      readonly at: number;
      readonly members: readonly string[];
      readonly states: readonly (readonly [from: string, text: string])[];
    }
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
      return `view ${entry.view} [${entry.members.join(' ')}], rank ${entry.rank}${more}`;
    }
    case 'sent': {
      const what = entry.to === undefined ? 'cast' : `send to ${entry.to}`;
      return `${VERBS.sent} ${what} ${entry.id || '(0 bytes)'}, ${entry.bytes} B, in view: ${entry.sendView}`;
    }
    case 'received':
      return `${VERBS.received} ${entry.cast ? 'cast' : 'send'} ${entry.id || '(0 bytes)'} of ${entry.from}, ${entry.bytes} B${entry.late === true ? ', late' : ''}`;
    case 'propose':
      return `is asked for the message of [${entry.members.join(' ')}], given ${entry.states.map(([, text]) => text).join(' ') || 'nothing'}`;
    case 'error':
      return `error ${entry.code}: ${entry.message}`;
    default:
      return entry.type;
  }
}
