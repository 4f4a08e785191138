/** One atomic change of the store, as it is asked for. Keys and values are bytes here: the public API takes text too. */

export type Effect =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array };

/** What has to be true for the effects to happen. */
export type Compare =
  /** The key has this value; undefined: it is not there. */
  | { readonly type: 'value'; readonly key: Uint8Array; readonly value: Uint8Array | undefined }
  /** The key was written last by this version; 0: it is not there. */
  | { readonly type: 'version'; readonly key: Uint8Array; readonly version: number };

export interface Transaction {
  readonly compares: readonly Compare[];
  readonly effects: readonly Effect[];
}

/** `committed` false: a compare did not hold, and nothing happened. `version`: of the commit, or of the state in which it did not hold. */
export interface Outcome {
  readonly committed: boolean;
  readonly version: number;
}

export type OutcomeDone = (error: Error | undefined, outcome?: Outcome) => void;
