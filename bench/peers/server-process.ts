/** A server that the bench has started and stops again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const START_SECONDS = 15;
const STOP_MS = 3000;
const LOOK_MS = 20;
/** What it has said, for when it does not start. */
const MAX_TOLD = 4000;
const TICKS_PER_SECOND = 100;

export interface ServerStart {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder: string;
}

export class ServerProcess {
  private readonly child: ChildProcess;
  private told = '';

  constructor({ program, argv, environment, folder }: ServerStart) {
    this.child = spawn(program, argv, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.told = (this.told + text).slice(-MAX_TOLD);
      });
    }
    this.child.on('error', (error) => {
      this.told += error.message;
    });
  }

  /** @throws Error with what it said, when it is not ready in time or has ended */
  async ready(isReady: (told: string) => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + START_SECONDS * 1000;
    while (!(await isReady(this.told))) {
      if (this.hasEnded || performance.now() > endMs) {
        const lines = this.told.trim().split('\n').slice(-3).join(' / ');
        throw new Error(
          `the server ${this.hasEnded ? 'has ended' : `is not ready after ${START_SECONDS} s`}: ${lines}`,
        );
      }
      await sleep(LOOK_MS);
    }
  }

  /** That it has used until now, of all its threads. */
  cpuSeconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'latin1');
      // The name in brackets may hold spaces: fields count from behind it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    } catch {
      return 0;
    }
  }

  /** Asks it to end, and ends it if it does not. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** At once, as when the bench itself ends. */
  kill(): void {
    if (!this.hasEnded) this.child.kill('SIGKILL');
  }

  private get hasEnded(): boolean {
    const { exitCode, signalCode, pid } = this.child;
    return exitCode !== null || signalCode !== null || pid === undefined;
  }
}
