// Groups beside what others would take. A server of the test's own stands in for NATS, so that this runs everywhere; the others are measured where they are.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findPeers } from '../../bench/peers/find-peers.js';
import { PEER_NAMES, type PeerName } from '../../bench/peers/peer-table.js';
import { bench, consort } from '../helpers/consort-command.js';

const programs = mkdtempSync(join(tmpdir(), 'consort-fake-peers-'));
copyFileSync(join(import.meta.dirname, '../helpers/fake-nats-server.mjs'), join(programs, 'nats-server'));
const environment = { PATH: `${programs}${delimiter}${process.env.PATH}` };
const once = ['--quick', '--seconds', '0.05', '--repeats', '1', '--mode', 'ts'];

afterAll(() => rmSync(programs, { recursive: true, force: true }));

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('consort-peers-'));

describe('consort bench peers', () => {
  it('starts a server, measures it beside a group, and leaves nothing of it', async () => {
    const { code, report } = await bench(['peers', '--peers', 'nats', '--size', '1KiB', '--state', '1MiB', ...once], {
      environment,
    });
    const results = [...report.throughput, ...report.latency, ...report.transfer];
    expect({ code, errors: results.flatMap(({ error }) => error ?? []) }).toEqual({ code: 0, errors: [] });
    expect(report.peers).toEqual([{ peer: 'nats', installed: true, version: '0.0.1' }]);
    const throughput = report.throughput.find(({ row }) => row === 'nats');
    const [sample] = throughput?.samples ?? [];
    expect(sample?.receivers[0]?.messages).toBe(sample?.sentMessages);
    expect(sample?.receivers[0]?.comparedMessages).toBeGreaterThan(0);
    expect(sample?.cpuSecondsPerMillionMessages).toBeGreaterThan(0);
    const latency = report.latency.filter(({ row }) => row === 'nats');
    expect(latency.map(({ load }) => load)).toEqual(['ping-pong', 'rate']);
    for (const { p50Micros, oneWayP50Micros } of latency) {
      expect(oneWayP50Micros?.median).toBeLessThan(p50Micros?.median as number);
    }
    const carried = report.transfer.find(({ row }) => row === 'nats');
    expect(carried?.bytesPerSecond?.median).toBeGreaterThan(0);
    expect(carried?.cpuSecondsPerGigabyte?.median).toBeGreaterThan(0);
    expect(leftovers()).toEqual([]);
  });

  it('ends with a code of its own when a message is lost', async () => {
    const args = ['peers', 'throughput', '--peers', 'nats', '--size', '1KiB', ...once];
    const { code, report } = await bench(args, { environment: { ...environment, LOSES: '3' } });
    expect({ code, ...report }).toMatchObject({ code: 3, passed: false, verified: false });
    expect(report.throughput.find(({ row }) => row === 'nats')?.error).toContain('not verified');
    expect(leftovers()).toEqual([]);
  });

  it('stops the server when it is interrupted', async () => {
    let killed = false;
    const args = ['peers', 'throughput', '--peers', 'nats', '--size', '64,65', '--repeats', '1', '--mode', 'ts'];
    const { code, report } = await bench([...args, '--seconds', '0.3'], {
      environment,
      onOutput: (stderr, kill) => {
        if (killed || !stderr.includes('throughput 65 B')) return;
        killed = true;
        kill('SIGINT');
      },
    });
    expect({ code, interrupted: report.interrupted }).toEqual({ code: 130, interrupted: true });
    expect(leftovers()).toEqual([]);
    // 'close' has come: no server holds the bench's standard error any more.
  });

  it('says which command brings one that was asked for and is not here', async () => {
    const { code, stdout, stderr } = await consort(['bench', 'peers', '--peers', 'redis'], {
      environment: { PATH: '/nowhere' },
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'redis is not here (no redis-server); apt-get install -y --no-install-recommends redis-server',
    );
  });

  it('carries messages through those that are installed, and nothing is lost', async ({ skip }) => {
    const here = findPeers(PEER_NAMES).flatMap(({ peer, installed }) => (installed && mayRun(peer) ? [peer] : []));
    skip(here.length === 0, 'no peer is installed here');
    const { code, report } = await bench(['peers', '--peers', here.join(), '--size', '64', '--state', '1MiB', ...once]);
    const results = [...report.throughput, ...report.latency, ...report.transfer];
    expect({ code, errors: results.flatMap(({ error }) => error ?? []) }).toEqual({ code: 0, errors: [] });
    for (const peer of here) expect(results.filter(({ row }) => row === peer)).toHaveLength(4);
    expect(leftovers()).toEqual([]);
  });
});

/** corosync is a daemon that only root may start. */
function mayRun(peer: PeerName): boolean {
  return peer !== 'corosync' || process.getuid?.() === 0;
}
