/**
 * Every error that consort throws or reports on purpose: an `Error` with a stable `code`. The table below says when each code
 * happens and what to do then; docs/errors.md is made from it.
 */

interface CodeDescription {
  /** When it happens, one sentence. */
  readonly when: string;
  /** What to do about it, one sentence. */
  readonly remedy: string;
}

export const ERROR_CODES = {
  ABORT_ERR: {
    when: 'The `AbortSignal` given to the call was aborted, or `leave()` or `close()` was called meanwhile.',
    remedy: 'Nothing was left open; `cause` is the reason of the signal. Call again if you still want it.',
  },
  ERR_ALREADY_ITERATING: {
    when: 'A second `for await` was begun over a member whose first has not ended.',
    remedy: 'Use one loop for each member and hand events on from there, or use listeners.',
  },
  ERR_ALREADY_JOINED: {
    when: '`join()` was called on a member that is in a view, is joining one, or is leaving one.',
    remedy: 'Wait for `leave()` first, or make another member.',
  },
  ERR_BIND: {
    when: 'The socket could not be opened or bound to `options.address`.',
    remedy: 'Look at `cause`; port 0 lets the system choose a free port.',
  },
  ERR_BLOCKING_IN_CALLBACK: {
    when: 'A call that blocks was made within a callback of the same member, other than `onStateTransfer`.',
    remedy: 'Call it in `onStateTransfer`, or when the callback has returned.',
  },
  ERR_BLOCKING_IN_SINGLE_THREADED_MODE: {
    when: "A call that blocks was made at a member with the option `threadMode: 'single'`, whose data plane is on the thread that would be blocked.",
    remedy: "Use the thread mode 'multi', or the call that returns a promise.",
  },
  ERR_CALLBACK: {
    when: 'A callback of yours threw or rejected; it is reported, and the protocol goes on.',
    remedy: 'Look at `cause`, and at `details.callback` for which it was.',
  },
  ERR_CLAIM_LOST: {
    when: '`publishClaim()` was called without a claim, with more bytes than were claimed, or after another `cast()` or the end of the view.',
    remedy: 'Claim, fill and publish without anything of the member in between.',
  },
  ERR_CLOSED: {
    when: 'The member was closed, by `close()` or because its socket failed.',
    remedy: 'Make another member.',
  },
  ERR_DISCOVERY: {
    when: 'Discovery is out of order in part (no multicast on an interface, a gossip server that does not answer); it is reported once.',
    remedy: 'Look at the message and at `cause`; the group goes on, and discovery keeps trying.',
  },
  ERR_DUPLICATE_ADDRESS: {
    when: 'Two members of the list given to `join()` have one address.',
    remedy: 'Give each member its own host and port; names are compared after they are resolved.',
  },
  ERR_GROUPD: {
    when: 'No membership service (`options.groupdHosts`) can be reached, or what listens there is none; it is reported once until one is found.',
    remedy: 'See that `consort groupd` runs there; views stay as they are meanwhile, and the member keeps trying.',
  },
  ERR_INCOMPATIBLE: {
    when: 'Another view of the group can not merge with this one: another stack, wire version, memory, checksum, or kind of address (loopback or outside).',
    remedy: 'The message says what differs; give all members of a group the same options and version.',
  },
  ERR_INVALID_ARGUMENT: {
    when: 'An argument of a method has a wrong type or value.',
    remedy: 'The message says which, what was given and what is wanted.',
  },
  ERR_INVALID_OPTION: {
    when: 'An option has a wrong type or value, or a name that no option has.',
    remedy: 'The message says which, what was given and what is wanted.',
  },
  ERR_INVARIANT: {
    when: 'A layer that checks what the stack promises has found a promise broken.',
    remedy: 'It is a bug of consort: report it with the message.',
  },
  ERR_JOIN_DENIED: {
    when: "The application of the group's coordinator answered `onJoinRequest` with false.",
    remedy: 'Ask whoever runs the group; nothing was left open, and join() may be called again.',
  },
  ERR_MALFORMED_STREAM: {
    when: "Another member's stream holds a record that no writer writes: that member is broken or hostile.",
    remedy: 'Nothing more of that stream is delivered; look after the member in `details.origin`.',
  },
  ERR_MEMORY_TOO_SMALL: {
    when: 'The `memory` option is too small for a view of this many members.',
    remedy: 'Give all members at least `details.wantedBytes`.',
  },
  ERR_MESSAGE_EMPTY: {
    when: 'A value was popped or read where the message has no more.',
    remedy: 'Pop as often as was pushed, or ask `isEmpty` first.',
  },
  ERR_MESSAGE_MALFORMED: {
    when: 'A value was popped or read where the bytes of the message are none that `push` writes: they come from something else, or somebody hostile.',
    remedy: 'Read it as what it is, with `bytes()` or `text()`; nothing was taken off it.',
  },
  ERR_MESSAGE_READ_ONLY: {
    when: 'A message was written to that was popped from, has an alias, is one over given bytes, or was delivered.',
    remedy:
      'Write to a `writableCopy()`, or to a new message; `reset()` empties one, but not while it is lent to a callback.',
  },
  ERR_MESSAGE_REFUSED: {
    when: 'A message arrived that is longer than this member takes; it is reported and skipped.',
    remedy: 'Give all members the same `maxMessageSize`.',
  },
  ERR_MESSAGE_TOO_LARGE: {
    when: 'A message is longer than `maxMessageSize`, a claim longer than a claim may be, or a pushed value would make its message longer than 1 GiB.',
    remedy: 'Send it in pieces, or raise `maxMessageSize` at every member; longer claims go by `cast()`.',
  },
  ERR_MESSAGE_TYPE: {
    when: 'The value on top of the message, or the next one to read, is of another type than was asked for; it stays there.',
    remedy: 'Pop in the reverse order of pushing, or take whatever comes with `pop()`.',
  },
  ERR_NATIVE_UNAVAILABLE: {
    when: "`mode: 'native'` was asked for and the addon can't be loaded.",
    remedy: "Look at `cause`; `mode: 'auto'` or `'ts'` does without the addon.",
  },
  ERR_NOT_AVAILABLE: {
    when: 'A property or transport is known but not built yet.',
    remedy: 'The message lists what is available.',
  },
  ERR_NOT_A_SERVER: {
    when: 'A state was asked for of a member that is no server of the view.',
    remedy: 'Ask one of `member.view.servers`.',
  },
  ERR_NOT_IN_VIEW: {
    when: 'The list given to `join()` does not hold the address of this member.',
    remedy: 'Bind to one of the listed addresses with `options.address`, or list `member.address`.',
  },
  ERR_NOT_JOINED: {
    when: 'The call needs a view and the member is in none, or is leaving it.',
    remedy: 'Await `join()` first.',
  },
  ERR_NOT_OPEN: {
    when: 'The call needs the socket and the member is not open yet.',
    remedy: 'Await `open()` or `join()` first.',
  },
  ERR_NOT_TRANSFERRING: {
    when: 'The call belongs to a state transfer, and none to that member is in progress.',
    remedy:
      'Ask for the state, and say that it is there, between a view with `startTransfer` and the end of the transfer; send it to `member.view.xferServers`.',
  },
  ERR_QUEUE_FULL: {
    when: 'A message would make more than `maxQueuedBytes` wait for flow control; it was not taken.',
    remedy: "Stop while `writableNeedDrain` is true and go on at 'drain'.",
  },
  ERR_RESOLVE: {
    when: 'A host name could not be resolved.',
    remedy: 'Look at `cause`; addresses in numbers need no resolver.',
  },
  ERR_SEND_TO_SELF: {
    when: '`send()` was given the member itself; nothing is delivered to its sender.',
    remedy: 'Handle the message where it is made.',
  },
  ERR_STATE_INTERRUPTED: {
    when: 'The server that streamed a state failed, and a part of the state was taken in already.',
    remedy: 'Ask again, from the beginning; or ask with `resume`, where all servers give the same bytes.',
  },
  ERR_STATE_TOO_LARGE: {
    when: 'A state is larger than `maxStateSize`.',
    remedy: 'Raise `maxStateSize`, or take the state in parts with `streamState()`.',
  },
  ERR_STATE_UNAVAILABLE: {
    when: 'No server gave the state: each failed, refused, or said nothing for `stateTimeout`.',
    remedy: 'Look at the message for what the last one said; leave and join to try again.',
  },
  ERR_STORE_CORRUPT: {
    when: "The directory of a store holds something else, or its files are damaged: bytes don't have their checksum, or some are missing.",
    remedy: 'Move the directory away and start the replica again: it takes everything from the others.',
  },
  ERR_STORE_DISK: {
    when: 'The disk of a store, or its directory, fails: it is full, may not be written to, is no directory, or has an error.',
    remedy: 'Look at `cause`, put it right, and open the store again; a write that failed may be there then.',
  },
  ERR_STORE_FOREIGN: {
    when: 'The database in the directory belongs to another replica, to another store, or to another version of consort.',
    remedy: 'The message says which; give each replica of each store a directory of its own.',
  },
  ERR_STORE_LOCKED: {
    when: 'The directory of a store is in use, by another process or by another store of this one.',
    remedy: 'Close that one first, or give each store a directory of its own.',
  },
  ERR_STORE_MEMBERS: {
    when: 'Another replica in the group was configured with other `members`; it is reported, and the two do not work together.',
    remedy: 'Give all replicas of a store the same list of members.',
  },
  ERR_STORE_NAME_TAKEN: {
    when: 'Another replica of the same name is in the group; the later one ends.',
    remedy: 'Give each replica a name of its own, and start it once.',
  },
  ERR_STORE_NOT_READY: {
    when: 'A replica has not agreed with the others yet, since it was opened or was cut off; or it is taking the whole store from another one. What it has may be old, or half.',
    remedy: "Await `whenReady()`, or ask another replica; `{ read: 'stale' }` reads what is here, unless that is half.",
  },
  ERR_STORE_NO_QUORUM: {
    when: 'Less than a majority of the configured replicas can be reached: nothing can be committed, and what is read may be old.',
    remedy:
      "Try again when the others are back; `{ read: 'stale' }` reads what is here. Nothing of the transaction happened.",
  },
  ERR_STORE_OUTCOME_UNKNOWN: {
    when: 'A transaction was on its way when its majority was lost, or this replica was synchronized as a whole: it may have happened or not, once at most.',
    remedy:
      'Read what it would have changed before you submit it again, or submit it with a compare that holds only once.',
  },
  ERR_STORE_PROTOCOL: {
    when: 'A member of the group of a store has sent what no replica sends; it is reported, and the message dropped.',
    remedy: 'See that only replicas, of one version of consort, use the name of the group.',
  },
  ERR_STORE_SYNC_FAILED: {
    when: 'An attempt of a replica to synchronize its whole store has failed; it is reported, and another one follows.',
    remedy: 'Look at the message; when it goes on, see that the provider and the disks are well.',
  },
  ERR_STORE_TOO_LARGE: {
    when: 'A key, a value or a transaction is larger than one may be.',
    remedy:
      'The message says how large it is and how large it may be; large values belong elsewhere, with their names in the store.',
  },
  ERR_STORE_TRIMMED: {
    when: 'A watcher needs versions that the log has no more: it was trimmed, or the replica was synchronized as a whole.',
    remedy:
      'Read what is there with `snapshot()`, and watch from the version after it; longer logs (`logEntries`, `logBytes`) go back further.',
  },
  ERR_STORE_UNAVAILABLE: {
    when: "The database under a store can't be loaded: the package `classic-level` is missing, or has no binary for this machine.",
    remedy:
      'Look at `cause`; reinstall, compile it with `npm rebuild classic-level`, or give the store another database.',
  },
  ERR_TOO_MANY_MEMBERS: {
    when: 'The list given to `join()` is longer than a view may be.',
    remedy: 'Use several groups.',
  },
  ERR_TRANSFER_TERMINATED: {
    when: 'The state transfer that the call belongs to is over: views have merged, no server was left, or another one has begun.',
    remedy: 'Return from `onStateTransfer`; it is called again when there is another transfer.',
  },
  ERR_TRANSPORT_FAILED: {
    when: 'The socket or its thread failed for good; it is reported, and the member closes.',
    remedy: 'Look at `cause`; make another member.',
  },
  ERR_UNKNOWN_MEMBER: {
    when: 'The destination of `send()` is not in the view.',
    remedy: 'Take it from `member.view.members`, or give its rank.',
  },
} as const satisfies Record<string, CodeDescription>;

