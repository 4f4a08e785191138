/**
 * Where the sides lie while they are measured: in folders whose names differ by one letter, so that nothing depends on which has the longer path, and that
 * can change places.
 *
 *   <cache>/runs/<process>/a   the base         after swap(): the head
 *                          b   the head                       the base
 *                          c   the base again, for the null
 */

import { spawnSync } from 'node:child_process';
import {
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { CheckError, CheckExit } from '../check-error.js';
import type { SidePlace } from '../launcher/launch.js';
import { isAlive } from './is-alive.js';

/** A built package, and the folder that goes with it: its repository's, where it is one of several in there. */
export interface Built {
  readonly root: string;
  readonly prefix: string;
}

const FROZEN_FILE = '.consort-check-frozen.mjs';
const PID_CHARACTERS = 8;

export class Slots {
  private readonly folder: string;
  private readonly prefixes: { readonly base: string; readonly head: string };
  private swapped = false;

  /**
   * @param file of the benchmarks, relative to the package
   * @param frozen the file of the frozen benchmark
   */
  constructor(
    cache: string,
    base: Built,
    head: Built,
    private readonly file: string,
    frozen: string,
  ) {
    this.folder = path.join(cache, 'runs', String(process.pid).padStart(PID_CHARACTERS, '0'));
    this.prefixes = { base: base.prefix, head: head.prefix };
    this.remove();
    removeAbandoned(path.dirname(this.folder));
    mkdirSync(this.folder, { recursive: true });
    for (const [slot, built] of [
      ['a', base],
      ['b', head],
      ['c', base],
    ] as const) {
      copyBuilt(built, this.at(slot));
      cpSync(frozen, path.join(this.at(slot), FROZEN_FILE));
    }
  }

  get base(): SidePlace {
    return this.place(this.swapped ? 'b' : 'a', this.prefixes.base);
  }

  get head(): SidePlace {
    return this.place(this.swapped ? 'a' : 'b', this.prefixes.head);
  }

  /** The base once more. */
  get copy(): SidePlace {
    return this.place('c', this.prefixes.base);
  }

  get frozenBase(): SidePlace {
    return { directory: this.base.directory, file: path.join(this.at(this.swapped ? 'b' : 'a'), FROZEN_FILE) };
  }

  get frozenHead(): SidePlace {
    return { directory: this.head.directory, file: path.join(this.at(this.swapped ? 'a' : 'b'), FROZEN_FILE) };
  }

  /** Two named pipes for the processes of a launch; launches side by side have others. Those of a launch before are empty: all who had them open are gone. */
  batons(lane: number): readonly [string, string] {
    const pipes = [path.join(this.folder, `pipe-${lane}a`), path.join(this.folder, `pipe-${lane}b`)] as const;
    if (!existsSync(pipes[1])) makePipes(pipes);
    return pipes;
  }

  /** Base and head change places. */
  swap(): void {
    renameSync(this.at('a'), this.at('t'));
    renameSync(this.at('b'), this.at('a'));
    renameSync(this.at('t'), this.at('b'));
    this.swapped = !this.swapped;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private at(slot: 'a' | 'b' | 'c' | 't'): string {
    return path.join(this.folder, slot);
  }

  private place(slot: 'a' | 'b' | 'c', prefix: string): SidePlace {
    const directory = path.join(this.at(slot), prefix);
    return { directory, file: path.join(directory, this.file) };
  }
}

function makePipes(names: readonly string[]): void {
  const { error, status, stderr } = spawnSync('mkfifo', names, { encoding: 'utf8' });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim();
  throw new CheckError(
    CheckExit.failed,
    `the check needs two named pipes for its processes, and mkfifo made none: ${why}`,
  );
}

/** Of processes that were killed. */
function removeAbandoned(runs: string): void {
  if (!existsSync(runs)) return;
  for (const name of readdirSync(runs))
    if (!isAlive(Number(name))) rmSync(path.join(runs, name), { recursive: true, force: true });
}

/** All but what is large and the same anyway: installed packages stay where they are. */
function copyBuilt({ root, prefix }: Built, to: string): void {
  const installed = new Set(['', prefix].map((place) => path.join(root, place, 'node_modules')));
  cpSync(root, to, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (from) => !installed.has(from) && path.basename(from) !== '.git',
  });
  for (const folder of installed) {
    if (!existsSync(folder)) continue;
    const link = path.join(to, path.relative(root, folder));
    if (lstatSync(folder).isSymbolicLink()) cpSync(folder, link, { verbatimSymlinks: true });
    else symlinkSync(folder, link, 'dir');
  }
}
