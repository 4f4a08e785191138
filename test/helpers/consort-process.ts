// The `consort` command in a process of its own, as users run it, from what `npm run build` has made.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, vi } from 'vitest';
import { root } from './child.js';

const main = join(root, 'dist/ts/cli/main.js');
const PATIENCE = { timeout: 60_000, interval: 20 };

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ConsortProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Result>;
  private readonly child: ChildProcess;

  constructor(context: TestContext, args: readonly string[], input = '') {
    this.child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
    this.child.stdin?.end(input);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    context.onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Waits until it has said so, on either stream. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    await vi.waitUntil(() => pattern.test(this.stdout) || pattern.test(this.stderr), PATIENCE);
    return (pattern.exec(this.stdout) ?? pattern.exec(this.stderr)) as RegExpExecArray;
  }

  kill(signal: NodeJS.Signals): Promise<Result> {
    this.child.kill(signal);
    return this.ended;
  }
}
