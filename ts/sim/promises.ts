/** What the ordering layers of a stack promise to those who are in a view with it. */
import type { Delivery, Epoch, History, SentMessage } from './history.js';

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

/** Each member's times in views that promise this. */
export function* epochsThat(history: History, promise: (promises: Promises) => boolean): Generator<Epoch> {
  for (const { epochs } of history.members.values())
    for (const epoch of epochs) if (promise(promisesOf(epoch.view.protocol))) yield epoch;
}

/** As its sender knows it; undefined: that can't be told. */
export function messageOf(history: History, { got, index }: Pick<Delivery, 'got' | 'index'>): SentMessage | undefined {
  return got.start === undefined ? undefined : history.streams.get(got.stream)?.messages[got.start + index];
}
