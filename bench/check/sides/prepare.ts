/** From what was asked for to two sides that are built. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { quote } from '../../../ts/base/show.js';
import { CheckError, CheckExit } from '../check-error.js';
import type { CheckOptions, Where } from '../options.js';
import { type BuildOptions, buildSide } from './build.js';
import { Repository, type Revision } from './repository.js';
import type { Built } from './slots.js';

export interface PreparedSide extends Built {
  /** As it was asked for: a ref, or the name of a folder. */
  readonly label: string;
  /** Undefined: it comes from a folder. */
  readonly commit: string | undefined;
  readonly dirty: boolean;
}

export interface PreparedSides {
  readonly base: PreparedSide;
  readonly head: PreparedSide;
  readonly cache: string;
  readonly notes: readonly string[];
}

export function prepareSides(
  options: CheckOptions,
  directory: string,
  onBuild: BuildOptions['onBuild'],
): PreparedSides {
  const { where } = options;
  if (where.from === 'git') return fromGit(options, where, directory, onBuild);
  const [base, head] = where.from === 'self' ? [where.head, where.head] : [where.base, where.head];
  return { base: fromFolder(base), head: fromFolder(head), cache: cacheOf(options, head), notes: [] };
}

function fromFolder(folder: string): PreparedSide {
  return { root: folder, prefix: '', label: path.basename(folder), commit: undefined, dirty: false };
}

function fromGit(
  options: CheckOptions,
  where: Extract<Where, { from: 'git' }>,
  directory: string,
  onBuild: BuildOptions['onBuild'],
): PreparedSides {
  const repository = Repository.find(directory);
  if (repository === undefined)
    throw new CheckError(
      CheckExit.usage,
      `${directory} is in no git repository: name two folders that are built, with --base-dir and --head-dir`,
    );
  const head = where.head === undefined ? repository.workTree() : demand(repository, '--head', where.head);
  const self = options.selfTest !== undefined;
  const baseRef = self ? where.head : (where.base ?? repository.defaultBase(head));
  if (baseRef === undefined)
    throw new CheckError(
      CheckExit.usage,
      'there is nothing to compare with: no main branch and no commit before this one. In a shallow clone fetch some history ' +
        '(git fetch --deepen=1, or fetch-depth: 0), name a --base, or try the check itself with --self-test aa',
    );
  const base = demand(repository, '--base', baseRef);
  const cache = cacheOf(options, repository.root);
  const build: BuildOptions = {
    repository,
    cache,
    command: options.build,
    overlay: [options.file, ...options.overlay],
    onBuild,
  };
  const headFolder = buildSide('head', head, build, undefined);
  const notes: string[] = [];
  const baseFolder = self ? headFolder : buildBase(base, build, headFolder, notes);
  return {
    base: sideOf(repository, baseFolder, base, where.base ?? baseRef),
    head: sideOf(repository, headFolder, head, where.head ?? 'the work tree'),
    cache,
    notes,
  };
}

/** The head's benchmarks may use what the base does not have yet: then each side runs its own. */
function buildBase(base: Revision, build: BuildOptions, headFolder: string, notes: string[]): string {
  try {
    return buildSide('base', base, build, headFolder);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    const own = buildSide('base', base, build, undefined);
    notes.push("each side runs its own benchmarks: the base does not build with the head's");
    return own;
  }
}

function demand(repository: Repository, option: string, ref: string): Revision {
  const revision = repository.resolve(ref);
  if (revision !== undefined) return revision;
  throw new CheckError(
    CheckExit.usage,
    `${option}: there is no commit ${quote(ref)} here; in a shallow clone it may have to be fetched`,
  );
}

function sideOf({ prefix }: Repository, packageFolder: string, revision: Revision, label: string): PreparedSide {
  const root = prefix === '' ? packageFolder : packageFolder.slice(0, -prefix.length - 1);
  return { root, prefix, label, commit: revision.name, dirty: revision.dirty };
}

/** Each repository has its own. */
function cacheOf({ cache }: CheckOptions, root: string): string {
  return path.join(cache, createHash('sha256').update(root).digest('hex').slice(0, 12));
}

/** @throws CheckError where a side has no file of benchmarks */
export function demandFile(side: 'base' | 'head', file: string): void {
  if (existsSync(file)) return;
  const why =
    side === 'base'
      ? 'the base has no benchmarks yet, so there is nothing to compare with'
      : 'the head has no such file';
  throw new CheckError(CheckExit.nothingMatched, `${path.basename(file)}: ${why}`);
}
