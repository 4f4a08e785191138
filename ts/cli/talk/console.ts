/** Where a talk is typed and shown: a terminal with line editing, or pipes. */
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';

export class TalkConsole {
  private input: Interface | undefined;
  /** The cursor stands behind the prompt. */
  private prompted = false;
  /** It may be closed before anybody asks for its lines. */
  private closed = false;
  private readonly onTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;

  /** @param prompt where one types; @param onStop Ctrl-C */
  constructor(
    private readonly prompt: string,
    private readonly onStop: () => void,
  ) {}

  /** Lines as they are typed, until the end of the input or `close()`. */
  async *lines(): AsyncGenerator<string> {
    const { closed, onTerminal, prompt } = this;
    if (closed) return;
    const { stdin: input, stdout: output } = process;
    const lines = createInterface(onTerminal ? { input, output, prompt } : { input, terminal: false });
    this.input = lines;
    // In raw mode Ctrl-C is a key, no signal.
    lines.on('SIGINT', this.onStop);
    this.ask();
    for await (const line of lines) {
      this.prompted = false;
      yield line;
      this.ask();
    }
    this.input = undefined;
  }

  /** A line above the one that is being typed. */
  show(line: string): void {
    const { input, onTerminal } = this;
    const { stdout } = process;
    if (!onTerminal || input === undefined) {
      stdout.write(`${line}\n`);
      return;
    }
    clearLine(stdout, 0);
    cursorTo(stdout, 0);
    stdout.write(`${line}\n`);
    input.prompt(true);
  }

  close(): void {
    const { input } = this;
    this.closed = true;
    this.input = undefined;
    input?.close();
    if (this.prompted) process.stdout.write('\n');
    this.prompted = false;
    // A pipe that is still open would keep the process.
    process.stdin.unref?.();
  }

  private ask(): void {
    if (!this.onTerminal || this.input === undefined) return;
    this.prompted = true;
    this.input.prompt();
  }
}
