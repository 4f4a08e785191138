/**
 * Numbers that tell a member from an earlier one at the same address. They grow with the clock, so that who comes later is known to: a view that
 * still counts the earlier one in lets it go at once (Inter). Where the clock was set back, it goes when it is found to be silent.
 */
import { randomInt } from 'node:crypto';

/** Two that begin within one millisecond differ by chance. 2^43 milliseconds are 278 years: below 2^53 until 2248. */
const PER_MILLISECOND = 1024;

/** @param now milliseconds since 1970 */
export function newIncarnation(now: number): number {
  return now * PER_MILLISECOND + randomInt(PER_MILLISECOND);
}
