/**
 * Stacks as strings: the names of the layers from the top, separated by colons, as in the seed documents. Names are matched without case; the
 * layers of the control plane must stand in the order in which they work. Those of the data plane are fused, so their order among themselves
 * does not count, and flow control is always there.
 *
 * Source: Ensemble's appl/property.ml and the stack strings of the seed documents.
 */
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { remember } from '../base/remember.js';
import { listOf, quote } from '../base/show.js';

/** The index in this list is the kind of the layer's records. From the top, in the order in which they may stand, but for Groupd, which is first. */
export const CONTROL_LAYERS = [
  'Top',
  'Heal',
  'Switch',
  'Primary',
  'Leave',
  'Inter',
  'Intra',
  'Elect',
  'Merge',
  'Slander',
  'Sync',
  'Suspect',
  'Top_appl',
  'Chk_sync',
  'Chk_fifo',
  'Groupd',
  'Chk_total',
  'Chk_causal',
  'Chk_agree',
] as const;

/** From the top, in the order in which they may stand. */
const ORDER: readonly string[] = ['Groupd', ...CONTROL_LAYERS.filter((name) => name !== 'Groupd')];

export type ControlLayerName = (typeof CONTROL_LAYERS)[number];

/** They look at what is handed over, and in which order. Each checks what one of these layers promises. */
const ORDER_CHECKS: Readonly<Partial<Record<ControlLayerName, readonly string[]>>> = {
  Chk_total: ['Total'],
  Chk_causal: ['Causal', 'Total'],
  Chk_agree: ['Agree'],
};

/** Policies that order casts (ts/ordering): they have no records of their own, and what they do together does not depend on where they stand. */
const ORDERING_LAYERS = ['Subcast', 'Agree', 'Total', 'Causal', 'Local'] as const;

/** Fused in the data plane; they may be named. */
const PLANE_LAYERS = ['Frag', 'Pt2ptw', 'Mflow', 'Window', 'Pt2pt', 'Stable', 'Vsync', 'Mnak', 'Drop', 'Bottom'];

/** Without these no view ever changes. */
const MEMBERSHIP: readonly string[] = ['Top', 'Leave', 'Inter', 'Intra', 'Elect', 'Merge', 'Sync'];
/** Nor, where a membership service decides about views, without these. */
const SERVED: readonly string[] = ['Groupd', 'Leave', 'Intra', 'Elect', 'Sync'];
/** What that service does instead. */
const REPLACED: readonly string[] = ['Top', 'Heal', 'Switch', 'Primary', 'Inter', 'Merge', 'Slander'];

/** Of other documents, or of Ensemble: known, and not built. */
const NOT_AVAILABLE = (
  'Migrate Exchange Encrypt Rekey Secchan Pr_suspect Pr_stable ' +
  'Partial_appl Sequencer Seqbb Collect Tops Totem Dbg Xfer Cltsvr'
).split(' ');

const AVAILABLE = [...CONTROL_LAYERS, ...ORDERING_LAYERS, ...PLANE_LAYERS];
const KNOWN = [...AVAILABLE, ...NOT_AVAILABLE];
const BY_UPPER_CASE = new Map(KNOWN.map((name) => [name.toUpperCase(), name]));

/** What a stack string means: the same for all strings that mean the same. */
export interface Protocol {
  /** In the spelling of the table. */
  readonly text: string;
  /** Those of the control plane, from the top. Without `Top` and `Groupd`: a fixed view. */
  readonly layers: readonly ControlLayerName[];
  /** Those that order casts. */
  readonly ordering: readonly string[];
  /** Whether one of the layers looks at what is handed over. */
  readonly checksOrder: boolean;
}

/** @throws ConsortError for layers that are unknown, not available, in an impossible order, or missing */
export function parseProtocol(text: string, path = 'protocol'): Protocol {
  return parse(text, path);
}

const parse = remember((text: string, path: string): Protocol => {
  const names = text.split(':').map((word) => nameOf(word.trim(), path));
  const missing = names.filter((name) => NOT_AVAILABLE.includes(name));
  if (missing.length > 0) throw notAvailable(missing, path);
  const layers = names.filter((name): name is ControlLayerName => CONTROL_LAYERS.includes(name as ControlLayerName));
  checkOrder(names, layers, path);
  checkWhole(names, path);
  const ordering = names.filter((name) => (ORDERING_LAYERS as readonly string[]).includes(name));
  const checksOrder = layers.some((name) => name in ORDER_CHECKS);
  return { text: names.join(':'), layers, ordering, checksOrder };
});

/** The same stack where a membership service decides about views; a fixed view stays one. */
export function servedProtocol(text: string): string {
  const names = text.split(':');
  if (!names.includes('Top')) return text;
  return ['Groupd', ...names.filter((name) => !REPLACED.includes(name))].join(':');
}

/** Whether a membership service decides about the views of this stack. */
export function isServed(text: string): boolean {
  return text.startsWith('Groupd:');
}

function nameOf(word: string, path: string): string {
  const name = BY_UPPER_CASE.get(word.toUpperCase());
  if (name !== undefined) return name;
  const known = AVAILABLE;
  const problem = word === '' ? 'got an empty name' : `${quote(word)} is no layer`;
  throw refused(
    path,
    `${problem}, want names separated by colons, of ${listOf(known)}${didYouMean(word, known)}`,
    known,
  );
}

function checkOrder(names: readonly string[], layers: readonly ControlLayerName[], path: string): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) throw refused(path, `${name} is there twice, want each layer once`);
  }
  for (const [index, name] of layers.entries()) {
    const above = layers[index - 1];
    if (above === undefined || ORDER.indexOf(above) < ORDER.indexOf(name)) continue;
    throw refused(path, `${above} stands above ${name}, want the order ${ORDER.join(':')}`);
  }
  if (names[names.length - 1] !== 'Bottom') throw refused(path, 'Bottom is not the last, want it there');
}

function checkWhole(names: readonly string[], path: string): void {
  if (!names.includes('Top_appl')) throw refused(path, 'Top_appl is missing: the application would hear nothing');
  const control = names.some((name) => name !== 'Top_appl' && CONTROL_LAYERS.includes(name as ControlLayerName));
  if (!control) return;
  const served = names.includes('Groupd');
  const replaced = served ? names.filter((name) => REPLACED.includes(name)) : [];
  if (replaced.length > 0) throw refused(path, `${listOf(replaced)} with Groupd, which decides about views instead`);
  const missing = (served ? SERVED : MEMBERSHIP).filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw refused(path, `${listOf(missing)} missing, want them in every stack that changes views`);
  for (const [check, of] of Object.entries(ORDER_CHECKS)) {
    if (names.includes(check) && !of.some((name) => names.includes(name)))
      throw refused(path, `${check} checks what ${of.join(' or ')} promises, want that with it`);
  }
}

function refused(path: string, problem: string, known?: readonly string[]): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_OPTION', `${path}: ${problem}`, { details: { path, known } });
}

function notAvailable(missing: readonly string[], path: string): ConsortError {
  const available = AVAILABLE;
  return new ConsortError(
    'ERR_NOT_AVAILABLE',
    `${path}: ${listOf(missing)} ${missing.length === 1 ? 'is' : 'are'} not available yet; available: ${listOf(available)}`,
    { details: { path, missing, available } },
  );
}
