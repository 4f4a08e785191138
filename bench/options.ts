/** The options of `consort bench`: from the words of the command line to checked values. */
import { statSync } from 'node:fs';
import { parseStack } from '../ts/api/stack-choice.js';
import { isConsortError } from '../ts/base/errors.js';
import { didYouMean } from '../ts/base/nearest.js';
import { listOf, quote } from '../ts/base/show.js';
import type { ThreadMode } from '../ts/index.js';
import { BENCH_OPTIONS, type BenchOptionDeclaration, type BenchOptionName } from './option-table.js';
import { COMPARED_WITH_PEERS, PEER_NAMES, type PeerName } from './peers/peer-table.js';
import { UsageError } from './usage-error.js';

export const SCENARIOS = ['throughput', 'latency', 'views', 'transfer', 'store', 'layers', 'scale', 'soak'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** Beside them it can be said that throughput and latency are to be compared with what others would use. */
export const PEERS_WORD = 'peers';

export const BENCH_MODES = ['native', 'ts', 'mixed'] as const;
export type BenchMode = (typeof BENCH_MODES)[number];

/** No property orders casts. */
export const FIFO = 'fifo';
const ORDERINGS = ['local', 'causal', 'total', 'agree'];

export type Senders = 'one' | 'all' | number;
export type Mtu = 'auto' | number;
export type Isolation = 'processes' | 'threads';
/** When a replica of a store has a write. */
export type Durability = 'disk' | 'memory';
/** Where members meet: on the loopback interface, or over links between network namespaces. */
export type Network = 'loopback' | 'netns';

/** What was asked for; undefined: the scenario's default counts. */
export interface BenchOptions {
  /** Undefined: all. */
  readonly scenarios: readonly ScenarioName[] | undefined;
  /** Groups are compared with these, too. */
  readonly peers: readonly PeerName[];
  /** Whether the peers were named: then each has to be there. */
  readonly peersNamed: boolean;
  readonly sizesBytes: readonly number[] | undefined;
  /** Of the state that is transferred, and of the store that is synchronized. */
  readonly statesBytes: readonly number[] | undefined;
  readonly modes: readonly BenchMode[] | undefined;
  readonly threads: readonly ThreadMode[] | undefined;
  /** Of the groups. */
  readonly properties: string;
  /** Whether each group with views is measured in a fixed view too. */
  readonly compareFixed: boolean;
  /** Properties that order casts, joined by colons, or FIFO. */
  readonly orderings: readonly string[];
  readonly members: readonly number[] | undefined;
  readonly senders: readonly Senders[];
  readonly mtus: readonly Mtu[] | undefined;
  /** Of simulated groups. */
  readonly simulated: readonly number[] | undefined;
  readonly lossRates: readonly number[] | undefined;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly repeats: number;
  /** Of the soak. */
  readonly durationSeconds: number;
  /** With --quick: what all scenarios together may take. Undefined: no bound. */
  readonly budgetSeconds: number | undefined;
  readonly isolation: Isolation;
  readonly networks: readonly Network[];
  readonly seed: number;
  /** Where stores have their disks; undefined: the system's folder for such. */
  readonly folder: string | undefined;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly html: string | undefined;
  readonly quick: boolean;
  readonly quiet: boolean;
}

/** The words of the command line, by option. */
export type BenchWords = { readonly [Name in BenchOptionName]?: string | boolean | undefined };

/** A group's by default, and those of a view that never changes. */
const GROUP_PROPERTIES = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';
export const FIXED_PROPERTIES = 'Frag:Flow';

const MAX_SIZE_BYTES = 32 * 2 ** 20;
const MAX_STATE_BYTES = 64 * 2 ** 30;
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  KIB: 2 ** 10,
  M: 2 ** 20,
  MIB: 2 ** 20,
  G: 2 ** 30,
  GIB: 2 ** 30,
};
const QUICK_BUDGET_SECONDS = 45;

