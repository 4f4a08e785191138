import { describe, expect, it } from 'vitest';
import { dataKey, userKey, VERSION_BYTES } from '../../../ts/store/keys.js';
import { HEARTBEAT_MS, STALL_MS, SYNC_LIMITS, SYNC_TIMEOUT_MS } from '../../../ts/store/sync-limits.js';
import { checksumAfter, type ReceivedChunk } from '../../../ts/store/sync-messages.js';
import { SyncProvider } from '../../../ts/store/sync-provider.js';
import { FakePort } from './fake-port.js';

const NOTHING = new Uint8Array(0);

/** Of so many keys, `k00`, `k01` and so on, each with its value 50 bytes, two of which make a chunk. */
function providing(keys: number): { port: FakePort; provider: SyncProvider } {
  const port = new FakePort();
  port.limits = { ...SYNC_LIMITS, chunkBytes: 60, windowBytes: 200 };
  for (let i = 0; i < keys; i++) {
    const value = new Uint8Array(46);
    value[VERSION_BYTES] = i;
    const key = dataKey(Buffer.from(`k${String(i).padStart(2, '0')}`));
    port.database.write([{ type: 'put', key, value }], true, () => {});
  }
  // What is beside the data is nobody else's.
  port.database.write([{ type: 'put', key: Buffer.from('m'), value: NOTHING }], true, () => {});
  port.database.write([{ type: 'put', key: Buffer.from('l'), value: NOTHING }], true, () => {});
  port.disk();
  return { port, provider: new SyncProvider(port) };
}

function chunks(port: FakePort): ReceivedChunk[] {
  port.disk();
  return port.take().map(([, message]) => {
    if (message.type !== 'chunk') throw new Error(`a ${message.type}`);
    return message;
  });
}

const keysOf = (all: readonly ReceivedChunk[]) =>
  all.flatMap(({ entries }) => entries.map(([key]) => Buffer.from(userKey(key)).toString()));

