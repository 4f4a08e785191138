// Runs the command as users do, from what `npm run build` has made.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchReport } from '../../bench/results.js';

const main = join(import.meta.dirname, '../../dist/ts/cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly environment?: NodeJS.ProcessEnv;
  /** Gets what the command has written to standard error so far. */
  readonly onOutput?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export function consort(args: readonly string[], { environment = {}, onOutput }: Running = {}): Promise<Ended> {
  if (!existsSync(main)) throw new Error('there is no dist/: run `npm run build` first');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onOutput?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the bench for its JSON. */
export async function bench(args: readonly string[], running: Running = {}) {
  const ended = await consort(['bench', ...args, '--json', '-'], running);
  return { ...ended, report: (ended.stdout === '' ? undefined : JSON.parse(ended.stdout)) as BenchReport };
}
