import { describe, expect, it } from 'vitest';
import type { Done, Entry } from '../../../ts/store/database.js';
import { DATA_RANGE, dataKey, HALF_KEY, logKey, VERSION_BYTES } from '../../../ts/store/keys.js';
import { seal } from '../../../ts/store/seals.js';
import {
  DENIED_RETRY_MS,
  FINISH_ATTEMPTS,
  FINISH_REPLY_TIMEOUT_MS,
  HEARTBEAT_MS,
  HEARTBEAT_TIMEOUT_MS,
  MAX_RETRY_MS,
  STALL_MS,
  START_TIMEOUT_MS,
  SYNC_LIMITS,
  SYNC_TIMEOUT_MS,
} from '../../../ts/store/sync-limits.js';
import {
  type Chunk,
  checksumAfter,
  checksumOf,
  type ReceivedChunk,
  readSync,
  type SyncMessage,
  writeChunk,
} from '../../../ts/store/sync-messages.js';
import { SyncRequester } from '../../../ts/store/sync-requester.js';
import { FakePort } from './fake-port.js';

const BASE = 7;

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** As it is sent, of a value of so many bytes. */
function entry(text: string, bytes = VERSION_BYTES + 1): Entry {
  const key = dataKey(Buffer.from(text));
  return [key, seal(key, new Uint8Array(bytes))];
}

/** One requester; the test is its leader and its provider. */
class Scene {
  readonly port = new FakePort();
  readonly requester: SyncRequester;
  /** Of the attempt that was granted last. */
  sync = 0;
  private number = 0;
  private before = 0;

  constructor(prepare: (port: FakePort) => void = () => {}) {
    prepare(this.port);
    this.port.disk();
    this.requester = new SyncRequester(this.port);
  }

  /** Asks the leader, if it does not do so by itself, and is granted it. */
  grant(provider = 'b', base = BASE): void {
    this.requester.syncStart();
    this.sync = this.lastStart().sync;
    this.requester.handleSyncStartReply('leader', {
      type: 'start-reply',
      sync: this.sync,
      granted: true,
      provider,
      base,
    });
    this.number = 0;
    this.before = 0;
  }

  /** Time goes by until it asks the leader again. */
  retry(): Extract<SyncMessage, { type: 'start' }> {
    const before = this.port.sent.length;
    const hasAsked = () => this.port.sent.slice(before).some(([, { type }]) => type === 'start');
    for (let ms = 0; !hasAsked(); ms++) {
      if (ms > MAX_RETRY_MS) throw new Error('it does not ask again');
      this.port.environment.advance(1);
    }
    return this.lastStart();
  }

  lastStart(): Extract<SyncMessage, { type: 'start' }> {
    const start = this.port.sent.map(([, message]) => message).findLast(({ type }) => type === 'start');
    if (start?.type !== 'start') throw new Error('it did not ask');
    return start;
  }

  /** The next chunk of the provider, with these keys. */
  chunk(keys: readonly string[], but: Partial<Chunk> = {}): ReceivedChunk {
    const entries = keys.map((key) => entry(key));
    const { sync, number, before } = this;
    const chunk = { type: 'chunk' as const, sync, number, before, version: 9, epoch: 2, totalBytes: 100, last: false };
    const bytes = writeChunk({ ...chunk, entries, ...but });
    this.number++;
    this.before = checksumAfter(before, checksumOf(bytes));
    return readSync(bytes) as ReceivedChunk;
  }

  receive(keys: readonly string[], but: Partial<Chunk> = {}, from = 'b'): void {
    this.requester.handleSyncChunk(from, this.chunk(keys, but));
  }

  /** All is copied, and what the replica did with it is what the test says. */
  copy(): void {
    this.grant();
    this.port.disk();
    this.receive(['k1', 'k2']);
    this.receive([], { last: true });
    this.port.disk();
    expect(this.port.results).toEqual([{ low: { version: 9, epoch: 2 }, high: 9 }]);
    this.port.take();
  }

  get isMarkedHalf(): boolean {
    return this.port.database.get(HALF_KEY) !== undefined;
  }

  get keys(): string[] {
    return [...this.port.database.state.keys()].filter((key) => key !== 'mhalf').sort();
  }
}

