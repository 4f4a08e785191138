import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckError } from '../../../../bench/check/check-error.js';
import { type CheckWords, parseCheckOptions } from '../../../../bench/check/options.js';
import { prepareSides } from '../../../../bench/check/sides/prepare.js';
import { Repository } from '../../../../bench/check/sides/repository.js';
import { Slots } from '../../../../bench/check/sides/slots.js';
import { CheckProject } from '../../../helpers/check-project.js';

let project: CheckProject;
let cache: string;
let built: string[];

beforeEach(() => {
  project = new CheckProject();
  cache = realpathSync(mkdtempSync(join(tmpdir(), 'consort-check-cache-')));
  built = [];
});

afterEach(() => {
  project.remove();
  rmSync(cache, { recursive: true, force: true });
});

function repository(folder = project.folder): Repository {
  return Repository.find(folder) as Repository;
}

function prepare(words: CheckWords, folder = project.folder) {
  const options = parseCheckOptions([], { cache, ...words }, { directory: folder, environment: {} });
  return prepareSides(options, folder, (side) => built.push(side));
}

function read(side: { root: string; prefix: string }, file: string): string {
  return readFileSync(join(side.root, side.prefix, file), 'utf8');
}

describe('the repository', () => {
  it('has the work tree as a commit, with what is in no commit, and changes nothing of it', () => {
    project.write('new.txt', 'new');
    project.write('.gitignore', 'ignored.txt\n');
    project.write('ignored.txt', 'ignored');
    const before = project.git('status', '--porcelain');
    const tree = repository().workTree();
    expect(tree.dirty).toBe(true);
    expect(project.git('ls-tree', '--name-only', tree.commit).split('\n')).toEqual([
      '.gitignore',
      'consort.check.mjs',
      'library.mjs',
      'new.txt',
    ]);
    expect(project.git('status', '--porcelain')).toBe(before);
    expect(repository().workTree().tree).toBe(tree.tree);
  });

  it('is the last commit where nothing has changed', () => {
    expect(repository().workTree()).toEqual({ ...repository().resolve('HEAD'), dirty: false });
  });

  it('compares a branch with where it left main, and main with the commit before', () => {
    const base = () => repository().defaultBase(repository().workTree());
    expect(base()).toBeUndefined();
    project.library({ turns: 1 });
    // What is not committed is compared with the last commit.
    expect(repository().resolve(base() as string)?.commit).toBe(project.git('rev-parse', 'HEAD'));
    project.commit('the second');
    expect(repository().resolve(base() as string)?.commit).toBe(project.git('rev-parse', 'HEAD^'));
    const fork = project.git('rev-parse', 'HEAD');
    project.git('checkout', '--quiet', '-b', 'branch');
    for (const turns of [2, 3]) {
      project.library({ turns });
      project.commit(`${turns} turns`);
    }
    expect(base()).toBe(fork);
  });

  it('knows no commit by an option or by nothing', () => {
    expect(repository().resolve('--help')).toBeUndefined();
    expect(repository().resolve('nowhere')).toBeUndefined();
    expect(Repository.find(tmpdir())).toBeUndefined();
  });
});

