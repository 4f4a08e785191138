/** Replicas that do not work together, as one of them sees it when all of a view have said hello. */
import { ConsortError } from '../base/errors.js';
import { type Candidate, commonStore, majorityOf } from './election.js';

export interface Self {
  readonly name: string;
  readonly rank: number;
  /** Empty: part of no store yet. */
  readonly storeId: string;
  readonly names: readonly string[];
  readonly members: number;
}

export interface Strangers {
  /** Worth telling. */
  readonly troubles: readonly ConsortError[];
  /** This replica is the stranger, and must not go on. */
  readonly failure: ConsortError | undefined;
}

export function lookForStrangers(self: Self, hellos: readonly Candidate[]): Strangers {
  const troubles: ConsortError[] = [];
  for (const { name, members } of hellos) {
    if (members !== self.members) troubles.push(configuredOtherwise(name, self));
  }
  const alike = hellos.filter(({ members }) => members === self.members);
  if (alike.some(({ name, rank }) => name === self.name && rank < self.rank)) {
    const failure = new ConsortError(
      'ERR_STORE_NAME_TAKEN',
      `there is another replica '${self.name}' in the group already`,
    );
    return { troubles, failure };
  }
  const storeId = commonStore(alike);
  if (self.storeId === '' || self.storeId === storeId) return { troubles, failure: undefined };
  const foreign = new ConsortError(
    'ERR_STORE_FOREIGN',
    `the database belongs to another store (${self.storeId}) than those of other replicas (${storeId})`,
  );
  // Who is in the minority is the stranger; where there is no majority nobody can say.
  const theirs = alike.filter((other) => other.storeId === storeId).length;
  if (theirs >= majorityOf(self.names.length)) return { troubles, failure: foreign };
  return { troubles: [...troubles, foreign], failure: undefined };
}

function configuredOtherwise(name: string, { names }: Self): ConsortError {
  return new ConsortError(
    'ERR_STORE_MEMBERS',
    `the replica '${name}' was configured with other members than this one, which has ${names.join(', ')}`,
  );
}