describe('the start of a synchronization', () => {
  it('asks the leader, and touches nothing before it is granted', () => {
    const { port, requester } = new Scene();
    requester.syncStart();
    requester.syncStart();
    expect(port.take()).toEqual([['leader', { type: 'start', sync: 1, avoid: [] }]]);
    expect(requester.isActive).toBe(true);
    expect(requester.isHalf).toBe(false);
    expect(port.database.writes).toEqual([]);
    expect(port.told).toEqual([]);
  });

  it('waits for a leader where there is none', () => {
    const { port, requester } = new Scene((each) => {
      each.leader = undefined;
    });
    requester.syncStart();
    expect(port.take()).toEqual([]);
    expect(requester.waitsBecause).toBe('no leader is known');
  });

  it('asks again when no reply comes, later each time', () => {
    const { port, requester } = new Scene();
    requester.syncStart();
    const waits: number[] = [];
    for (let sync = 2; sync < 12; sync++) {
      port.take();
      port.environment.advance(START_TIMEOUT_MS - 1);
      expect(port.take()).toEqual([]);
      let wait = 1;
      for (; port.sent.length === 0; wait++) port.environment.advance(1);
      expect(port.sent).toEqual([['leader', { type: 'start', sync, avoid: [] }]]);
      waits.push(wait);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[3]).toBeGreaterThan(4 * (waits[0] as number));
    expect(waits.at(-1)).toBeLessThanOrEqual(MAX_RETRY_MS + 1);
    expect(port.troubles[0]).toMatchObject({ code: 'ERR_STORE_SYNC_FAILED' });
  });

  it('asks again when it is denied, no sooner than it is told', () => {
    const { port, requester } = new Scene();
    requester.syncStart();
    port.take();
    const reply = { type: 'start-reply' as const, sync: 1, granted: false as const, reason: 'not now' };
    requester.handleSyncStartReply('leader', { ...reply, retryMs: DENIED_RETRY_MS });
    expect(requester.waitsBecause).toBe('denied by leader: not now');
    port.environment.advance(DENIED_RETRY_MS - 1);
    expect(port.take()).toEqual([]);
    port.environment.advance(1);
    expect(port.take()).toEqual([['leader', { type: 'start', sync: 2, avoid: [] }]]);
    requester.handleSyncStartReply('leader', { ...reply, sync: 2, retryMs: 1e12 });
    port.environment.advance(MAX_RETRY_MS);
    expect(port.takeTypes()).toEqual(['start to leader']);
    expect(port.told).toEqual([]);
  });

  it('takes no answer of another, or to another question', () => {
    const { port, requester } = new Scene();
    requester.syncStart();
    const reply = { type: 'start-reply' as const, granted: true as const, provider: 'b', base: BASE };
    requester.handleSyncStartReply('b', { ...reply, sync: 1 });
    requester.handleSyncStartReply('leader', { ...reply, sync: 2 });
    expect(port.told).toEqual([]);
  });

  it('does not go on in another view when nothing was touched', () => {
    const { port, requester } = new Scene();
    requester.syncStart();
    port.take();
    requester.resetSync();
    requester.leaderChanged();
    expect(requester.isActive).toBe(false);
    expect(port.take()).toEqual([]);
    expect(port.environment.pendingTimers).toBe(0);
  });
});

