// The bugs of ts/sim/planted.ts, and what finds them.
import type { Invariant } from '../../ts/sim/history.js';

/** Which invariant finds it, and from which seed on to look, so that it takes no time. */
type FoundBy = Readonly<Record<string, readonly [invariant: Invariant, from: number]>>;

/** In scenarios without clients and servers. */
export const FOUND_BY: FoundBy = {
  'skip-cut': ['virtual synchrony', 1],
  'own-cut': ['virtual synchrony', 1],
  'deliver-after-exclusion': ['no creation', 1],
  'reuse-view-id': ['view agreement', 1],
  'install-any-view': ['liveness', 10],
  'two-coordinators': ['liveness', 10],
  'drop-queue': ['FIFO', 1],
  'half-message': ['no error', 60],
  'send-after-block-ok': ['virtual synchrony', 1],
  'early-view': ['virtual synchrony', 1],
  'forget-sends': ['virtual synchrony', 10],
  'wrong-rank': ['self-inclusion', 1],
  'wrong-send-view': ['sending view', 1],
  'send-again': ['no duplication', 1],
  'mix-up-states': ['state messages', 1],
  'forget-merger': ['liveness', 1],
  'primary-without-quorum': ['primary', 25],
  'stay-at-exit': ['liveness', 1],
  'order-by-arrival': ['total', 1],
  'forget-order-rest': ['self-delivery', 1],
  'forget-order-places': ['causal', 1670],
  'ignore-dependencies': ['causal', 1],
  'no-dependencies-written': ['causal', 1],
  'deliver-unsafe': ['agree', 1],
  'safe-without-failed': ['agree', 1],
  'skip-self': ['self-delivery', 1],
  'subcast-to-all': ['no creation', 1],
  'subcast-beside': ['FIFO', 1],
};

/** In those with. */
export const FOUND_IN_TRANSFERS: FoundBy = {
  'queue-passes-gate': ['held back', 1],
  'drop-held': ['FIFO', 1],
  'turn-held': ['FIFO', 1],
  'double-held': ['no duplication', 1],
  'all-sides-keep-servers': ['equal states', 1],
  'heirs-go-on': ['equal states', 40],
  'begin-in-each-view': ['roles', 1],
  'ask-once': ['liveness', 1],
  'done-of-another': ['one end', 1],
  'parts-of-another': ['equal states', 150],
  'wait-for-ever': ['one end', 1],
  'scast-to-clients': ['servers only', 1],
  'scast-past-xfer-servers': ['virtual synchrony', 1],
  'lists-to-all': ['no creation', 1],
};
