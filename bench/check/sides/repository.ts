/** As much of git as a check needs. It changes no branch, no index and no file of the checkout. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckError, CheckExit } from '../check-error.js';

export interface Revision {
  /** What is checked out. */
  readonly commit: string;
  /** What it is called: of a work tree with changes the commit that it began as. */
  readonly name: string;
  readonly tree: string;
  /** Whether it is a work tree with changes that are in no commit of a branch. */
  readonly dirty: boolean;
}

/** Branches that changes are made against, the likeliest first. */
const MAIN_BRANCHES = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

const NOBODY = {
  GIT_AUTHOR_NAME: 'consort check',
  GIT_AUTHOR_EMAIL: 'check@localhost',
  GIT_COMMITTER_NAME: 'consort check',
  GIT_COMMITTER_EMAIL: 'check@localhost',
  // The same work tree is the same commit.
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
};

export class Repository {
  private constructor(
    readonly root: string,
    /** Where in it the package is that is checked: '' or `packages/one`. */
    readonly prefix: string,
  ) {}

  /** The one that a folder lies in; undefined: in none, or there is no git. */
  static find(folder: string): Repository | undefined {
    const root = git(folder, ['rev-parse', '--show-toplevel']);
    if (root === undefined) return undefined;
    return new Repository(root, path.relative(root, realpathSync(folder)));
  }

  /** Undefined where there is no such commit. */
  resolve(ref: string): Revision | undefined {
    const commit = git(this.root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
    if (commit === undefined) return undefined;
    return { commit, name: commit, tree: this.demand(['rev-parse', `${commit}^{tree}`]), dirty: false };
  }

  /** The work tree as it is now, with all that is not ignored. */
  workTree(): Revision {
    const head = this.resolve('HEAD');
    if (head === undefined) throw new CheckError(CheckExit.usage, `${this.root}: there is no commit yet`);
    if (this.demand(['status', '--porcelain']) === '') return head;
    const scratch = mkdtempSync(path.join(tmpdir(), 'consort-check-index-'));
    try {
      const environment = { ...NOBODY, GIT_INDEX_FILE: path.join(scratch, 'index') };
      this.demand(['read-tree', 'HEAD'], environment);
      this.demand(['add', '--all'], environment);
      const tree = this.demand(['write-tree'], environment);
      const commit = this.demand(['commit-tree', tree, '-p', head.commit, '-m', 'The work tree'], environment);
      return { commit, name: head.commit, tree, dirty: true };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** What a change is to be compared with if nobody says: where it left the main branch, or else the commit before it. */
  defaultBase(head: Revision): string | undefined {
    const main = MAIN_BRANCHES.find((branch) => this.resolve(branch) !== undefined);
    const fork = main === undefined ? undefined : git(this.root, ['merge-base', 'HEAD', main]);
    if (fork !== undefined && this.resolve(fork)?.tree !== head.tree) return fork;
    return this.resolve('HEAD^') === undefined ? undefined : 'HEAD^';
  }

  /** Whether a path is in a commit, seen from the package. */
  has(commit: string, file: string): boolean {
    const inside = path.posix.join(this.prefix.split(path.sep).join('/'), file.split(path.sep).join('/'));
    return git(this.root, ['cat-file', '-e', `${commit}:${inside}`]) !== undefined;
  }

  checkOut(commit: string, folder: string): void {
    this.demand(['worktree', 'add', '--force', '--detach', '--quiet', folder, commit]);
  }

  /** From here on a folder that was checked out is one like any other: git knows nothing of it. Nothing happens where it is none. */
  letGo(folder: string): void {
    const link = path.join(folder, '.git');
    if (!existsSync(link) || !statSync(link).isFile()) return;
    const administration = /^gitdir: (.*)$/m.exec(readFileSync(link, 'utf8'))?.[1];
    rmSync(link);
    // Only this one, for others may be missing just for now.
    if (administration !== undefined && path.basename(path.dirname(administration)) === 'worktrees')
      rmSync(administration, { recursive: true, force: true });
  }

  private demand(args: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
    const { status, stdout, stderr, error } = run(this.root, args, environment);
    if (status === 0) return stdout.trim();
    throw new CheckError(CheckExit.failed, `git ${args[0]} failed: ${(error?.message ?? stderr).trim()}`);
  }
}

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = run(folder, args, {});
  return status === 0 ? stdout.trim() : undefined;
}

function run(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
  // Names as they are, whatever the user's settings: and no hooks of theirs.
  const settings = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'];
  return spawnSync('git', [...settings, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 2 ** 20,
  });
}