describe('the store that is replaced', () => {
  it('is marked durably before anything is wiped, and wiped before chunks are asked for', () => {
    const scene = new Scene((each) => {
      const put = (key: Uint8Array) => ({ type: 'put' as const, key, value: new Uint8Array(1) });
      each.database.write([put(dataKey(Buffer.from('old'))), put(logKey(3)), put(Buffer.from('mx'))], true, () => {});
    });
    const { port, requester } = scene;
    scene.grant();
    expect(port.told).toEqual(['replacing']);
    expect(requester.isHalf).toBe(true);
    expect(port.database.writes).toMatchObject([{ durable: true, operations: [{ type: 'put', key: HALF_KEY }] }]);
    expect(port.database.reads).toEqual([]);
    expect(port.takeTypes()).toEqual(['start to leader', 'heartbeat to leader']);
    port.database.step();
    expect(scene.keys).toEqual(['dold', Buffer.from(logKey(3)).toString('latin1'), 'mx']);
    port.disk();
    expect(scene.keys).toEqual(['mx']);
    expect(scene.isMarkedHalf).toBe(true);
    expect(port.take()).toEqual([['b', { type: 'start-chunks', sync: 1, after: new Uint8Array(0) }]]);
  });

  it('is given room by a database that can make some: once all is wiped, before chunks are asked for', () => {
    const scene = new Scene();
    const { port } = scene;
    const asked: Done[] = [];
    port.database.makeRoom = (range, done) => {
      expect([range, port.database.isBusy]).toEqual([DATA_RANGE, false]);
      asked.push(done);
    };
    scene.grant();
    port.disk();
    port.take();
    expect(asked).toHaveLength(1);
    asked[0]?.();
    expect(port.takeTypes()).toEqual(['start-chunks to b']);
  });

  it('ends the replica when no room can be made', () => {
    const scene = new Scene();
    const { port } = scene;
    port.database.makeRoom = (_range, done) => done(new Error('no space'));
    scene.grant();
    port.disk();
    expect(port.told).toContain('failed: no space');
  });

  it('is wiped in steps', () => {
    const scene = new Scene((each) => {
      each.limits = { ...SYNC_LIMITS, wipeKeys: 3 };
      for (let i = 0; i < 10; i++)
        each.database.write(
          [{ type: 'put', key: dataKey(Uint8Array.of(i)), value: new Uint8Array(1) }],
          true,
          () => {},
        );
    });
    scene.grant();
    let most = 0;
    do {
      for (const { operations } of scene.port.database.writes) most = Math.max(most, operations.length);
    } while (scene.port.database.step());
    expect(most).toBe(3);
    expect(scene.keys).toEqual([]);
  });

  it('is synchronized by itself when it is found half', () => {
    const { port, requester } = new Scene((each) => {
      each.leader = undefined;
      each.database.write([{ type: 'put', key: HALF_KEY, value: new Uint8Array(0) }], true, () => {});
    });
    expect(requester.isHalf).toBe(true);
    requester.leaderChanged();
    expect(port.take()).toEqual([]);
    port.leader = 'leader';
    requester.leaderChanged();
    expect(port.takeTypes()).toEqual(['start to leader']);
  });

  it('ends the replica when its database fails', () => {
    for (const step of ['mark', 'read', 'chunk'] as const) {
      const scene = new Scene();
      const { port } = scene;
      scene.grant();
      if (step !== 'mark') port.database.step();
      if (step === 'chunk') {
        port.disk();
        scene.receive(['k1']);
        scene.receive(['k2']);
      }
      port.take();
      port.database.error = new Error('the disk is full');
      port.disk();
      expect(port.told).toEqual(['replacing', 'failed: the disk is full']);
      expect(port.takeTypes()).toContain('abort to leader');
      expect(port.environment.pendingTimers).toBe(0);
    }
  });
});

