/** The codes that commands end with which read results, and what they say when they can't. */
import type { ResultsError } from './read-results.js';

export const ResultsExit = {
  done: 0,
  failed: 1,
  usage: 2,
  incomparable: 3,
  missing: 4,
  nothingInCommon: 5,
  foreign: 6,
} as const;

export function exitOf({ reason }: ResultsError): number {
  return ResultsExit[reason];
}
