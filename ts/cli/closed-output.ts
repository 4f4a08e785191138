/** What a command does when nobody reads any more what it says: `consort sim --trace | head`. */

/** As a shell tells of what SIGPIPE has ended, 128 + 13: nothing that was cut off passes for a success, least of all a check. */
export const CLOSED_OUTPUT_EXIT = 141;

/** EIO: the terminal is gone. */
const CLOSED_CODES: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/** Whether this is what a write to one of its outputs failed with. */
export function isClosedOutput(error: unknown): boolean {
  const { stdout, stderr } = process;
  return error === stdout.errored || error === stderr.errored;
}

/** From now on the process ends, without a word, when somebody has closed one of its outputs and it says something. */
export function endWithOutput(): void {
  let isClosed = false;
  const end = (error: NodeJS.ErrnoException) => {
    if (!CLOSED_CODES.has(error.code)) throw error;
    // It goes on to say things while it ends.
    if (isClosed) return;
    isClosed = true;
    process.on('exit', () => {
      process.exitCode = CLOSED_OUTPUT_EXIT;
    });
    // What has children, or is in a group, leaves as it does when it is told to.
    if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM', 'SIGTERM');
    else process.exit();
  };
  process.stdout.on('error', end);
  process.stderr.on('error', end);
}