describe('chunks', () => {
  it('are written, not durably, and replied to', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.receive(['k1', 'k2']);
    expect(scene.port.database.writes).toMatchObject([{ durable: false }]);
    expect(scene.port.take()).toEqual([['b', { type: 'chunk-reply', sync: 1, number: 0 }]]);
    scene.port.disk();
    expect(scene.keys).toEqual(['dk1', 'dk2']);
    expect(scene.requester.progress).toEqual({ provider: 'b', bytes: 32, totalBytes: 100, keys: 2 });
  });

  it('are not replied to while too much waits to be written', () => {
    const scene = new Scene((each) => {
      each.limits = { ...SYNC_LIMITS, writingBytes: 40 };
    });
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.receive(['k1', 'k2']);
    scene.receive(['k3', 'k4']);
    scene.receive(['k5', 'k6']);
    expect(scene.port.take()).toEqual([['b', { type: 'chunk-reply', sync: 1, number: 0 }]]);
    // Nor is the provider given up for that.
    scene.port.environment.advance(SYNC_TIMEOUT_MS - 1);
    scene.requester.handleSyncHeartbeatReply('leader', 1);
    scene.port.environment.advance(HEARTBEAT_MS);
    expect(scene.port.troubles).toEqual([]);
    scene.port.take();
    scene.port.database.step();
    expect(scene.port.take()).toEqual([]);
    scene.port.database.step();
    expect(scene.port.take()).toEqual([['b', { type: 'chunk-reply', sync: 1, number: 2 }]]);
  });

  it('are the whole when the last one is written, and not before', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.receive(['k1']);
    scene.receive([], { last: true });
    expect(scene.port.results).toEqual([]);
    scene.port.disk();
    expect(scene.port.results).toEqual([{ low: { version: 9, epoch: 2 }, high: 9 }]);
    expect(scene.isMarkedHalf).toBe(true);
    expect(scene.requester.isHalf).toBe(true);
  });

  it('of another sender or attempt are nothing', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.receive(['k1'], {}, 'a');
    scene.receive(['k1'], { sync: 9 });
    expect(scene.port.take()).toEqual([]);
    expect(scene.port.troubles).toEqual([]);
  });

  it.each<[string, Partial<Chunk>]>([
    ['one is missing', { number: 2 }],
    ['it does not follow the one before', { before: 1 }],
    ['its snapshot is another one', { version: 10 }],
    ['a key is not after the last one', { entries: [entry('k1')] }],
    ['keys are not in order', { entries: [entry('k5'), entry('k4')] }],
    ['a key is empty', { entries: [entry('')] }],
    ['a value has no version', { entries: [entry('k5', VERSION_BYTES - 1)] }],
    ['a key is none of the data', { entries: [[Buffer.from('e'), seal(Buffer.from('e'), new Uint8Array(9))]] }],
  ])('make it ask for another provider when %s', (_what, but) => {
    const scene = new Scene();
    const { port } = scene;
    scene.grant();
    port.disk();
    scene.receive(['k1']);
    port.take();
    scene.receive(['k2'], but);
    expect(port.takeTypes()).toEqual(['abort to b']);
    expect(port.troubles).toHaveLength(1);
    expect(scene.retry()).toEqual({ type: 'start', sync: 2, avoid: ['b'] });
    port.disk();
    expect(scene.keys).toEqual(['dk1']);
  });

  it('do so when the snapshot is older than the log, and not when it is as old', () => {
    for (const version of [BASE - 1, BASE]) {
      const scene = new Scene();
      scene.grant();
      scene.port.disk();
      scene.port.take();
      scene.receive(['k1'], { version });
      expect(scene.port.takeTypes()).toEqual([version < BASE ? 'abort to b' : 'chunk-reply to b']);
    }
  });

  it('that are damaged do so too, when they come from the provider', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.requester.handleMalformed('a', 'noise');
    expect(scene.port.take()).toEqual([]);
    scene.requester.handleMalformed('b', 'a chunk with a wrong checksum');
    expect(scene.port.takeTypes()).toEqual(['abort to b']);
    expect(scene.port.troubles[0]?.message).toContain('wrong checksum');
  });
});

