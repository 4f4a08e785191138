/** All numbers of the replicated store: bounds that are promised to users, and those of the protocol. */

/** Bytes of a key: from 1. */
export const MAX_KEY_BYTES = 1024;
/** Bytes of a value. */
export const MAX_VALUE_BYTES = 1 << 20;
/** Puts, deletes and compares of one transaction. */
export const MAX_TRANSACTION_OPERATIONS = 10_000;
/** Bytes of the keys and values of one transaction, compares included. */
export const MAX_TRANSACTION_BYTES = 8 << 20;
/** Configured replicas. */
export const MAX_REPLICAS = 31;

/** What the simulator makes small, so that each bound is met in each run. */
export interface StoreLimits {
  /** A record of the log holds so many bytes of transactions, and then no more. */
  readonly recordBytes: number;
  /** Submitted and not committed at one replica; more is refused. */
  readonly maxPendingTransactions: number;
  readonly maxPendingBytes: number;
  /** Records that are on their way to a replica that catches up, in bytes. */
  readonly replayWindowBytes: number;
  /** Records that came too early and wait for those before them, in bytes. */
  readonly heldBytes: number;
  /** Of the log that is kept in memory, besides what is being written. */
  readonly cachedLogBytes: number;
  /** Effects that wait to be written to the database before more are applied. */
  readonly applyBytes: number;
  /** What nobody waits for is written when so many bytes of it have come together, or so long after the first of it. Milliseconds. */
  readonly gatherBytes: number;
  readonly gatherMs: number;
  /** So long after a commit those hear of it at the latest who do not wait for it. Milliseconds. */
  readonly wordMs: number;
  /** The disk has failed when one write takes so long. Milliseconds. */
  readonly writeTimeoutMs: number;
  /** What was submitted and has no outcome is given up when there has been no majority for so long. Milliseconds. */
  readonly outcomeTimeoutMs: number;
}

export const STORE_LIMITS: StoreLimits = {
  recordBytes: 256 * 1024,
  maxPendingTransactions: 100_000,
  maxPendingBytes: 64 << 20,
  replayWindowBytes: 1 << 20,
  heldBytes: 4 << 20,
  cachedLogBytes: 8 << 20,
  applyBytes: 4 << 20,
  gatherBytes: 256 * 1024,
  gatherMs: 10,
  wordMs: 2,
  writeTimeoutMs: 10_000,
  outcomeTimeoutMs: 5_000,
};

/** Iterating reads so much of the database at a time. */
export const PAGE_ENTRIES = 512;
export const PAGE_BYTES = 256 * 1024;
/** A watcher that finds nothing of its prefix lets others have their turn after so many records. */
export const WATCH_RECORDS_AT_ONCE = 32;
/** A database that has failed may never be closed: so long it is waited for. Milliseconds. */
export const CLOSE_FAILED_MS = 5_000;
