/** Every bound and interval of discovery, with its unit in the name or in the comment. */

/** Longest body: with its header and those of UDP and IPv6 it fits into the least MTU that IPv6 knows. Bytes. */
export const MAX_ANNOUNCEMENT_BYTES = 1200;

/** Addresses that announcements are sent to one by one, and gossip servers. */
export const MAX_PEERS = 256;
/** Hosts or servers in one list of a user. */
export const MAX_LISTED = 256;
/** Network interfaces that multicast uses. */
export const MAX_INTERFACES = 32;
/** Asked of the kernel for each direction of a socket of a member; announcements are few. */
export const SOCKET_BUFFER_BYTES = 256 * 1024;

/** Names are looked up again after this long: a machine may move. */
export const LOOKUP_INTERVAL_MS = 30_000;
/** A name that was not found is looked up again after this long, and one that discovery is based on always is. */
export const LOOKUP_RETRY_MS = 5_000;
/** Interfaces come and go: this often they are looked at again. */
export const INTERFACES_INTERVAL_MS = 15_000;
/** The same trouble is told again only when there was none of it for this long. */
export const TROUBLE_OVER_MS = 60_000;
/** Different troubles that are remembered. */
export const MAX_TROUBLES = 1_024;

/** A client of a gossip server shows itself this often, whether it announces or not. */
export const KEEP_ALIVE_MS = 5_000;
/** And this often as long as the server does not answer. */
export const KEEP_ALIVE_RETRY_MS = 1_000;
/** A server that has not answered for this long is taken for lost. */
export const SERVER_LOST_MS = 15_000;

/** A gossip server reflects to those that it has heard of in this time. */
export const CLIENT_LIFETIME_MS = 20_000;
/** The same message of one client is reflected at most this often. */
export const REPEAT_INTERVAL_MS = 100;
/** Different messages of one client within one second; what is more is dropped. */
export const MAX_MESSAGES_PER_SECOND = 50;
/** How often a gossip server forgets those it has not heard of any more. */
export const SWEEP_INTERVAL_MS = 1_000;
/** Clients, of all groups together; the one not heard of for longest makes room for a new one. */
export const MAX_CLIENTS = 8_192;
/** Groups; the one not heard of for longest makes room for a new one, with all its clients. */
export const MAX_GROUPS = 1_024;
/** Clients of one group: a message is sent that often. */
export const MAX_CLIENTS_PER_GROUP = 1_024;
/** Asked of the kernel for each direction of a gossip server's socket. */
export const SERVER_BUFFER_BYTES = 4 * 1024 * 1024;

/** Names that one directory takes. */
export const MAX_DIRECTORY_NAMES = 1_024;
/** Names that one directory asks for at the same time. */
export const MAX_DIRECTORY_LOOKUPS = 1_024;
/** A directory asks again this often, for an answer may be lost. */
export const DIRECTORY_RETRY_MS = 200;
/** Nobody has answered after this long: there is no such name. */
export const DIRECTORY_TIMEOUT_MS = 1_000;
