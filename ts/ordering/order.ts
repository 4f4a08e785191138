/** From the ordering layers of a stack to the policy that they make together. */
import type { CastOrder } from '../data-plane/cast-order.js';
import { Agree } from './agree.js';
import { Causal } from './causal.js';
import { Fifo } from './fifo.js';
import { Total } from './total.js';

/** @param layers names of a stack; those that order nothing are passed over */
export function orderOf(layers: readonly string[]): CastOrder {
  const has = (name: string) => layers.includes(name);
  // Total keeps causal order by itself, as far as total.ts says, and has members deliver their own casts.
  if (has('Total')) return new Total(has('Agree'));
  if (has('Causal')) return new Causal(has('Local'), has('Agree'));
  return has('Agree') ? new Agree(has('Local')) : new Fifo(has('Local'));
}
