/** The options of `consort sim`: from the words of the command line to checked values. */
import { UsageError } from '../../bench/usage-error.js';
import { didYouMean } from '../base/nearest.js';
import { listOf, quote } from '../base/show.js';
import { plantedBugs } from './sim-kinds.js';

/** Of a simulated store. */
const MOST_REPLICAS = 9;

export interface SimOptions {
  /** The first. */
  readonly seed: number;
  /** How many. */
  readonly seeds: number;
  readonly members: number | undefined;
  /** Until then there are always more seeds. */
  readonly minutes: number | undefined;
  readonly jobs: number;
  readonly json: string | undefined;
  readonly plant: string | undefined;
  readonly trace: boolean;
  /** Never the addon, even where there is one. */
  readonly ts: boolean;
  readonly shrink: boolean;
  /** Replicated stores, and not groups. */
  readonly store: boolean;
  /** A membership service decides about views. */
  readonly groupd: boolean;
  /** Whether there are clients and servers; undefined: in part of the scenarios. */
  readonly servers: boolean | undefined;
}

export type SimWords = { readonly [Name in keyof SimOptions]?: string | boolean | undefined };

/** @throws UsageError for the first thing that is wrong */
export function parseSimOptions(words: SimWords): SimOptions {
  const minutes = number(words, 'minutes', 0.01, 100_000, false);
  const store = words.store === true;
  if (store && (words.groupd === true || words.servers !== undefined))
    throw new UsageError(
      '--store simulates a store without the group below it: leave out --groupd, --servers and --no-servers',
    );
  return {
    seed: number(words, 'seed', 0, 2 ** 32 - 1) ?? 1,
    seeds: number(words, 'seeds', 1, 2 ** 32 - 1) ?? (minutes === undefined ? 1 : 2 ** 32 - 1),
    members: store ? number(words, 'members', 1, MOST_REPLICAS) : number(words, 'members', 2, 64),
    minutes,
    jobs: number(words, 'jobs', 1, 256) ?? 1,
    json: typeof words.json === 'string' ? words.json : undefined,
    plant: plantOf(words.plant, store),
    trace: words.trace === true,
    ts: words.ts === true,
    shrink: words.shrink !== false,
    store,
    groupd: words.groupd === true,
    servers: typeof words.servers === 'boolean' ? words.servers : undefined,
  };
}

function number(
  words: SimWords,
  name: keyof SimOptions,
  least: number,
  most: number,
  whole = true,
): number | undefined {
  const word = words[name];
  if (typeof word !== 'string') return undefined;
  const value = word.trim() === '' ? Number.NaN : Number(word);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `--${name}: got ${quote(word)}, want ${whole ? 'an integer' : 'a number'} from ${least} to ${most}`,
  );
}

function plantOf(word: string | boolean | undefined, store: boolean): string | undefined {
  if (typeof word !== 'string') return undefined;
  const known = Object.keys(plantedBugs(store));
  if (known.includes(word)) return word;
  throw new UsageError(
    `--plant: ${quote(word)} is no planted bug, want one of ${listOf(known)}${didYouMean(word, known)}`,
  );
}
