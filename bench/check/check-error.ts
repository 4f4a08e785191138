/** What ends a check without a verdict; each kind has an exit code of its own. */

export const CheckExit = {
  passed: 0,
  /** A regression was confirmed, or a counter has risen. */
  regression: 1,
  usage: 2,
  /** Undecided, or a control has moved. */
  inconclusive: 3,
  /** A side does not build, does not run, or computes something else than the other. */
  failed: 4,
  nothingMatched: 5,
  interrupted: 130,
} as const;
export type CheckExit = (typeof CheckExit)[keyof typeof CheckExit];

/** Told without a stack. */
export class CheckError extends Error {
  override readonly name = 'CheckError';

  /** @param output of a command that failed: told after the message */
  constructor(
    readonly exitCode: CheckExit,
    message: string,
    readonly output = '',
  ) {
    super(message);
  }
}