describe('a provider that fails', () => {
  function failing(fail: (scene: Scene) => void): Scene {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.receive(['k1', 'k2'], { version: 12, epoch: 3 });
    scene.port.disk();
    scene.port.take();
    fail(scene);
    scene.retry();
    return scene;
  }

  it.each<[string, (scene: Scene) => void]>([
    ['says so', ({ requester }) => requester.handleSyncAbort('b', 1, 'provider', 'it cannot read')],
    [
      'is silent',
      ({ port, requester }) => {
        port.environment.advance(SYNC_TIMEOUT_MS - 1);
        requester.handleSyncHeartbeatReply('leader', 1);
        port.environment.advance(1);
      },
    ],
  ])('and %s is replaced by another, which goes on after the last key', (_what, fail) => {
    const scene = failing(fail);
    expect(scene.lastStart().avoid).toEqual(['b']);
    scene.grant('a');
    expect(scene.port.told).toEqual(['replacing']);
    expect(scene.port.take().at(-1)).toEqual(['a', { type: 'start-chunks', sync: 2, after: bytesOf('k2') }]);
    scene.receive(['k3'], { version: 10, epoch: 2 }, 'a');
    scene.receive([], { version: 10, epoch: 2, last: true }, 'a');
    scene.port.disk();
    expect(scene.port.results).toEqual([{ low: { version: 10, epoch: 2 }, high: 12 }]);
    expect(scene.keys).toEqual(['dk1', 'dk2', 'dk3']);
  });

  it('and had a part of the store that is too old by now leaves nothing of use', () => {
    const scene = failing(({ requester }) => requester.handleSyncAbort('b', 1, 'provider', 'it cannot read'));
    scene.grant('a', 13);
    expect(scene.port.told).toEqual(['replacing', 'replacing']);
    scene.port.disk();
    expect(scene.port.take().at(-1)).toEqual(['a', { type: 'start-chunks', sync: 2, after: new Uint8Array(0) }]);
    expect(scene.keys).toEqual([]);
    expect(scene.isMarkedHalf).toBe(true);
  });

  it('is not avoided any more when nobody is left', () => {
    const scene = failing(({ requester }) => requester.handleSyncAbort('b', 1, 'provider', 'it cannot read'));
    const reply = { type: 'start-reply' as const, sync: 2, granted: false as const, retryMs: 1, reason: 'nobody' };
    scene.requester.handleSyncStartReply('leader', reply);
    expect(scene.retry()).toEqual({ type: 'start', sync: 3, avoid: [] });
  });

  it('is not one that is slow and says so, but not for ever', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    let ms = 0;
    for (; scene.port.troubles.length === 0 && ms < 10 * STALL_MS; ms += HEARTBEAT_MS) {
      scene.port.environment.advance(HEARTBEAT_MS);
      scene.requester.handleSyncHeartbeatReply('leader', 1);
      scene.port.take();
      scene.requester.handleSyncHeartbeat('b', 1);
      expect(scene.port.take()).toEqual(
        [['b', { type: 'heartbeat-reply', sync: 1, role: 'provider' }]].slice(
          0,
          scene.port.troubles.length === 0 ? 1 : 0,
        ),
      );
    }
    expect(ms).toBeGreaterThanOrEqual(STALL_MS);
    expect(ms).toBeLessThanOrEqual(STALL_MS + SYNC_TIMEOUT_MS + HEARTBEAT_MS);
  });
});

describe('the leader', () => {
  it('is sent heartbeats, and asked again when it does not answer them', () => {
    const scene = new Scene();
    const { port, requester } = scene;
    scene.grant();
    port.disk();
    port.take();
    for (let ms = 0; ms < 3 * HEARTBEAT_TIMEOUT_MS; ms += HEARTBEAT_MS) {
      port.environment.advance(HEARTBEAT_MS);
      expect(port.take()).toContainEqual(['leader', { type: 'heartbeat', sync: 1, role: 'leader' }]);
      requester.handleSyncHeartbeatReply('leader', 1);
      scene.receive([`k${10 + ms / HEARTBEAT_MS}`]);
    }
    expect(port.troubles).toEqual([]);
    port.environment.advance(HEARTBEAT_TIMEOUT_MS - 1);
    port.take();
    port.environment.advance(1);
    expect(port.troubles[0]?.message).toContain('did not answer');
    expect(port.takeTypes()).toContain('abort to b');
    expect(scene.retry().sync).toBe(2);
  });

  it('may give it up: then it is asked again', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.requester.handleSyncAbort('leader', 9, 'leader', 'of before');
    expect(scene.port.take()).toEqual([]);
    scene.requester.handleSyncAbort('leader', 1, 'leader', 'the log has grown over its limit');
    expect(scene.port.takeTypes()).toEqual(['abort to b']);
    expect(scene.retry().sync).toBe(2);
  });

  it('may be another one: all is asked again, and what was copied stays', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.receive(['k1']);
    scene.port.take();
    scene.requester.resetSync();
    expect(scene.requester.waitsBecause).toBe('no leader is known');
    scene.port.environment.advance(10 * STALL_MS);
    expect(scene.port.take()).toEqual([]);
    scene.requester.leaderChanged();
    scene.grant();
    expect(scene.port.take()).toMatchObject([
      ['leader', { type: 'start', sync: 2, avoid: [] }],
      ['leader', { type: 'heartbeat', sync: 2 }],
      ['b', { type: 'start-chunks', sync: 2, after: bytesOf('k1') }],
    ]);
  });

  it('may be another one while the store is wiped', () => {
    const scene = new Scene();
    scene.grant();
    scene.requester.leaderChanged();
    scene.grant('a');
    scene.port.disk();
    expect(scene.port.told).toEqual(['replacing']);
    expect(scene.port.takeTypes().filter((each) => each.startsWith('start-chunks'))).toEqual(['start-chunks to a']);
  });
});

