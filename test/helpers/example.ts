// The files of examples/ in processes of their own, told what to do as by who sits at the terminal.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type TestContext } from 'vitest';
import { CALL_TIMEOUT_MS, root } from './child.js';

let groups = 0;

/** A group of nobody else, on this machine and around it. */
export function group(): string {
  return `example ${process.pid} ${Date.now()} ${++groups}`;
}

/** An example that runs. */
export class Example {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  private stderr = '';
  private look: () => void = () => {};

  private constructor(
    private readonly name: string,
    private readonly process: ReturnType<typeof Example.spawn>,
  ) {
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    createInterface(process.stdout).on('line', (line) => {
      this.lines.push(line);
      this.look();
    });
    this.ended = new Promise((resolve) => {
      process.on('close', (code) => {
        resolve(code);
        this.look();
      });
    });
  }

  static start(context: TestContext, file: string, ...words: readonly string[]): Example {
    const example = new Example(file, Example.spawn(file, words));
    context.onTestFinished(async () => {
      example.kill();
      await example.ended;
    });
    return example;
  }

  private static spawn(file: string, words: readonly string[]) {
    return spawn(process.execPath, [join('examples', file), ...words], { cwd: root, stdio: 'pipe' });
  }

  /** The first line from number `from` on that matches; waits for it. */
  async line(pattern: RegExp, from = 0): Promise<string> {
    const deadline = Date.now() + CALL_TIMEOUT_MS;
    for (;;) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.process.exitCode !== null) throw new Error(this.describe(pattern));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Where the last line that matches has been printed. */
  after(pattern: RegExp): number {
    return 1 + this.lines.findLastIndex((line) => pattern.test(line));
  }

  type(line: string): void {
    this.process.stdin.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.process.kill(signal);
  }

  /** Ctrl-D, and the end: with code 0, and no complaints. */
  end(): Promise<void> {
    this.process.stdin.end();
    return this.ends();
  }

  /** It ends by itself, or has been told to. */
  async ends(): Promise<void> {
    expect(await this.ended).toBe(0);
    expect(this.stderr).toBe('');
  }

  private describe(pattern: RegExp): string {
    return `${this.name}: no line like ${pattern} in ${JSON.stringify(this.lines)}; ${this.stderr}`;
  }
}
