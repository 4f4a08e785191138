// Runs the command as users do, from what `npm run build` has made.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../bench/results.js';
import { nativeStatus } from '../../ts/index.js';
import { consort } from '../helpers/consort-command.js';

const native = nativeStatus().loaded;
const folder = mkdtempSync(join(tmpdir(), 'consort-bench-'));

const modesHere = native ? 'native,ts' : 'ts';
// What comes out is not judged: it has to be there, and right.
const quick = ['--quick', '--seconds', '0.1', '--repeats', '2', '--size', '64'];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('consort bench throughput', () => {
  it.each(['processes', 'threads'])(
    'measures real groups in %s, and writes nothing but JSON to standard output',
    async (isolation) => {
      const args = ['bench', 'throughput', ...quick, '--mode', modesHere, '--isolation', isolation, '--json', '-'];
      const { code, stdout, stderr } = await consort(args);
      const report = JSON.parse(stdout) as BenchReport;
      expect({ code, errors: report.throughput.map(({ error }) => error).filter(Boolean) }).toEqual({
        code: 0,
        errors: [],
      });
      expect(stderr).toContain('bench: throughput 64 B');
      expect(report).toMatchObject({ schema: 'consort-bench', schemaVersion: 2, passed: true, latency: [] });
      const rows = report.throughput.map(({ row, mode }) => mode ?? row);
      expect(rows).toEqual(native ? ['native', 'ts', 'limit', 'tcp', 'dgram'] : ['ts', 'tcp', 'dgram']);
      for (const { samples, messagesPerSecond } of report.throughput) {
        expect(samples).toHaveLength(2);
        expect(messagesPerSecond?.median).toBeGreaterThan(0);
      }
      const [group] = report.throughput;
      expect(group?.samples[0]?.receivers).toEqual([
        {
          member: 1,
          messages: group?.samples[0]?.sentMessages,
          seconds: expect.any(Number),
          comparedMessages: expect.any(Number),
        },
      ]);
      expect(report.environment).toMatchObject({ node: process.versions.node });
    },
    120_000,
  );

  it.runIf(native)(
    'measures groups of three that are mixed and all send, under loss, with each order of casts',
    async () => {
      const json = join(folder, 'mixed.json');
      const markdown = join(folder, 'mixed.md');
      const html = join(folder, 'mixed.html');
      const group = ['--members', '3', '--senders', 'all', '--mode', 'mixed', '--loss', '2%'];
      const orderings = ['--ordering', 'fifo,causal,total,agree', '--repeats', '1'];
      const args = [
        'bench',
        'throughput',
        ...quick,
        ...group,
        ...orderings,
        '--json',
        json,
        '--markdown',
        markdown,
        '--html',
        html,
        '--quiet',
      ];
      const { code, stdout, stderr } = await consort(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('mixed multi, 3 members, all send, 2 % loss');
      const { throughput } = JSON.parse(readFileSync(json, 'utf8')) as BenchReport;
      const results = throughput.filter(({ row }) => row === 'group');
      expect(results.map(({ ordering }) => ordering)).toEqual(['fifo', 'causal', 'total', 'agree']);
      for (const { samples } of results) {
        expect(samples[0]?.receivers).toHaveLength(3);
        expect(samples[0]?.lostFrames).toBeGreaterThan(0);
      }
      for (const { shareOfFifo } of results.slice(1)) expect(shareOfFifo).toBeGreaterThan(0);
      expect(readFileSync(html, 'utf8')).toContain(`data-value="${results[0]?.messagesPerSecond?.median}"`);
      expect(readFileSync(markdown, 'utf8')).toContain('| mixed multi, 3 members, all send, 2 % loss |');
    },
    120_000,
  );

  it('keeps what is complete when it is interrupted, and leaves no process behind', async () => {
    let killed = false;
    const args = [
      'bench',
      'throughput',
      '--seconds',
      '0.3',
      '--size',
      '64,65',
      '--mode',
      'ts',
      '--repeats',
      '1',
      '--json',
      '-',
    ];
    const { code, stdout } = await consort(args, {
      onOutput: (stderr, kill) => {
        if (killed || !stderr.includes('throughput 65 B')) return;
        killed = true;
        kill('SIGINT');
      },
    });
    const report = JSON.parse(stdout) as BenchReport;
    expect({ code, ...report }).toMatchObject({ code: 130, interrupted: true, passed: false });
    expect(report.throughput[0]?.samples).toHaveLength(1);
    // It has waited for the ends of its children: 'close' comes when nobody holds its standard error any more.
  }, 120_000);
});

describe('consort bench latency', () => {
  it('measures round trips in ping-pong and at a rate, with each order of casts', async () => {
    const group = ['--mode', native ? 'native' : 'ts', '--threads', 'single'];
    const orderings = ['--ordering', 'fifo,causal,total,agree', '--repeats', '1'];
    const args = ['bench', 'latency', ...quick, ...group, ...orderings, '--json', '-', '--quiet'];
    const { code, stdout } = await consort(args);
    const report = JSON.parse(stdout) as BenchReport;
    expect({ code, errors: report.latency.map(({ error }) => error).filter(Boolean) }).toEqual({ code: 0, errors: [] });
    expect(report.latency).toHaveLength(10);
    for (const { samples, p50Micros } of report.latency) {
      expect(samples).toHaveLength(1);
      expect(p50Micros?.median).toBeGreaterThan(1);
    }
  }, 120_000);
});

describe('consort bench views', () => {
  it.each([
    ['processes', ['crash', 'hang']],
    ['threads', []],
  ])(
    'measures how views change, with members in %s, and verifies what is sent meanwhile',
    async (isolation, onlyOfProcesses) => {
      const group = ['--members', '3', '--mode', native ? 'mixed' : 'ts', '--isolation', isolation];
      const args = ['bench', 'views', '--quick', '--repeats', '1', ...group, '--json', '-', '--quiet'];
      const { code, stdout } = await consort(args);
      const report = JSON.parse(stdout) as BenchReport;
      expect({ code, errors: report.views.map(({ error }) => error).filter(Boolean) }).toEqual({ code: 0, errors: [] });
      expect(report).toMatchObject({ passed: true, throughput: [], latency: [] });
      expect(report.options.scenarios).toEqual(['views']);
      const took = new Map(report.views.map(({ measure, tookMillis }) => [measure, tookMillis]));
      for (const measure of [
        'formation',
        'join',
        'joinAll',
        'leave',
        'leaveAll',
        'merge',
        ...onlyOfProcesses,
      ] as const) {
        expect({ measure, median: took.get(measure as 'join')?.median }).toEqual({
          measure,
          median: expect.any(Number),
        });
      }
      // Of each of the three members.
      expect(took.get('blockedPrompt')?.count).toBe(3);
      expect(report.views.at(-1)?.samples[0]?.verifiedMessages).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe('consort bench transfer', () => {
  it.each(['processes', 'threads'])(
    'measures how fast a state goes to a new server, and what is left of casts, with members in %s',
    async (isolation) => {
      const group = ['--mode', modesHere, '--state', '1MiB', '--isolation', isolation];
      const args = ['bench', 'transfer', '--quick', '--repeats', '1', ...group, '--json', '-', '--quiet'];
      const { code, stdout } = await consort(args);
      const report = JSON.parse(stdout) as BenchReport;
      const errors = report.transfer.map(({ error }) => error).filter(Boolean);
      expect({ code, errors }).toEqual({ code: 0, errors: [] });
      expect(report).toMatchObject({ passed: true, throughput: [], latency: [], views: [] });
      const groups = report.transfer.filter(({ row }) => row === 'group');
      expect(groups).toHaveLength(native ? 2 : 1);
      for (const { stateBytes, samples, ...result } of groups) {
        const { bytesPerSecond, ownPartsBytesPerSecond, shareUnderFree, shareUnderProtected } = result;
        expect(stateBytes).toBe(2 ** 20);
        expect(bytesPerSecond?.median).toBeGreaterThan(0);
        expect(ownPartsBytesPerSecond?.median).toBeGreaterThan(0);
        expect(shareUnderFree).toBeGreaterThan(0);
        expect(shareUnderProtected).toBeGreaterThan(0);
        expect(samples[0]?.stateUnderProtectedBytesPerSecond).toBeGreaterThan(0);
        expect(result.timesTcp).toBeGreaterThan(0);
      }
    },
    120_000,
  );

  it('shows a table, and takes more members and loss', async () => {
    const group = ['--members', '3', '--mode', native ? 'mixed' : 'ts', '--loss', '1%', '--state', '300KiB'];
    const args = ['bench', 'transfer', '--quick', '--repeats', '1', ...group];
    const { code, stdout } = await consort(args);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('state of 300 KiB') });
    expect(stdout).toContain(`${native ? 'mixed' : 'ts'} multi, 3 members, 1 % loss`);
  }, 120_000);
});

describe('consort bench store', () => {
  it('measures commits, reads, the loss of the leader and a whole store', async () => {
    const args = ['bench', 'store', '--quick', '--repeats', '1', '--mode', native ? 'native' : 'ts', '--state', '2MiB'];
    const { code, stdout } = await consort([...args, '--json', '-', '--quiet']);
    const report = JSON.parse(stdout) as BenchReport;
    const errors = report.store.map(({ error }) => error).filter(Boolean);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(report.store.map(({ durability }) => durability)).toEqual(['disk', 'memory']);
    for (const { commits } of report.store) {
      for (const { commitsPerSecond } of commits) expect(commitsPerSecond.median).toBeGreaterThan(0);
    }
    const [disk] = report.store;
    expect(disk?.commits.map(({ writers }) => writers)).toEqual([1, 64]);
    expect(disk?.commits[1]?.commitsPerFsync).toBeGreaterThan(0);
    for (const share of [disk?.readShare, disk?.recoveryMillis?.median, disk?.syncBytesPerSecond?.median]) {
      expect(share).toBeGreaterThan(0);
    }
  }, 120_000);
});

describe('a command line that makes no sense', () => {
  it.each([
    [['bench', 'latenzy'], "unknown scenario 'latenzy'"],
    [['bench', '--properties', 'Gmp:Sink'], '--properties'],
    [['bench', 'views', '--fixed'], 'a view that never changes'],
    [['bench', 'transfer', '--state', '0'], "--state: got '0'"],
    [['bench', '--size', '0'], "--size: got '0'"],
    [['bench', 'store', '--size', '2MiB'], '--size: got 2097152'],
    [['bench', 'store', '--folder', '/nowhere'], "--folder: got '/nowhere', want a folder that is there"],
    [['bench', '--mode', 'fast'], "--mode: got 'fast'"],
    [['bench', '--sise', '64'], '--size'],
    [['bench', '--seconds'], 'argument missing'],
    [['bnch'], 'bench'],
  ])('is refused with exit code 2: %j', async (args, message) => {
    const { code, stdout, stderr } = await consort(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('is not --help, which teaches by examples', async () => {
    const { code, stdout } = await consort(['bench', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('consort bench --quick');
    expect(stdout).toContain('Exit codes:');
  });
});