describe('the sides', () => {
  it('are built once for each tree, in folders whose names have the same length', () => {
    project.library({ turns: 5 });
    const first = prepare({});
    expect(built).toEqual(['head', 'base']);
    expect([read(first.base, 'library.mjs'), read(first.head, 'library.mjs')]).toEqual([
      expect.stringContaining('i < 2000'),
      expect.stringContaining('i < 5;'),
    ]);
    expect(first.base.root).toHaveLength(first.head.root.length);
    expect(first.head).toMatchObject({ label: 'the work tree', dirty: true, commit: project.git('rev-parse', 'HEAD') });
    expect(prepare({})).toEqual(first);
    expect(built).toHaveLength(2);
    // Nothing of it stays in the repository.
    expect(project.git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it("run the head's benchmarks on both, and what else is laid over", () => {
    project.write('consort.check.mjs', `${read({ root: project.folder, prefix: '' }, 'consort.check.mjs')}// changed`);
    project.write('shared/data.txt', 'data');
    const { base } = prepare({ overlay: 'shared' });
    expect(read(base, 'consort.check.mjs')).toContain('// changed');
    expect(read(base, 'shared/data.txt')).toBe('data');
  });

  it('are built by the command that is given', () => {
    project.library({ turns: 5 });
    const { base, head } = prepare({ build: 'cat library.mjs > built.txt' });
    expect(read(base, 'built.txt')).toContain('i < 2000');
    expect(read(head, 'built.txt')).toContain('i < 5;');
  });

  it('are told when they do not build, with what the command said', () => {
    project.library({ turns: 5 });
    const fail = () => prepare({ build: "echo 'no such thing' >&2; exit 3" });
    expect(fail).toThrow("head does not build: 'echo 'no such thing' >&2; exit 3' ended with code 3");
    try {
      fail();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 4, output: 'no such thing\n' });
    }
    expect(project.git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('are not built by two checks at once, but after one that was killed', () => {
    project.library({ turns: 5 });
    const { head } = prepare({});
    rmSync(`${head.root}.done`);
    writeFileSync(`${head.root}.lock`, String(process.ppid));
    expect(() => prepare({})).toThrow(`another check, process ${process.ppid}, builds the same now`);
    // No process has this number: it is above what Linux gives.
    writeFileSync(`${head.root}.lock`, '99999999');
    expect(prepare({}).head.root).toBe(head.root);
  });

  it("run their own benchmarks where the base does not build with the head's", () => {
    project.write('only-head.txt', '');
    project.write('helper.mjs', '');
    const { notes } = prepare({ overlay: 'helper.mjs', build: 'test -f only-head.txt || test ! -f helper.mjs' });
    expect(notes).toEqual([expect.stringContaining('each side runs its own benchmarks')]);
    expect(built).toEqual(['head', 'base', 'base']);
  });

  it('share installed packages when both want the same, but none that lead back', () => {
    project.write('package.json', '{"name":"some","private":true}');
    // No package manager can read it: it would fail.
    project.write('package-lock.json', '{');
    project.write('.gitignore', 'node_modules\n');
    project.commit('a package');
    project.write('node_modules/dependency/index.js', '');
    project.library({ turns: 5 });
    const { base } = prepare({});
    expect(realpathSync(join(base.root, 'node_modules'))).toBe(join(project.folder, 'node_modules'));
    // A workspace: what is linked there is the head, whatever side loads it.
    mkdirSync(join(project.folder, 'packages/own'), { recursive: true });
    symlinkSync('../packages/own', join(project.folder, 'node_modules/own'));
    project.library({ turns: 6 });
    expect(() => prepare({})).toThrow("'npm ci' ended with");
  });

  it('may be a package in a folder of the repository', () => {
    project.write('packages/one/consort.check.mjs', 'one');
    project.commit('a package');
    project.write('packages/one/consort.check.mjs', 'two');
    project.write('packages/one/more.mjs', 'more');
    const { base, head } = prepare({ overlay: 'more.mjs' }, join(project.folder, 'packages/one'));
    expect(base.prefix).toBe(join('packages', 'one'));
    expect([read(base, 'consort.check.mjs'), read(base, 'more.mjs')]).toEqual(['two', 'more']);
    expect(existsSync(join(head.root, 'library.mjs'))).toBe(true);
  });

  it.each<[CheckWords, number, string]>([
    [{ base: 'nowhere' }, 2, "--base: there is no commit 'nowhere' here"],
    [{ head: 'nowhere' }, 2, "--head: there is no commit 'nowhere' here"],
    [{}, 2, 'there is nothing to compare with'],
  ])('are missing: %j', (words, exitCode, message) => {
    try {
      prepare(words);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CheckError);
      expect(error).toMatchObject({ exitCode, message: expect.stringContaining(message) });
    }
  });

  it('need a repository, or folders', () => {
    expect(() => prepare({}, cache)).toThrow('is in no git repository');
    const { base, head } = prepare({ 'base-dir': project.folder, 'head-dir': project.folder });
    expect([base.root, head.root]).toEqual([project.folder, project.folder]);
  });

  it('forget the oldest builds', () => {
    for (let turns = 1; turns <= 10; turns++) {
      project.library({ turns });
      prepare({ base: 'HEAD' });
    }
    const [folder] = readdirSync(cache);
    expect(readdirSync(join(cache, folder as string, 'builds')).filter((name) => name.endsWith('.done'))).toHaveLength(
      8,
    );
  });
});

describe('the slots', () => {
  it('are copies that base and head can change places in', () => {
    project.write('node_modules/dependency/index.js', '');
    const head = { root: project.folder, prefix: '' };
    const other = new CheckProject();
    other.library({ turns: 5 });
    const slots = new Slots(
      cache,
      { root: other.folder, prefix: '' },
      head,
      'library.mjs',
      join(project.folder, 'consort.check.mjs'),
    );
    const turns = (file: string) => /i < (\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
    const before = [slots.base, slots.head, slots.copy];
    expect(before.map(({ file }) => turns(file))).toEqual(['5', '2000', '5']);
    expect(new Set(before.map(({ directory }) => directory.length)).size).toBe(1);
    expect(lstatSync(join(slots.head.directory, 'node_modules')).isSymbolicLink()).toBe(true);
    expect(existsSync(join(slots.head.directory, '.git'))).toBe(false);
    slots.swap();
    expect([slots.base, slots.head].map(({ file }) => turns(file))).toEqual(['5', '2000']);
    expect([slots.base.directory, slots.head.directory]).toEqual([before[1]?.directory, before[0]?.directory]);
    // What a check that was killed has left goes with the next.
    mkdirSync(join(cache, 'runs', '99999999'));
    slots.remove();
    new Slots(cache, head, head, 'library.mjs', join(project.folder, 'consort.check.mjs')).remove();
    expect(readdirSync(join(cache, 'runs'))).toEqual([]);
    expect(existsSync(before[0]?.directory as string)).toBe(false);
    other.remove();
  });
});
