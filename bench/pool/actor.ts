/** The coordinator's end of one worker. */
import type { Call, CommandArgument, CommandName, CommandResult, Reply } from './protocol.js';

/** A call that failed, was not answered in time, or whose worker has gone. */
export class ActorError extends Error {
  override readonly name: string = 'ActorError';

  constructor(
    message: string,
    /** Whether what came was not what was sent. */
    readonly unverified = false,
  ) {
    super(message);
  }
}

export class ActorTimeoutError extends ActorError {
  override readonly name = 'ActorTimeoutError';
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Actor {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private gone: Error | undefined;

  /**
   * @param label as errors call it: `member 1`
   * @param post sends a call to the worker
   */
  constructor(
    readonly label: string,
    private readonly post: (call: Call) => void,
  ) {}

  /** Has the worker carry out a command. */
  call<Name extends CommandName>(
    name: Name,
    argument: CommandArgument<Name>,
    timeoutSeconds: number,
  ): Promise<CommandResult<Name>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.gone !== undefined) return reject(this.gone);
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new ActorTimeoutError(`${this.label}: ${name} was not done after ${timeoutSeconds} s`));
      }, timeoutSeconds * 1000);
      const settle = () => {
        clearTimeout(timer);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.post({ id, name, argument });
    }) as Promise<CommandResult<Name>>;
  }

  handleReply(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.value);
    else waiting?.reject(new ActorError(`${this.label}: ${reply.error}`, reply.unverified));
  }

  /** The worker answers no more. */
  handleGone(reason: string): void {
    this.gone ??= new ActorError(`${this.label}: ${reason}`);
    for (const waiting of [...this.waiting.values()]) waiting.reject(this.gone);
  }
}
