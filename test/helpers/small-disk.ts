// A disk of a few megabytes for one process: a file system in memory, in a namespace of mounts that ends with the process.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'vitest';

/** Mounts it at its first argument, and becomes the command that follows. */
const SCRIPT = 'mount -t tmpfs -o size=$1 tmpfs "$0" && shift && exec "$@"';

/** The command that runs a program with such a disk at `directory`. Skips the test where the machine doesn't let us. */
export function throughSmallDisk(context: TestContext, directory: string, size: string): [string, ...string[]] {
  mkdirSync(directory, { recursive: true });
  const command: [string, ...string[]] = [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    SCRIPT,
    directory,
    size,
  ];
  const [file, ...args] = command;
  let reason: string | undefined;
  try {
    execFileSync(file, [...args, 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    reason = (stderr?.toString() || message).trim().split('\n')[0];
  }
  context.skip(reason !== undefined, `no file systems of one's own here: ${reason}`);
  return command;
}
