/** Arguments of calls that change views, checked. */
import { Endpoint } from '../base/endpoint.js';
import { EndpointList } from '../base/endpoint-list.js';
import { ConsortArgumentError } from '../base/errors.js';
import { show } from '../base/show.js';
import { checkQuorum, paramsFor, parseStack } from './stack-choice.js';

export function checkSuspects(members: unknown, me: Endpoint | undefined): readonly Endpoint[] {
  const list: unknown = members instanceof EndpointList ? [...members] : members;
  if (!Array.isArray(list)) throw invalid('members', members, 'an array or EndpointList of endpoints of view.members');
  return Array.from(list, (member: unknown, index) => {
    if (!(member instanceof Endpoint)) throw invalid(`members[${index}]`, member, 'an Endpoint of view.members');
    if (me?.equals(member) === true)
      throw invalid(`members[${index}]`, member, 'others; to go oneself there is leave()');
    return member;
  });
}

/** The stack of the next view, in its one spelling. */
export function checkNextStack(
  stack: unknown,
  params: unknown,
): { readonly protocol: string; readonly params: string } {
  if (typeof stack !== 'string') throw invalid('stack', stack, 'a string of properties or layers');
  if (typeof params !== 'string') throw invalid('params', params, 'a string of parameters');
  const { text, hasViews, params: ofStack } = parseStack(stack, 'stack');
  if (!hasViews) throw invalid('stack', stack, 'one with Gmp: a group with views stays one');
  const checked = paramsFor(ofStack, params, 'params');
  checkQuorum(text, checked);
  return { protocol: text, params: checked.toString() };
}

function invalid(path: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(got)}, want ${want}`, {
    details: { path, got },
  });
}
