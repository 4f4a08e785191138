/** Which stack a member runs: from the options `properties`, `protocol` and `params`. */
import { ConsortArgumentError } from '../base/errors.js';
import { isHorusStack, parseHorusStack } from '../stack/horus.js';
import { Params } from '../stack/params.js';
import { parseProperties, stackOf } from '../stack/properties.js';
import { isServed, parseProtocol, servedProtocol } from '../stack/protocol.js';

/** Maestro's default. */
const GROUP_PROPERTIES = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';
const FIXED_PROPERTIES = 'Frag:Flow';

export interface StackChoice {
  /** The stack of a group with views; undefined: the options name one without. */
  readonly group: string | undefined;
  /** The stack of a fixed view; undefined: the options name one with views. */
  readonly fixed: string | undefined;
  /** In their one spelling. */
  readonly params: string;
}

/** @throws ConsortError for what can't be had, and for what does not go together */
export function chooseStack(properties: unknown, protocol: unknown, params: unknown, groupd = false): StackChoice {
  const { group, fixed, params: ofStack } = stacksOf(properties, protocol);
  const checked = paramsFor(ofStack, textOf('options.params', params ?? ''), 'options.params');
  const choice = { group, fixed, params: checked.toString() };
  if (group === undefined) return Object.freeze(choice);
  if (choice.fixed === undefined) checkQuorum(group, checked);
  if (!groupd && isServed(group)) throw withoutService();
  return Object.freeze({ ...choice, group: groupd ? servedProtocol(group) : group });
}

interface NamedStack {
  readonly text: string;
  readonly hasViews: boolean;
  /** Those that stand in the stack itself, as Horus writes them. */
  readonly params: string;
}

/** The stack that a text names: properties, layers, or a stack of Horus. */
export function parseStack(text: string, path: string): NamedStack {
  if (isHorusStack(text)) {
    const { properties, params } = parseHorusStack(text, path);
    return { ...ofProperties(properties, path), params };
  }
  // Layers come with Bottom, properties never do.
  if (/(^|:)\s*bottom\s*$/i.test(text) || /(^|:)\s*top_appl\s*(:|$)/i.test(text)) {
    const { text: spelt, layers } = parseProtocol(text, path);
    return { text: spelt, hasViews: layers.includes('Top') || layers.includes('Groupd'), params: '' };
  }
  return ofProperties(text, path);
}

/** The parameters of a stack: what Horus writes behind a layer counts less than what is said by itself. */
export function paramsFor(ofStack: string, given: string, path: string): Params {
  return Params.parse(given, path).withDefaults(ofStack);
}

/** The stack that a join means. @throws ConsortArgumentError when the options name one of the other sort */
export function stackFor(
  { members }: { readonly members: unknown },
  { stack: { group, fixed } }: { readonly stack: StackChoice },
): string {
  const stack = members === undefined ? group : fixed;
  if (stack !== undefined) return stack;
  const problem =
    members === undefined
      ? 'members: got none, and the options name a stack without Gmp, want the list of all members'
      : 'members: the options name a stack with Gmp, which finds its members itself, want no list';
  throw new ConsortArgumentError('ERR_INVALID_ARGUMENT', problem, { details: { path: 'members' } });
}

function stacksOf(properties: unknown, protocol: unknown): StackChoice {
  if (properties !== undefined && protocol !== undefined) {
    throw new ConsortArgumentError(
      'ERR_INVALID_OPTION',
      'options.protocol: options.properties is given too, want one of both',
      { details: { path: 'options.protocol' } },
    );
  }
  if (protocol !== undefined) return only(parseStack(textOf('options.protocol', protocol), 'options.protocol'));
  if (properties !== undefined) {
    return only(ofProperties(textOf('options.properties', properties), 'options.properties'));
  }
  return { group: ofProperties(GROUP_PROPERTIES, '').text, fixed: ofProperties(FIXED_PROPERTIES, '').text, params: '' };
}

function only({ text, hasViews, params }: NamedStack): StackChoice {
  return hasViews ? { group: text, fixed: undefined, params } : { group: undefined, fixed: text, params };
}

function ofProperties(text: string, path: string): NamedStack {
  const properties = parseProperties(text, path);
  return { text: stackOf(properties), hasViews: properties.includes('Gmp'), params: '' };
}

export function checkQuorum(stack: string, params: Params): void {
  if (!stack.split(':').includes('Primary') || params.number('primary_quorum') > 0) return;
  throw new ConsortArgumentError(
    'ERR_INVALID_OPTION',
    'options.params: Primary needs primary_quorum, want more than half of all members that there can be (primary_quorum=3:int)',
    { details: { path: 'options.params' } },
  );
}

function withoutService(): ConsortArgumentError {
  return new ConsortArgumentError(
    'ERR_INVALID_OPTION',
    'options.protocol: Groupd is the layer of a membership service, want groupd: true with it',
    { details: { path: 'options.protocol' } },
  );
}

function textOf(path: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ConsortArgumentError('ERR_INVALID_OPTION', `${path}: got ${typeof value}, want a string`, {
    details: { path, got: value },
  });
}
