// `consort groupd` in a process of its own, as users run it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, vi } from 'vitest';
import { root } from './child.js';

const main = join(root, 'dist/ts/cli/main.js');
const PATIENCE = { timeout: 60_000, interval: 20 };

export class GroupdProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(context: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [main, 'groupd', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    context.onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** One that listens, at a port that the system chooses, or at this. */
  static async start(context: TestContext, port = 0): Promise<GroupdProcess> {
    const groupd = new GroupdProcess(context, ['--port', String(port)]);
    await groupd.address();
    return groupd;
  }

  /** Where it says that it listens. */
  async address(): Promise<string> {
    const said = /^groupd: listening on (127\.0\.0\.1:\d+)$/m;
    await vi.waitUntil(() => said.test(this.stderr), PATIENCE);
    return said.exec(this.stderr)?.[1] as string;
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
