/** Tells on standard error how far the bench is: a bar on a terminal, a line for each block elsewhere. */
import { styleText } from 'node:util';
import { duration } from './format.js';
import { hasColors, hasCursor, type TerminalEnvironment, type TerminalStream } from './terminal.js';

const BAR_WIDTH = 24;
/** Between two lines about one measurement. */
const DETAIL_MS = 30_000;

/** As much of a stream as progress needs. */
export interface ProgressStream extends TerminalStream {
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly quiet: boolean;
  readonly totalTurns: number;
  readonly environment: TerminalEnvironment;
  readonly now: () => number;
}

export class Progress {
  private turns = 0;
  private lastTitle = '';
  private lastDetailMs = Number.NEGATIVE_INFINITY;
  private readonly bar: boolean;
  private readonly colors: boolean;
  private readonly startMs: number;

  constructor(
    private readonly stream: ProgressStream,
    private readonly options: ProgressOptions,
  ) {
    const { environment, quiet } = options;
    this.bar = !quiet && hasCursor(stream, environment);
    this.colors = hasColors(stream, environment);
    this.startMs = options.now();
  }

  /** The next measurement begins. */
  turn(title: string, row: string, repetition: number): void {
    const { quiet, totalTurns } = this.options;
    const done = this.turns++;
    if (quiet) return;
    if (this.bar) {
      this.draw(done, `${title} · ${row} · ${repetition + 1}`);
    } else if (title !== this.lastTitle) {
      this.stream.write(`bench: ${title} (${done} of ${totalTurns} measurements done)\n`);
    }
    this.lastTitle = title;
  }

  /** How far a long measurement is: in place of the bar, or a line now and then. */
  detail(text: string): void {
    const { quiet, now } = this.options;
    if (quiet) return;
    if (this.bar) {
      this.stream.write(`\r${text.slice(0, (this.stream.columns ?? 80) - 1)}\u001b[K`);
    } else if (now() - this.lastDetailMs >= DETAIL_MS) {
      this.lastDetailMs = now();
      this.stream.write(`bench: ${this.lastTitle}: ${text}\n`);
    }
  }

  /** Measurements that were planned and will not be made. */
  skip(turns: number): void {
    this.turns += turns;
  }

  /** Shown whether quiet or not. */
  note(text: string): void {
    this.clear();
    this.stream.write(`${this.colors ? styleText('yellow', text, { validateStream: false }) : text}\n`);
  }

  clear(): void {
    if (this.bar) this.stream.write('\r\u001b[K');
  }

  private draw(done: number, what: string): void {
    const { totalTurns, now } = this.options;
    const share = totalTurns === 0 ? 1 : done / totalTurns;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const elapsed = (now() - this.startMs) / 1000;
    const left = done === 0 ? '' : ` · ${duration((elapsed / done) * (totalTurns - done))} left`;
    const text = ` ${done}/${totalTurns} ${what}${left}`.slice(
      0,
      Math.max(0, (this.stream.columns ?? 80) - BAR_WIDTH - 1),
    );
    this.stream.write(`\r${this.colors ? styleText('cyan', bar, { validateStream: false }) : bar}${text}\u001b[K`);
  }
}
