/**
 * Stack strings of Horus, the predecessor: names in capitals, each with parameters of its own in brackets (`MERGE(auto=0)`), from the
 * application down. They are mapped to the properties that do the same here.
 *
 * Source: the seed document horus-object-tools.txt, whose example is `BUFFER:ORDER:CAUSAL:UNPACK:TOTAL:MERGE(auto=0):VIEWS`.
 */
import { ConsortArgumentError } from '../base/errors.js';
import { listOf, quote } from '../base/show.js';
import type { PropertyName } from './properties.js';

/** What each layer of Horus brings; nothing, where the data plane does its job anyway. */
const LAYERS: Readonly<Record<string, readonly PropertyName[]>> = {
  BUFFER: ['Flow'],
  ORDER: [],
  CAUSAL: ['Causal'],
  UNPACK: [],
  TOTAL: ['Total'],
  MERGE: [],
  VIEWS: ['Gmp', 'Sync', 'Suspect'],
  MBRSHIP: ['Gmp', 'Sync', 'Suspect'],
  FLUSH: ['Sync'],
  FRAG: ['Frag'],
  NAK: [],
  STABLE: [],
  COM: [],
};

const WORD = /^([A-Z_]+)(?:\(([^()]*)\))?$/;

/** Whether this looks like a stack of Horus: `VIEWS` and `MBRSHIP` are names that nobody else has. */
export function isHorusStack(text: string): boolean {
  return text.split(':').some((word) => /^(VIEWS|MBRSHIP|BUFFER|UNPACK)(\(.*\))?$/.test(word.trim()));
}

/** What a stack of Horus is here: names of properties separated by colons, and parameters. */
export interface HorusStack {
  readonly properties: string;
  readonly params: string;
}

/** @throws ConsortArgumentError for names and parameters that are unknown */
export function parseHorusStack(text: string, path = 'protocol'): HorusStack {
  const properties = new Set<PropertyName>(['Frag', 'Flow', 'Heal']);
  // Without MERGE, and with MERGE(auto=0), views merge when a member that joins asks its contact for it, not by themselves.
  let auto = false;
  for (const word of text.split(':')) {
    const [, name = '', params] = WORD.exec(word.trim()) ?? [];
    const brought = LAYERS[name];
    if (brought === undefined) {
      throw refused(path, `${quote(word.trim())} is no layer of Horus, want names of ${listOf(Object.keys(LAYERS))}`);
    }
    if (name === 'MERGE') auto = params === undefined || autoOf(params, path);
    else if (params !== undefined) throw refused(path, `${name} takes no parameters`);
    for (const property of brought) properties.add(property);
  }
  return { properties: [...properties].join(':'), params: auto ? '' : 'heal_auto=0:int' };
}

function autoOf(params: string, path: string): boolean {
  const match = /^auto=([01])$/.exec(params.trim());
  if (match === null) throw refused(path, `MERGE(${params}): want MERGE, MERGE(auto=0) or MERGE(auto=1)`);
  return match[1] === '1';
}

function refused(path: string, problem: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_OPTION', `${path}: ${problem}`, { details: { path } });
}