/** @throws UsageError for the first thing that is wrong */
export function parseOptions(scenarios: readonly string[], words: BenchWords): BenchOptions {
  const quick = words.quick === true;
  const properties = parseStackWords(words);
  const members = list(words, 'members', integer(2, 64));
  return {
    ...parseScenarios(scenarios, words, hasViews(properties)),
    sizesBytes: list(words, 'size', parseSize(MAX_SIZE_BYTES)),
    statesBytes: list(words, 'state', parseSize(MAX_STATE_BYTES)),
    modes: list(words, 'mode', oneOf(BENCH_MODES)),
    threads: list(words, 'threads', oneOf(['single', 'multi'])),
    properties,
    compareFixed: words['compare-fixed'] === true,
    orderings: list(words, 'ordering', parseOrdering) ?? [FIFO],
    members,
    senders: list(words, 'senders', (word) => parseSenders(word, Math.min(...(members ?? [2])))) ?? ['one'],
    mtus: list(words, 'mtu', (word) => (word === 'auto' ? 'auto' : integer(1200, 65504)(word))),
    simulated: list(words, 'simulated', integer(2, 256)),
    lossRates: list(words, 'loss', parseLoss),
    ratePerSecond: value(words, 'rate', integer(1, 1_000_000)) ?? 1000,
    seconds: value(words, 'seconds', decimal(0.05, 3600)) ?? (quick ? 0.3 : 1),
    repeats: value(words, 'repeats', integer(1, 1000)) ?? (quick ? 3 : 5),
    durationSeconds: value(words, 'duration', parseDuration) ?? (quick ? 5 : 600),
    budgetSeconds: quick && words.repeats === undefined ? QUICK_BUDGET_SECONDS : undefined,
    isolation: value(words, 'isolation', oneOf(['processes', 'threads'])) ?? 'processes',
    networks: parseNetworks(words),
    seed: value(words, 'seed', integer(0, 2 ** 32 - 1)) ?? 1,
    folder: value(words, 'folder', parseFolder),
    json: text(words.json),
    markdown: text(words.markdown),
    html: text(words.html),
    quick,
    quiet: words.quiet === true,
  };
}

/** `peers` alone: what can be compared with them. */
function parseScenarios(
  given: readonly string[],
  words: BenchWords,
  withViews: boolean,
): Pick<BenchOptions, 'scenarios' | 'peers' | 'peersNamed'> {
  const known = [...SCENARIOS, PEERS_WORD];
  const unknown = given.find((word) => !known.includes(word));
  if (unknown !== undefined) {
    throw new UsageError(`unknown scenario ${quote(unknown)}; there are ${listOf(known)}${didYouMean(unknown, known)}`);
  }
  const scenarios = SCENARIOS.filter((name) => given.includes(name));
  const named = list(words, 'peers', oneOf(PEER_NAMES));
  if (!given.includes(PEERS_WORD)) {
    if (named !== undefined) throw new UsageError("--peers: wants the scenario 'peers', as in: consort bench peers");
    return { scenarios: scenarios.length === 0 ? undefined : scenarios, peers: [], peersNamed: false };
  }
  if (list(words, 'network', (word) => word)?.includes('netns') === true) {
    throw new UsageError('--network: peers are on loopback only, want loopback');
  }
  return {
    // A fixed view has no state transfer.
    scenarios:
      scenarios.length > 0 ? scenarios : COMPARED_WITH_PEERS.filter((name) => name !== 'transfer' || withViews),
    peers: named ?? PEER_NAMES,
    peersNamed: named !== undefined,
  };
}

function parseStackWords(words: BenchWords): string {
  const given = text(words.properties);
  if (words.fixed === true) {
    if (given !== undefined) throw new UsageError('--fixed: --properties is given too, want one of both');
    return FIXED_PROPERTIES;
  }
  const properties = given ?? GROUP_PROPERTIES;
  try {
    hasViews(properties);
  } catch (error) {
    if (!isConsortError(error)) throw error;
    throw new UsageError(error.message);
  }
  return properties;
}

