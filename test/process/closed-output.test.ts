// The `consort` command when who reads its output has gone, as with `consort bench --help | head -5`: it ends without a word, and what it was in goes on.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { root } from '../helpers/child.js';
import { ConsortProcess } from '../helpers/consort-process.js';
import { uniqueGroup } from '../helpers/group-crew.js';

const main = join(root, 'dist/ts/cli/main.js');
const CLOSED = 141;

interface Closing {
  /** Whether its standard error stays open. */
  readonly stderr?: boolean;
  /** So many lines are read before its standard output is closed. */
  readonly lines?: number;
  /** What gives it something to say, then. */
  readonly afterwards?: () => Promise<unknown>;
}

/** The command, whose standard output is closed. What it says to who still listens. */
async function unread(context: TestContext, args: readonly string[], closing: Closing = {}) {
  const { stderr = true, lines = 0, afterwards } = closing;
  const child: ChildProcess = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
  context.onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  if (stderr) child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  else child.stderr?.destroy();
  const ended = once(child, 'exit');
  if (lines > 0) await hear(child, lines);
  child.stdout?.destroy();
  await afterwards?.();
  const [code] = await ended;
  return { code, stderr: said };
}

async function hear(child: ChildProcess, lines: number): Promise<void> {
  let heard = 0;
  for await (const text of child.stdout?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
    heard += text.split('\n').length - 1;
    if (heard >= lines) return;
  }
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'consort-closed-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a command whose output nobody reads', () => {
  const commands = ['bench', 'check', 'compare', 'gossip', 'groupd', 'report', 'sim', 'store', 'talk'];

  it.for([[], ...commands.map((command) => [command])])('ends when it shows its help: %j', async (command, context) => {
    expect(await unread(context, [...command, '--help'])).toEqual({ code: CLOSED, stderr: '' });
  });

  it('ends when it says how its work went', async (context) => {
    expect(await unread(context, ['sim', '--seed', '1'])).toEqual({ code: CLOSED, stderr: '' });
  });

  it.for([
    ['gossip', '--address', '127.0.0.1:0'],
    ['talk', uniqueGroup()],
  ])('ends, though it would run on: %j', async (args, context) => {
    expect(await unread(context, args)).toEqual({ code: CLOSED, stderr: '' });
  });

  it('ends when it logs', async (context) => {
    const ended = await unread(context, ['groupd', '--address', '127.0.0.1:0'], { stderr: false });
    expect(ended.code).toBe(CLOSED);
  });

  it('has written its files', async (context) => {
    const json = join(folderOf(context), 'report.json');
    const quick = ['--quick', '--seconds', '0.05', '--repeats', '1', '--size', '64', '--mode', 'ts'];
    const ended = await unread(context, ['bench', 'throughput', ...quick, '--quiet', '--json', json]);
    expect(ended).toEqual({ code: CLOSED, stderr: '' });
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ passed: true });
  });

  it('ends when it has told of its progress, and leaves no process behind', async (context) => {
    const args = ['bench', 'soak', '--quick', '--duration', '1h', '--members', '2', '--rate', '100', '--mode', 'ts'];
    const child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
    context.onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const closed = once(child.stdout, 'close');
    child.stdout.resume();
    await once(child.stderr, 'data');
    child.stderr.destroy();
    expect(await exited).toEqual([CLOSED, null]);
    // Nobody else holds its standard output any more.
    await closed;
  });

  it('ends when what it watches changes', async (context) => {
    const folder = folderOf(context);
    const words = ['--name', 'a', '--members', 'a', '--directory', folder, '--group', uniqueGroup()];
    const replica = new ConsortProcess(context, ['store', 'serve', ...words, '--listen', '127.0.0.1:0']);
    const [, at] = (await replica.says(/listening on http:\/\/(\S+)/)) as unknown as [string, string];
    await replica.says(/^store: a leads/m);
    const put = (value: string) => new ConsortProcess(context, ['store', 'put', 'k', value, '--at', at]).ended;
    await put('one');
    const watch = ['store', 'watch', '--at', at, '--from', '1'];
    const ended = await unread(context, watch, { lines: 1, afterwards: () => put('two') });
    expect(ended).toEqual({ code: CLOSED, stderr: '' });
  });
});
