// `consort groupd` as users run it, from what `npm run build` has made.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { GroupdProcess } from '../helpers/groupd.js';

describe('consort groupd', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)('listens until %s, then says what it has done', async (signal, context) => {
    const groupd = await GroupdProcess.start(context);
    const [host, port] = (await groupd.address()).split(':') as [string, string];
    const stranger = connect({ host, port: Number(port) });
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    stranger.resume();
    await once(stranger, 'close');
    expect(await groupd.kill(signal)).toBe(0);
    expect(groupd.stderr).toMatch(/closes the connection of 127\.0\.0\.1:\d+: no groupd is at the other end/);
    expect(groupd.stderr).toContain('1 connections, of which 1 were refused; 0 members in 0 groups at the end');
    expect(groupd.stdout).toBe('');
  });

  it('teaches by examples with --help', async (context) => {
    const groupd = new GroupdProcess(context, ['--help']);
    expect(await groupd.ended).toBe(0);
    expect(groupd.stdout).toContain('consort groupd --host 0.0.0.0');
    expect(groupd.stdout).toContain('Exit codes:');
  });

  it.for([
    [['--port', 'nonsense'], "consort: --port: got 'nonsense', want a port from 0 to 65535"],
    [['--port', '70000'], "consort: --port: got '70000'"],
    [['--port', ''], "consort: --port: got ''"],
    [['--host', 'no host'], "consort: --host: got 'no host'"],
    [['--prt', '0'], 'Did you mean --port?'],
    [['--port'], 'argument missing'],
    [['now'], 'too many arguments'],
  ] as const)('refuses with exit code 2: %j', async ([args, message], context) => {
    const groupd = new GroupdProcess(context, args);
    expect({ code: await groupd.ended, stdout: groupd.stdout }).toEqual({ code: 2, stdout: '' });
    expect(groupd.stderr).toContain(message);
    expect(groupd.stderr).not.toContain('    at ');
  });

  it('says in one line that its address is taken, with exit code 1', async (context) => {
    const taken = createServer().listen(0, '127.0.0.1');
    context.onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const groupd = new GroupdProcess(context, ['--port', String(port)]);
    expect({ code: await groupd.ended, stdout: groupd.stdout }).toEqual({ code: 1, stdout: '' });
    expect(groupd.stderr).toMatch(/^consort: .*EADDRINUSE.*\n$/);
  });
});