/** Whether a group with these properties has views that change. @throws ConsortError for what no group can have */
export function hasViews(properties: string): boolean {
  return parseStack(properties, '--properties').hasViews;
}

function parseNetworks(words: BenchWords): readonly Network[] {
  const networks = list(words, 'network', oneOf(['loopback', 'netns'])) ?? ['loopback'];
  if (networks.includes('netns') && text(words.isolation) === 'threads') {
    throw new UsageError('--network: netns needs --isolation processes, since threads of one process have one network');
  }
  return networks;
}

type Parser<T> = (word: string) => T | undefined;

function value<T>(words: BenchWords, name: BenchOptionName, parse: Parser<T>): T | undefined {
  const given = text(words[name]);
  if (given === undefined) return undefined;
  const parsed = parse(given.trim());
  if (parsed === undefined) throw wrong(name, given);
  return parsed;
}

/** A list separated by commas; what is said twice counts once. */
function list<T>(words: BenchWords, name: BenchOptionName, parse: Parser<T>): readonly T[] | undefined {
  const given = text(words[name]);
  if (given === undefined) return undefined;
  const items = given.split(',').map((word) => {
    const parsed = parse(word.trim());
    if (parsed === undefined) throw wrong(name, word);
    return parsed;
  });
  return [...new Set(items)];
}

function wrong(name: BenchOptionName, got: string): UsageError {
  const declaration: BenchOptionDeclaration = BENCH_OPTIONS[name];
  return new UsageError(`--${name}: got ${quote(got)}, want ${declaration.want ?? 'something else'}`);
}

function text(word: string | boolean | undefined): string | undefined {
  return typeof word === 'string' ? word : undefined;
}

function oneOf<const T extends string>(choices: readonly T[]): Parser<T> {
  return (word) => choices.find((choice) => choice === word);
}

function integer(min: number, max: number): Parser<number> {
  return (word) => (/^\d{1,10}$/.test(word) ? within(Number(word), min, max) : undefined);
}

function decimal(min: number, max: number): Parser<number> {
  return (word) => (/^\d*\.?\d+$/.test(word) ? within(Number(word), min, max) : undefined);
}

function within(number: number, min: number, max: number): number | undefined {
  return number >= min && number <= max ? number : undefined;
}

function parseSize(max: number): Parser<number> {
  return (word) => {
    const match = /^(\d{1,11})\s*([a-z]*)$/i.exec(word);
    const unit = SIZE_UNITS[(match?.[2] ?? '').toUpperCase()];
    if (match === null || unit === undefined) return undefined;
    return within(Number(match[1]) * unit, 1, max);
  };
}

function parseFolder(word: string): string | undefined {
  return statSync(word, { throwIfNoEntry: false })?.isDirectory() === true ? word : undefined;
}

function parseOrdering(word: string): string | undefined {
  const names = word.toLowerCase().split(':');
  if (names.length === 1 && names[0] === FIFO) return FIFO;
  return names.every((name) => ORDERINGS.includes(name)) ? [...new Set(names)].join(':') : undefined;
}

function parseDuration(word: string): number | undefined {
  const match = /^(\d*\.?\d+)\s*(s|min|h)?$/i.exec(word);
  if (match === null) return undefined;
  const unit = { s: 1, min: 60, h: 3600 }[(match[2] ?? 's').toLowerCase()] ?? 1;
  return within(Number(match[1]) * unit, 1, 7 * 24 * 3600);
}

function parseSenders(word: string, members: number): Senders | undefined {
  return word === 'one' || word === 'all' ? word : integer(1, members)(word);
}

function parseLoss(word: string): number | undefined {
  const match = /^(\d*\.?\d+)(%?)$/.exec(word);
  if (match === null) return undefined;
  return within(Number(match[1]) / (match[2] === '%' ? 100 : 1), 0, 0.9);
}
