/** Where a send goes: from what the caller gave to a rank of the view. */
import { Endpoint } from '../base/endpoint.js';
import { EndpointList } from '../base/endpoint-list.js';
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { show } from '../base/show.js';
import type { ViewData } from './view.js';

/** Where a send goes: a member of the view, by its endpoint or its rank, or several, each once. */
export type Destination = Endpoint | number | readonly (Endpoint | number)[] | EndpointList;

/** The ranks that a destination means, each once; throws where it means none, or this member. */
export function ranksOf(destination: unknown, view: ViewData): readonly number[] {
  const list: unknown = destination instanceof EndpointList ? [...destination] : destination;
  if (!Array.isArray(list)) return [rankOf(list, view)];
  return [...new Set(list.map((each: unknown) => rankOf(each, view)))];
}

function rankOf(destination: unknown, view: ViewData): number {
  const rank = findRank(destination, view);
  if (rank !== view.myRank) return rank;
  throw new ConsortError('ERR_SEND_TO_SELF', 'a member does not send to itself', { details: { rank } });
}

function findRank(destination: unknown, { members, nmembers }: ViewData): number {
  if (typeof destination === 'number') {
    if (Number.isInteger(destination) && destination >= 0 && destination < nmembers) return destination;
    throw unknownMember(`rank ${destination}`, nmembers);
  }
  if (!(destination instanceof Endpoint)) {
    throw new ConsortArgumentError(
      'ERR_INVALID_ARGUMENT',
      `destination: got ${show(destination)}, want an Endpoint of view.members or a rank`,
      { details: { path: 'destination', got: destination } },
    );
  }
  const rank = members.findIndex((member) => member.equals(destination));
  if (rank < 0) throw unknownMember(destination.name, nmembers);
  return rank;
}

function unknownMember(destination: string, members: number): ConsortError {
  return new ConsortError(
    'ERR_UNKNOWN_MEMBER',
    `${destination} is not in the view, which has ${members} members: take one of view.members, or its rank`,
    { details: { destination, members } },
  );
}
