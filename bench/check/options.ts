/** The options of `consort check`: from the words of the command line to checked values. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { quote } from '../../ts/base/show.js';
import type { BenchOptionDeclaration } from '../option-table.js';
import { UsageError } from '../usage-error.js';
import { canPin } from './launcher/surroundings.js';
import { CHECK_OPTIONS, type CheckOptionName } from './option-table.js';

/** What is looked for when no file is named. */
export const DEFAULT_FILE = 'consort.check.mjs';

/** `share` of what a slowdown adds; 0: head against head. */
export interface SelfTest {
  readonly share: number;
}

/** Where the sides come from. */
export type Where =
  | { readonly from: 'git'; readonly base: string | undefined; readonly head: string | undefined }
  | { readonly from: 'directories'; readonly base: string; readonly head: string }
  /** Head against head. */
  | { readonly from: 'self'; readonly head: string };

export interface CheckOptions {
  /** Of the benchmarks; relative to the package. */
  readonly file: string;
  readonly where: Where;
  readonly build: string | undefined;
  readonly overlay: readonly string[];
  /** Empty: all. */
  readonly filter: readonly string[];
  readonly minEffect: number;
  readonly alpha: number;
  readonly looks: number;
  readonly minutes: number;
  readonly warmUpMs: number;
  readonly quartets: number;
  readonly countersFail: boolean;
  readonly inconclusiveFails: boolean;
  readonly instructions: 'undecided' | 'all' | 'none';
  readonly selfTest: SelfTest | undefined;
  readonly cpus: readonly number[] | undefined;
  readonly seed: number;
  readonly cache: string;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly junit: string | undefined;
  readonly annotations: boolean;
  readonly quick: boolean;
  readonly quiet: boolean;
}

/** The words of the command line, by option. */
export type CheckWords = { readonly [Name in CheckOptionName]?: string | boolean | undefined };

