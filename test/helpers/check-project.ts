// A project in a git repository of its own, for `consort check`: its benchmark takes as many turns as its library says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Library {
  /** What an iteration costs. */
  readonly turns?: number;
  /** What an iteration is counted as. */
  readonly calls?: number;
  /** What it computes. */
  readonly result?: number;
}

const BENCHMARKS = `
import { calls, result, spin } from './library.mjs';
export const benchmarks = [
  {
    name: 'spin',
    setup() {
      let called = 0;
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) spin();
          called += calls * iterations;
          return result;
        },
        counters: () => ({ calls: called }),
      };
    },
  },
];
`;

export class CheckProject {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'consort-check-project-')));

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
    this.write('consort.check.mjs', BENCHMARKS);
    this.library({});
    this.commit('the first');
  }

  library({ turns = 2000, calls = 1, result = 7 }: Library): void {
    this.write(
      'library.mjs',
      `export const calls = ${calls};\nexport const result = ${result};\nlet state = 1;\n` +
        `export function spin() {\n  for (let i = 0; i < ${turns}; i++) state = Math.imul(state ^ (state >>> 13), 0x5bd1e995);\n}\n`,
    );
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('-c', 'user.name=nobody', '-c', 'user.email=nobody@localhost', 'commit', '--quiet', '-m', message);
  }

  git(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
