// The files of group-program.mjs, in the form that the invariants are checked in: one log for each time that a process was a member.
import type { LogEntry, MemberLog } from '../../ts/sim/log.js';

type ViewEntry = Extract<LogEntry, { type: 'view' }>;
type SentEntry = Extract<LogEntry, { type: 'sent' }>;

export interface RoleNote {
  readonly type: 'note';
  readonly view: string;
  readonly state: string;
  readonly viewType: string;
  readonly servers: readonly string[];
  readonly xferServers: readonly string[];
  /** Casts that it has in its state, and what they come to. */
  readonly size: number;
  readonly digest: number;
}

export type Line =
  | (ViewEntry & {
      readonly newMembers: readonly string[];
      readonly departedMembers: readonly string[];
      readonly oldRank: number;
      readonly me: string;
    })
  /** Before it may be under way. */
  | (Omit<SentEntry, 'type' | 'sendView'> & { readonly type: 'sending' })
  /** It was refused. */
  | (Omit<SentEntry, 'type' | 'sendView'> & { readonly type: 'unsent'; readonly code: string })
  /** Of clients and servers: where this one stands in the view that it has come to, and its state when the one before ended. */
  | RoleNote
  /** The promise of `onBlock` resolves. */
  | { readonly type: 'ready'; readonly at: number }
  | Exclude<LogEntry, { type: 'view' }>;

export type LogOf = MemberLog & { readonly views: readonly Extract<Line, { type: 'view' }>[] };

export function linesOf(text: string): Line[] {
  const lines = text.split('\n');
  // A process that was killed may have got half of its last line out.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Line);
}

export function logsOf(lines: readonly Line[], killed: boolean): LogOf[] {
  const logs: LogOf[] = [];
  let views: LogOf['views'][number][] = [];
  let log: LogEntry[] = [];
  const finish = (end: MemberLog['end']) => {
    const name = views[0]?.me;
    if (name !== undefined) logs.push({ name, log, views, end, leaving: end === 'left' });
    views = [];
    log = [];
  };
  for (const line of lines) {
    switch (line.type) {
      case 'sending': {
        // What is not confirmed was sent by a process that was killed just then: nobody knows for which view.
        log.push({ ...line, type: 'sent', to: line.to, sendView: 'unspecified' });
        break;
      }
      case 'sent':
      case 'unsent':
        confirm(log, line);
        break;
      case 'ready':
      case 'note':
        break;
      case 'view':
        views.push(line);
        log.push(line);
        break;
      case 'exit':
        log.push(line);
        finish('left');
        break;
      default:
        log.push(line);
    }
  }
  finish(killed ? 'crashed' : 'alive');
  return logs;
}

/** The send itself calls nobody back, so the last `sending` is the one. */
function confirm(log: LogEntry[], line: Extract<Line, { type: 'sent' | 'unsent' }>): void {
  const index = log.findLastIndex((entry) => entry.type === 'sent');
  if (line.type === 'sent') log[index] = { ...line, to: line.to };
  else log.splice(index, 1);
}
