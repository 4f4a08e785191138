/** What a terminal can show. */

/** The variables that say so. */
export interface TerminalEnvironment {
  readonly TERM?: string | undefined;
  readonly CI?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
}

/** As much of a stream as it takes to know. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function hasColors({ isTTY }: TerminalStream, { FORCE_COLOR, NO_COLOR }: TerminalEnvironment): boolean {
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  return isForced || (isTTY === true && !NO_COLOR);
}

/** Whether a line can be written over. */
export function hasCursor({ isTTY }: TerminalStream, { TERM, CI }: TerminalEnvironment): boolean {
  return isTTY === true && TERM !== 'dumb' && CI === undefined;
}
