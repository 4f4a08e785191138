// `consort store` as users run it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { ConsortProcess } from '../helpers/consort-process.js';
import { uniqueGroup } from '../helpers/group-crew.js';

const MEMBERS = ['a', 'b', 'c'];

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'consort-store-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function serve(context: TestContext, folder: string, group: string, name: string, members = MEMBERS) {
  const words = ['--name', name, '--members', members.join(), '--directory', join(folder, name), '--group', group];
  return new ConsortProcess(context, ['store', 'serve', ...words, '--listen', '127.0.0.1:0']);
}

async function addressOf(replica: ConsortProcess): Promise<string> {
  return (await replica.says(/listening on http:\/\/(\S+)/))[1] as string;
}

describe('consort store', () => {
  it('serves a store that others read, write and watch, through any replica, also when one is killed', async (context) => {
    const folder = folderOf(context);
    const group = uniqueGroup();
    const replicas = MEMBERS.map((name) => serve(context, folder, group, name));
    const at = await Promise.all(replicas.map(addressOf));
    const [a, b, c] = at as [string, string, string];
    const run = (words: readonly string[], input?: string) =>
      new ConsortProcess(context, ['store', ...words], input).ended;
    await Promise.all(replicas.map((replica) => replica.says(/^store: \w (leads|follows)/m)));

    const watch = new ConsortProcess(context, ['store', 'watch', 'k', '--at', c, '--from', '1']);
    const put = await run(['put', 'k', 'value', '--at', a]);
    expect(put).toEqual({ code: 0, stdout: expect.stringMatching(/^version \d+\n$/), stderr: '' });
    expect((await run(['put', 'k2', '--at', b], 'of a pipe\n')).code).toBe(0);
    const got = await run(['get', 'k2', '--at', c, '--read', 'linearizable']);
    expect(got).toEqual({ code: 0, stdout: 'of a pipe\n', stderr: '' });
    const json = await run(['get', 'k', '--at', b, '--json', '--read', 'linearizable']);
    expect(JSON.parse(json.stdout)).toEqual({ key: 'k', value: 'value', version: expect.any(Number), stale: false });
    expect((await run(['delete', 'k', '--at', b])).stdout).toMatch(/^version \d+$/m);
    await watch.says(/^\d+\tk\tvalue\n\d+\tk2\tof a pipe\\n\n\d+\tk\t\(deleted\)$/m);
    expect(await watch.kill('SIGINT')).toMatchObject({ code: 0, stderr: '' });
    const list = await run(['list', '--at', a, '--read', 'linearizable']);
    expect(list.stdout).toMatch(/^\d+\tk2\tof a pipe\\n\n$/);
    expect(await run(['get', 'k', '--at', a, '--read', 'linearizable'])).toEqual({
      code: 3,
      stdout: '',
      stderr: "consort: there is no key 'k'\n",
    });

    const follow = new ConsortProcess(context, ['store', 'status', '--follow', '--at', a]);
    await follow.says(/3 of 3 are here: a, b, c/);
    await replicas[1]?.kill('SIGKILL');
    await follow.says(/2 of 3 are here: a, c/);
    expect((await run(['put', 'k', 'again', '--at', c])).code).toBe(0);
    await replicas[2]?.kill('SIGKILL');
    await follow.says(/a has no quorum .*1 of 3 are here: a/);
    const refused = await run(['put', 'k', 'never', '--at', a]);
    expect(refused).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^consort: no majority .*\n$/) });
    expect((await run(['get', 'k', '--at', a, '--read', 'stale'])).stdout).toBe('again');
    expect(JSON.parse((await run(['status', '--json', '--at', a])).stdout)).toMatchObject({ state: 'no-quorum' });
    const ended = await replicas[0]?.kill('SIGTERM');
    expect(ended?.code).toBe(0);
    // It followed somebody who has ended.
    expect((await follow.ended).code).toBe(1);
  });

  it.for([
    [['serve', '--name', 'a', '--directory', 'd'], '--members is missing'],
    [['serve', '--name', 'x', '--members', 'a,b', '--directory', 'd'], "--members: 'x', the name of this replica"],
    [['serve', '--name', 'a', '--members', 'a', '--directory', 'd', '--listen', 'x'], "--listen: got 'x'"],
    [['serve', '--name', 'a', '--members', 'a', '--directory', 'd', '--log-bytes', 'x'], "--log-bytes: got 'x'"],
    [['serve', '--name', 'a', '--members', 'a', '--directory', 'd', '--durability', 'x'], "--durability: got 'x'"],
    [['get'], "missing required argument 'key'"],
    [['gte', 'k'], 'Did you mean get?'],
    [['get', 'k', '--raed', 'stale'], 'Did you mean --read?'],
  ] as const)('refuses with exit code 2: %j', async ([words, message], context) => {
    const { code, stdout, stderr } = await new ConsortProcess(context, ['store', ...words]).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('says in one line what it can not do, with exit code 1', async (context) => {
    const run = (words: readonly string[]) => new ConsortProcess(context, ['store', ...words]).ended;
    const nobody = await run(['get', 'k', '--at', '127.0.0.1:1']);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/^consort: no store answers at .*\n$/) });
    const wrong = await run(['put', '', 'v', '--at', '127.0.0.1:1']);
    expect(wrong.code).toBe(1);
    const file = await run([
      'serve',
      '--name',
      'a',
      '--members',
      'a',
      '--directory',
      '/dev/null/x',
      '--listen',
      '127.0.0.1:0',
    ]);
    expect(file.code).toBe(1);
    expect(file.stderr).toMatch(/^consort: the disk under the store's directory .*\n/m);
    expect(file.stderr).not.toContain('    at ');
  });

  it('teaches by examples with --help', async (context) => {
    const { code, stdout } = await new ConsortProcess(context, ['store', '--help']).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('consort store serve --name a --members a,b,c');
    expect(stdout).toContain('Exit codes:');
    for (const command of ['serve', 'get', 'put', 'delete', 'list', 'watch', 'status'])
      expect(stdout).toContain(command);
  });
});
