/** What a scenario is made of: plain data. */
import type { Safety, TransferType } from '../client-server/safety.js';
import type { Call } from './calls.js';
import type { ServerManner } from './client-server-member.js';
import type { Moment, Traits } from './member.js';
import type { NetworkFaults } from './network.js';

/** Places are addresses: a member that is gone may be followed by another at the same. Times in microseconds. */
export type Action =
  /** A new member at a place, if there is none. */
  | { readonly do: 'join'; readonly place: number }
  | { readonly do: 'cast'; readonly place: number; readonly bytes: number }
  | { readonly do: 'send'; readonly place: number; readonly to: number; readonly bytes: number }
  /** In groups of clients and servers. `to`: ranks. */
  | {
      readonly do: 'call';
      readonly place: number;
      readonly call: Call;
      readonly safety: Safety;
      readonly to: readonly number[];
      readonly bytes: number;
    }
  /** It becomes a server, with such a transfer, or a client. */
  | { readonly do: 'want'; readonly place: number; readonly transfer: TransferType | undefined }
  | { readonly do: 'leave'; readonly place: number }
  /** `refuses`: the machine lives on and says that nothing is bound. */
  | { readonly do: 'crash'; readonly place: number; readonly refuses: boolean }
  | { readonly do: 'stop'; readonly place: number; readonly micros: number }
  /** The application takes nothing in. */
  | { readonly do: 'slow'; readonly place: number; readonly micros: number }
  | { readonly do: 'suspect'; readonly place: number; readonly whom: number }
  | { readonly do: 'prompt'; readonly place: number }
  | { readonly do: 'protocol'; readonly place: number; readonly protocol: string }
  | { readonly do: 'network'; readonly faults: NetworkFaults }
  /** By place: which piece it is in. */
  | { readonly do: 'partition'; readonly pieces: readonly number[] }
  | { readonly do: 'cut'; readonly from: number; readonly to: number }
  | { readonly do: 'heal' }
  /** A membership service goes down, and comes again later, knowing nothing. */
  | { readonly do: 'restart'; readonly service: number; readonly micros: number }
  /** The same, when one of them has said so many messages of this kind. */
  | {
      readonly do: 'trap';
      readonly kind: 'sync' | 'propose' | 'view';
      readonly messages: number;
      readonly micros: number;
    }
  /** The connection of a member to its service breaks. */
  | { readonly do: 'hangUp'; readonly place: number }
  /**
   * The next member to come to this moment of a view change, or of a state transfer, is hit when it has sent so many datagrams more. `coordinator`: only
   * one of rank 0. `victim`: not itself, but who coordinates its view, or the first or another server of it. `split`: not alone, but with half of the others.
   */
  | {
      readonly do: 'ambush';
      readonly moment: Moment;
      readonly coordinator: boolean;
      readonly datagrams: number;
      readonly fault: 'crash' | 'stop' | 'isolate' | 'split';
      readonly micros: number;
      readonly victim?: Victim;
    };

export type Victim = 'coordinator' | 'server' | 'xferServer' | 'client';

export type Step = Action & { readonly at: number };

export interface Scenario {
  readonly seed: number;
  /** How many addresses there are. */
  readonly places: number;
  readonly protocol: string;
  readonly params: string;
  readonly checksum: boolean;
  /** Of all members that there can be; 0: no view is primary. */
  readonly quorum: number;
  /** By place. */
  readonly traits: readonly Traits[];
  readonly steps: readonly Step[];
  /** When all faults end. */
  readonly end: number;
  /** Whoever was suspected by mistake, and has not been told by then, is not suspected. Microseconds. */
  readonly settle: number;
  /** How many membership services there are; 0: the members decide about views themselves. */
  readonly services: number;
  /** By place: how its members are servers. Undefined: there are no clients and servers in this group. */
  readonly servers?: readonly ServerManner[];
}