describe('the provider of synchronizations', () => {
  it('sends the data in chunks, as far as the window goes, and on with each reply', () => {
    const { port, provider } = providing(7);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    const first = chunks(port);
    expect(keysOf(first)).toEqual(['k00', 'k01', 'k02', 'k03']);
    expect(first).toMatchObject([
      { sync: 1, number: 0, version: 9, epoch: 2, totalBytes: 1000, last: false },
      { sync: 1, number: 1, version: 9, epoch: 2, totalBytes: 1000, last: false },
    ]);
    provider.handleSyncChunkReply('c', 1, 0);
    const second = chunks(port);
    expect(keysOf(second)).toEqual(['k04', 'k05']);
    provider.handleSyncChunkReply('c', 1, 2);
    const rest = chunks(port);
    expect(keysOf(rest)).toEqual(['k06']);
    expect(rest.map(({ last }) => last)).toEqual([false, true]);
    // Each tells of those before it.
    let before = 0;
    for (const chunk of [...first, ...second, ...rest]) {
      expect(chunk.before).toBe(before);
      before = checksumAfter(before, chunk.checksum);
    }
  });

  it('is done, and closes the snapshot, when the last chunk is replied to', () => {
    const { port, provider } = providing(1);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    expect(chunks(port).map(({ last }) => last)).toEqual([false, true]);
    provider.handleSyncChunkReply('c', 1, 0);
    expect(provider.requesters).toEqual(['c']);
    provider.handleSyncChunkReply('c', 1, 1);
    expect(provider.requesters).toEqual([]);
    expect(port.database.openSnapshots).toBe(0);
    expect(port.environment.pendingTimers).toBe(0);
  });

  it('sends a store without keys as one chunk, which is the last', () => {
    const { port, provider } = providing(0);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    expect(chunks(port)).toMatchObject([{ number: 0, version: 9, entries: [], last: true }]);
  });

  it('goes on after the key that it is told', () => {
    const { port, provider } = providing(5);
    provider.handleSyncStartChunks('c', 1, Buffer.from('k02'));
    expect(keysOf(chunks(port))).toEqual(['k03', 'k04']);
    provider.handleSyncStartChunks('c', 2, Buffer.from('k02x'));
    expect(keysOf(chunks(port))).toEqual(['k03', 'k04']);
  });

  it('does not see what is written after it began', () => {
    const { port, provider } = providing(6);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    chunks(port);
    port.database.write([{ type: 'put', key: dataKey(Buffer.from('k99')), value: new Uint8Array(9) }], true, () => {});
    provider.handleSyncChunkReply('c', 1, 1);
    expect(keysOf(chunks(port))).toEqual(['k04', 'k05']);
  });

  it('has one snapshot for each requester', () => {
    const { port, provider } = providing(6);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    provider.handleSyncStartChunks('c', 2, NOTHING);
    provider.handleSyncStartChunks('d', 1, NOTHING);
    const all = chunks(port);
    // What was being read for the first attempt is not sent any more.
    expect(all.filter(({ sync }) => sync === 1)).toHaveLength(2);
    expect(port.database.openSnapshots).toBe(2);
    provider.handleSyncChunkReply('c', 1, 1);
    expect(chunks(port)).toEqual([]);
  });

  it('waits while there is no room for more to be sent', () => {
    const { port, provider } = providing(4);
    port.isFull = true;
    provider.handleSyncStartChunks('c', 1, NOTHING);
    expect(chunks(port)).toEqual([]);
    port.isFull = false;
    provider.drained();
    expect(keysOf(chunks(port))).toEqual(['k00', 'k01', 'k02', 'k03']);
  });

  it('takes no reply to what it has not sent', () => {
    const { port, provider } = providing(6);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    chunks(port);
    provider.handleSyncChunkReply('c', 1, 2);
    provider.handleSyncChunkReply('d', 1, 0);
    provider.handleSyncChunkReply('c', 2, 0);
    expect(chunks(port)).toEqual([]);
  });

  it('refuses more than it serves at once, and all when it has no whole store', () => {
    const { port, provider } = providing(0);
    const requesters = Array.from({ length: SYNC_LIMITS.mostSyncs }, (_, n) => `r${n}`);
    for (const requester of requesters) provider.handleSyncStartChunks(requester, 1, NOTHING);
    provider.handleSyncStartChunks('one more', 1, NOTHING);
    expect(port.take()).toMatchObject([['one more', { type: 'abort', sync: 1, role: 'provider' }]]);
    port.store = undefined;
    provider.handleSyncStartChunks('r0', 2, NOTHING);
    expect(port.take()).toMatchObject([['r0', { type: 'abort', sync: 2, reason: 'it has no whole store itself' }]]);
    expect(provider.requesters).not.toContain('r0');
  });

  it('gives up when it cannot read', () => {
    const { port, provider } = providing(4);
    port.database.error = new Error('a bad block');
    provider.handleSyncStartChunks('c', 1, NOTHING);
    port.disk();
    expect(port.take()).toMatchObject([
      ['c', { type: 'abort', role: 'provider', reason: 'it cannot read its store: a bad block' }],
    ]);
    expect(port.database.openSnapshots).toBe(0);
  });

  it('ends when the requester gives up, or the view is over, also while it reads', () => {
    for (const end of ['abort', 'reset']) {
      const { port, provider } = providing(4);
      provider.handleSyncStartChunks('c', 1, NOTHING);
      provider.handleSyncAbort('c', 2);
      expect(provider.requesters).toEqual(['c']);
      if (end === 'abort') provider.handleSyncAbort('c', 1);
      else provider.resetSync();
      expect(chunks(port)).toEqual([]);
      expect(port.database.openSnapshots).toBe(0);
      expect(port.environment.pendingTimers).toBe(0);
    }
  });
});

describe('a requester that is silent', () => {
  it('is given up after a time, and told', () => {
    const { port, provider } = providing(6);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    chunks(port);
    port.environment.advance(SYNC_TIMEOUT_MS);
    const said = port.take();
    expect(said.at(-1)).toMatchObject(['c', { type: 'abort', sync: 1, role: 'provider' }]);
    expect(said[0]).toEqual(['c', { type: 'heartbeat', sync: 1, role: 'provider' }]);
    expect(port.database.openSnapshots).toBe(0);
  });

  it('is not, as long as it answers heartbeats; but no longer than that without a reply', () => {
    const { port, provider } = providing(6);
    provider.handleSyncStartChunks('c', 1, NOTHING);
    chunks(port);
    let ms = 0;
    for (; provider.requesters.length > 0 && ms < 10 * STALL_MS; ms += HEARTBEAT_MS) {
      port.environment.advance(HEARTBEAT_MS);
      provider.handleSyncHeartbeatReply('c', 1);
    }
    expect(ms).toBeGreaterThanOrEqual(STALL_MS);
    expect(ms).toBeLessThanOrEqual(STALL_MS + SYNC_TIMEOUT_MS + HEARTBEAT_MS);
  });

  it('is not when all was replied to, and the provider itself is what is slow', () => {
    const { port, provider } = providing(6);
    port.isFull = true;
    provider.handleSyncStartChunks('c', 1, NOTHING);
    for (let ms = 0; ms < 2 * STALL_MS; ms += HEARTBEAT_MS) {
      port.environment.advance(HEARTBEAT_MS);
      provider.handleSyncHeartbeatReply('c', 1);
    }
    expect(provider.requesters).toEqual(['c']);
  });
});
