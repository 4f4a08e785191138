/**
 * Builds a side from a commit, in a folder of its own, and keeps what it has built: the same tree is not built twice. All folders have names of the same
 * length, for programs differ by the length of their path.
 *
 *   <cache>/builds/<key>        a worktree of the commit, built
 *   <cache>/builds/<key>.done   it is complete
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { CheckError, CheckExit } from '../check-error.js';
import type { SideName } from '../launcher/side-process.js';
import { isAlive } from './is-alive.js';
import type { Repository, Revision } from './repository.js';

export interface BuildOptions {
  readonly repository: Repository;
  readonly cache: string;
  /** Run by a shell in the package's folder. Undefined: what npm does. */
  readonly command: string | undefined;
  /** Files and folders of the head that the base gets, too, before it is built; relative to the package. */
  readonly overlay: readonly string[];
  readonly onBuild: (side: SideName, revision: Revision) => void;
}

/** What is kept at most; the oldest go. */
const MOST_BUILDS = 8;
const KEY_CHARACTERS = 16;
const OUTPUT_CHARACTERS = 6000;
const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];
/** What compilers and package managers look at, so that two builds differ by nothing else. */
const ENVIRONMENT = ['CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS', 'NODE_ENV', 'NODE_OPTIONS'];

/**
 * The folder of the built package.
 * @param overlaidFrom the head's folder; undefined: nothing is laid over
 */
export function buildSide(
  side: SideName,
  revision: Revision,
  options: BuildOptions,
  overlaidFrom: string | undefined,
): string {
  const { repository, cache, overlay } = options;
  const laid = overlaidFrom === undefined ? [] : overlay.filter((file) => existsSync(path.join(overlaidFrom, file)));
  const key = keyOf(revision, options, overlaidFrom, laid);
  const folder = path.join(cache, 'builds', key);
  const done = `${folder}.done`;
  const packageFolder = path.join(folder, repository.prefix);
  if (existsSync(done)) {
    const now = new Date();
    utimesSync(done, now, now);
    return packageFolder;
  }
  mkdirSync(path.dirname(folder), { recursive: true });
  const lock = takeLock(`${folder}.lock`);
  try {
    options.onBuild(side, revision);
    checkOut(side, revision, folder, options, overlaidFrom, laid);
    runBuild(side, packageFolder, folder, options);
  } finally {
    repository.letGo(folder);
    rmSync(lock, { force: true });
  }
  writeFileSync(done, `${revision.commit}\n`);
  dropOldest(path.dirname(folder));
  return packageFolder;
}

function checkOut(
  side: SideName,
  { commit }: Revision,
  folder: string,
  { repository }: BuildOptions,
  overlaidFrom: string | undefined,
  laid: readonly string[],
): void {
  repository.letGo(folder);
  forget(folder);
  repository.checkOut(commit, folder);
  const packageFolder = path.join(folder, repository.prefix);
  if (!existsSync(packageFolder))
    throw new CheckError(CheckExit.failed, `${side} does not build: it has no folder ${repository.prefix}`);
  for (const file of laid) {
    rmSync(path.join(packageFolder, file), { recursive: true, force: true });
    cpSync(path.join(overlaidFrom as string, file), path.join(packageFolder, file), { recursive: true });
  }
}

/** Two checks must not build in one folder. The lock of a process that is gone is nobody's. */
function takeLock(lock: string): string {
  const owner = Number(read(lock) ?? '0');
  if (owner !== process.pid && isAlive(owner))
    throw new CheckError(
      CheckExit.failed,
      `another check, process ${owner}, builds the same now; wait for it, or use another --cache`,
    );
  writeFileSync(lock, String(process.pid));
  return lock;
}

