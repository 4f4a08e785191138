/** What coordinator and workers say to each other: calls of commands, by number, and their replies. */
import type { Commands } from '../roles/commands.js';

export type CommandName = keyof Commands;
export type CommandArgument<Name extends CommandName> = Parameters<Commands[Name]>[0];
export type CommandResult<Name extends CommandName> = Awaited<ReturnType<Commands[Name]>>;

export interface Call {
  readonly id: number;
  readonly name: CommandName;
  readonly argument: unknown;
}

export interface Reply {
  readonly id: number;
  /** What the command resolved to; or why it did not, in `error`. */
  readonly value?: unknown;
  readonly error?: string;
  /** With an error: what came was not what was sent. */
  readonly unverified?: boolean;
}
