import { describe, expect, it } from 'vitest';
import { SyncLeader } from '../../../ts/store/sync-leader.js';
import { HEARTBEAT_MS, SYNC_LIMITS, TRIM_ENABLE_DELAY_MS, TRIM_TIMEOUT_MS } from '../../../ts/store/sync-limits.js';
import { FakePort } from './fake-port.js';

function leading(followers: string[] = []): { port: FakePort; leader: SyncLeader } {
  const port = new FakePort();
  port.followers = followers;
  return { port, leader: new SyncLeader(port) };
}

/** The log is so many times what its bounds are. */
function logOf(times: number, port: FakePort): void {
  port.extent = { base: 7, versions: times * port.logEntries, bytes: 0 };
}

const granted = (provider: string, sync = 1) => ({ type: 'start-reply', sync, granted: true, provider, base: 7 });

describe('the leader of synchronizations', () => {
  it('grants one, names a follower as its provider, and says where the log begins', () => {
    const { port, leader } = leading(['b', 'c']);
    leader.handleSyncStart('c', 1, []);
    expect(port.take()).toEqual([['c', granted('b')]]);
    expect(leader.requesters).toEqual(['c']);
  });

  it('provides the store itself when no follower can', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, ['b']);
    expect(port.take()).toEqual([['c', granted('me')]]);
  });

  it('spreads requesters over the followers', () => {
    const { port, leader } = leading(['b', 'c']);
    for (const requester of ['w', 'x', 'y', 'z']) leader.handleSyncStart(requester, 1, []);
    const providers = port.take().map(([, message]) => (message as { provider?: string }).provider);
    expect(providers.sort()).toEqual(['b', 'b', 'c', 'c']);
  });

  it('denies one for which nobody is left', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 3, ['b', 'me']);
    expect(port.take()).toEqual([
      [
        'c',
        expect.objectContaining({
          type: 'start-reply',
          sync: 3,
          granted: false,
          reason: expect.stringContaining('nobody'),
        }),
      ],
    ]);
    expect(leader.isTrimDisabled).toBe(false);
  });

  it('denies all when it does not lead', () => {
    const { port, leader } = leading(['b']);
    port.isLeader = false;
    leader.handleSyncStart('c', 1, []);
    expect(port.take()).toMatchObject([['c', { granted: false, reason: 'it does not lead' }]]);
  });

  it('denies one more than it serves at once, but not one of them that asks again', () => {
    const { port, leader } = leading(['b']);
    const requesters = Array.from({ length: SYNC_LIMITS.mostSyncs }, (_, n) => `r${n}`);
    for (const requester of requesters) leader.handleSyncStart(requester, 1, []);
    port.take();
    leader.handleSyncStart('one more', 1, []);
    leader.handleSyncStart('r0', 2, []);
    expect(port.take()).toMatchObject([
      ['one more', { granted: false }],
      ['r0', { granted: true, sync: 2 }],
    ]);
  });
});

describe('trimming', () => {
  it('is off while there is a synchronization, and on again some time after the last', () => {
    const { port, leader } = leading(['b']);
    expect(leader.isTrimDisabled).toBe(false);
    leader.handleSyncStart('c', 1, []);
    leader.handleSyncStart('d', 1, []);
    leader.handleSyncFinish('c', 1);
    expect(leader.isTrimDisabled).toBe(true);
    leader.handleSyncFinish('d', 1);
    port.environment.advance(TRIM_ENABLE_DELAY_MS - 1);
    expect(leader.isTrimDisabled).toBe(true);
    port.environment.advance(1);
    expect(leader.isTrimDisabled).toBe(false);
    expect(port.told).toEqual(['trim enabled']);
    expect(port.take().map(([to, { type }]) => `${type} to ${to}`)).toContain('finish-reply to d');
  });

  it('stays off when another one begins before it is on again', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    leader.handleSyncFinish('c', 1);
    port.environment.advance(TRIM_ENABLE_DELAY_MS - 1);
    leader.handleSyncStart('d', 1, []);
    port.environment.advance(TRIM_TIMEOUT_MS - 1);
    expect(leader.isTrimDisabled).toBe(true);
    expect(port.told).toEqual([]);
  });

  it('stays off as long as the requester is heard of', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    for (let ms = 0; ms < 4 * TRIM_TIMEOUT_MS; ms += HEARTBEAT_MS) {
      port.environment.advance(HEARTBEAT_MS);
      port.take();
      leader.handleSyncHeartbeat('c', 1);
      expect(port.take()).toEqual([['c', { type: 'heartbeat-reply', sync: 1, role: 'leader' }]]);
    }
    expect(leader.requesters).toEqual(['c']);
  });

  it('is on again after a requester that is not heard of, which is told', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    port.take();
    port.environment.advance(TRIM_TIMEOUT_MS);
    expect(port.take()).toMatchObject([['c', { type: 'abort', sync: 1, role: 'leader' }]]);
    expect(leader.requesters).toEqual([]);
    port.environment.advance(TRIM_ENABLE_DELAY_MS);
    expect(leader.isTrimDisabled).toBe(false);
    leader.handleSyncHeartbeat('c', 1);
    expect(port.take()).toMatchObject([['c', { type: 'abort', sync: 1, role: 'leader' }]]);
  });

  it('is on again after an abort; one of an earlier attempt changes nothing', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 2, []);
    leader.handleSyncAbort('c', 1);
    leader.handleSyncFinish('c', 1);
    expect(leader.requesters).toEqual(['c']);
    leader.handleSyncAbort('c', 2);
    expect(leader.requesters).toEqual([]);
    port.environment.advance(TRIM_ENABLE_DELAY_MS);
    expect(leader.isTrimDisabled).toBe(false);
  });

  it('is off for a while when it begins to lead', () => {
    const { port, leader } = leading(['b']);
    leader.syncBegin();
    expect(leader.isTrimDisabled).toBe(true);
    port.environment.advance(TRIM_ENABLE_DELAY_MS);
    expect(leader.isTrimDisabled).toBe(false);
  });

  it('does not outlast the leadership', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    port.take();
    leader.resetSync();
    expect(leader.isTrimDisabled).toBe(false);
    expect(port.environment.pendingTimers).toBe(0);
    expect(port.take()).toEqual([]);
  });
});

