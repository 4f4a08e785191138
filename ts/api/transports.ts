/** The ways that datagrams can travel, and the choice among those that a caller lists. */
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { listOf, quote } from '../base/show.js';

const TRANSPORTS = { UDP: true, DEERING: true, TCP: false, LOOPBACK: false } as const;

type KnownTransport = keyof typeof TRANSPORTS;

/** UDP: to each member. DEERING: casts by IP multicast. */
export type TransportName = 'UDP' | 'DEERING';

const KNOWN = Object.keys(TRANSPORTS) as KnownTransport[];
const AVAILABLE = KNOWN.filter(isAvailable);

/** The first transport of a list like `'UDP:ATM'` that is known. Throws if there is none, or if it is not available yet. */
export function parseTransports(text: string, path = 'transports'): TransportName {
  const words = text.split(':').map((word) => word.trim());
  const first = words
    .map((word) => KNOWN.find((name) => name === word.toUpperCase()))
    .find((name) => name !== undefined);
  if (first === undefined) {
    throw new ConsortArgumentError(
      'ERR_INVALID_OPTION',
      `${path}: got ${quote(text)}, want a transport, of ${listOf(AVAILABLE)}${didYouMean(words[0] ?? '', KNOWN)}`,
      { details: { path, got: text, known: KNOWN } },
    );
  }
  if (isAvailable(first)) return first;
  throw new ConsortError(
    'ERR_NOT_AVAILABLE',
    `${path}: ${first} is not available yet; available: ${listOf(AVAILABLE)}`,
    {
      details: { path, missing: [first], available: AVAILABLE },
    },
  );
}

function isAvailable(name: KnownTransport): name is TransportName {
  return TRANSPORTS[name];
}
