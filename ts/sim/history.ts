/** The logs of a run put in order: who was in which view after which, and what of each stream was delivered in it. */
import type { Safety } from '../client-server/safety.js';
import { type Call, safetyOfId, streamKey } from './calls.js';
import type { LogEntry, MemberLog, SendView } from './log.js';

export type ViewEntry = Extract<LogEntry, { type: 'view' }>;
export type SentEntry = Extract<LogEntry, { type: 'sent' }>;
export type ReceivedEntry = Extract<LogEntry, { type: 'received' }>;

/** What must hold: the names in the table of docs/simulation.md. Each has a bug on purpose that breaks it (planted.ts). */
export const INVARIANTS = [
  'self-inclusion',
  'view agreement',
  'virtual synchrony',
  'sending view',
  'no creation',
  'no duplication',
  'FIFO',
  'self-delivery',
  'causal',
  'total',
  'agree',
  'held back',
  'roles',
  'equal states',
  'servers only',
  'one end',
  'primary',
  'state messages',
  'no error',
  'liveness',
] as const;

export type Invariant = (typeof INVARIANTS)[number];

/** What is wrong, and who was there. */
export interface Violation {
  /** 'no exception': the run itself broke, and nothing is known of what else holds. */
  readonly invariant: Invariant | 'no exception';
  readonly text: string;
  readonly members: readonly string[];
}

/** A message as its sender knows it; its index in the stream is where it stands in `Stream.messages`. */
export interface SentMessage {
  readonly id: string;
  readonly bytes: number;
  readonly at: number;
  readonly sendView: SendView;
  /** In which of its views the sender was. */
  readonly epoch: number;
  /** How many deliveries it had had there. */
  readonly after: number;
  /** Where it stands among all that the sender cast and sent. */
  readonly nth: number;
  /** Whom a call to servers or to a list names. */
  readonly list: readonly string[];
}

/** All that one member cast, or cast to the servers, or sent to one other, of one safety. */
export interface Stream {
  readonly key: string;
  readonly sender: string;
  readonly call: Call;
  readonly safety: Safety;
  /** Undefined: casts, to all or to the servers. */
  readonly to: string | undefined;
  readonly messages: SentMessage[];
  readonly byId: Map<string, number>;
}

/** What a member got of one stream in one view, in order. */
export interface Got {
  readonly stream: string;
  readonly from: string;
  /** `listed`: casts to the servers that came to one who is none. */
  readonly call: Call | 'listed';
  /** Casts to all. */
  readonly cast: boolean;
  readonly entries: ReceivedEntry[];
  /** Where each of them stands among the deliveries of the view. */
  readonly at: number[];
  /** Where the first of `entries` stands in the stream; set by the check of FIFO. Undefined: that can't be told. */
  start: number | undefined;
}

export interface Delivery {
  readonly got: Got;
  /** Of its entries. Streams of a view begin with it, so the same number is the same message for all who were in the view. */
  readonly index: number;
  /** Undefined: nobody knows. */
  readonly late: boolean | undefined;
}

/** One member in one view. */
export interface Epoch {
  readonly member: string;
  readonly index: number;
  readonly view: ViewEntry;
  /** Whether it gets what goes to the servers. */
  readonly serves: boolean;
  /** Keyed by stream. */
  readonly got: Map<string, Got>;
  /** All that it got there, as it came. */
  readonly order: Delivery[];
  /** The member's view after it; undefined: it had none. */
  next: Epoch | undefined;
}

export interface MemberHistory {
  readonly name: string;
  readonly result: MemberLog;
  readonly epochs: readonly Epoch[];
}

export interface History {
  readonly members: ReadonlyMap<string, MemberHistory>;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly streamsOf: ReadonlyMap<string, readonly Stream[]>;
  /** Received before there was any view. */
  readonly strays: readonly Violation[];
}

export function historyOf(logs: readonly MemberLog[]): History {
  const streams = new Map<string, Stream>();
  const strays: Violation[] = [];
  const members = new Map<string, MemberHistory>();
  for (const result of logs) {
    const epochs: Epoch[] = [];
    let nth = 0;
    for (const entry of result.log) {
      const epoch = epochs[epochs.length - 1];
      if (entry.type === 'view') {
        const next: Epoch = {
          member: result.name,
          index: epochs.length,
          view: entry,
          serves: isIn(entry.roles?.servers, result.name) || isIn(entry.roles?.xferServers, result.name),
          got: new Map<string, Got>(),
          order: [],
          next: undefined,
        };
        if (epoch !== undefined) epoch.next = next;
        epochs.push(next);
      }
      if (entry.type === 'sent') noteSent(streams, result.name, entry, epoch, nth++);
      if (entry.type === 'received') {
        if (epoch === undefined) strays.push(stray(result.name, entry));
        else noteReceived(epoch, entry);
      }
    }
    members.set(result.name, { name: result.name, result, epochs });
  }
  const streamsOf = new Map<string, Stream[]>();
  for (const stream of streams.values()) {
    const those = streamsOf.get(stream.sender);
    if (those === undefined) streamsOf.set(stream.sender, [stream]);
    else those.push(stream);
  }
  return { members, streams, streamsOf, strays };
}

function isIn(list: readonly string[] | undefined, member: string): boolean {
  return list?.includes(member) === true;
}

function noteSent(
  streams: Map<string, Stream>,
  sender: string,
  entry: SentEntry,
  epoch: Epoch | undefined,
  nth: number,
): void {
  const { id, bytes, at, sendView, to, safety = 'generic', list = [] } = entry;
  const call = entry.call ?? (to === undefined ? 'cast' : 'send');
  const after = epoch?.order.length ?? 0;
  const message = { id, bytes, at, sendView, epoch: epoch?.index ?? -1, after, nth, list };
  // A list is so many streams: each of them gets what is for it.
  for (const receiver of call === 'lsend' ? list : [to]) {
    const key = streamKey(sender, call, safety, receiver);
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { key, sender, call, safety, to: receiver, messages: [], byId: new Map() };
      streams.set(key, stream);
    }
    if (id !== '') stream.byId.set(id, stream.messages.length);
    stream.messages.push(message);
  }
}

function noteReceived(epoch: Epoch, entry: ReceivedEntry): void {
  const { from, cast, late, id } = entry;
  const call = entry.call ?? (cast ? 'cast' : 'send');
  const to = call === 'send' || call === 'lsend' ? epoch.member : undefined;
  const listed = call === 'scast' && !epoch.serves;
  const key = `${streamKey(from, call, safetyOfId(id), to)}${listed ? ' listed' : ''}`;
  let got = epoch.got.get(key);
  if (got === undefined) {
    got = { stream: key, from, call: listed ? 'listed' : call, cast, entries: [], at: [], start: undefined };
    epoch.got.set(key, got);
  }
  got.at.push(epoch.order.length);
  epoch.order.push({ got, index: got.entries.length, late });
  got.entries.push(entry);
}

function stray(member: string, { id, from }: ReceivedEntry): Violation {
  return {
    invariant: 'self-inclusion',
    text: `${member} got ${id} of ${from} before it had any view`,
    members: [member, from],
  };
}