describe('a log over its threshold', () => {
  it('makes the leader deny new ones until it is trimmed', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    logOf(SYNC_LIMITS.thresholdFactor + 0.1, port);
    port.take();
    leader.handleSyncStart('d', 1, []);
    leader.handleSyncStart('c', 2, []);
    expect(port.take()).toMatchObject([
      ['d', { granted: false, reason: expect.stringContaining('threshold') }],
      ['c', { granted: true }],
    ]);
    // Below the threshold, but not trimmed.
    logOf(SYNC_LIMITS.trimmedFactor + 0.1, port);
    leader.handleSyncStart('d', 2, []);
    logOf(SYNC_LIMITS.trimmedFactor, port);
    leader.handleSyncStart('d', 3, []);
    expect(port.take()).toMatchObject([
      ['d', { granted: false, sync: 2 }],
      ['d', { granted: true, sync: 3 }],
    ]);
  });

  it('is trimmed when somebody asks, where nothing else would trim it', () => {
    const { port, leader } = leading(['b']);
    logOf(SYNC_LIMITS.thresholdFactor + 1, port);
    port.onTrimEnabled = () => logOf(1, port);
    leader.handleSyncStart('c', 1, []);
    expect(port.take()).toMatchObject([['c', { granted: true }]]);
  });

  it('counts by bytes too', () => {
    const { port, leader } = leading(['b']);
    port.extent = { base: 7, versions: 1, bytes: SYNC_LIMITS.thresholdFactor * port.logBytes + 1 };
    leader.handleSyncStart('d', 1, []);
    expect(port.take()).toMatchObject([['d', { granted: false }]]);
  });

  it('is trimmed at once after the last one, and also where it was to stay a while', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    logOf(SYNC_LIMITS.thresholdFactor + 1, port);
    leader.handleSyncHeartbeat('c', 1);
    leader.handleSyncFinish('c', 1);
    port.environment.advance(0);
    expect(leader.isTrimDisabled).toBe(false);
    leader.syncBegin();
    port.environment.advance(0);
    expect(leader.isTrimDisabled).toBe(false);
    expect(port.told).toEqual(['trim enabled', 'trim enabled']);
  });

  it('is not kept for whoever is denied because of it', () => {
    const { port, leader } = leading(['b']);
    leader.syncBegin();
    logOf(SYNC_LIMITS.thresholdFactor + 1, port);
    leader.handleSyncStart('c', 1, []);
    port.environment.advance(0);
    expect(leader.isTrimDisabled).toBe(false);
  });

  it('ends those under way when it is far over it', () => {
    const { port, leader } = leading(['b']);
    leader.handleSyncStart('c', 1, []);
    leader.handleSyncStart('d', 5, []);
    logOf(SYNC_LIMITS.limitFactor + 1, port);
    port.take();
    leader.handleSyncHeartbeat('c', 1);
    expect(port.take()).toMatchObject([
      ['c', { type: 'heartbeat-reply' }],
      ['c', { type: 'abort', sync: 1, role: 'leader' }],
      ['d', { type: 'abort', sync: 5, role: 'leader' }],
    ]);
    port.environment.advance(0);
    expect(leader.isTrimDisabled).toBe(false);
  });
});
