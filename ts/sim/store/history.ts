/** What a simulated store's replicas and clients have done and seen, in order: what the invariants are checked over. */
import type { ReplicaState } from '../../store/replica-port.js';
import type { ClientAction } from './actions.js';

/** What must hold: the names in the table of docs/simulation.md. Each has a bug on purpose that breaks it (planted.ts). */
export const STORE_INVARIANTS = [
  'one order',
  'durable',
  'same state',
  'linearizable',
  'local reads',
  'half',
  'once',
  'compares',
  'refusals',
  'watchers',
  'one log',
  'no error',
  'store liveness',
] as const;

export type StoreInvariant = (typeof STORE_INVARIANTS)[number];

export interface StoreViolation {
  /** 'no exception': the run itself broke, and nothing is known of what else holds. */
  readonly invariant: StoreInvariant | 'no exception';
  readonly text: string;
  /** Replicas by name. */
  readonly replicas: readonly string[];
}

/** Keys and values are numbers: each value is written by one operation, which has that number. */
export type Key = number;

/** What a key holds: the version that wrote it, and the operation. Undefined: nothing. */
export type Cell = { readonly version: number; readonly value: number } | undefined;

/** A compare. */
export interface Guard {
  readonly key: Key;
  readonly by: 'value' | 'version';
  /** 0: nothing. Of a compare by version it is what the version wrote, as the client had seen it. */
  readonly value: number;
  readonly version: number;
}

/** An operation of a client. Moments are numbers that grow, no two the same. */
export interface ClientOperation {
  /** Also the value that it writes. */
  readonly id: number;
  readonly replica: string;
  /** Which run of the replica: it counts them. */
  readonly run: number;
  readonly action: ClientAction;
  readonly called: number;
  /** Simulated microseconds. */
  readonly at: number;
  readonly guards: readonly Guard[];
  /** Puts write `id`. */
  readonly puts: readonly Key[];
  readonly deletes: readonly Key[];
  returned: number | undefined;
  returnedAt: number | undefined;
  result: OperationResult | undefined;
}

export type OperationResult =
  | { readonly type: 'committed'; readonly version: number }
  /** A compare did not hold. */
  | { readonly type: 'unchanged'; readonly version: number }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  /** What it read: of each key. */
  | { readonly type: 'read'; readonly cells: ReadonlyMap<Key, Cell> };

/** Effects of a committed version, as a replica told of them. */
export interface AppliedVersion {
  readonly version: number;
  readonly effects: readonly { readonly key: Key; readonly value: number }[];
}

/** What one run of a replica has told, in order. */
export type ReplicaEntry =
  | { readonly type: 'started' }
  | { readonly type: 'opened' }
  | { readonly type: 'ended'; readonly how: 'crashed' | 'stopped' | 'failed' | 'replaced'; readonly text: string }
  | { readonly type: 'view'; readonly members: readonly string[] }
  | {
      readonly type: 'status';
      readonly state: ReplicaState;
      readonly epoch: number;
      readonly leader: string | undefined;
      readonly committed: number;
      readonly applied: number;
    }
  | { readonly type: 'applied'; readonly versions: readonly AppliedVersion[] }
  | { readonly type: 'replaced'; readonly version: number }
  | { readonly type: 'trouble'; readonly code: string; readonly message: string }
  | { readonly type: 'called'; readonly operation: ClientOperation }
  | { readonly type: 'returned'; readonly operation: ClientOperation }
  /** In a run that is traced. */
  | { readonly type: 'message'; readonly text: string };

/** Who says so, and when. */
export interface LogLine {
  readonly at: number;
  readonly moment: number;
  readonly replica: string;
  readonly run: number;
  readonly entry: ReplicaEntry;
}

/** What is at a replica when the run is over. */
export interface FinalState {
  readonly replica: string;
  readonly state: ReplicaState | 'gone';
  readonly applied: number;
  readonly committed: number;
  /** All that its database holds. Undefined: it could not be read. */
  readonly cells: ReadonlyMap<Key, Cell> | undefined;
}

export interface StoreHistory {
  readonly lines: readonly LogLine[];
  readonly operations: readonly ClientOperation[];
  readonly finals: readonly FinalState[];
  /** What was found while it ran. */
  readonly found: readonly StoreViolation[];
  /** Undefined: the replicas did not come together in time, in microseconds. */
  readonly togetherAt: number | undefined;
  readonly hung: boolean;
}
