// A disk of a few megabytes for one process: a file system in memory, mounted where nobody else sees it.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'vitest';

/** The command that runs a program with a disk of its own at `where`. Skips the test where the machine doesn't let us. */
export function smallDisk(context: TestContext, where: string, mebibytes: number): [string, ...string[]] {
  mkdirSync(where, { recursive: true });
  const mount = `mount -t tmpfs -o size=${mebibytes}m consort-test ${where} && exec "$@"`;
  const through: [string, ...string[]] = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
  const reason = whyNot(through);
  context.skip(reason !== undefined, `no file systems of our own here: ${reason}`);
  return through;
}

function whyNot([command, ...args]: [string, ...string[]]): string | undefined {
  try {
    execFileSync(command, [...args, 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return (stderr?.toString() || message).trim().split('\n')[0];
  }
}