describe('the end of a synchronization', () => {
  it('is when the log was applied: the mark goes durably, then the leader is told', () => {
    const scene = new Scene();
    const { port, requester } = scene;
    scene.copy();
    requester.applied(8);
    expect(port.database.writes).toEqual([]);
    requester.applied(9);
    expect(port.database.writes).toMatchObject([{ durable: true, operations: [{ type: 'delete', key: HALF_KEY }] }]);
    expect(port.told).toEqual(['replacing', 'copied', 'completing']);
    expect(requester.isHalf).toBe(true);
    expect(port.take()).toEqual([]);
    port.disk();
    expect(port.told.at(-1)).toBe('completed');
    expect(scene.isMarkedHalf).toBe(false);
    expect(requester.isActive).toBe(false);
    expect(port.take()).toEqual([['leader', { type: 'finish', sync: 1 }]]);
    requester.handleSyncFinishReply('leader', 1);
    expect(port.environment.pendingTimers).toBe(0);
  });

  it('is said again when no reply comes, but not for ever', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.applied(9);
    scene.port.disk();
    scene.port.environment.advance(10 * FINISH_ATTEMPTS * FINISH_REPLY_TIMEOUT_MS);
    expect(scene.port.takeTypes()).toEqual(Array.from({ length: FINISH_ATTEMPTS }, () => 'finish to leader'));
    expect(scene.port.environment.pendingTimers).toBe(0);
  });

  it('is not said to a leader that knows nothing of it', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.applied(9);
    scene.requester.resetSync();
    scene.port.disk();
    expect(scene.port.told.at(-1)).toBe('completed');
    expect(scene.port.take()).toEqual([]);
  });

  it('comes without chunks when only the grant was lost', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.leaderChanged();
    scene.grant();
    expect(scene.port.takeTypes()).toEqual(['start to leader', 'heartbeat to leader']);
    scene.requester.applied(9);
    scene.port.disk();
    expect(scene.port.take()).toEqual([['leader', { type: 'finish', sync: 2 }]]);
  });

  it('is said also when it was asked for once more, and the reply has not come', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.leaderChanged();
    scene.requester.applied(9);
    scene.port.disk();
    expect(scene.port.takeTypes()).toEqual(['start to leader', 'finish to leader']);
  });

  it('does not come when the log does not go on from the copy: from scratch', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.syncRequesterAbort('the log begins later');
    scene.retry();
    scene.grant();
    scene.port.disk();
    expect(scene.port.told).toEqual(['replacing', 'copied', 'replacing']);
    expect(scene.keys).toEqual([]);
    expect(scene.isMarkedHalf).toBe(true);
    expect(scene.port.take().at(-1)).toMatchObject(['b', { type: 'start-chunks', after: new Uint8Array(0) }]);
  });

  it('takes the log as far as it was applied for what the leader must have', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.receive(['k1'], { version: 9 });
    scene.requester.handleSyncAbort('b', 1, 'provider', 'enough');
    scene.retry();
    scene.grant('a');
    scene.receive([], { version: 20, epoch: 3, last: true }, 'a');
    scene.port.disk();
    scene.requester.applied(15);
    scene.requester.leaderChanged();
    scene.grant('a', 15);
    expect(scene.port.told).toEqual(['replacing', 'copied']);
    scene.requester.leaderChanged();
    scene.grant('a', 16);
    expect(scene.port.told).toEqual(['replacing', 'copied', 'replacing']);
  });

  it('can be followed by another one', () => {
    const scene = new Scene();
    scene.copy();
    scene.requester.applied(9);
    scene.port.disk();
    scene.port.take();
    scene.grant();
    scene.port.disk();
    expect(scene.keys).toEqual([]);
    expect(scene.port.take().at(-1)).toMatchObject(['b', { type: 'start-chunks', sync: 2, after: new Uint8Array(0) }]);
  });

  it('may be that the replica is closed: leader and provider are told', () => {
    const scene = new Scene();
    scene.grant();
    scene.port.disk();
    scene.port.take();
    scene.requester.syncAbort('closed');
    expect(scene.port.takeTypes()).toEqual(['abort to b', 'abort to leader']);
    expect(scene.requester.isActive).toBe(false);
    expect(scene.port.environment.pendingTimers).toBe(0);
    expect(scene.isMarkedHalf).toBe(true);
  });
});
