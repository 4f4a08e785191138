/** Checks that options and their parts have in common. */
import { ConsortArgumentError } from './errors.js';
import { didYouMean } from './nearest.js';
import { show } from './show.js';

/** A copy of an options object, after a check for names that mean nothing. */
export function record(given: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(path, given, 'an object');
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new ConsortArgumentError(
      'ERR_INVALID_OPTION',
      `${path}: unknown option '${name}'${didYouMean(name, known)}`,
      { details: { path: `${path}.${name}`, known } },
    );
  }
  return { ...given };
}

/** The error of an option with a wrong type or value. `want` says what it takes. */
export function invalid(path: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_OPTION', `${path}: got ${show(got)}, want ${want}`, {
    details: { path, got, want },
  });
}

/** The same of an argument of a call. */
export function invalidArgument(path: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(got)}, want ${want}`, {
    details: { path, got, want },
  });
}
