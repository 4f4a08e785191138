/** What the ordering layers of a stack promise to those who are in a view with it. */

export interface Promises {
  /** Members deliver their own casts. */
  readonly local: boolean;
  readonly causal: boolean;
  readonly total: boolean;
  readonly agree: boolean;
  /** Sends are FIFO with casts. */
  readonly subcast: boolean;
}

const known = new Map<string, Promises>();

/** @param protocol a stack of layers, as views show it */
export function promisesOf(protocol: string): Promises {
  let promises = known.get(protocol);
  if (promises === undefined) {
    const layers = protocol.split(':');
    const has = (name: string) => layers.includes(name);
    const total = has('Total');
    promises = {
      local: total || has('Local'),
      causal: total || has('Causal'),
      total,
      agree: has('Agree'),
      subcast: has('Subcast'),
    };
    known.set(protocol, promises);
  }
  return promises;
}
