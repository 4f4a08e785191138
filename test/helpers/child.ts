// Programs of test/helpers in processes of their own. Every one that a test starts is dead when the test is over, whatever happened.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';

export const root = join(import.meta.dirname, '../..');

/** What a call of a program may take at most, on a machine with other things to do. */
export const CALL_TIMEOUT_MS = 90_000;

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  /** A command, with arguments, that runs the program in other surroundings: `ip netns exec name`. */
  readonly through?: readonly [command: string, ...args: string[]];
}

interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly details?: unknown;
}

interface Pending {
  readonly call: string;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: Failure;
}

/** What a call of a program failed with. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  readonly details: unknown;

  constructor(call: string, failure: Failure) {
    super(`${call}: ${failure.message}`);
    this.name = failure.name ?? 'Error';
    this.code = failure.code;
    this.details = failure.details;
    this.stack = `${failure.stack ?? failure.message}\n    in a child, called from ${this.stack ?? ''}`;
  }
}

export class Child {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = '';
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private ended = false;

  private constructor(
    private readonly process: ChildProcess,
    readonly name: string,
  ) {
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000);
    });
    process.on('message', (answer: Answer) => this.settle(answer));
    this.exited = new Promise((resolve) => {
      process.on('close', (code, signal) => {
        this.end(`ended with ${signal ?? `code ${code}`}`);
        resolve({ code, signal });
      });
    });
  }

  /** Starts a program, and sees to its end. */
  static async start(context: TestContext, file: string, options: ChildOptions = {}): Promise<Child> {
    const dist = join(root, 'dist/ts/index.js');
    if (!existsSync(dist)) throw new Error(`${dist} is not there: run npm run build`);
    const [execPath = globalThis.process.execPath, ...before] = options.through ?? [];
    const node = options.through === undefined ? [] : [...before, globalThis.process.execPath];
    const process = fork(resolve(root, 'test/helpers', file), {
      cwd: root,
      env: { ...globalThis.process.env, ...options.env },
      execPath,
      execArgv: [...node, ...(options.execArgv ?? [])],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const child = new Child(process, `${file} (${process.pid})`);
    context.onTestFinished(() => child.kill());
    const ready = once(process, 'message').catch(() => {});
    const outcome = await Promise.race([ready, child.exited]);
    if (outcome !== undefined && 'code' in (outcome as object))
      throw new Error(`${child.name} did not start: ${child.stderr}`);
    return child;
  }

  get pid(): number {
    return this.process.pid as number;
  }

  call<T>(name: string, ...args: unknown[]): Promise<T> {
    return this.callFor<T>(CALL_TIMEOUT_MS, name, ...args);
  }

  /** Calls a function of the program. What takes longer than `timeoutMs` fails. */
  callFor<T>(timeoutMs: number, name: string, ...args: unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.ended) return reject(new Error(`${this.name} has ended, ${name} was called: ${this.stderr}`));
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new Error(`${this.name}: ${name} took longer than ${timeoutMs} ms; ${this.stderr}`));
      }, timeoutMs);
      this.pending.set(id, { call: name, timer, resolve: (value) => resolve(value as T), reject });
      this.process.send({ id, call: name, args });
    });
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.ended) this.process.kill(signal);
    await this.exited;
  }

  private settle(answer: Answer): void {
    const pending = this.pending.get(answer.id);
    if (pending === undefined) return;
    this.pending.delete(answer.id);
    clearTimeout(pending.timer);
    if (answer.error === undefined) pending.resolve(answer.value);
    else pending.reject(new RemoteError(pending.call, answer.error));
  }

  private end(how: string): void {
    this.ended = true;
    for (const { call, timer, reject } of this.pending.values()) {
      clearTimeout(timer);
      reject(new Error(`${this.name} ${how} during ${call}: ${this.stderr}`));
    }
    this.pending.clear();
  }
}
