/** A process of one side, from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CheckError, CheckExit } from '../check-error.js';
import type { Answer, Answers, Order, OrderName } from './protocol.js';
import type { Surroundings } from './surroundings.js';

export type SideName = 'base' | 'head';

const WORKER_FILE = fileURLToPath(new URL('./worker.js', import.meta.url));
/** What one order may take. A benchmark that hangs must not hang whoever checks it. */
const ORDER_TIMEOUT_MS = 120_000;
/** Of what it writes to standard error, the last so many characters are told. */
const STDERR_CHARACTERS = 4000;

export interface SideOptions {
  /** Said of it when something goes wrong. */
  readonly side: SideName;
  readonly surroundings: Surroundings;
  /** Where it runs: relative paths of a benchmark are meant from here. */
  readonly directory: string;
}

export class SideProcess {
  private settle: ((answer: Answer) => void) | undefined;
  private ended: string | undefined;
  private stderr = '';
  private readonly ready: Promise<unknown>;

  private constructor(
    private readonly side: SideName,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_CHARACTERS);
    });
    child.on('message', (answer: Answer) => this.answered(answer));
    child.on('error', (error) => this.over(error.message));
    child.on('close', (code, signal) => this.over(`it ended with ${signal ?? `code ${code}`}`));
    this.ready = this.next('start');
    // Whoever asks is told.
    this.ready.catch(() => {});
  }

  /** It can be asked at once: what is asked waits until the process is up, or fails where it does not come up. */
  static start({ side, surroundings, directory }: SideOptions): SideProcess {
    const [command, ...args] = surroundings.command;
    const child = spawn(command, [...args, WORKER_FILE], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return new SideProcess(side, child);
  }

  async ask<Name extends OrderName>(order: Extract<Order, { do: Name }>): Promise<Answers[Name]> {
    await this.ready;
    const answer = this.next(order.do);
    if (this.ended === undefined) this.child.send(order);
    return (await answer) as Answers[Name];
  }

  /** Resolves when it is gone. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) resolve();
      else this.child.once('exit', () => resolve()).kill('SIGKILL');
    });
  }

  private next(what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.failed(what, this.ended));
      const timer = setTimeout(() => this.over(`it was not done after ${ORDER_TIMEOUT_MS / 1000} s`), ORDER_TIMEOUT_MS);
      this.settle = (answer) => {
        this.settle = undefined;
        clearTimeout(timer);
        if ('failure' in answer) reject(this.failed(what, answer.failure));
        else resolve(answer.value);
      };
    });
  }

  private answered(answer: Answer): void {
    this.settle?.(answer);
  }

  private over(how: string): void {
    this.ended ??= how;
    this.settle?.({ failure: how });
  }

  private failed(what: string, failure: string): CheckError {
    const [first = '', ...rest] = failure.split('\n');
    const output = [...rest, this.stderr].join('\n').trim();
    return new CheckError(CheckExit.failed, `${this.side} failed to ${what}: ${first}`, output);
  }
}
