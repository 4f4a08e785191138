/** Every bound and interval of a full synchronization, with its unit in the name or in the comment. */

/** Bounds that the simulator and tests make small, so that each of them is met. */
export interface SyncLimits {
  /** Keys and values in one chunk: there is no more in it once there is so much, so a chunk is longer by a key and a value at most. Bytes, and keys. */
  readonly chunkBytes: number;
  readonly chunkKeys: number;
  /** What a chunk usually has besides: a requester's memory for chunks is so much larger than they are, and one that is longer gets its own. Bytes. */
  readonly chunkHeadBytes: number;
  /** A provider reads so much of its store at a time, and has read one of these ahead. Bytes. */
  readonly readBytes: number;
  /** Chunks that were sent and not replied to; one more is begun below this. Bytes. */
  readonly windowBytes: number;
  /** Writes that were given to the requester's database and are not done: beyond this it does not reply. Bytes. */
  readonly writingBytes: number;
  /** A requester wipes its store in steps of so many bytes of keys and values, and so many keys: a store of any size needs no more memory. */
  readonly wipeBytes: number;
  readonly wipeKeys: number;
  /** Synchronizations that a leader grants, and a provider serves, at once. Each reads and sends the whole store. */
  readonly mostSyncs: number;
  /** A log of so many times its bounds: new synchronizations are denied until it is trimmed. */
  readonly thresholdFactor: number;
  /** And no more than so many times: then it counts as trimmed. */
  readonly trimmedFactor: number;
  /** A log of so many times its bounds: those that are under way are aborted, for the disk is not endless. */
  readonly limitFactor: number;
}

export const SYNC_LIMITS: SyncLimits = {
  // With a value of some kilobytes, and its head, in one record of a ring (an eighth of 1 MiB): what is longer is put together from parts, in new memory.
  chunkBytes: 120 * 1024,
  chunkKeys: 4_096,
  chunkHeadBytes: 8 * 1024,
  readBytes: 480 * 1024,
  // A round trip of 10 ms at 200 MB/s: on one machine half of it does as well, but event loops that do other things too make round trips long.
  windowBytes: 2 * 1024 * 1024,
  // At 200 MB/s what comes while LevelDB's log is synced, which is some 30 ms for each 16 MB of it: the provider goes on meanwhile.
  writingBytes: 6 * 1024 * 1024,
  wipeBytes: 1024 * 1024,
  wipeKeys: 4_096,
  mostSyncs: 4,
  thresholdFactor: 4,
  trimmedFactor: 2,
  limitFactor: 16,
};

/** Names that a requester asks not to be given as its provider, because they failed. */
export const MOST_AVOIDED = 64;
/** Bytes of the reason of a denial or an abort; what is beyond is cut off. */
export const MOST_REASON_BYTES = 512;

/** The leader's answer to `start` is waited for so long. */
export const START_TIMEOUT_MS = 5_000;
/** After a failed attempt the next begins after so long, and twice as long each time. */
export const FIRST_RETRY_MS = 250;
export const MAX_RETRY_MS = 10_000;
/** What a leader tells those whom it denies; they wait longer, each time, if they are denied again. */
export const DENIED_RETRY_MS = 1_000;

/** A requester tells the leader so often that it is there; a provider and its requester do when there is nothing else to say. */
export const HEARTBEAT_MS = 2_000;
/** A leader that does not answer a requester's heartbeats for so long: another attempt. */
export const HEARTBEAT_TIMEOUT_MS = 10_000;
/** Provider and requester give each other up after so long a silence. */
export const SYNC_TIMEOUT_MS = 10_000;
/** And after so long without a chunk, or a reply to one, however much is heard otherwise. */
export const STALL_MS = 60_000;
/** A requester that is not heard of for so long does not keep the leader from trimming any more. */
export const TRIM_TIMEOUT_MS = 15_000;
/** After the last synchronization, and when a leader begins, trimming stays off so long: whoever was interrupted goes on. */
export const TRIM_ENABLE_DELAY_MS = 10_000;

/** The leader's answer to `finish` is waited for so long, and so often; then it is done without. */
export const FINISH_REPLY_TIMEOUT_MS = 5_000;
export const FINISH_ATTEMPTS = 3;
