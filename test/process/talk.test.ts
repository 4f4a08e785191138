// `consort talk` as users run it: processes that talk by pipes.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it, type TestContext } from 'vitest';
import { root } from '../helpers/child.js';
import { type Mode, skipWithoutAddon } from '../helpers/crew.js';
import { uniqueGroup } from '../helpers/group-crew.js';

const main = join(root, 'dist/ts/cli/main.js');
const WAIT_MS = 60_000;

class Talk {
  stdout = '';
  stderr = '';
  readonly exited: Promise<unknown[]>;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(context: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [main, 'talk', ...args], { stdio: 'pipe' });
    this.exited = once(this.child, 'close');
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    context.onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  say(text: string): void {
    this.child.stdin.write(`${text}\n`);
  }

  end(): void {
    this.child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until a line is there. */
  async sees(line: string | RegExp): Promise<void> {
    const found = () => this.lines.some((each) => (typeof line === 'string' ? each === line : line.test(each)));
    await expect.poll(() => found() || this.stdout + this.stderr, { timeout: WAIT_MS, interval: 20 }).toBe(true);
  }

  /** Waits for the end, and expects it to be a good one. */
  async leaves(): Promise<void> {
    expect(await this.exited).toEqual([0, null]);
    expect(this.stderr).toBe('');
  }
}

/** Two that see each other. */
async function pair(context: TestContext, modes: readonly [Mode, Mode] = ['ts', 'ts']): Promise<[Talk, Talk, string]> {
  for (const mode of modes) skipWithoutAddon(context, mode);
  const group = uniqueGroup();
  const alice = new Talk(context, [group, '--name', 'Alice', '--mode', modes[0]]);
  await alice.sees(`* you are in '${group}'; nobody else is here`);
  const bob = new Talk(context, [group, '--name', 'Bob', '--mode', modes[1]]);
  await alice.sees(/^\* Bob has come; here are: /);
  await bob.sees(/^\* (you are in|Alice has come).* here are: /);
  return [alice, bob, group];
}

describe('consort talk', () => {
  it.for([
    ['native', 'ts'],
    ['ts', 'native'],
  ] as const)('lets two talk, in mode %s and in mode %s', async (modes, context) => {
    const [alice, bob] = await pair(context, modes);
    alice.say('hello, Bob');
    alice.say('');
    alice.say('//who');
    await bob.sees('Alice: hello, Bob');
    await bob.sees('Alice: /who');
    bob.say('hello, Älice');
    await alice.sees('Bob: hello, Älice');
    expect(bob.lines.filter((line) => line.startsWith('Alice: '))).toHaveLength(2);
    bob.say('/quit');
    await bob.leaves();
    await alice.sees('* Bob has gone; nobody else is here');
    alice.end();
    await alice.leaves();
  });

  it('tells who is here and what the view is, and what it does not know', async (context) => {
    const [alice, bob, group] = await pair(context);
    alice.say('/who');
    await alice.sees(/^\* Alice {2}127\.0\.0\.1:\d+\/\w+ {2}\(you(, coordinates)?\)$/);
    await alice.sees(/^\* Bob {2}127\.0\.0\.1:\d+\/\w+( {2}\(coordinates\))?$/);
    alice.say('/view');
    await alice.sees(new RegExp(`^\\* view \\d+ of '${group}', coordinated by \\w+: 2 members, you are number [01]$`));
    alice.say('/help');
    await alice.sees(/\/who {2}\/view {2}\/help {2}\/quit/);
    alice.say('/nothing');
    await alice.sees('* there is no /nothing: /help shows what there is');
    alice.say('the last');
    await bob.sees('Alice: the last');
    expect(bob.lines.filter((line) => line.startsWith('Alice: '))).toEqual(['Alice: the last']);
  });

  it('says what is piped in, whole and in order, and leaves when it has arrived', async (context) => {
    const [alice, bob] = await pair(context);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
    alice.say(lines.join('\n'));
    alice.end();
    await alice.leaves();
    await bob.sees('* Alice has gone; nobody else is here');
    expect(bob.lines.filter((line) => line.startsWith('Alice: '))).toEqual(lines.map((line) => `Alice: ${line}`));
  });

  it.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves at %s', async (signal, context) => {
    const [alice, bob] = await pair(context);
    alice.say('good-bye');
    await bob.sees('Alice: good-bye');
    alice.kill(signal);
    await alice.leaves();
    await bob.sees('* Alice has gone; nobody else is here');
  });

  it('shows that somebody has crashed, and goes on', async (context) => {
    const [alice, bob, group] = await pair(context);
    const carol = new Talk(context, [group, '--name', 'Carol']);
    await alice.sees(/Carol has come/);
    await bob.sees(/Carol has come/);
    carol.kill('SIGKILL');
    await bob.sees(/^\* Carol has gone; here are: /);
    bob.say('poor Carol');
    await alice.sees('Bob: poor Carol');
  });

  it('lets nobody control the terminals of others', async (context) => {
    const [alice, bob, group] = await pair(context);
    new Talk(context, [group, '--name', 'Ma\u001b[2Jl\u202eory']);
    await bob.sees(/Ma\ufffd\[2Jl\ufffdory has come/);
    alice.say('\u0001Bob\u0007 \u001b]0;title\u0007');
    await bob.sees('Alice: Bob\ufffd \ufffd]0;title\ufffd');
    for (const mark of ['\u0001', '\u0007', '\u001b', '\u202e']) expect(bob.stdout).not.toContain(mark);
  });

  it.for([
    ['an unknown mode', ['--mode', 'fast'], 2, /--mode: .*'native', 'ts'/],
    ['an unknown discovery', ['--discovery', 'magic'], 2, /--discovery: /],
    ['an unknown property', ['--properties', 'Gmp:Sink'], 2, /--properties: .*Sink/],
    ['no name', ['--name', ' '], 2, /--name/],
    ['a name of the group that is too long', ['x'.repeat(256)], 2, /group: /],
    ['an unknown option', ['--nick', 'x'], 2, /unknown option '--nick'.*--help/s],
    ['an address of another machine', ['--address', '203.0.113.1:0'], 1, /203\.0\.113\.1/],
  ] as const)('says what is wrong with %s', async ([, args, code, says], context) => {
    const talk = new Talk(context, args);
    talk.end();
    expect(await talk.exited).toEqual([code, null]);
    expect(talk.stderr).toMatch(says);
    expect(talk.stderr).not.toContain('    at ');
    expect(talk.stdout).toBe('');
  });

  it('explains itself', async (context) => {
    const talk = new Talk(context, ['--help']);
    expect(await talk.exited).toEqual([0, null]);
    for (const word of ['/who', '//text', 'two terminals', '--discovery', 'Exit codes'])
      expect(talk.stdout).toContain(word);
  });
});
