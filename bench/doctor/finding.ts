/** What a check has found. */
import type { Verdict } from './verdict.js';

/** Units are in the names. What could not be had is left out. */
export type Figures = Readonly<Record<string, number | string | boolean | readonly string[]>>;

export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, in words. */
  readonly value: string;
  /** One sentence: what it means for measurements, and what to do about it. */
  readonly meaning: string;
  readonly figures: Figures;
}

export function unknown(meaning: string, figures: Figures = {}): Finding {
  return { verdict: 'unknown', value: 'not to be seen', meaning, figures };
}
