// `consort gossip` as users run it, from what `npm run build` has made.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, type TestContext, vi } from 'vitest';
import { parseDiscovery } from '../../ts/discovery/choose.js';
import { openDiscovery } from '../../ts/discovery/open.js';
import { bytesOf, makeContext } from '../unit/discovery/fake-environment.js';

const main = join(import.meta.dirname, '../../dist/ts/cli/main.js');
const PATIENCE = { timeout: 60_000, interval: 20 };

class Command {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(context: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [main, 'gossip', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', resolve);
    });
    context.onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Where it says that it listens. */
  async address(): Promise<string> {
    const said = /^gossip: listening on (127\.0\.0\.1:\d+)$/m;
    await vi.waitUntil(() => said.test(this.stdout), PATIENCE);
    return said.exec(this.stdout)?.[1] as string;
  }
}

beforeAll(() => {
  if (!existsSync(main)) throw new Error('there is no dist/: run `npm run build` first');
});

describe('consort gossip', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)('reflects until %s, then says what it has done', async (signal, context) => {
    const command = new Command(context, ['--address', '127.0.0.1:0']);
    const option = parseDiscovery(`gossip:${await command.address()}`);
    const [a, b] = [makeContext(), makeContext()];
    const discoveries = await Promise.all([a, b].map(({ context }) => openDiscovery(option, context)));
    context.onTestFinished(() => void Promise.all(discoveries.map((each) => each.close())));
    await vi.waitUntil(() => {
      for (const each of discoveries) each.announce(bytesOf('view'));
      return a.received.includes('view') && b.received.includes('view');
    }, PATIENCE);
    command.kill(signal);
    expect(await command.ended).toBe(0);
    expect(command.stdout).toMatch(
      /^gossip: \d+ datagrams received, \d+ announcements .*; 2 clients in 1 groups at the end$/m,
    );
    expect(command.stderr).toBe('');
  });

  it('teaches by examples with --help', async (context) => {
    const command = new Command(context, ['--help']);
    expect(await command.ended).toBe(0);
    expect(command.stdout).toContain('consort gossip --address 0.0.0.0:6788');
    expect(command.stdout).toContain('Exit codes:');
  });

  it.for([
    [['--address', 'nonsense'], "consort: --address: got 'nonsense', want host:port or [ipv6]:port"],
    [['--address', '127.0.0.1:70000'], "consort: --address: got '127.0.0.1:70000'"],
    [['--adress', '127.0.0.1:0'], 'Did you mean --address?'],
    [['--address'], 'argument missing'],
    [['now'], 'too many arguments'],
  ] as const)('refuses with exit code 2: %j', async ([args, message], context) => {
    const command = new Command(context, args);
    expect({ code: await command.ended, stdout: command.stdout }).toEqual({ code: 2, stdout: '' });
    expect(command.stderr).toContain(message);
    expect(command.stderr).not.toContain('    at ');
  });

  it('says in one line that its address is taken, with exit code 1', async (context) => {
    const taken = createSocket('udp4');
    context.onTestFinished(() => void taken.close());
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const command = new Command(context, ['--address', `127.0.0.1:${taken.address().port}`]);
    expect({ code: await command.ended, stdout: command.stdout }).toEqual({ code: 1, stdout: '' });
    expect(command.stderr).toMatch(/^consort: .*EADDRINUSE.*\n$/);
  });
});
