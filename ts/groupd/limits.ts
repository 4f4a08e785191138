/** Every bound and interval of the membership service, with its unit in the name or in the comment. */

/** Where a service listens unless it is told otherwise: Ensemble's port. */
export const GROUPD_PORT = 6790;
export const GROUPD_HOST = '127.0.0.1';
/** Services in one list of a user. */
export const MAX_GROUPD_HOSTS = 16;

/** Before a connection has said who it is: a JOIN holds a list of members, and nothing else of any length. */
export const MAX_FIRST_FRAME_BYTES = 256 * 1024;
/** After that: state messages of a whole view, 16 KiB each at most. */
export const MAX_FRAME_BYTES = 24 * 1024 * 1024;
/** A connection that leaves more than this untaken is closed. */
export const MAX_UNTAKEN_BYTES = 64 * 1024 * 1024;
/** Members of a view; the same bound as everywhere. */
export const MAX_MEMBERS = 1024;
/** Connections that a service takes. */
export const MAX_CONNECTIONS = 8192;

/** A connection that has not said who it is for this long is closed. */
export const FIRST_WORDS_MS = 10_000;
/** A view that is taken up as it is: so long the service waits for those of its members that have not come yet. */
export const GATHER_MS = 3_000;
/** Who was taken out of a view, and lives, is asked for no new one before this. */
export const READMIT_MS = 1_000;
/** What a member may say it needs for a view change: more, and the service waits no longer than this. */
export const MAX_PATIENCE_MS = 3 * 3_600_000;
/** And no less than this. */
export const MIN_PATIENCE_MS = 1_000;

/** A client tries again after this long, and twice as long each time; well below GATHER_MS, so that nobody comes too late. */
export const FIRST_RETRY_MS = 50;
export const MAX_RETRY_MS = 1_000;
/** An attempt to connect that takes longer is given up. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** A client of a later service of its list looks this often whether an earlier one is there again. */
export const PREFER_MS = 5_000;
/** So long a connection may be silent before the system asks whether the other end lives. */
export const KEEP_ALIVE_MS = 5_000;
