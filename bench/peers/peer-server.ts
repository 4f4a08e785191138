import type { PeerPlace } from './peer-end.js';
import type { PeerName } from './peer-table.js';

/** What the row of a peer has beside its workers. */
export interface PeerServer {
  readonly peer: PeerName;
  readonly place: PeerPlace;
  /** Of the server, if there is one, until now. */
  cpuSeconds(): number;
}