/** Of the process that is asked: what an option falls back to. */
export interface CheckSurroundings {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

const MOST_SHARE = 1;

/** @throws UsageError for the first thing that is wrong */
export function parseCheckOptions(
  files: readonly string[],
  words: CheckWords,
  { directory, environment }: CheckSurroundings,
): CheckOptions {
  if (files.length > 1) throw new UsageError(`want one file of benchmarks, got ${files.length}`);
  const quick = words.quick === true;
  const selfTest = value(words, 'self-test', parseSelfTest);
  const where = parseWhere(words, selfTest, directory);
  return {
    file: parseFile(files[0], where, directory),
    where,
    build: text(words.build),
    overlay: list(words.overlay),
    filter: list(words.filter),
    minEffect: value(words, 'min-effect', percentage(0.001, 0.5)) ?? 0.025,
    alpha: value(words, 'alpha', percentage(0.001, 0.2)) ?? 0.05,
    looks: value(words, 'looks', integer(1, 3)) ?? (quick ? 2 : 3),
    warmUpMs: value(words, 'warm-up', integer(1, 60_000)) ?? (quick ? 60 : 150),
    quartets: value(words, 'quartets', integer(3, 10_000)) ?? (quick ? 200 : 400),
    minutes: value(words, 'minutes', decimal(0.1, 600)) ?? 5,
    countersFail: value(words, 'counters', oneOf(['fail', 'report'])) !== 'report',
    inconclusiveFails: value(words, 'inconclusive', oneOf(['fail', 'pass'])) !== 'pass',
    instructions: value(words, 'instructions', oneOf(['undecided', 'all', 'none'])) ?? (quick ? 'none' : 'undecided'),
    selfTest,
    cpus: value(words, 'cpus', parseCpus),
    seed: value(words, 'seed', integer(0, 2 ** 32 - 1)) ?? 1,
    cache: path.resolve(directory, text(words.cache) ?? defaultCache(environment)),
    json: text(words.json),
    markdown: text(words.markdown),
    junit: text(words.junit),
    annotations: words.annotations === true || environment.GITHUB_ACTIONS === 'true',
    quick,
    quiet: words.quiet === true,
  };
}

function parseWhere(words: CheckWords, selfTest: SelfTest | undefined, directory: string): Where {
  const [baseDir, headDir] = [folder(words, 'base-dir', directory), folder(words, 'head-dir', directory)];
  const [base, head] = [text(words.base), text(words.head)];
  if (selfTest !== undefined) {
    const given = (['base', 'base-dir'] as const).find((name) => words[name] !== undefined);
    if (given !== undefined)
      throw new UsageError(`--self-test: --${given} is given too, but head is measured against head`);
    if (head === undefined) return { from: 'self', head: headDir ?? directory };
  }
  if (baseDir === undefined && headDir === undefined) return { from: 'git', base, head };
  if (base !== undefined || head !== undefined)
    throw new UsageError('--base-dir, --head-dir: --base or --head is given too, want folders or commits');
  if (baseDir === undefined || headDir === undefined)
    throw new UsageError(`--${baseDir === undefined ? 'base' : 'head'}-dir is missing: want both folders`);
  return { from: 'directories', base: baseDir, head: headDir };
}

/** Relative to the package: both sides have it at the same place. */
function parseFile(given: string | undefined, where: Where, directory: string): string {
  const from = where.from === 'git' ? directory : where.head;
  const file = path.relative(from, path.resolve(directory, given ?? path.join(from, DEFAULT_FILE)));
  if (file.startsWith('..') || path.isAbsolute(file))
    throw new UsageError(
      `${quote(given ?? '')}: want a file inside of ${from}, for both sides have it at the same place`,
    );
  if (given === undefined && where.from !== 'git' && !existsSync(path.join(from, file)))
    throw new UsageError(`there is no ${DEFAULT_FILE} in ${from}: name a file of benchmarks`);
  return file;
}

function folder(words: CheckWords, name: 'base-dir' | 'head-dir', directory: string): string | undefined {
  const given = text(words[name]);
  if (given === undefined) return undefined;
  const resolved = path.resolve(directory, given);
  if (existsSync(resolved) && statSync(resolved).isDirectory()) return resolved;
  throw new UsageError(`--${name}: got ${quote(given)}, which is no folder`);
}

function defaultCache(environment: NodeJS.ProcessEnv): string {
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'consort', 'check');
}

type Parser<T> = (word: string) => T | undefined;

function value<T>(words: CheckWords, name: CheckOptionName, parse: Parser<T>): T | undefined {
  const given = text(words[name]);
  if (given === undefined) return undefined;
  const parsed = parse(given.trim());
  if (parsed !== undefined) return parsed;
  const declaration: BenchOptionDeclaration = CHECK_OPTIONS[name];
  throw new UsageError(`--${name}: got ${quote(given)}, want ${declaration.want ?? 'something else'}`);
}

function text(word: string | boolean | undefined): string | undefined {
  return typeof word === 'string' ? word : undefined;
}

function list(word: string | boolean | undefined): readonly string[] {
  return (text(word) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
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

/** With its sign: `2.5` could be 250 %. */
function percentage(min: number, max: number): Parser<number> {
  return (word) => {
    const match = /^(\d*\.?\d+)\s*%$/.exec(word);
    return match === null ? undefined : within(Number(match[1]) / 100, min, max);
  };
}

function within(number: number, min: number, max: number): number | undefined {
  return number >= min && number <= max ? number : undefined;
}

function parseSelfTest(word: string): SelfTest | undefined {
  if (word === 'aa') return { share: 0 };
  const match = /^inject=(.*)$/.exec(word);
  const share = match === null ? undefined : percentage(0.005, MOST_SHARE)(match[1] ?? '');
  return share === undefined ? undefined : { share };
}

function parseCpus(word: string): readonly number[] | undefined {
  const cpus = word.split(',').map((each) => integer(0, 4095)(each.trim()));
  if (new Set(cpus).size < cpus.length) return undefined;
  return cpus.every((cpu) => cpu !== undefined && canPin(cpu)) ? (cpus as number[]) : undefined;
}