export type ErrorCode = keyof typeof ERROR_CODES;

export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface ConsortErrorOptions {
  /** What led to it. */
  readonly cause?: unknown;
  /** The values that the message is made of, to be read by a program. */
  readonly details?: ErrorDetails;
}

const NO_DETAILS: ErrorDetails = Object.freeze({});
const ERROR_BRAND = Symbol.for('consort.error');
const ARGUMENT_BRAND = Symbol.for('consort.error.argument');

function isBranded(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** An error of consort. `instanceof` works across copies of the package: it looks for the brand `Symbol.for('consort.error')`. */
export class ConsortError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ConsortErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? NO_DETAILS;
  }

  static {
    brand(ConsortError, 'ConsortError', ERROR_BRAND);
  }
}

/** An argument or an option with a wrong type or value. Nothing was done. */
export class ConsortArgumentError extends ConsortError {
  static {
    brand(ConsortArgumentError, 'ConsortArgumentError', ARGUMENT_BRAND);
  }
}

/** The call was given up because its signal was aborted. Its `name` is 'AbortError', as everywhere in Node. */
export class ConsortAbortError extends ConsortError {
  constructor(cause?: unknown) {
    super('ABORT_ERR', 'The operation was aborted', { cause });
  }

  static {
    brand(ConsortAbortError, 'AbortError', Symbol.for('consort.error.abort'));
  }
}

/** The state transfer that the call belongs to is over, and nothing of the state is to be used. Source: MAESTRO_XFER_TERMINATED. */
export class TransferTerminated extends ConsortError {
  constructor(transfer: number, why: string) {
    super('ERR_TRANSFER_TERMINATED', `state transfer ${transfer} is over: ${why}`, { details: { transfer, why } });
  }

  static {
    brand(TransferTerminated, 'TransferTerminated', Symbol.for('consort.error.transfer-terminated'));
  }
}

export function isConsortError(value: unknown): value is ConsortError {
  return isBranded(value, ERROR_BRAND);
}

/** Name and brand live in the prototype: an error shows only what is its own. */
function brand(type: { readonly prototype: ConsortError }, name: string, symbol: symbol): void {
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(type.prototype, symbol, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    // A class that extends one of ours inherits this, and has no brand of its own: there the usual rule holds.
    value(this: unknown, value: unknown) {
      return this === type ? isBranded(value, symbol) : Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}