function runBuild(side: SideName, packageFolder: string, folder: string, options: BuildOptions): void {
  const { command, repository } = options;
  if (command !== undefined) return runCommand(side, command, packageFolder);
  if (!existsSync(path.join(packageFolder, 'package.json'))) return;
  const places = [...new Set([path.join(repository.root, repository.prefix), repository.root])];
  const shared = places.every((place) => mayShare(place, path.join(folder, path.relative(repository.root, place))));
  if (shared) for (const place of places) share(place, path.join(folder, path.relative(repository.root, place)));
  else runCommand(side, 'npm ci', packageFolder);
  runCommand(side, 'npm run build --if-present', packageFolder);
}

function runCommand(side: SideName, command: string, folder: string): void {
  const { status, signal, stdout, stderr } = spawnSync(command, {
    cwd: folder,
    shell: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 2 ** 20,
  });
  if (status === 0) return;
  const output = `${stdout ?? ''}${stderr ?? ''}`.slice(-OUTPUT_CHARACTERS);
  throw new CheckError(
    CheckExit.failed,
    `${side} does not build: '${command}' ended with ${signal ?? `code ${status}`}`,
    output,
  );
}

/** Whether the packages that are installed in the checkout are those that this side wants. */
function mayShare(checkout: string, side: string): boolean {
  const installed = path.join(checkout, 'node_modules');
  if (!existsSync(installed)) return !LOCK_FILES.some((name) => existsSync(path.join(side, name)));
  const same = LOCK_FILES.every((name) => read(path.join(checkout, name)) === read(path.join(side, name)));
  return same && !leadsBack(installed, realpathSync(checkout));
}

/** Workspaces are links to packages of the checkout: whoever shares those would measure the head twice. */
function leadsBack(installed: string, checkout: string): boolean {
  const scopes = readdirSync(installed).filter((name) => name.startsWith('@'));
  const folders = [installed, ...scopes.map((scope) => path.join(installed, scope))];
  const inside = path.join(realpathSync(installed), path.sep);
  return folders.some((folder) =>
    readdirSync(folder)
      .map((name) => path.join(folder, name))
      .filter((entry) => lstatSync(entry).isSymbolicLink() && existsSync(entry))
      .some((entry) => {
        const target = realpathSync(entry);
        return target.startsWith(checkout + path.sep) && !target.startsWith(inside);
      }),
  );
}

function share(checkout: string, side: string): void {
  const installed = path.join(checkout, 'node_modules');
  const link = path.join(side, 'node_modules');
  if (existsSync(installed) && !existsSync(link)) symlinkSync(realpathSync(installed), link, 'dir');
}

function keyOf(
  { tree }: Revision,
  { repository, command }: BuildOptions,
  overlaidFrom: string | undefined,
  laid: readonly string[],
): string {
  const hash = createHash('sha256');
  const parts = [tree, repository.prefix, command ?? 'npm', process.version, process.arch];
  parts.push(...ENVIRONMENT.map((name) => process.env[name] ?? ''));
  hash.update(parts.join('\0'));
  for (const file of laid) hashPath(hash, path.join(overlaidFrom as string, file), file);
  return hash.digest('hex').slice(0, KEY_CHARACTERS);
}

function hashPath(hash: ReturnType<typeof createHash>, from: string, name: string): void {
  if (statSync(from).isDirectory()) {
    for (const entry of readdirSync(from).sort()) hashPath(hash, path.join(from, entry), `${name}/${entry}`);
    return;
  }
  hash.update(`\0${name}\0`).update(readFileSync(from));
}

function dropOldest(builds: string): void {
  const done = readdirSync(builds)
    .filter((name) => name.endsWith('.done'))
    .map((name) => ({
      folder: path.join(builds, name.slice(0, -'.done'.length)),
      at: statSync(path.join(builds, name)).mtimeMs,
    }))
    .sort((a, b) => b.at - a.at);
  for (const { folder } of done.slice(MOST_BUILDS)) forget(folder);
}

function forget(folder: string): void {
  rmSync(`${folder}.done`, { force: true });
  rmSync(folder, { recursive: true, force: true });
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
