/**
 * The properties that a group can be asked for, as in the seed documents: names separated by colons, matched without case, in any
 * order (`'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow'`). A stack without Gmp runs in a fixed view that the caller gives.
 *
 * Source: Ensemble's type/property.ml.
 */
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { listOf, quote } from '../base/show.js';

interface PropertyDescription {
  /** What a group with it has, one sentence. */
  readonly sentence: string;
  /** Whether it is built. */
  readonly available: boolean;
}

export const PROPERTIES = {
  Agree: { sentence: 'Agreed (safe) delivery: a message is delivered when every member has it.', available: true },
  Auth: { sentence: 'Only members that know the key of the group get in.', available: false },
  Causal: { sentence: 'Casts are delivered after the casts that they may depend on.', available: true },
  Debug: { sentence: 'Layers that check what the stack promises.', available: true },
  Drop: { sentence: 'Arriving frames are lost on purpose, at the rate of the parameter `drop_rate`.', available: true },
  Flow: { sentence: 'Flow control: nobody sends more than the slowest receiver takes.', available: true },
  Frag: { sentence: 'Messages longer than a frame are sent in fragments.', available: true },
  Gmp: { sentence: 'Group membership: views that members join and leave.', available: true },
  Heal: { sentence: 'Partitions of a group find each other and merge.', available: true },
  Local: { sentence: 'A member gets its own casts.', available: true },
  Migrate: { sentence: 'A member keeps its identity when its address changes.', available: false },
  Primary: { sentence: 'At most one of the partitions of a group is marked primary.', available: true },
  Privacy: { sentence: 'Application data is encrypted.', available: false },
  Rekey: { sentence: 'The key of the group can be changed.', available: false },
  Scale: { sentence: 'Failure detection and stability by gossip, for large views.', available: false },
  Slander: { sentence: 'Members share whom they suspect.', available: true },
  Subcast: {
    sentence: 'Sends are FIFO with casts: they go to all, and those whom they are for deliver them.',
    available: true,
  },
  Suspect: { sentence: 'Failure detection.', available: true },
  Switch: { sentence: 'The protocol stack can be changed.', available: true },
  Sync: { sentence: 'All who go from one view to the next have delivered the same casts.', available: true },
  Total: { sentence: 'All members deliver all casts in one order.', available: true },
} as const satisfies Record<string, PropertyDescription>;

export type PropertyName = keyof typeof PROPERTIES;

const NAMES = Object.keys(PROPERTIES) as PropertyName[];
const BY_UPPER_CASE = new Map(NAMES.map((name) => [name.toUpperCase(), name]));

export function availableProperties(): PropertyName[] {
  return NAMES.filter((name) => PROPERTIES[name].available);
}

/**
 * The properties named in `text`, each once, in the order of the table. Throws when there is none, when a name is unknown, or when it is not
 * available yet. `path` says where the text came from.
 */
export function parseProperties(text: string, path = 'properties'): readonly PropertyName[] {
  const asked = new Set<PropertyName>();
  for (const word of text.split(':')) {
    const name = BY_UPPER_CASE.get(word.trim().toUpperCase());
    if (name === undefined) throw unknownProperty(word.trim(), path);
    asked.add(name);
  }
  const chosen = NAMES.filter((name) => asked.has(name));
  const missing = chosen.filter((name) => !PROPERTIES[name].available);
  if (missing.length > 0) throw notAvailable(missing, path);
  checkTogether(chosen, path);
  return Object.freeze(chosen);
}

const NEED_GMP: readonly PropertyName[] = ['Heal', 'Migrate', 'Primary', 'Slander', 'Suspect', 'Switch', 'Sync'];

function checkTogether(chosen: readonly PropertyName[], path: string): void {
  if (chosen.includes('Gmp')) return;
  const lonely = chosen.filter((name) => NEED_GMP.includes(name));
  if (lonely.length === 0) return;
  throw new ConsortArgumentError(
    'ERR_INVALID_OPTION',
    `${path}: ${listOf(lonely)} ${lonely.length === 1 ? 'needs' : 'need'} Gmp, want Gmp with them`,
    { details: { path, got: chosen } },
  );
}

/**
 * The stack of layers that gives these properties, as Ensemble writes it: what a view shows as its protocol. Gmp brings Sync: a view change
 * without agreement on what belongs to the view would be of no use to anyone.
 */
export function stackOf(properties: readonly PropertyName[]): string {
  const has = (name: PropertyName) => properties.includes(name);
  const layers: string[] = [];
  if (has('Gmp')) {
    layers.push('Top');
    for (const name of ['Heal', 'Switch', 'Primary'] as const) if (has(name)) layers.push(name);
    layers.push('Leave', 'Inter', 'Intra', 'Elect', 'Merge');
    if (has('Slander')) layers.push('Slander');
    layers.push('Sync');
    if (has('Suspect')) layers.push('Suspect');
  }
  layers.push('Top_appl');
  for (const name of ['Subcast', 'Agree', 'Total', 'Causal', 'Local'] as const) if (has(name)) layers.push(name);
  if (has('Gmp') && has('Debug')) {
    layers.push('Chk_sync', 'Chk_fifo');
    for (const name of ['Total', 'Causal', 'Agree'] as const) if (has(name)) layers.push(`Chk_${name.toLowerCase()}`);
  }
  if (has('Frag')) layers.push('Frag');
  if (has('Flow')) layers.push('Pt2ptw', 'Mflow');
  layers.push('Pt2pt', 'Stable', 'Mnak', ...(has('Drop') ? ['Drop'] : []), 'Bottom');
  return layers.join(':');
}

function unknownProperty(word: string, path: string): ConsortArgumentError {
  const problem = word === '' ? 'got an empty name' : `${quote(word)} is no property`;
  return new ConsortArgumentError(
    'ERR_INVALID_OPTION',
    `${path}: ${problem}, want names separated by colons, of ${listOf(NAMES)}${didYouMean(word, NAMES)}`,
    { details: { path, got: word, known: NAMES } },
  );
}

function notAvailable(missing: readonly PropertyName[], path: string): ConsortError {
  const available = availableProperties();
  return new ConsortError(
    'ERR_NOT_AVAILABLE',
    `${path}: ${listOf(missing)} ${missing.length === 1 ? 'is' : 'are'} not available yet; available: ${listOf(available)}`,
    { details: { path, missing, available } },
  );
}
